"""Record: who speaks and what they agreed to, prompts, and takes whose parts are stored as they come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, Field

from idiolect.corpus import SpeakerAccount
from idiolect.corpus.take_files import NewTake
from idiolect.corpus.takes import LARGEST_PART, Takes, TakeState
from idiolect.errors import CorpusError
from idiolect.labeling.prompt_sources import LARGEST_TEXT, keep_text
from idiolect.labeling.reading import prompts_for, sources_of
from idiolect.studio.desk import AtDesk, Desk, NotAllowedError
from idiolect.studio.showing import show

router = APIRouter()

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]


class Consent(BaseModel):
    """Somebody agrees."""

    speaker: Name


class Began(BaseModel):
    """What a page knows when a take begins; see `corpus.takes.NewTake`."""

    id: str
    speaker: Name
    rate: int
    text: str | None = Field(None, max_length=1000)
    device: str = Field("", max_length=200)
    session: str = Field("", max_length=80)


class Asked(BaseModel):
    """Which prompts. without: those that were skipped."""

    speaker: Name
    source: str = Field(max_length=300)
    count: int = Field(8, ge=0, le=50)
    without: list[str] = Field(default_factory=list, max_length=500)


class Added(BaseModel):
    """A text to read."""

    name: Name
    text: str = Field(min_length=1, max_length=LARGEST_TEXT)


class Ended(BaseModel):
    """How many parts and samples there are; None: as many as came."""

    parts: int | None = None
    samples: int | None = None


@router.get("/record", response_class=HTMLResponse)
def page(request: Request, desk: AtDesk) -> HTMLResponse:
    """The page."""
    known = [one for one in desk.project.corpus.speaker_accounts() if one.records]
    data = {
        "speakers": [_speaker(one) for one in known if _may(desk, one.name)],
        "speaker": desk.voice if desk.role == "speaker" else desk.project.settings.speaker or desk.person,
        "fixed": desk.role == "speaker",
        "sources": _sources(desk),
        "language": desk.project.settings.language,
        "session": datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S"),
    }
    return show(request, desk, "record.html", data=data, consent=_consent(desk))


@router.post("/api/record/consent")
def agree(said: Consent, desk: AtDesk) -> dict[str, Any]:
    """Note that a speaker agrees to be recorded."""
    name = " ".join(said.speaker.split())
    _check(desk, name)
    desk.project.corpus.set_consent(name, granted=True, scope=_consent(desk))
    return {"name": name, "consent": True}


@router.get("/api/record/takes")
def unfinished(desk: AtDesk, speaker: str = "") -> list[dict[str, Any]]:
    """Takes that were neither kept nor thrown away."""
    return [_state(one) for one in _takes(desk).unfinished(speaker or None) if _may(desk, one.take.speaker)]


@router.post("/api/record/takes")
def begin(began: Began, desk: AtDesk) -> dict[str, Any]:
    """Make room for a take; the same again does nothing."""
    _check(desk, began.speaker)
    take = NewTake(
        began.id,
        " ".join(began.speaker.split()),
        began.rate,
        text=None if began.text is None else " ".join(began.text.split()),
        device=began.device,
        session=began.session,
        person=desk.person,
    )
    return _state(_takes(desk).begin(take))


async def part_of(request: Request) -> bytes:
    """The bytes of a request, no more than a part may have."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST_PART:
            raise CorpusError(f"a part has more than {LARGEST_PART} bytes", hint="Send smaller ones.")
    return bytes(data)


@router.post("/api/record/takes/{take_id}/parts/{number}")
def put(take_id: str, number: int, desk: AtDesk, pcm: Annotated[bytes, Depends(part_of)]) -> dict[str, int]:
    """Store one part: raw 16-bit samples, mono."""
    _mine(desk, take_id).put(take_id, number, pcm)
    return {"stored": number}


@router.post("/api/record/takes/{take_id}/end")
def end(take_id: str, ended: Ended, desk: AtDesk) -> dict[str, Any]:
    """The take is over; the answer says which parts are missing."""
    return _state(_mine(desk, take_id).end(take_id, ended.parts, ended.samples))


