"""`idiolect account` as a user types it."""

from __future__ import annotations

import pytest

GOOD = "correct horse battery"


@pytest.fixture
def account(idiolect, project):
    def run(*words, typed=""):
        return idiolect("account", *words, "-p", project, stdin=typed)

    return run


def test_accounts_are_made_listed_changed_and_disabled(account):
    assert "no accounts yet" in account("list").out
    made = account("add", "olga", "--role", "owner", "--password-stdin", "--json", typed=f"{GOOD}\n")
    assert made.code == 0, made.err
    assert (made.json["name"], made.json["role"], "password" in made.json) == ("olga", "owner", False)
    assert account("add", "ben", "--role", "speaker", "--password-stdin", typed=f"{GOOD}\n").code == 0
    assert [one["speaker"] for one in account("list", "--json").json["accounts"]] == ["ben", None]
    assert GOOD not in account("list").out
    assert account("password", "ben", "--password-stdin", typed="another good one\n").code == 0
    assert account("sign-out", "ben", "--json").json["sessions_ended"] == 0
    assert account("role", "ben", "reviewer", "--json").json["role"] == "reviewer"
    assert account("disable", "ben", "--json").json["disabled"] is not None
    assert account("disable", "ben", "--undo", "--json").json["disabled"] is None


@pytest.mark.parametrize(
    ("words", "typed", "code", "said"),
    [
        (("add", "olga", "--role", "owner"), "", 2, "--password-stdin"),
        (("add", "olga", "--role", "owner", "--password-stdin"), "short\n", 1, "5 characters"),
        (("add", "olga", "--role", "king", "--password-stdin"), GOOD, 2, "king"),
        (("add", "olga", "--role", "owner", "--speaker", "x", "--password-stdin"), GOOD, 1, "sees all speakers"),
        (("disable", "nobody"), "", 1, "no account 'nobody'"),
        (("password", "nobody", "--password-stdin"), GOOD, 1, "no account 'nobody'"),
    ],
)
def test_what_will_not_do_says_why(account, words, typed, code, said):
    done = account(*words, typed=typed)
    assert (done.code, said in done.err) == (code, True), done.err
