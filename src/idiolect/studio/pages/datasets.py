"""What would be frozen now, and what was frozen."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from idiolect.corpus import FreezeOptions, GroupBy, Preview, account_of
from idiolect.corpus.about_datasets import findings_of, models_by_dataset, texts_of
from idiolect.studio.desk import OwnerDesk
from idiolect.studio.pages.jobs import as_json, jobs_of
from idiolect.studio.showing import show

router = APIRouter()

CLIPS_SHOWN = 20


class Chosen(BaseModel):
    """What the form says; None and empty lists mean no filter, and the grouping and shares of before."""

    name: str = "first"
    group_by: GroupBy | None = None
    dev: float | None = Field(None, ge=0, le=1)
    test: float | None = Field(None, ge=0, le=1)
    speakers: list[str] = []
    collections: list[str] = []
    engines: list[str] = []
    min_confidence: float = Field(0.0, ge=0, le=1)
    include_silver: bool = False

    def options(self) -> dict[str, Any]:
        """As `FreezeOptions` takes them."""
        said = self.model_dump(exclude={"name"})
        return {name: value for name, value in said.items() if value not in (None, [])}


class Export(BaseModel):
    """For which other tool."""

    to: str = "jsonl"


@router.get("/datasets", response_class=HTMLResponse)
def page(request: Request, desk: OwnerDesk) -> HTMLResponse:
    """All of them, and the form."""
    corpus = desk.project.corpus
    summary = corpus.summary()
    return show(
        request,
        desk,
        "datasets.html",
        records=corpus.dataset_records(),
        models=models_by_dataset(corpus),
        speakers=corpus.speakers(),
        collections=corpus.collections(),
        engines=sorted(name.partition(" ")[2] for name in summary.by_source if name.startswith("engine ")),
        clips=summary.recorded.clips + summary.synthetic.clips,
    )


@router.get("/datasets/{dataset_id}", response_class=HTMLResponse)
def account(request: Request, dataset_id: str, desk: OwnerDesk) -> HTMLResponse:
    """What is in one."""
    corpus = desk.project.corpus
    dataset = corpus.dataset(dataset_id)
    record = next(one for one in corpus.dataset_records() if one.id == dataset.id)
    return show(
        request,
        desk,
        "dataset.html",
        here="datasets",
        record=record,
        dataset=dataset,
        account=account_of(dataset.items),
        findings=findings_of(dataset),
        models=models_by_dataset(corpus).get(dataset.id, []),
        texts=texts_of(corpus, [one for row in dataset.parameters["left_out"].values() for one in row["clips"]]),
    )


@router.post("/api/datasets/preview")
def preview(body: Chosen, desk: OwnerDesk) -> dict[str, Any]:
    """What would be frozen now."""
    corpus = desk.project.corpus
    found = corpus.preview(FreezeOptions(**body.options()))
    shown = [*_first_clips(found), *(clip for leak in found.leaks for side in leak.clips.values() for clip in side)]
    return {
        **asdict(found),
        "leaks": [{"what": leak.what, "name": leak.name, "clips": leak.clips} for leak in found.leaks],
        "left_out": {
            reason: {"count": len(clips), "clips": list(clips[:CLIPS_SHOWN])}
            for reason, clips in found.left_out.items()
        },
        "texts": texts_of(corpus, shown),
    }


@router.post("/api/datasets/freeze")
def freeze(body: Chosen, desk: OwnerDesk) -> dict[str, Any]:
    """Freeze it; the same content again is the same dataset."""
    before = {record.id for record in desk.project.corpus.dataset_records()}
    dataset = desk.project.freeze(body.name, **body.options())
    return {"id": dataset.id, "name": dataset.name, "clips": len(dataset.items), "new": dataset.id not in before}


@router.post("/api/datasets/{dataset_id}/export")
def export(dataset_id: str, body: Export, desk: OwnerDesk) -> dict[str, Any]:
    """Write it for other tools, as a job: audio may take a while."""
    dataset = desk.project.corpus.dataset(dataset_id)
    job = jobs_of(desk).start(
        ["datasets", "export", dataset.id, "--to", body.to],
        desk.t("Export {name} as {format}", name=dataset.name, format=body.to),
        about={"dataset": dataset.id},
    )
    return as_json(job)


def _first_clips(preview: Preview) -> list[str]:
    return [clip for clips in preview.left_out.values() for clip in clips[:CLIPS_SHOWN]]
