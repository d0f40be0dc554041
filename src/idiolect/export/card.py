"""The model card: what a bundle is, where it comes from, how good it is and what it is bad at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CARD_FILE = "MODEL_CARD.md"

WEAK = 1.25
"""A kind of clip is named as weak where its error rate passes the whole's by this factor."""


def card(bundle: Mapping[str, Any], *, size: int, scores: Mapping[str, Any] | None = None) -> str:
    """Markdown. `bundle` is ``bundle.json``; `scores` is the dictionary of an evaluation report, if there is one."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("idiolect.export"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown, not HTML
    )
    environment.filters["percent"] = lambda value: "unknown" if value is None else f"{100 * value:.1f} %"
    lineage = bundle["lineage"]
    return environment.get_template("card.md.j2").render(
        bundle=bundle,
        lineage=lineage,
        recipe=dict(sorted((lineage.get("recipe") or {}).items())),
        dev=lineage.get("dev") or {},
        parity=bundle["parity"],
        size=size,
        systems=(scores or {}).get("systems", []),
        conditions=(scores or {}).get("conditions", {}),
        weak=weak(scores or {}),
    )


def weak(scores: Mapping[str, Any]) -> list[str]:
    """The kinds of clips on which a system is much worse than on the whole, in words."""
    out = []
    for system in scores.get("systems", []):
        whole = {score["measure"]: score for score in system["scores"]}
        for part in scores.get("slices", []):
            for score in part["scores"].get(system["name"], []):
                before, after = _badness(whole.get(score["measure"])), _badness(score)
                if before is not None and after is not None and after > max(WEAK * before, before + 0.02):
                    shown = f"{100 * score['value']:.1f} % against {100 * whole[score['measure']]['value']:.1f} %"
                    out.append(
                        f"{part['by']} {part['value']}: {score['measure']} {shown} on all"
                        f" ({score['clips']} clips, {system['name']})"
                    )
    return out


def _badness(score: Mapping[str, Any] | None) -> float | None:
    if score is None or score["value"] is None:
        return None
    value = float(score["value"])
    return 1 - value if score["measure"] == "acceptance" else value
