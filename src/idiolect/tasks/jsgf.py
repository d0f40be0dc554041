"""A task as a grammar in the Java Speech Grammar Format, for other decoders.

Lists, rules and permutations become rules of their own, so that the text stays linear in the task file.
https://www.w3.org/TR/jsgf/
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from idiolect.tasks.phrases import Choice, IntentBlock, Phrase, Row, Rule, Shuffle, Slot, Words


def write_jsgf(blocks: Sequence[IntentBlock]) -> str:
    """The grammar's text. Its public rule is ``<task>``; it says words only, no meaning."""
    writer = _Writer()
    top = " | ".join(writer.rule(block.intent, block.body) for block in blocks)
    rules = "".join(f"<{name}> = {body};\n" for name, body in writer.rules.items())
    return f"#JSGF V1.0 UTF-8;\ngrammar task;\npublic <task> = {top};\n{rules}"


class _Writer:
    def __init__(self) -> None:
        self.rules: dict[str, str] = {}
        self.names: dict[object, str] = {}

    def rule(self, wanted: str, phrase: Phrase) -> str:
        """A reference to the rule of `phrase`, which is written once."""
        key: object = phrase.values if isinstance(phrase, Slot) else phrase
        if key not in self.names:
            name = self._free(wanted)
            self.names[key] = name
            self.rules[name] = ""  # holds its place: rules stand in the order of the file
            self.rules[name] = self._body(phrase)
        return f"<{self.names[key]}>"

    def _free(self, wanted: str) -> str:
        base = re.sub(r"[^A-Za-z0-9_]", "_", wanted) or "rule"
        name, number = base, 2
        while name in self.rules or name in {"task", "NULL", "VOID"}:
            name, number = f"{base}_{number}", number + 1
        return name

    def _body(self, phrase: Phrase) -> str:
        if isinstance(phrase, Slot):
            return " | ".join(dict.fromkeys(self.text(value.body) for value in phrase.values))
        if isinstance(phrase, Rule):
            return self.text(phrase.body)
        if isinstance(phrase, Shuffle):
            return self._shuffle(phrase)
        return self.text(phrase)

    def text(self, phrase: Phrase) -> str:
        if isinstance(phrase, Words):
            return " ".join(phrase.words) or "<NULL>"
        if isinstance(phrase, Row):
            return " ".join(self.text(item) for item in phrase.items) or "<NULL>"
        if isinstance(phrase, Choice):
            texts = dict.fromkeys(self.text(item) for item in phrase.items)
            said = [text for text in texts if text != "<NULL>"]
            if not said:
                return "<NULL>"
            inside = " | ".join(said)
            return f"[ {inside} ]" if len(said) < len(texts) else f"( {inside} )"
        wanted = phrase.list_name if isinstance(phrase, Slot) else phrase.name if isinstance(phrase, Rule) else "order"
        return self.rule(wanted, phrase)

    def _shuffle(self, phrase: Shuffle) -> str:
        """One rule per set of items that remain."""
        rest: dict[int, str] = {0: ""}
        everything = (1 << len(phrase.items)) - 1
        for remaining in range(1, everything + 1):
            ways = [
                f"{self.text(item)} {rest[remaining & ~(1 << at)]}".strip()
                for at, item in enumerate(phrase.items)
                if remaining & 1 << at
            ]
            if len(ways) == 1 or remaining == everything:
                rest[remaining] = " | ".join(ways)
            else:
                name = self._free("order")
                self.rules[name] = " | ".join(ways)
                rest[remaining] = f"<{name}>"
        return rest[everything]
