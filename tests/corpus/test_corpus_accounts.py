"""Accounts: passwords are hashed, sessions end where they shall, and guessing gets slow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idiolect.corpus import Corpus, accounts
from idiolect.corpus.tables import now
from idiolect.errors import AccountError, SignInError

GOOD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Argon2 at its least: a test asks it often."""
    import argon2

    real = argon2.PasswordHasher
    monkeypatch.setattr(argon2, "PasswordHasher", lambda: real(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def corpus(tmp_path):
    with Corpus.create(tmp_path / "team") as made:
        made.accounts.add("olga", GOOD, "owner")
        yield made


def sign_in(corpus, name="olga", password=GOOD, source="10.0.0.7"):
    return corpus.accounts.sign_in(name, password, source=source)


def test_a_password_opens_a_session_and_is_nowhere_to_be_read(corpus):
    token = sign_in(corpus)
    assert corpus.accounts.who(token).name == "olga"
    assert corpus.accounts.who(f"{token}x") is None
    stored = b"".join(path.read_bytes() for path in corpus.folder.glob("idiolect.db*"))
    assert GOOD.encode() not in stored
    assert token.encode() not in stored
    assert b"$argon2id$" in stored


def test_sessions_end_by_signing_out_a_new_password_disabling_and_time(corpus, monkeypatch):
    corpus.accounts.add("ben", GOOD, "speaker")
    here, there = sign_in(corpus, "ben"), sign_in(corpus, "ben")
    corpus.accounts.sign_out(here)
    assert (corpus.accounts.who(here), corpus.accounts.who(there).speaker) == (None, "ben")
    corpus.accounts.set_password("ben", "another good one")
    assert corpus.accounts.who(there) is None
    with pytest.raises(SignInError, match="is wrong"):
        sign_in(corpus, "ben")
    third = sign_in(corpus, "ben", "another good one")
    assert corpus.accounts.sign_out_everywhere("ben") == 1
    assert corpus.accounts.who(third) is None
    fourth = sign_in(corpus, "ben", "another good one")
    assert corpus.accounts.disable("ben").disabled_at is not None
    assert corpus.accounts.who(fourth) is None
    with pytest.raises(SignInError, match="the name or the password is wrong"):
        sign_in(corpus, "ben", "another good one")
    assert corpus.accounts.disable("ben", disabled=False).disabled_at is None
    fifth = sign_in(corpus, "ben", "another good one")
    later = now() + accounts.LASTS + timedelta(seconds=1)
    monkeypatch.setattr(accounts, "now", lambda: later)
    assert corpus.accounts.who(fifth) is None


def test_guessing_gets_slow_for_the_name_and_for_who_guesses(corpus, monkeypatch):
    at = now()
    monkeypatch.setattr(accounts, "now", lambda: at)
    for _ in range(accounts.FREE_TRIES):
        with pytest.raises(SignInError) as caught:
            sign_in(corpus, "olga", "wrong wrong wrong")
        assert caught.value.wait == 0
    # Even the right one has to wait; and whoever guessed waits at other names too, known or not.
    for name, source in (("olga", "10.9.9.9"), ("nobody", "10.0.0.7")):
        with pytest.raises(SignInError, match="too many") as caught:
            sign_in(corpus, name, source=source)
        assert caught.value.wait == 1
    for tries, wait in ((6, 2), (7, 4), (8, 8)):
        at += timedelta(seconds=wait)
        with pytest.raises(SignInError, match="is wrong"):
            sign_in(corpus, "olga", f"wrong {tries} times")
        with pytest.raises(SignInError) as caught:
            sign_in(corpus)
        assert caught.value.wait == wait
    at += accounts.LONGEST_WAIT
    assert sign_in(corpus)
    # A right password ends it.
    with pytest.raises(SignInError, match="is wrong"):
        sign_in(corpus, "olga", "wrong once more")
    assert sign_in(corpus)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(corpus, monkeypatch):
    """Argon2 is asked as often for a name that is not there."""
    import argon2

    asked = []
    monkeypatch.setattr(
        type(argon2.PasswordHasher()), "verify", lambda self, hashed, password: bool(asked.append(hashed))
    )
    for name in ("olga", "nobody"):
        with pytest.raises(SignInError, match="the name or the password is wrong"):
            sign_in(corpus, name, source="")
    assert len(asked) == 2
    assert asked[0] != asked[1]


@pytest.mark.parametrize(
    ("name", "password", "role", "said"),
    [
        ("olga", GOOD, "owner", "already"),
        ("a b", GOOD, "owner", "cannot be a name"),
        ("", GOOD, "owner", "cannot be a name"),
        ("ben", GOOD, "king", "no role 'king'"),
        ("ben", "short", "owner", "5 characters"),
        ("ben", "x" * 1001, "owner", "1001 characters"),
        ("ben", "aaaaaaaaaaaa", "owner", "guessed"),
        ("benbenbenben", "BenBenBenBen", "owner", "guessed"),
    ],
)
def test_what_will_not_do_says_why(corpus, name, password, role, said):
    with pytest.raises(AccountError, match=said):
        corpus.accounts.add(name, password, role)
    assert [one.name for one in corpus.accounts.all()] == ["olga"]


def test_the_last_owner_stays(corpus):
    with pytest.raises(AccountError, match="last owner"):
        corpus.accounts.disable("olga")
    with pytest.raises(AccountError, match="last owner"):
        corpus.accounts.set_role("olga", "reviewer")
    corpus.accounts.add("otto", GOOD, "owner")
    corpus.accounts.disable("olga")
    assert corpus.accounts.has_owner()
    with pytest.raises(AccountError, match="last owner"):
        corpus.accounts.disable("otto")
    with pytest.raises(AccountError, match="no account 'none'"):
        corpus.accounts.disable("none")


def test_another_role_counts_in_open_sessions(corpus):
    corpus.accounts.add("rita", GOOD, "reviewer")
    token = sign_in(corpus, "rita")
    assert corpus.accounts.set_role("rita", "speaker", speaker="rita-2").speaker == "rita-2"
    assert corpus.accounts.who(token).role == "speaker"
    assert corpus.accounts.set_role("rita", "owner").speaker is None
    with pytest.raises(AccountError, match="sees all speakers"):
        corpus.accounts.set_role("rita", "owner", speaker="x")


def test_a_weak_hash_is_made_anew_when_its_password_comes(corpus, monkeypatch):
    import argon2

    cheap = type(argon2.PasswordHasher())
    with corpus.database.read() as connection:
        before = connection.execute(accounts.sa.select(accounts.tables.account.c.password)).scalar()
    monkeypatch.setattr(argon2, "PasswordHasher", lambda: cheap(time_cost=2, memory_cost=16, parallelism=1))
    assert sign_in(corpus)
    with corpus.database.read() as connection:
        after = connection.execute(accounts.sa.select(accounts.tables.account.c.password)).scalar()
    assert (before != after, "m=16,t=2" in after) == (True, True)
    assert sign_in(corpus)
