"""Each command on a real project; the echo engine stands in for a teacher."""

from __future__ import annotations

import json
import sqlite3

import pytest

from idiolect.settings import load_settings


def test_init_makes_a_project_once(idiolect, tmp_path):
    dry = idiolect("init", "voice", "--speaker", "me", "--no-copy", "--dry-run", "--json")
    assert (dry.code, dry.json["made"]) == (0, False)
    assert not (tmp_path / "voice").exists()
    done = idiolect("init", "voice", "--speaker", "me", "--no-copy")
    assert (done.code, done.out) == (0, "a project in voice\nnext: cd voice && idiolect import AUDIO\n")
    settings = load_settings(tmp_path / "voice", environment={})
    assert (settings.name, settings.speaker, settings.copy_audio) == ("voice", "me", False)
    again = idiolect("init", "voice")
    assert again.code == 1
    assert "is a project already" in again.err


def test_commands_outside_a_project_say_so(idiolect):
    for words in (
        ["status"],
        ["check"],
        ["label"],
        ["freeze"],
        ["train"],
        ["evaluate"],
        ["export"],
        ["import", "x.wav"],
    ):
        done = idiolect(*words)
        assert done.code == 1, words
        assert "no idiolect project in" in done.err
        assert "idiolect init FOLDER" in done.err


def test_importing_twice_adds_nothing(idiolect, project, manifest):
    again = idiolect("import", manifest, "-p", project, "--json")
    assert again.code == 0
    assert (again.json["added"], again.json["clips"], again.json["labels"]) == (0, 0, 0)


def test_import_dry_run_changes_nothing(idiolect, project, wav):
    done = idiolect("import", wav("new.wav", seed=99), "-p", project, "--dry-run", "--json")
    assert done.code == 0, done.err
    assert idiolect("status", "-p", project, "--json").json["recordings"] == 12


def test_import_lists_what_it_skips(idiolect, project, tmp_path, wav):
    (tmp_path / "bad.wav").write_bytes(b"this is no audio")
    done = idiolect("import", "bad.wav", "-p", project)
    assert "bad.wav" in done.out + done.err
    assert idiolect("status", "-p", project, "--json").json["recordings"] == 12


def test_the_project_is_found_from_inside_and_by_variable(idiolect, project, monkeypatch):
    monkeypatch.setenv("IDIOLECT_PROJECT", str(project / "audio"))
    assert idiolect("status", "--json").json["folder"] == str(project)


def test_label_once_for_each_clip(idiolect, project):
    dry = idiolect("label", "--engine", "echo", "-p", project, "--jobs", "1", "--dry-run", "--json")
    assert (dry.code, dry.json["pending"], dry.json["labelled"]) == (0, 12, 0)
    first = idiolect("label", "--engine", "echo", "-p", project, "--jobs", "1", "--json")
    assert (first.code, first.json["labelled"]) == (0, 12), first.err
    second = idiolect("label", "--engine", "echo", "-p", project, "--jobs", "1", "--json")
    assert (second.json["labelled"], second.json["already"]) == (0, 12)


def test_label_only_some_clips(idiolect, project):
    done = idiolect("label", "--engine", "echo", "--speaker", "voice1", "-p", project, "--jobs", "1", "--json")
    assert done.json["labelled"] == 3, done.err


def test_freeze_names_its_splits(idiolect, project):
    done = idiolect("freeze", "orders", "-p", project, "--json")
    assert done.code == 0, done.err
    assert done.json["name"] == "orders"
    assert sum(split["clips"] for split in done.json["splits"].values()) == 12
    again = idiolect("freeze", "orders", "-p", project, "--json")
    assert again.json["id"] == done.json["id"]


def test_freeze_without_labels_says_so(idiolect, wav):
    idiolect("init", "empty")
    done = idiolect("freeze", "-p", "empty")
    assert done.code == 1
    assert done.err.startswith("error: ")


def test_status_draws_the_loop(idiolect, project):
    done = idiolect("status", "-p", project)
    assert done.code == 0, done.err
    assert "recordings ─► clips ─► labels ─► datasets ─► models ─► evaluations ─► bundles" in done.out
    assert "corrections ◄── serve" in done.out
    assert done.out.endswith("next: idiolect freeze\n")
    state = idiolect("status", "-p", project, "--json").json
    assert (state["clips"], state["labels"], state["speakers"], state["unlabeled"]) == (12, 12, 4, 0)
    assert state["seconds"] == pytest.approx(7.2)


