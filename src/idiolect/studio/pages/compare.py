"""Two models on the same clips: who is better, how sure that is, where they differ; and the blind arena."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from pydantic import BaseModel, Field

from idiolect.corpus import Choice
from idiolect.errors import UserError
from idiolect.evaluation.arena import Arena, Match, cast, next_match, standings, text_arena, voice_arena
from idiolect.evaluation.choosing import Chosen, choose
from idiolect.evaluation.html import STYLES, board_html, report_html
from idiolect.evaluation.page import MOST_CLIPS, Page, page_of_store
from idiolect.evaluation.scores import MEASURES
from idiolect.gateway.opening import hourly_prices
from idiolect.overview import hearers_of
from idiolect.project import Project
from idiolect.studio.desk import Desk, OwnerDesk, ReviewerDesk, desk_of
from idiolect.studio.pages.jobs import jobs_of
from idiolect.studio.showing import show
from idiolect.studio.words import Messages

router = APIRouter()

Split = Literal["train", "dev", "test"]
Kind = Literal["text", "voice"]


class Asked(BaseModel):
    """What shall be compared; what is not given is chosen. a: the system that is judged, b: the one beside it."""

    dataset: str = ""
    split: str = ""
    a: str = ""
    b: str = ""
    measure: str = ""
    clips: int = Field(MOST_CLIPS, ge=1, le=2000)


@router.get("/compare/board.css", dependencies=[Depends(desk_of)])
def styles() -> FileResponse:
    """The styles of the comparison: the same file that a report has in it."""
    return FileResponse(STYLES, media_type="text/css", headers={"cache-control": "private, max-age=600"})


@router.get("/compare", response_class=HTMLResponse)
def page(request: Request, desk: ReviewerDesk, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """The comparison of two systems."""
    chosen = choose(desk.project.corpus, asked.dataset, asked.split, asked.a, asked.b)
    found, problem = None, None
    if chosen.pair:
        try:
            found = _page(desk.project, chosen, asked.measure)
        except UserError as error:
            problem = error
    board = found and board_html(found, audio=_address, translations=_messages(desk.language), most=asked.clips)
    return show(
        request,
        desk,
        "compare.html",
        chosen=chosen,
        found=found,
        board=board,
        problem=problem,
        measures=[one for one in MEASURES if found and found.board.score(found.board.systems[0], one.name)],
        clips=asked.clips,
        **hearers_of(desk.project),
    )


@router.get("/compare/report.html")
def report(desk: ReviewerDesk, asked: Annotated[Asked, Query()]) -> Response:
    """The same as one file, to keep or to send: no sound is in it."""
    chosen = choose(desk.project.corpus, asked.dataset, asked.split, asked.a, asked.b)
    if not chosen.pair:
        raise UserError("nothing was evaluated there", hint="idiolect evaluate scores models and engines")
    text = report_html(_page(desk.project, chosen, asked.measure))
    headers = {"content-disposition": 'attachment; filename="comparison.html"'}
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


class Evaluation(BaseModel):
    """What shall be evaluated."""

    dataset: str = Field(min_length=1, max_length=200)
    split: Split = "test"
    engines: list[str] = Field(default_factory=list, max_length=20)
    models: list[str] = Field(default_factory=list, max_length=20)
    task: str = Field("", max_length=500)


@router.post("/api/compare/evaluate")
def evaluate(wanted: Evaluation, desk: OwnerDesk) -> dict[str, str]:
    """Start it as a job."""
    if not wanted.engines and not wanted.models:
        raise UserError(desk.t("nothing is chosen"), hint=desk.t("Choose a model or an engine to evaluate."))
    argv = ["evaluate", "--dataset", wanted.dataset, "--split", wanted.split]
    argv += [word for name in wanted.engines for word in ("--engine", name)]
    argv += [word for name in wanted.models for word in ("--model", name)]
    argv += ["--task", wanted.task] if wanted.task else []
    argv += [] if wanted.models else ["--engines-only"]
    names = ", ".join([*wanted.engines, *wanted.models])
    job = jobs_of(desk).start(argv, desk.t("Evaluate {names}", names=names))
    return {"job": job.id}


@router.get("/compare/arena", response_class=HTMLResponse)
def arena_page(
    request: Request, desk: ReviewerDesk, dataset: str = "", split: str = "", kind: Kind = "text"
) -> HTMLResponse:
    """The blind arena."""
    chosen = choose(desk.project.corpus, dataset, split)
    arena = _arena(desk, chosen, kind)
    return show(
        request,
        desk,
        "compare_arena.html",
        here="compare",
        chosen=chosen,
        kind=kind,
        names=arena.names,
        start=_shown(desk, arena, next_match(desk.project.corpus, arena, desk.person)),
    )


class Voted(BaseModel):
    """A person's choice; the match is named by what the page was given."""

    match: str = Field(min_length=1, max_length=64)
    choice: Choice
    dataset: str = ""
    split: str = ""
    kind: Kind = "text"


