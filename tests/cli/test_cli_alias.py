from __future__ import annotations

import pytest


@pytest.fixture
def folder(idiolect, tmp_path):
    idiolect("init", tmp_path / "p")
    return tmp_path / "p"


def test_promote_list_history_and_rollback(idiolect, folder):
    where = ("-p", folder)
    assert "no alias yet" in idiolect("alias", "list", *where).out
    done = idiolect("alias", "promote", "coffee", "--engine", "echo", "--with", 'texts=["a"]', *where)
    assert done.out == "coffee is served by echo: first\n"
    assert "warning: it was never evaluated" in done.err
    told = idiolect(
        "alias", "promote", "coffee", "--engine", "starter", "--person", "anna", "--with", "nbest=2", "--json", *where
    )
    told = told.json
    assert (told["model"], told["verdict"], told["change"]["by"]) == ("starter", "untested", "anna")
    (row,) = idiolect("alias", "list", "--json", *where).json
    assert (row["alias"], row["model"], row["before"], row["score"]) == ("coffee", "starter", "echo", None)
    assert "never evaluated" in idiolect("alias", "list", *where).out
    assert idiolect("alias", "rollback", "coffee", *where).out == "coffee is served by echo again\n"
    lines = idiolect("alias", "history", "coffee", *where).out.splitlines()
    assert [line[0] for line in lines] == [" ", "*", " ", " "]
    assert "rollback to 1" in lines[3]
    assert idiolect("alias", "remove", "coffee", *where).out == "nothing answers for coffee any more\n"


def test_what_is_not_there_is_refused(idiolect, folder):
    where = ("-p", folder)
    for arguments, text in [
        (("promote", "coffee", "nano-none"), "no single model"),
        (("promote", "coffee"), "needs a model or an engine"),
        (("promote", "a b", "--engine", "echo"), "cannot be an alias"),
        (("rollback", "coffee"), "no alias 'coffee'"),
        (("history", "coffee"), "no alias 'coffee'"),
        (("remove", "coffee"), "no alias 'coffee'"),
    ]:
        failed = idiolect("alias", *arguments, *where)
        assert failed.code == 1
        assert text in failed.err
    assert not (folder / "aliases.json").exists()


def test_a_dry_run_changes_nothing(idiolect, folder):
    done = idiolect("alias", "promote", "coffee", "--engine", "echo", "--dry-run", "-p", folder)
    assert "coffee would be served by echo" in done.out
    assert not (folder / "aliases.json").exists()


def test_serving_aliases_takes_no_other_choices(idiolect, folder):
    idiolect("alias", "promote", "coffee", "--engine", "echo", "-p", folder)
    failed = idiolect("serve", "--task", "x.yaml", "-p", folder)
    assert failed.code == 2
    assert "an alias says --task itself" in failed.err
