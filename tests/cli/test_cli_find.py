from __future__ import annotations

import pytest

from idiolect.corpus import Corpus


@pytest.fixture
def voice(idiolect, manifest, tmp_path):
    idiolect("init", "voice")
    assert idiolect("import", manifest, "-p", "voice", "--json").json["clips"] == 12
    return tmp_path / "voice"


def test_find_lists_counts_and_tags(idiolect, voice):
    everything = idiolect("find", "-p", voice, "--json").json
    assert everything["count"] == len(everything["clips"]) == 12
    text = everything["clips"][0]["text"]
    same = [one["id"] for one in everything["clips"] if text.lower() in (one["text"] or "").lower()]
    assert idiolect("find", f'"{text}"', "-p", voice, "--ids").out.split() == same
    tagged = idiolect("find", f'"{text}"', "-p", voice, "--tag", "chosen", "--person", "anna", "--json").json
    assert tagged["actions"] == [{"id": 1, "tag": "chosen", "clips": len(same)}]
    assert idiolect("find", "tag:chosen", "-p", voice, "--json").json["count"] == len(same)
    assert idiolect("find", "-tag:chosen", "-p", voice, "--json").json["count"] == 12 - len(same)
    assert f"{min(20, len(same))} of {len(same)} clips" in idiolect("find", "tag:chosen", "-p", voice).out
    assert idiolect("find", "-p", voice, "--undo", "1", "--person", "anna", "--json").json["clips"] == len(same)
    assert "no clip fits" in idiolect("find", "tag:chosen", "-p", voice).out
    with Corpus.open(voice) as corpus:
        assert [one.person for one in corpus.actions()] == ["anna", "anna"]


def test_what_has_no_sense_is_said(idiolect, voice):
    wrong = idiolect("find", "spaeker:anna", "-p", voice)
    assert wrong.code == 1
    assert "Did you mean speaker?" in wrong.err
    assert idiolect("find", "/(/", "-p", voice).code == 1


def test_help_shows_every_field(idiolect):
    from idiolect.corpus.finding import FIELDS

    shown = idiolect("find", "--help").out
    missing = [name for name in FIELDS if name not in shown and name != "regex"]
    assert not missing
