"""evaluation: (reference, hypothesis) → report."""

from __future__ import annotations

from idiolect.evaluation.acceptance import Judgement, SlotScore, judge, slot_table
from idiolect.evaluation.alignment import Alignment, align, count_characters, count_words
from idiolect.evaluation.bootstrap import Groups, Interval, Tally, group, interval, share_interval, wilson
from idiolect.evaluation.calibration import Bin, Calibration, calibration_of
from idiolect.evaluation.comparison import Comparison, Verdict, compare, verdict
from idiolect.evaluation.counts import Counts
from idiolect.evaluation.evaluate import evaluate
from idiolect.evaluation.report import Conditions, Report, SliceReport, SystemReport
from idiolect.evaluation.scores import MEASURES, SCORER, Measure, Score
from idiolect.evaluation.system import Source, System, systems_of
from idiolect.evaluation.teachers import JudgeOptions, TeachersReport, judge_teachers

__all__ = [
    "MEASURES",
    "SCORER",
    "Alignment",
    "Bin",
    "Calibration",
    "Comparison",
    "Conditions",
    "Counts",
    "Groups",
    "Interval",
    "JudgeOptions",
    "Judgement",
    "Measure",
    "Report",
    "Score",
    "SliceReport",
    "SlotScore",
    "Source",
    "System",
    "SystemReport",
    "Tally",
    "TeachersReport",
    "Verdict",
    "align",
    "calibration_of",
    "compare",
    "count_characters",
    "count_words",
    "evaluate",
    "group",
    "interval",
    "judge",
    "judge_teachers",
    "share_interval",
    "slot_table",
    "systems_of",
    "verdict",
    "wilson",
]
