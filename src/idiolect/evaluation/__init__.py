"""evaluation: (reference, hypothesis) → report."""

from __future__ import annotations

from idiolect.evaluation.acceptance import Judgement, SlotScore, judge, slot_table
from idiolect.evaluation.alignment import Alignment, align, count_characters, count_words
from idiolect.evaluation.board import Board, board_of
from idiolect.evaluation.bootstrap import Groups, Interval, Tally, group, interval, share_interval, wilson
from idiolect.evaluation.calibration import Bin, Calibration, calibration_of
from idiolect.evaluation.comparison import Comparison, Verdict, compare, verdict
from idiolect.evaluation.counts import Counts
from idiolect.evaluation.evaluate import evaluate
from idiolect.evaluation.ranking import Standing, rank
from idiolect.evaluation.report import Conditions, Report, SliceReport, SystemReport
from idiolect.evaluation.scores import MEASURES, SCORER, Measure, Score
from idiolect.evaluation.stored import StoredSystem, stored_board, stored_systems
from idiolect.evaluation.system import Source, System, systems_of
from idiolect.evaluation.teachers import JudgeOptions, TeachersReport, judge_teachers

__all__ = [
    "MEASURES",
    "SCORER",
    "Alignment",
    "Bin",
    "Board",
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
    "Standing",
    "StoredSystem",
    "System",
    "SystemReport",
    "Tally",
    "TeachersReport",
    "Verdict",
    "align",
    "board_of",
    "calibration_of",
    "compare",
    "count_characters",
    "count_words",
    "evaluate",
    "group",
    "interval",
    "judge",
    "judge_teachers",
    "rank",
    "share_interval",
    "slot_table",
    "stored_board",
    "stored_systems",
    "systems_of",
    "verdict",
    "wilson",
]
