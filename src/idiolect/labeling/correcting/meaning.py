"""Words that turn a meaning round: negations, numbers, spelled letters, opposites.

The lists are English, with the negations of some languages beside them; of other languages only digits are known.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEGATIONS = _words(
    "no not none never nobody nothing nowhere neither nor cannot without hardly barely scarcely unless except nope nah "
    "non nicht kein keine keinen keiner nie nichts niemand ohne pas jamais rien sans nunca nada nadie sin mai niente "
    "nessuno senza"
)
_NUMBERS = _words(
    "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fourty fifty sixty seventy eighty ninety hundred hundreds "
    "thousand thousands million millions billion billions trillion dozen half quarter double triple once twice thrice "
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth fortieth fiftieth sixtieth seventieth "
    "eightieth ninetieth hundredth thousandth percent"
)
_TURNING_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "mis", "anti", "de", "under", "over")
_TURNING_ENDS = ("less", "proof", "free")
_PAIRS = _words(
    "he/she him/her his/hers his/her in/out in/on on/off up/down before/after more/less increase/decrease "
    "increased/decreased increasing/decreasing accept/except inhale/exhale import/export include/exclude hyper/hypo "
    "hypertension/hypotension hyperglycemia/hypoglycemia internal/external interior/exterior ascend/descend "
    "emigrate/immigrate mother/brother yes/yet left/right hot/cold open/close start/stop true/false above/below "
    "major/minor maximum/minimum push/pull inside/outside"
)
_OPPOSITES = frozenset(frozenset(pair.split("/")) for pair in _PAIRS)
"""Pairs that a careless ear or pen takes for each other."""


def is_negation(word: str) -> bool:
    """``not``, ``never``, ``don't`` …; a word as `basic_v1` writes it."""
    return word in _NEGATIONS or word.endswith("n't")


def is_number(word: str) -> bool:
    """Digits, cardinals, ordinals, and words that count."""
    return word in _NUMBERS or any(character.isdigit() for character in word)


def is_protected(word: str) -> bool:
    """Negations, numbers and spelled letters (a name is spelled so; ``a`` and ``i`` are words)."""
    return is_negation(word) or is_number(word) or (len(word) == 1 and word not in {"a", "i"})


def turns_meaning(old: tuple[str, ...], new: tuple[str, ...]) -> str | None:
    """Why a change from `old` to `new` may turn the meaning round, in words; None where nothing says so."""
    touched = [word for word in (*old, *new) if is_protected(word) and old.count(word) != new.count(word)]
    if touched:
        word = touched[0]
        kind = "a negation" if is_negation(word) else "a number" if is_number(word) else "a spelled letter"
        return f"{word!r} is {kind}"
    gone, come = [word for word in old if word not in new], [word for word in new if word not in old]
    for one in gone:
        for other in come:
            if frozenset((one, other)) in _OPPOSITES or _is_turned(one, other) or _is_turned(other, one):
                return f"{one!r} and {other!r} are opposites"
    return None


def _is_turned(plain: str, turned: str) -> bool:
    if len(plain) < 3:
        return False
    return any(turned == prefix + plain for prefix in _TURNING_PREFIXES) or any(
        turned == plain + end or (turned.endswith(end) and plain == turned.removesuffix(end) + "ful")
        for end in _TURNING_ENDS
    )
