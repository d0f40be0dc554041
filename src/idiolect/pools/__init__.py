"""`map(items) -> answers` over workers: here, in processes of this machine, or on a Ray cluster."""

from idiolect.pools.protocol import Job, Lost, Pool, answers_of
from idiolect.pools.table import POOLS, PROCESSES, PoolChoice

__all__ = ["POOLS", "PROCESSES", "Job", "Lost", "Pool", "PoolChoice", "answers_of"]
