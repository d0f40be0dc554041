"""The beam search itself, compiled by numba; `beam.py` makes its arrays and reads what it leaves.

Token passing (Young, Russell and Thornton, "Token passing", 1989), one frame at a time. A token stands on a node of a
prefix tree, with a context: the state of the n-gram model and of the key terms. Tokens on the same node with the same
context meet, and the better one lives on. At the end of a word a token becomes a *record*: the word, and the record
before it; the ways that led to the same record and lost are kept as *arcs*, from which n-best lists are read. A look
ahead (the best word that can still be reached) is part of every score until the word is known.

Keys of tokens: node n; S + a, the silence (or CTC's blank) after place a; S + A + n, the blank after node n.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

ENDS = 4096
"""Records that one frame may make."""
MEMORY = 1 << 15
"""Answers of the models that are kept: without them a frame takes twice as long."""
NEVER = -1e30


class Forest(NamedTuple):
    """Prefix trees of words. S nodes, D trees (one per way to go on), A places (where words end), X ends of words.

    token: (S,) which output a node reads. loops: (S,) whether it may last longer than a frame.
    child_first: (S + D + 1,), child: what follows node n at n, what tree d begins with at S + d.
    exit_first: (S + 1,), exit_word, exit_place, exit_score: (X,) the words that end at a node, and where they lead.
    link_first: (A + 1,), link: the trees that may be entered from a place.
    look: (S,) the best that a word through this node can still add; place_look: (A,).
    final: (A,) whether the sentence may end there; start: (1,) the place where it begins.
    """

    token: Integers
    loops: NDArray[np.bool_]
    child_first: Integers
    child: Integers
    exit_first: Integers
    exit_word: Integers
    exit_place: Integers
    exit_score: Floats
    link_first: Integers
    link: Integers
    look: Floats
    place_look: Floats
    final: NDArray[np.bool_]
    start: Integers


class Terms(NamedTuple):
    """Key terms as an automaton over words (Aho and Corasick 1975). B states, 0 is none.

    first: (B + 1,), word, target: the ways out of a state, sorted by word. other: (B,) where to look if there is none.
    held: (B,) the boost that an unfinished term has on loan; earned: (B,) what a term that ends here keeps; kept: (B,)
    what shorter terms inside an unfinished one have earned, should it stay unfinished.
    """

    first: Integers
    word: Integers
    target: Integers
    other: Integers
    held: Floats
    earned: Floats
    kept: Floats


class Weights(NamedTuple):
    """Numbers of one search, in nats; `blank` is -1 for phones with silence, else CTC's blank.

    width: how many outputs there are, and one.
    """

    beam: float
    tokens: int
    lm: float
    unknown: float
    word_penalty: float
    silence_penalty: float
    penalty: float
    silence: int
    blank: int
    width: int
    keep_arcs: bool


class Tokens(NamedTuple):
    """What stands somewhere: on a node, at a place, or before the nodes of a group. One row each.

    key: where (see above). context: state of the n-gram model · B + state of the key terms. score: with the look ahead.
    record: the last word's, -1 before the first. start: the frame in which the word began. skip: an output that
    may not follow without a blank, -1 for none.
    """

    key: Longs
    context: Longs
    score: Doubles
    record: Integers
    start: Integers
    skip: Integers


class Table(NamedTuple):
    """Where the token of a key and a context is; a slot counts where its stamp is the frame's."""

    slot: Integers
    stamp: Integers


class Memory(NamedTuple):
    """What the models said lately, by word and context: a word ends in several frames on end. One row per slot."""

    word: Longs
    context: Longs
    gain: Doubles
    next: Longs


class Room(NamedTuple):
    """What a search works in: the tokens of a frame, what may become tokens of the next, what goes on, what ended."""

    here: Tokens
    next: Tokens
    onward: Tokens
    ends: Tokens
    table: Table
    end_table: Table
    memory: Memory


