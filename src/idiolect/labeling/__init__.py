"""Clips and engines to labels: teachers and their vote, synthetic speech, the queue, review."""

from idiolect.labeling.agreement import Agreement, Dispute, agreement, disputes
from idiolect.labeling.hearing import Teacher, by_clip, heard_by, names_of, reviewed, right_words, tokens_of
from idiolect.labeling.prompts import Prompts, speak_prompts
from idiolect.labeling.queue import QueueItem, QueueOptions, person_seconds, queue_of
from idiolect.labeling.relabel import Choice, RelabelReport, age, relabel
from idiolect.labeling.report import Failure, LabelReport
from idiolect.labeling.review import Decision, ReviewItem, decide, review_queue
from idiolect.labeling.reviewing import Answer, Asked, Reviewing, Waiting, worthiest
from idiolect.labeling.running import label
from idiolect.labeling.synthesis import SynthesisReport, synthesize
from idiolect.labeling.vote import VoteOptions, VoteReport, vote_clips, vote_of
from idiolect.labeling.weighing import Reviewed, Trust, learn

__all__ = [
    "Agreement",
    "Answer",
    "Asked",
    "Choice",
    "Decision",
    "Dispute",
    "Failure",
    "LabelReport",
    "Prompts",
    "QueueItem",
    "QueueOptions",
    "RelabelReport",
    "ReviewItem",
    "Reviewed",
    "Reviewing",
    "SynthesisReport",
    "Teacher",
    "Trust",
    "VoteOptions",
    "VoteReport",
    "Waiting",
    "age",
    "agreement",
    "by_clip",
    "decide",
    "disputes",
    "heard_by",
    "label",
    "learn",
    "names_of",
    "person_seconds",
    "queue_of",
    "relabel",
    "review_queue",
    "reviewed",
    "right_words",
    "speak_prompts",
    "synthesize",
    "tokens_of",
    "vote_clips",
    "vote_of",
    "worthiest",
]
