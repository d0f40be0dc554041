from __future__ import annotations

import time

import pytest

from idiolect.errors import TaskError
from idiolect.tasks import PHONES, Lexicon
from idiolect.tasks.espeak import phones_of_ipa
from idiolect.tasks.letters import spell_word
from idiolect.tasks.lexicon import _ADDED
from idiolect.tasks.numbers import number_words


def test_silence_comes_first_and_then_39_phones() -> None:
    assert PHONES[0] == "SIL"
    assert len(PHONES) == len(set(PHONES)) == 40


def test_the_dictionary_is_loaded_quickly_and_knows_variants() -> None:
    started = time.process_time()
    lexicon = Lexicon.default()
    assert time.process_time() - started < 1.0
    assert [" ".join(phones) for phones in lexicon.pronounce("tomato")] == ["T AH M EY T OW", "T AH M AA T OW"]
    assert "tomato" in lexicon
    assert "kubernetes" not in lexicon


def test_what_the_dictionary_says_in_the_plural_only_is_said_in_the_singular_too() -> None:
    variants = [" ".join(phones) for phones in Lexicon.default().pronounce("almond")]
    assert variants[0] == "AA M AH N D"
    assert "AA L M AH N D" in variants
    assert len(set(variants)) == len(variants)


def test_no_addition_stands_in_the_dictionary_already() -> None:
    for word, variants in Lexicon.load(_ADDED).entries.items():
        assert len(set(Lexicon.default().entries[word])) == len(Lexicon.default().entries[word]), word
        assert variants


@pytest.mark.parametrize("word", ["kubernetes", "frappuccino", "zxq", "12", "b2b", "café", "siobhan's"])
def test_an_unknown_word_is_spoken_somehow(word: str) -> None:
    (phones,) = Lexicon.default().subset([word]).pronounce(word)
    assert len(phones) >= 2
    assert set(phones) <= set(PHONES)


def test_what_nobody_can_say_is_an_error(monkeypatch) -> None:
    monkeypatch.setattr("idiolect.tasks.lexicon.espeak_pronunciations", lambda words, language: {})
    with pytest.raises(TaskError, match="日本"):
        Lexicon({}).pronounce("日本")


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("gate", "G EY T"),
        ("nation", "N AE SH AH N"),
        ("mqtt", "EH M K Y UW T IY T IY"),
        ("7b", "S EH V AH N B IY"),
        ("shoo", "SH UW"),
    ],
)
def test_letters_to_sounds(word: str, phones: str) -> None:
    assert " ".join(spell_word(word, {})) == phones


def test_ipa_becomes_arpabet() -> None:
    assert " ".join(phones_of_ipa("tʃɪkən")) == "CH IH K AH N"  # noqa: RUF001 - IPA letters are meant
    assert " ".join(phones_of_ipa("kjuːbənɛtiːz")) == "K Y UW B AH N EH T IY Z"  # noqa: RUF001 - as above


@pytest.mark.parametrize(
    ("language", "word", "phones"),
    [
        ("de", "schön", "SH ER N"),
        ("de-AT", "über", "UW B AH"),
        ("fr", "bonjour", "B OW N ZH UW R"),
        ("es", "pero", "P EH R OW"),
        ("it", "luce", "L UW CH EH"),
    ],
)
def test_other_languages_are_said_in_the_nearest_phones(language: str, word: str, phones: str) -> None:
    pytest.importorskip("espeakng_loader")
    english = dict(Lexicon.default().guessed)  # another test may have said the word in English
    lexicon = Lexicon.default(language)
    assert [" ".join(variant) for variant in lexicon.pronounce(word)] == [phones]
    assert lexicon.subset([word]).pronounce(word) == lexicon.pronounce(word)
    assert Lexicon.default().guessed == english


def test_a_subset_is_saved_and_read_again(tmp_path) -> None:
    part = Lexicon.default().subset(["tomato", "kubernetes", "i'd"])
    part.save(tmp_path / "lexicon.txt")
    again = Lexicon.load(tmp_path / "lexicon.txt")
    assert set(again.entries) == {"tomato", "kubernetes", "i'd"}
    for word in again.entries:
        assert again.pronounce(word) == Lexicon.default().pronounce(word)
    again.save(tmp_path / "again.txt")
    assert (tmp_path / "again.txt").read_bytes() == (tmp_path / "lexicon.txt").read_bytes()


def test_a_line_that_is_no_entry_is_named(tmp_path) -> None:
    (tmp_path / "lexicon.txt").write_text("ok\tOW K EY\nbad\tQQ\n")
    with pytest.raises(TaskError, match=r"lexicon.txt:2: .*QQ"):
        Lexicon.load(tmp_path / "lexicon.txt")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (19, "nineteen"),
        (40, "forty"),
        (105, "one hundred five"),
        (2000, "two thousand"),
        (-2.5, "minus two point five"),
    ],
)
def test_numbers_are_spoken(number: float, words: str) -> None:
    assert number_words(number) == words