def room_of(tokens: int, outputs: int) -> Room:
    """Room for about so many tokens."""
    most = 4 * tokens
    candidates = 32 * tokens + 16 * outputs + ENDS
    memory = Memory(
        np.full(MEMORY, -1, np.int64), np.full(MEMORY, -1, np.int64), np.zeros(MEMORY), np.zeros(MEMORY, np.int64)
    )
    return Room(
        _rows(most), _rows(candidates), _rows(2 * (most + ENDS)), _rows(ENDS), _table(most), _table(ENDS), memory
    )


def _rows(size: int) -> Tokens:
    key, context, score = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float64)
    return Tokens(key, context, score, *(np.empty(size, np.int32) for _ in range(3)))


def _table(size: int) -> Table:
    slots = 1 << (2 * size - 1).bit_length()
    return Table(np.empty(slots, np.int32), np.full(slots, -1, np.int32))


# Called once per frame each, and with loops of their own: a call with many arrays costs more than what a token does.
# Wrappers for Python around all but `search` take most of the time to compile.
_BARE: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_jit = numba.njit(nogil=True, error_model="numpy", **_BARE)
_jit_search = numba.njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _put(rows, at, key, context, score, record, start, skip):  # type: ignore[no-untyped-def]
    rows.key[at] = key
    rows.context[at] = context
    rows.score[at] = score
    rows.record[at] = record
    rows.start[at] = start
    rows.skip[at] = skip


@_jit
def _hold(forest, weights, now, output, room, count, ended):  # type: ignore[no-untyped-def]
    """Tokens that stay where they are, or fall silent; and whatever goes on from where it is, as groups of nodes.

    Returns how many stay, how many go on, and the best score.
    """
    here, ends, out, onward = room.here, room.ends, room.next, room.onward
    nodes, places = len(forest.token), len(forest.final)
    found, going, best = 0, 0, NEVER
    for i in range(count + ended):
        fresh = i >= count
        rows, at = (ends, i - count) if fresh else (here, i)
        key, score, skip = rows.key[at], rows.score[at], rows.skip[at]
        context, record, start = rows.context[at], rows.record[at], rows.start[at]
        place, node, after, total, rest = -1, key, -1, NEVER, NEVER
        if fresh:
            place, after = key // weights.width, nodes + key // weights.width
            rest = score + output[weights.silence] - weights.silence_penalty - weights.penalty
        elif key < nodes:
            if forest.loops[node]:
                total = score + output[forest.token[node]]
            if weights.blank >= 0:
                skip, after = forest.token[node], nodes + places + node
                rest = score + output[weights.blank]
        else:
            place = key - nodes if key < nodes + places else -1
            node = key - nodes - places
            total = score + output[weights.silence]
        if total > best - weights.beam:
            best = max(best, total)
            _put(out, found, key, context, total, record, start, -1)
            found += 1
        if rest > best - weights.beam:
            best = max(best, rest)
            _put(out, found, after, context, rest, record, start, -1)
            found += 1
        if place < 0:
            _put(onward, going, node, context, score - forest.look[node], record, start, skip)
            going += 1
            continue
        for way in range(forest.link_first[place], forest.link_first[place + 1]):
            if going < len(onward.key):
                group, free = nodes + forest.link[way], score - forest.place_look[place]
                _put(onward, going, group, context, free, record, now, skip)
                going += 1
    return found, going, best


@_jit
def _follow(forest, weights, output, room, found, going, best):  # type: ignore[no-untyped-def]
    """What goes on, to each node of its group → how many candidates there are now, and the best score."""
    onward, out = room.onward, room.next
    child_first, child, token, look = forest.child_first, forest.child, forest.token, forest.look
    beam, penalty, most = weights.beam, weights.penalty, len(out.key)
    for i in range(going):
        group, score, skip = onward.key[i], onward.score[i] - penalty, onward.skip[i]
        for at in range(child_first[group], child_first[group + 1]):
            node = child[at]
            total = score + look[node] + output[token[node]]
            if total > best - beam and token[node] != skip and found < most:
                best = max(best, total)
                _put(out, found, node, onward.context[i], total, onward.record[i], onward.start[i], -1)
                found += 1
    return found, best