@router.post("/api/record/takes/{take_id}/go-on")
def go_on(take_id: str, desk: AtDesk) -> dict[str, Any]:
    """The take is not over: more parts follow."""
    return _state(_mine(desk, take_id).go_on(take_id))


@router.get("/api/record/takes/{take_id}/audio.wav")
def hear(take_id: str, desk: AtDesk) -> FileResponse:
    """What the server holds of a take that is whole, at the rate of the device."""
    return FileResponse(_mine(desk, take_id).wav(take_id), media_type="audio/wav")


@router.get("/api/record/takes/{take_id}/heard")
def heard(take_id: str, desk: AtDesk) -> dict[str, Any]:
    """What was measured in a take, and what is wrong with it."""
    found = _mine(desk, take_id).listen(take_id)
    advice = [{"fault": one.fault, "grave": one.grave, "value": one.value} for one in found.advice]
    return {"good": found.good, "advice": advice, "quality": found.quality.as_dict()}


@router.post("/api/record/takes/{take_id}/keep")
def keep(take_id: str, desk: AtDesk) -> dict[str, Any]:
    """Make a recording of it; again is harmless."""
    kept = _mine(desk, take_id, kept=True).keep(take_id)
    return {"recording": kept.recording, "clips": kept.clips, "seconds": kept.duration, "already": kept.already}


@router.post("/api/record/takes/{take_id}/drop")
def drop(take_id: str, desk: AtDesk) -> dict[str, Any]:
    """Throw it away; again is harmless."""
    _mine(desk, take_id, kept=True).throw_away(take_id)
    return {}


@router.post("/api/record/prompts")
def prompts(asked: Asked, desk: AtDesk) -> dict[str, Any]:
    """What to read next, and how far this speaker is."""
    _check(desk, asked.speaker)
    project = desk.project
    where = project.corpus, project.folder, project.settings.language
    return prompts_for(*where, asked.speaker, asked.source, count=asked.count, without=asked.without)


@router.post("/api/record/sources")
def add_source(added: Added, desk: AtDesk) -> dict[str, Any]:
    """Keep a text to read in the project."""
    if desk.role == "speaker":
        raise NotAllowedError("a speaker reads what is there; an owner or a reviewer adds texts")
    path = keep_text(desk.project.folder, added.name, added.text)
    return {"added": path.relative_to(desk.project.folder).as_posix(), "sources": _sources(desk)}


def _sources(desk: Desk) -> list[dict[str, Any]]:
    return sources_of(desk.project.folder, desk.project.settings.language)


def _consent(desk: Desk) -> str:
    """What a speaker agrees to; it is kept word for word, in the language in which it was read."""
    return desk.t("I agree that what I say here is stored in this project, and trains and tests its speech models.")


def _takes(desk: Desk) -> Takes:
    settings = desk.project.settings
    return Takes(desk.project.corpus, language=settings.language, sensitivity=settings.sensitivity)


def _mine(desk: Desk, take_id: str, *, kept: bool = False) -> Takes:
    """The takes, once it is clear that this person may touch that one. kept: one that is gone already is nobody's."""
    takes = _takes(desk)
    if desk.role == "speaker":
        try:
            _check(desk, takes.take(take_id).speaker)
        except CorpusError:
            if not kept:
                raise
    return takes


def _may(desk: Desk, speaker: str) -> bool:
    """Speakers have to do with their own recordings only."""
    return desk.may_hear(" ".join(speaker.split()))


def _check(desk: Desk, speaker: str) -> None:
    if not _may(desk, speaker):
        raise NotAllowedError(f"{desk.person} records as {desk.voice} only")


def _speaker(one: SpeakerAccount) -> dict[str, Any]:
    return {"name": one.name, "consent": one.consent}


def _state(state: TakeState) -> dict[str, Any]:
    return {
        "id": state.take.id,
        "speaker": state.take.speaker,
        "text": state.take.text,
        "rate": state.take.sample_rate,
        "device": state.take.device,
        "parts": state.parts,
        "next": state.next,
        "missing": state.missing,
        "whole": state.whole,
        "seconds": round(state.duration, 2),
        "began": state.began.isoformat(),
    }
