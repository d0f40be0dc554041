"""improving: unlabelled clips + a teacher → rounds of labels, datasets and better students."""

from __future__ import annotations

from idiolect.improving.report import Improvement, Round
from idiolect.improving.rounds import Choices, Start, improve
from idiolect.improving.threshold import Threshold, choose_threshold

__all__ = ["Choices", "Improvement", "Round", "Start", "Threshold", "choose_threshold", "improve"]
