"""Long work as processes of their own, which outlive whoever started them and are found again."""

from __future__ import annotations

from idiolect.jobs.job import Job, State
from idiolect.jobs.jobs import Jobs
from idiolect.jobs.progress_file import VARIABLE, ProgressFile

__all__ = ["VARIABLE", "Job", "Jobs", "ProgressFile", "State"]