@_jit
def _floor(score, found, best, beam, most):  # type: ignore[no-untyped-def]
    """The score below which candidates are dropped: by the beam, and so that about `most` are left."""
    if found <= most:
        return best - beam
    step = beam / 256
    histogram = np.zeros(257, np.int64)
    for i in range(found):
        histogram[min(256, int((best - score[i]) / step))] += 1
    kept, last = histogram[0], 1
    while last < 256 and kept + histogram[last] <= most:
        kept += histogram[last]
        last += 1
    return best - last * step


@_jit
def _meet(room, now, found, floor):  # type: ignore[no-untyped-def]
    """Candidates above the floor become the tokens of this frame; of those that meet, the best. How many there are."""
    rows, out, slot, stamp = room.next, room.here, room.table.slot, room.table.stamp
    mask, most, count = len(slot) - 1, len(out.key), 0
    for i in range(found):
        score = rows.score[i]
        if score < floor:
            continue
        key, context = rows.key[i], rows.context[i]
        at = key * 0x9E3779B1 + context * 0x85EBCA77
        at = (at ^ (at >> 17) ^ (at >> 34)) & mask
        while stamp[at] == now and (out.key[slot[at]] != key or out.context[slot[at]] != context):
            at = (at + 1) & mask
        if stamp[at] != now:
            if count == most:
                continue
            stamp[at], slot[at] = now, count
            count += 1
        elif score <= out.score[slot[at]]:
            continue
        _put(out, slot[at], key, context, score, rows.record[i], rows.start[i], -1)
    return count


@_jit
def _say(models, weights, memory, slot, context, word):  # type: ignore[no-untyped-def]
    """Ask the models for `word` after `context` (`NGram.step`, and the key terms'), and remember it in `slot`."""
    tree, terms, number = models
    states, contexts = len(terms.other), len(tree.first) - 1
    state, term, total = context // states, context % states, 0.0
    if weights.lm != 0.0:
        said = number[word]
        child = -1 if said >= 0 else 0
        total, state = (0.0, state) if said >= 0 else (weights.unknown, 0)
        while child < 0:
            child = 1 + said if state == 0 else _find(tree.word, tree.first[state], tree.first[state + 1], said)
            total += tree.prob[child] if child >= 0 else tree.backoff[state]
            state = tree.shorter[state] if child < 0 else child if child < contexts else tree.shorter[child]
    gain = weights.lm * total - terms.held[term] + terms.kept[term]
    way = _find(terms.word, terms.first[term], terms.first[term + 1], word)
    while way < 0 and term:
        term = terms.other[term]
        way = _find(terms.word, terms.first[term], terms.first[term + 1], word)
    if way >= 0:
        gain -= terms.kept[term]
        term = terms.target[way]
        gain += terms.held[term] + terms.earned[term]
    memory.word[slot], memory.context[slot] = word, context
    memory.gain[slot], memory.next[slot] = gain, state * states + term


@_jit
def _find(words, low, end, word):  # type: ignore[no-untyped-def]
    """Where `word` stands in the sorted stretch of `words`, or -1."""
    high = end
    while low < high:
        middle = (low + high) >> 1
        if words[middle] < word:
            low = middle + 1
        else:
            high = middle
    return low if low < end and words[low] == word else -1


