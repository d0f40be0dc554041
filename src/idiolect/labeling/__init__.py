"""Clips and engines to labels: teachers, synthetic speech, review."""

from idiolect.labeling.prompts import Prompts, speak_prompts
from idiolect.labeling.report import Failure, LabelReport
from idiolect.labeling.review import Decision, ReviewItem, decide, review_queue
from idiolect.labeling.running import label
from idiolect.labeling.synthesis import SynthesisReport, synthesize
from idiolect.labeling.vote import VoteOptions, VoteReport, vote_clips

__all__ = [
    "Decision",
    "Failure",
    "LabelReport",
    "Prompts",
    "ReviewItem",
    "SynthesisReport",
    "VoteOptions",
    "VoteReport",
    "decide",
    "label",
    "review_queue",
    "speak_prompts",
    "synthesize",
    "vote_clips",
]
