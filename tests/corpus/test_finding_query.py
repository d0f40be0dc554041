from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idiolect.corpus.finding import FIELDS, ClipQuery, Condition
from idiolect.errors import CorpusError


def test_a_line_of_text_is_read():
    query = ClipQuery.parse('speaker:anna,"Ben K." snr<10 -reviewed:yes "two coffees" /lat+e/ latte sort:-snr')
    assert query == ClipQuery(
        (
            Condition("speaker", ":", ("anna", "Ben K.")),
            Condition("snr", "<", ("10",)),
            Condition("reviewed", ":", ("yes",), negated=True),
            Condition("text", ":", ("two coffees",)),
            Condition("regex", ":", ("lat+e",)),
            Condition("text", ":", ("latte",)),
        ),
        sort="snr",
        descending=True,
    )
    assert query.text() == 'speaker:anna,"Ben K." snr<10 -reviewed:yes "two coffees" /lat+e/ latte sort:-snr'
    assert ClipQuery.parse("  ") == ClipQuery()


def test_every_fields_example_can_be_typed():
    for name, field in FIELDS.items():
        (condition,) = ClipQuery.parse(field.example).conditions
        assert condition.field == name
        assert ClipQuery.parse(condition.text()).conditions == (condition,)


# The signs that mean something, and some that do not.
words = st.text("ab1ß \"'\\-/:,*<>=.\n", min_size=1, max_size=8).filter(lambda text: text.strip())


@given(text=words, speaker=words, negated=st.booleans())
def test_any_text_and_any_name_come_back_as_they_were(text, speaker, negated):
    made = ClipQuery((Condition("text", ":", (text,), negated), Condition("speaker", ":", (speaker, "ben"), negated)))
    assert ClipQuery.parse(made.text()) == made


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("spaeker:anna", "no field 'spaeker'", "speaker"),
        ("12 at:30", "no field 'at'", "quotes"),
        ("snr<loud", "'loud' is not a number", "snr<10"),
        ("snr:5..x", "'x' is not a number", ""),
        ("speaker<anna", "speaker has no order", "speaker:"),
        ("reviewed:maybe", "yes or no, not 'maybe'", "reviewed:"),
        ("split:exam", "is no 'exam'", "train"),
        ("sensitivity:secret", "is no 'secret'", "private"),
        ("speaker:", "speaker has no value", "speaker:"),
        ('"two coffees', "not closed", ""),
        ("/two", "not closed", ""),
        ("/(two/", "is no regex", "quotes"),
        ("sort:loudness", "cannot sort by 'loudness'", "snr"),
    ],
)
def test_what_has_no_sense_is_a_clear_error(text, message, hint):
    with pytest.raises(CorpusError) as caught:
        ClipQuery.parse(text)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