@_jit
def _end_words(forest, models, weights, room, now, count, floor, trace, base, arc):  # type: ignore[no-untyped-def]
    """The words that end with this frame → how many stand at places now, and how many arcs there are."""
    rows, out, slot, stamp = room.here, room.ends, room.end_table.slot, room.end_table.stamp
    records, scores, arcs, arc_scores = trace
    mask, ended, memory = len(slot) - 1, 0, room.memory
    for i in range(count):
        node = rows.key[i]
        if node >= len(forest.token):
            continue
        skip = forest.token[node] if weights.blank >= 0 else -1
        for way in range(forest.exit_first[node], forest.exit_first[node + 1]):
            word, place, before = forest.exit_word[way], forest.exit_place[way], rows.context[i]
            ask = word * 0x9E3779B1 + before * 0x85EBCA77
            ask = (ask ^ (ask >> 17) ^ (ask >> 34)) & (MEMORY - 1)
            if memory.word[ask] != word or memory.context[ask] != before:
                _say(models, weights, memory, ask, before, word)
            context = memory.next[ask]
            total = rows.score[i] - forest.look[node] + forest.place_look[place] - weights.word_penalty
            total += forest.exit_score[way] + memory.gain[ask]
            if total < floor:
                continue
            key = place * weights.width + skip + 1
            at = key * 0x9E3779B1 + context * 0x85EBCA77
            at = (at ^ (at >> 17) ^ (at >> 34)) & mask
            while stamp[at] == now and (out.key[slot[at]] != key or out.context[slot[at]] != context):
                at = (at + 1) & mask
            if stamp[at] != now and ended == len(out.key):
                continue
            row = base + (ended if stamp[at] != now else slot[at])
            if weights.keep_arcs and arc < len(arcs):
                arcs[arc, 0], arcs[arc, 1], arcs[arc, 2] = word, rows.record[i], node
                arcs[arc, 3], arcs[arc, 4], arc_scores[arc] = rows.start[i], row, total
                arc += 1
            if stamp[at] == now and total <= scores[row]:
                continue
            if stamp[at] != now:
                stamp[at], slot[at] = now, ended
                ended += 1
            records[row, 0], records[row, 1], records[row, 2] = word, rows.record[i], node
            records[row, 3], records[row, 4], scores[row] = rows.start[i], now + 1, total
            _put(out, slot[at], key, context, total, row, now + 1, skip)
    return ended, arc


@_jit
def _grown(rows, scores, used):  # type: ignore[no-untyped-def]
    """Room for the rows of one more frame."""
    if used + ENDS <= len(rows):
        return rows, scores
    size = 2 * len(rows) + ENDS
    more, longer = np.empty((size, rows.shape[1]), np.int32), np.empty(size, np.float64)
    more[:used] = rows[:used]
    longer[:used] = scores[:used]
    return more, longer


@_jit_search
def search(scores, forest, models, weights, first, room):  # type: ignore[no-untyped-def]
    """Over float32 (frames, outputs) scores, from the context `first`; `models` are (Tree, Terms, numbers of words).

    Returns records int32 (n, 5): word, record before (-1: none), node, first frame, end frame; their scores; the arcs
    in the same columns, their record in place of the end frame; their scores; and how many tokens and ends are left.
    """
    records, record_scores = np.empty((ENDS, 5), np.int32), np.empty(ENDS, np.float64)
    arcs, arc_scores = np.empty((ENDS, 5), np.int32), np.empty(ENDS, np.float64)
    start = forest.start[0]
    _put(room.ends, 0, start * weights.width, first, forest.place_look[start], -1, 0, -1)
    count, ended, made, arc = 0, 1, 0, 0
    for now in range(len(scores)):
        output = scores[now]
        found, going, best = _hold(forest, weights, now, output, room, count, ended)
        found, best = _follow(forest, weights, output, room, found, going, best)
        floor = _floor(room.next.score, found, best, weights.beam, weights.tokens)
        count = _meet(room, now, found, floor)
        records, record_scores = _grown(records, record_scores, made)
        arcs, arc_scores = _grown(arcs, arc_scores, arc)
        trace = (records, record_scores, arcs, arc_scores)
        ended, arc = _end_words(forest, models, weights, room, now, count, floor, trace, made, arc)
        made += ended
    return records[:made], record_scores[:made], arcs[:arc], arc_scores[:arc], count, ended
