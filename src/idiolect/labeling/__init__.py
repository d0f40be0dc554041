"""Clips and engines to labels: teachers, synthetic speech, review."""

from idiolect.labeling.report import Failure, LabelReport
from idiolect.labeling.running import label

__all__ = ["Failure", "LabelReport", "label"]
