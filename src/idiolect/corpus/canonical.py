"""Hashes of values: the same content gives the same id on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from idiolect.corpus.values import NewLabel


def content_hash(value: Any) -> str:
    """32 hex digits of blake2b over the canonical JSON of `value` (sorted keys, no spaces, UTF-8)."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def label_id(label: NewLabel) -> str:
    """What a claim says, as a hash. When it was made, what it cost and how sure it was do not count."""
    return content_hash(
        {
            "clip": label.clip_id,
            "kind": label.kind,
            "source": label.source,
            "version": label.version,
            "parameters": dict(label.parameters),
            "text": label.text,
            "intent": label.intent,
            "slots": dict(label.slots),
            "purpose": label.purpose,
            "silver": label.silver,
        }
    )


def dataset_id(items: Iterable[tuple[str, str, str]]) -> str:
    """The id of a dataset: the hash of its sorted (clip id, content ids of its labels, split) triples."""
    return content_hash(sorted(items))