def test_texts_for_scoring_are_no_labels_to_train_on(idiolect, tmp_path, manifest):
    idiolect("init", "apart")
    idiolect("import", manifest, "--transcripts", "scoring", "-p", tmp_path / "apart")
    state = idiolect("status", "-p", tmp_path / "apart", "--json").json
    assert (state["labels"], state["labeled"], state["next"]) == (12, 0, "idiolect label")


def test_check_names_what_does_not_hold(idiolect, project):
    good = idiolect("check", "-p", project, "--json")
    assert (good.code, good.json["violations"]) == (0, []), good.err
    audio = min((project / "audio").rglob("*.flac"))
    audio.unlink()
    bad = idiolect("check", "-p", project, "--json")
    assert bad.code == 1
    assert len(bad.json["violations"]) == 1
    assert idiolect("check", "-p", project).code == 1


def test_forget_removes_a_speaker(idiolect, project):
    dry = idiolect("forget", "voice1", "--dry-run", "-p", project, "--json")
    assert (dry.code, dry.json["clips"]) == (0, 3)
    assert idiolect("forget", "voice1", "-p", project, stdin="n\n").code == 130
    assert idiolect("status", "-p", project, "--json").json["clips"] == 12
    done = idiolect("forget", "voice1", "--yes", "-p", project, "--json")
    assert (done.code, done.json["recordings"]) == (0, 3)
    assert idiolect("status", "-p", project, "--json").json["clips"] == 9
    assert idiolect("forget", "nobody", "--yes", "-p", project).code == 1


def test_engines_lists_the_table(idiolect):
    from idiolect.engines.table import ENGINES

    done = idiolect("engines", "--json")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["name"] for row in rows] == list(ENGINES)
    assert all(row["installed"] for row in rows if row["extra"] is None)
    assert "PocketSphinx" in idiolect("engines").out


def test_engines_says_how_to_install_what_is_missing(idiolect, monkeypatch):
    monkeypatch.setattr("idiolect.engines.state.find_spec", lambda package: None)
    assert "pip install 'idiolect[train]'" in idiolect("engines").out


def test_train_dry_run_resolves_the_recipe(idiolect, project):
    done = idiolect("train", "--dry-run", "--set", "minutes=3", "--json", "-p", project)
    assert done.code == 0, done.err
    assert done.json["minutes"] == 3
    assert idiolect("train", "--dry-run", "--set", "nonsense=3", "-p", project).code == 1
    assert idiolect("train", "--dry-run", "--set", "nonsense", "-p", project).code == 2


def test_evaluate_needs_something_to_score(idiolect, project):
    assert idiolect("evaluate", "--engines-only", "-p", project).code == 2
    done = idiolect("evaluate", "-p", project)
    assert done.code == 1
    assert "no model yet" in done.err


def test_evaluate_scores_an_engine_and_keeps_the_report(idiolect, project):
    assert idiolect("freeze", "orders", "-p", project).code == 0
    splits = idiolect("freeze", "orders", "-p", project, "--json").json["splits"]
    split = max(splits, key=lambda name: splits[name]["clips"])
    done = idiolect("evaluate", "--engine", "echo", "--split", split, "-p", project)
    assert done.code == 0, done.err
    assert (project / "reports" / f"orders-{split}.html").exists()
    assert f"report: voice/reports/orders-{split}.html" in done.out


def test_synthesize_takes_a_task_or_sentences(idiolect, project, task_file, tmp_path):
    (tmp_path / "blank.txt").write_text("\n\n")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n")
    assert idiolect("synthesize", "-p", project).code == 2
    assert "no sentence" in idiolect("synthesize", "--sentences", "blank.txt", "-p", project).err
    assert "not UTF-8 at byte 3" in idiolect("synthesize", "--sentences", "latin.txt", "-p", project).err


def test_export_without_a_model_says_what_to_do(idiolect, project):
    done = idiolect("export", "-p", project)
    assert done.code == 1
    assert "idiolect train" in done.err


def test_a_broken_database_is_named(idiolect, project):
    (project / "idiolect.db").write_bytes(b"not a database at all, but long enough to be read as one" * 40)
    done = idiolect("status", "-p", project)
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    with pytest.raises(sqlite3.DatabaseError), sqlite3.connect(project / "idiolect.db") as connection:
        connection.execute("select 1 from sqlite_master")
