"""Files from a browser: whole or not at all, and never beside the folder that is theirs."""

from __future__ import annotations

import shutil

import pytest

from idiolect import files
from idiolect.corpus.uploads import Uploads
from idiolect.errors import CorpusError, UserError


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path, largest=100)


def test_a_whole_file_is_kept(uploads):
    batch = uploads.begin()
    with uploads.take(batch, "a b.wav") as file:
        file.write(b"12")
        file.write(b"3")
        assert file.keep().size == 3
    assert [(one.name, one.size) for one in uploads.files(batch)] == [("a b.wav", 3)]
    assert (uploads.folder(batch) / "a b.wav").read_bytes() == b"123"


def test_what_breaks_off_leaves_nothing(uploads):
    batch = uploads.begin()
    with uploads.take(batch, "a.wav") as file:
        file.write(b"12")
    assert list(uploads.folder(batch).iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("..\\..\\passwd", "passwd"),
        ("x/../y/a.wav", "x/y/a.wav"),
        ("...passwd", "passwd"),
        ("clips//a.wav", "clips/a.wav"),
    ],
)
def test_a_name_stays_in_its_folder(uploads, name, kept):
    batch = uploads.begin()
    with uploads.take(batch, name) as file:
        file.write(b"x")
        file.keep()
    assert [one.name for one in uploads.files(batch)] == [kept]


@pytest.mark.parametrize("name", ["", "..", "a/", "\x00", "x" * 300, "a.part"])
def test_names_that_are_none_are_refused(uploads, name):
    with pytest.raises(CorpusError, match="cannot be kept"):
        uploads.take(uploads.begin(), name)


def test_too_large_and_empty_are_refused(uploads):
    batch = uploads.begin()
    with pytest.raises(CorpusError, match="larger"), uploads.take(batch, "a.wav") as file:
        file.write(b"x" * 101)
    with pytest.raises(CorpusError, match="empty"), uploads.take(batch, "a.wav") as file:
        file.keep()
    assert uploads.files(batch) == []


@pytest.mark.parametrize("batch", ["", "..", "../x", "0" * 16])
def test_a_batch_that_is_none(uploads, batch):
    with pytest.raises(CorpusError, match="no upload"):
        uploads.folder(batch)


def test_what_was_imported_is_removed(uploads, tmp_path):
    one, two = uploads.begin(), uploads.begin()
    assert uploads.tidy(["import", str(uploads.folder(one)), "--speaker", "anna"]) == 1
    with pytest.raises(CorpusError):
        uploads.folder(one)
    assert uploads.folder(two)


def test_a_disk_that_is_almost_full_takes_nothing_more(uploads, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "SPARE", shutil.disk_usage(tmp_path).total + 1)
    with pytest.raises(UserError, match="almost full"), uploads.take(uploads.begin(), "a.wav") as file:
        file.write(b"x")
