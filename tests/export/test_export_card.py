from __future__ import annotations

from idiolect.export.card import card, weak

PARITY = {
    "clips": 9,
    "words": 50,
    "checkpoint": 0.1,
    "bundle": 0.105,
    "disagreement": 0.02,
    "commands_differ": 0.0,
    "tolerance": 0.01,
    "normalizer": "basic.v1",
}
LINEAGE = {
    "id": "c0ffee",
    "dataset": "da7a",
    "recipe": {"minutes": 20},
    "seed": 1,
    "versions": {"torch": "2.13.0"},
    "dev": {"wer": 0.071, "accepted": 0.9, "clips": 40},
}
BUNDLE = {
    "id": "b0b",
    "format": "onnx-int8",
    "family": "nano",
    "engine": "onnx",
    "lineage": LINEAGE,
    "parity": PARITY,
}


def score(measure, value, clips=20):
    return {"measure": measure, "value": value, "interval": {"low": 0.05, "high": 0.2}, "clips": clips}


SCORES = {
    "systems": [{"name": "mine", "scores": [score("acceptance", 0.95), score("wer", 0.10)]}],
    "slices": [
        {"by": "snr", "value": "0-10 dB", "scores": {"mine": [score("acceptance", 0.6), score("wer", 0.11)]}},
        {"by": "snr", "value": "10-20 dB", "scores": {"mine": [score("acceptance", 0.97), score("wer", 0.30)]}},
        {"by": "snr", "value": "unknown", "scores": {"mine": [score("wer", None)]}},
    ],
    "conditions": {"normalizer": "basic.v1", "scorer": "scorer.v1", "seed": 0, "groups": 9, "grouped_by": "speaker"},
}


def test_what_is_weak_is_named_for_errors_and_for_shares():
    assert weak(SCORES) == [
        "snr 0-10 dB: acceptance 60.0 % against 95.0 % on all (20 clips, mine)",
        "snr 10-20 dB: wer 30.0 % against 10.0 % on all (20 clips, mine)",
    ]


def test_a_card_names_data_recipe_parity_and_scores_with_intervals():
    text = card(BUNDLE, size=4_000_000, scores=SCORES)
    for part in ("da7a", '"minutes": 20', "torch 2.13.0", "WER 10.5 % (checkpoint 10.0 %)", "5.0 % to 20.0 %"):
        assert part in text
    assert "snr 0-10 dB" in text
    assert "9 speakers" in text


def test_a_card_without_scores_says_so():
    text = card(BUNDLE, size=4_000_000)
    assert "Not evaluated" in text
    assert "40 clips that chose the checkpoint: WER 7.1 %, commands accepted 90.0 %" in text
