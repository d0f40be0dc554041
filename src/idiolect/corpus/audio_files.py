"""Where audio lies: files named by the hash of their samples, in a folder or a bucket."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from idiolect import audio
from idiolect.corpus.values import AudioFile, Clip, Recording
from idiolect.errors import AudioError, CorpusError
from idiolect.units import SAMPLE_RATE, Samples, Seconds

FOLDER = "audio"


def path_of(recording_id: str) -> str:
    """``audio/ab/cdef….flac``: where a copied recording lies, relative to the project."""
    return f"{FOLDER}/{recording_id[:2]}/{recording_id[2:]}.flac"


class AudioFiles:
    """The audio of a project. `root` is its folder, or an fsspec URL such as ``s3://bucket/voice``."""

    def __init__(self, root: Path | str) -> None:
        self._root = str(root)
        self._remote = "://" in self._root
        # Absolute: a worker on another machine stands in another folder.
        self._local = Path(self._root).absolute()

    def exists(self, path: str) -> bool:
        """True where the file is there. `path` is what `Recording.path` says."""
        if self._is_local(path):
            return (self._local / path).is_file()
        import fsspec

        filesystem, place = fsspec.core.url_to_fs(f"{self._root}/{path}")
        return bool(filesystem.isfile(place))

    def require(self, path: str) -> None:
        """In a worker, of audio that who sent it there can read. Raises `AudioError` where this machine cannot."""
        if path and not self.exists(path):
            place = self._local / path if self._is_local(path) else f"{self._root}/{path}"
            raise AudioError(
                f"{place} is not there, which the machine that asks can read",
                hint="Every machine needs the project, and audio that it only refers to, under the same path: "
                "a network disk, or audio in a bucket.",
            )

    def local(self, clip: Clip) -> AudioFile:
        """The file and the stretch of a clip. Raises `CorpusError` where audio lies in a bucket."""
        if not self._is_local(clip.recording.path):
            raise CorpusError(f"{clip.recording.path} lies in {self._root}, not on this machine")
        return AudioFile(self._local / clip.recording.path, clip.start, clip.end)

    def read(self, recording: Recording, start: Seconds, end: Seconds | None) -> Samples:
        """The samples from `start` to `end` seconds: float32 ``(n,)``, 16 kHz.

        Raises:
            AudioError: the file is missing or damaged.
        """
        return self.stretch(recording.path, start, end)

    def stretch(self, path: str, start: float, end: float | None) -> Samples:
        """The same, of a path."""
        with self._source(path) as source:
            return audio.decode(source, start=Seconds(start), end=None if end is None else Seconds(end))

    def blocks(self, path: str) -> Iterator[Samples]:
        """All samples of a file, in blocks."""
        with self._source(path) as source:
            yield from audio.decode_blocks(source)

    def write(self, recording_id: str, samples: Samples) -> str:
        """Write a recording under its id, whole or not at all; returns its path. What is there already stays."""
        path = path_of(recording_id)
        if self.exists(path):
            return path
        if not self._remote:
            target = self._local / path
            audio.write_flac(target, samples)
            _check_length(target, len(samples))
            return path
        with tempfile.TemporaryDirectory(prefix="idiolect-") as folder:
            written = Path(folder) / "audio.flac"
            audio.write_flac(written, samples)
            self._upload(written, path)
        return path

    def write_blocks(self, blocks: Iterable[Samples]) -> tuple[str, str, int]:
        """Write a recording of any length; returns its id, its path and its number of samples."""
        import soundfile

        folder = None if self._remote else self._local / FOLDER
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".long.", suffix=".flac", dir=folder)
        os.close(handle)
        temporary = Path(name)
        try:
            digest, count = audio.SamplesHash(), 0
            with soundfile.SoundFile(
                temporary, "w", samplerate=SAMPLE_RATE, channels=1, subtype="PCM_16", format="FLAC"
            ) as sound:
                for block in blocks:
                    digest.update(block)
                    count += len(block)
                    sound.write(np.rint(block * 32768).clip(-32768, 32767).astype(np.int16))
            _check_length(temporary, count)
            recording_id = digest.hexdigest()
            path = path_of(recording_id)
            if not self.exists(path):
                self._keep(temporary, path)
            return recording_id, path, count
        finally:
            temporary.unlink(missing_ok=True)

    def remove(self, path: str) -> bool:
        """Delete a file of the project. Returns False where it was gone already."""
        if not self.exists(path):
            return False
        if not self._remote:
            (self._local / path).unlink()
            return True
        import fsspec

        filesystem, place = fsspec.core.url_to_fs(f"{self._root}/{path}")
        filesystem.rm(place)
        return True

    def copied(self) -> list[str]:
        """Every file below ``audio/``, relative to the project, in order; half-written ones too."""
        if not self._remote:
            found = [path for path in (self._local / FOLDER).rglob("*") if path.is_file()]
            return sorted(path.relative_to(self._local).as_posix() for path in found)
        import fsspec

        filesystem, place = fsspec.core.url_to_fs(f"{self._root}/{FOLDER}")
        parent = place.removesuffix(FOLDER)
        return sorted(path.removeprefix(parent) for path in filesystem.find(place))

    def _is_local(self, path: str) -> bool:
        return not self._remote or Path(path).is_absolute()

    @contextmanager
    def _source(self, path: str) -> Iterator[audio.Source]:
        if self._is_local(path):
            yield self._local / path
            return
        import fsspec

        try:
            file = fsspec.open(f"{self._root}/{path}", "rb").open()
        except FileNotFoundError as error:
            raise AudioError(f"{self._root}/{path}: is not there") from error
        with file:
            yield file

    def _keep(self, written: Path, path: str) -> None:
        if self._remote:
            self._upload(written, path)
            return
        with written.open("rb") as file:
            os.fsync(file.fileno())
        written.chmod(0o644)
        target = self._local / path
        target.parent.mkdir(parents=True, exist_ok=True)
        written.replace(target)

    def _upload(self, written: Path, path: str) -> None:
        import fsspec

        filesystem, place = fsspec.core.url_to_fs(f"{self._root}/{path}")
        filesystem.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
        filesystem.put_file(str(written), place)


def _check_length(path: Path, expected: int) -> None:
    """A full disk may cut a file short without an error from the codec."""
    import soundfile

    try:
        found = soundfile.info(path).frames
    except soundfile.LibsndfileError:
        found = 0
    if found != expected:
        path.unlink(missing_ok=True)
        raise OSError(28, f"{path} holds {found} of {expected} samples: is the disk full?")
