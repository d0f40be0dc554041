"""Correction of labels by a language model, behind a guard that lets no other meaning through."""

from idiolect.labeling.correcting.asking import correct_through
from idiolect.labeling.correcting.chat import Chat, ChatAnswer, GatewayChat
from idiolect.labeling.correcting.guard import Edit, Guarded, Rules, guard
from idiolect.labeling.correcting.report import Corrected, CorrectReport
from idiolect.labeling.correcting.running import CorrectOptions, correct

__all__ = [
    "Chat",
    "ChatAnswer",
    "CorrectOptions",
    "CorrectReport",
    "Corrected",
    "Edit",
    "GatewayChat",
    "Guarded",
    "Rules",
    "correct",
    "correct_through",
    "guard",
]