@router.post("/api/compare/arena")
def vote(voted: Voted, desk: ReviewerDesk) -> dict[str, Any]:
    """Keep the vote (or take it back), and give the next match."""
    corpus = desk.project.corpus
    arena = _arena(desk, choose(corpus, voted.dataset, voted.split), voted.kind)
    cast(corpus, arena, desk.person, voted.match, voted.choice)
    return _shown(desk, arena, next_match(corpus, arena, desk.person))


@router.get("/api/compare/arena/standings")
def standing(desk: ReviewerDesk, dataset: str = "", split: str = "", kind: Kind = "text") -> list[dict[str, Any]]:
    """Who wins how often: asked for by a click, as it tells the names."""
    arena = _arena(desk, choose(desk.project.corpus, dataset, split), kind)
    found = standings(desk.project.corpus, arena)
    return [
        {
            "name": arena.names[one.name],
            "rating": round(one.rating),
            "low": None if one.interval.low != one.interval.low else round(one.interval.low),
            "high": None if one.interval.high != one.interval.high else round(one.interval.high),
            "wins": one.wins,
            "ties": one.ties,
            "losses": one.losses,
        }
        for one in found
    ]


def _page(project: Project, chosen: Chosen, measure: str) -> Page:
    # What it depends on: somebody who was forgotten is in no page any more, and who is new is in the Pareto plot.
    state = (project.corpus.counts()["clip"], *(one.key for one in chosen.systems))
    pair = tuple(one.key for one in chosen.pair)
    return _kept_page(project, (chosen.dataset_id, chosen.split), pair, measure, state)


@lru_cache(8)
def _kept_page(
    project: Project, where: tuple[str, str], pair: tuple[str, ...], measure: str, _state: tuple[Any, ...]
) -> Page:
    """A page is made of 10,000 draws: the last eight are kept."""
    chosen = choose(project.corpus, *where, judged=pair[-1], baseline=pair[0])
    prices = hourly_prices(project.prices())
    return page_of_store(project.corpus, chosen.pair, chosen.systems, measure=measure or None, price_of=prices)


def forget_kept() -> None:
    """Let go of texts that are kept: somebody was forgotten."""
    _kept_page.cache_clear()
    _kept_arena.cache_clear()


def _arena(desk: Desk, chosen: Chosen, kind: Kind) -> Arena:
    counts = desk.project.corpus.counts()
    state = (counts["clip"], counts["label"] if kind == "voice" else 0, *(one.key for one in chosen.systems))
    return _kept_arena(desk.project, (chosen.dataset_id, chosen.split), kind, state)


@lru_cache(4)
def _kept_arena(project: Project, where: tuple[str, str], kind: Kind, _state: tuple[Any, ...]) -> Arena:
    """All texts of all systems are read for it: the last four are kept."""
    return (
        voice_arena(project.corpus)
        if kind == "voice"
        else text_arena(project.corpus, choose(project.corpus, *where).systems)
    )


def _shown(desk: Desk, arena: Arena, match: Match | None) -> dict[str, Any]:
    """A match without its names."""
    mine = len(desk.project.corpus.votes(arena.kind, desk.person))
    if match is None:
        return {"match": None, "mine": mine}
    sides = [{"text": one.text, "audio": _address(one.clip_id)} for one in match.shown]
    return {"match": match.id, "kind": arena.kind, "sides": sides, "mine": mine}


def _address(clip_id: str) -> str:
    return f"/api/clips/{clip_id}/audio.wav"


@lru_cache
def _messages(language: str) -> Messages:
    return Messages(language)
