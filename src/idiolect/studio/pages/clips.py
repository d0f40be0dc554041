"""What is heard in a clip, for players in pages."""

from __future__ import annotations

import re
from functools import lru_cache

from fastapi import APIRouter, Request
from fastapi.responses import Response

from idiolect.audio import encode
from idiolect.errors import CorpusError
from idiolect.project import Project
from idiolect.studio.desk import AtDesk

router = APIRouter()

KEPT = "private, max-age=600"
"""A browser may keep a clip for ten minutes: its content never changes, but its speaker may want it forgotten."""


@router.get("/api/clips/{clip_id}/audio.wav")
def audio(request: Request, clip_id: str, desk: AtDesk) -> Response:
    """The clip as a WAV file (16 kHz, mono, 16 bit), or the bytes of it that a Range header asks for."""
    try:
        clip = desk.project.corpus.clip(clip_id)
    except CorpusError:
        forget_kept()  # a command may have forgotten somebody
        raise
    whole = wav_of(desk.project, clip.id)
    headers = {"accept-ranges": "bytes", "cache-control": KEPT}
    wanted = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", request.headers.get("range", ""))
    if wanted is None or wanted.groups() == ("", ""):
        return Response(whole, media_type="audio/wav", headers=headers)
    first, last = wanted.groups()
    start = int(first) if first else max(0, len(whole) - int(last))
    end = min(int(last), len(whole) - 1) if first and last else len(whole) - 1
    if start >= len(whole) or start > end:
        return Response(status_code=416, headers={"content-range": f"bytes */{len(whole)}"})
    headers["content-range"] = f"bytes {start}-{end}/{len(whole)}"
    return Response(whole[start : end + 1], 206, media_type="audio/wav", headers=headers)


@lru_cache(16)
def wav_of(project: Project, clip_id: str) -> bytes:
    """The WAV file of a clip. Sixteen are kept: players ask for the same one several times (30 s are 1 MB)."""
    corpus = project.corpus
    return encode(corpus.samples(corpus.clip(clip_id)), "wav")


def forget_kept() -> None:
    """Let go of what is kept: somebody was forgotten."""
    wav_of.cache_clear()
