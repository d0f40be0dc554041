"""Clips and engines to labels: teachers, synthetic speech, review."""

from idiolect.labeling.prompts import Prompts, speak_prompts
from idiolect.labeling.queue import QueueItem, QueueOptions, queue_of
from idiolect.labeling.relabel import Choice, RelabelReport, age, relabel
from idiolect.labeling.report import Failure, LabelReport
from idiolect.labeling.review import Decision, ReviewItem, decide, review_queue
from idiolect.labeling.running import label
from idiolect.labeling.synthesis import SynthesisReport, synthesize
from idiolect.labeling.vote import VoteOptions, VoteReport, vote_clips

__all__ = [
    "Choice",
    "Decision",
    "Failure",
    "LabelReport",
    "Prompts",
    "QueueItem",
    "QueueOptions",
    "RelabelReport",
    "ReviewItem",
    "SynthesisReport",
    "VoteOptions",
    "VoteReport",
    "age",
    "decide",
    "label",
    "queue_of",
    "relabel",
    "review_queue",
    "speak_prompts",
    "synthesize",
    "vote_clips",
]
