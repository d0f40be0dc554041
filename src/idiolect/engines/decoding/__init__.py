"""From the outputs of a phone network to words: what a task allows, or an open loop of words. Numpy only."""

from __future__ import annotations

from idiolect.engines.decoding.confidence import DEFAULT_CONFIDENCE, LOOP_ENTRY, Confidence
from idiolect.engines.decoding.graph import PhoneGraph
from idiolect.engines.decoding.options import DecodingOptions
from idiolect.engines.decoding.path import Path, PathWord

__all__ = ["DEFAULT_CONFIDENCE", "LOOP_ENTRY", "Confidence", "DecodingOptions", "Path", "PathWord", "PhoneGraph"]
