from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect.errors import SettingsError
from idiolect.gateway.masking import mask, mask_all

DATA = Path(__file__).resolve().parents[2] / "../shared/data"

SECRETS = {
    "EMAIL": ["ann.lee+x@mail.example.co.uk", "a@b.io", "ann dot lee at example dot com"],
    "PHONE": ["+49 30 1234567", "(555) 123-4567", "555-0199", "0301234567", "+15551234567", "412 268 3000"],
    "DIGITS": ["four one two two six eight three", "oh one two three four five six seven eight"],
    "CARD": ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"],
    "IBAN": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "NO93 8601 1117 947"],
    "KEY": [
        "sk-proj-abcdefghijklmnop1234",
        "gsk_aBcDeFgHiJkLmNoPqRsT",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "550e8400-e29b-41d4-a716-446655440000",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCY7EXAMPLE",
    ],
}
"""Made up, or printed as examples by those who give them out."""

EVERY = [(kind, text) for kind, texts in SECRETS.items() for text in texts]


@pytest.mark.parametrize(("kind", "secret"), EVERY)
def test_each_kind_is_found_masked_and_restored(kind, secret):
    text = f"please write {secret}, and call me."
    masked = mask(text)
    assert masked.text == f"please write [[{kind}_1]], and call me."
    assert masked.counts() == {kind: 1}
    assert masked.restore(masked.text) == text
    assert secret not in repr(masked)


def test_a_password_goes_and_the_word_stays():
    assert mask("password: hunter2!x ok").text == "password: [[KEY_1]] ok"
    assert mask("Authorization: Bearer abcdefgh12345678.x").text == "Authorization: Bearer [[KEY_1]]"
    pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----"
    assert mask(f"see {pem}!").text == "see [[KEY_1]]!"


def test_what_stands_beside_a_card_does_not_hide_it():
    assert mask("4111 1111 1111 1111 123").text == "[[CARD_1]] 123"
    for text in ("12 4111 1111 1111 1111 2027", "4111111111111111 12/27", "4111-1111-1111-1111-99"):
        assert "1111" not in mask(text).text


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # the check digit is wrong, and it is longer than a phone number
        "DE89 3704 is wrong",
        "it was 2026-11-21 or 21.11.2026, 1914-1918",
        "pi is 3.14159265358979",
        "1,000,000,000 people in 1984",
        "room 101, page 1024, 3 2 1",
        "a-very-long-file-name-with-words-2024.txt",
        "====================",
        "one two three four five six",
        "look at the dot on the com link",
    ],
)
def test_what_is_no_secret_stays(text):
    assert mask(text).found == ()
    assert mask(text).text == text


def test_the_same_secret_is_the_same_placeholder_in_all_texts():
    masked = mask_all(["a@b.io wrote to c@d.io", "answer a@b.io", "nothing"])
    assert masked.texts == ("[[EMAIL_1]] wrote to [[EMAIL_2]]", "answer [[EMAIL_1]]", "nothing")
    assert masked.counts() == {"EMAIL": 3}
    assert masked.total == 3
    assert masked.restore("to [[EMAIL_2]] from [[EMAIL_1]]") == "to c@d.io from a@b.io"


def test_a_placeholder_that_stands_there_already_stays_what_it_is():
    text = "use [[EMAIL_1]] or email_2 for a@b.io"
    masked = mask(text)
    assert masked.text == "use [[EMAIL_1]] or email_2 for [[EMAIL_3]]"
    assert masked.restore(masked.text) == text
    assert masked.restore("[[EMAIL_1]] [[EMAIL_3]]") == "[[EMAIL_1]] a@b.io"


@pytest.mark.parametrize(
    "written", ["[[EMAIL_1]]", "[EMAIL_1]", "[[email_1]]", "EMAIL_1", "[[ EMAIL 1 ]]", "[[Email_1]"]
)
def test_a_placeholder_that_a_model_wrote_loosely_is_restored(written):
    assert mask("a@b.io").restore(f"to {written}, ok") == "to a@b.io, ok"


def test_what_only_resembles_a_placeholder_is_not_restored():
    masked = mask("a@b.io")
    for text in ("email 1", "EMAIL_12", "[[EMAIL_11]]", "XEMAIL_1", "EMAIL_1b"):
        assert masked.restore(text) == text


pieces = st.one_of(
    st.text(max_size=12),
    st.sampled_from([text for _, text in EVERY]),
    st.sampled_from(["[[EMAIL_1]]", "email_1", "[PHONE_2]", "KEY 1", "[[", "]]", "[", "]", "_1", "CARD_", " ", "\0"]),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.lists(pieces, max_size=8).map("".join), min_size=1, max_size=3))
def test_masking_and_restoring_gives_the_texts(texts):
    masked = mask_all(texts, ["zeb.a"])
    assert tuple(map(masked.restore, masked.texts)) == tuple(texts)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.sampled_from([text for _, text in EVERY]), min_size=1, max_size=4), st.sampled_from([", ", "; ", "\n"])
)
def test_no_secret_stays_among_others(secrets, between):
    masked = mask(between.join(secrets))
    assert not [secret for secret in secrets if secret in masked.text]
    assert masked.restore(masked.text) == between.join(secrets)


def test_patterns_of_the_user_count_too():
    masked = mask("Patient QX-1234 and qx-77", [r"qx-\d+"])
    assert masked.text == "Patient [[GIVEN_1]] and [[GIVEN_2]]"
    assert mask("a zebra", ["zebra"]).counts() == {"GIVEN": 1}
    with pytest.raises(SettingsError, match="no regular expression"):
        mask("", ["("])
    with pytest.raises(SettingsError, match="matches nothing"):
        mask("", ["x*"])


@pytest.mark.data
@pytest.mark.parametrize(
    ("folder", "most"), [("mini-librispeech", 0), ("librispeech-251", 0), ("kathleen", 0), ("an4", 80)]
)
def test_ordinary_transcripts_are_hardly_touched(folder, most):
    """AN4 has phone numbers, spoken digit by digit: those are found, and nothing else."""
    manifest = DATA / folder / "manifest.jsonl"
    if not manifest.exists():
        pytest.skip(f"../shared/data/{folder} is not here")
    texts = [json.loads(line)["text"] for line in manifest.read_text(encoding="utf-8").splitlines()]
    masked = mask_all(texts)
    assert set(masked.counts()) <= {"DIGITS"}
    assert masked.total <= most
