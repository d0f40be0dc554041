"""Train on whole sequences of phones: lattice-free maximum mutual information, on crops.

Povey et al. 2016, "Purely sequence-trained neural networks for ASR based on lattice-free MMI". What was said (the
numerator) competes with all that could have been said (the denominator). Here the denominator is a trigram of phones
with one self-loop each, small enough to be summed over exactly by matrix products on a CPU; the numerator is the phones
of the alignment, whose borders may move by `TOLERANCE` frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TOLERANCE = 1
"""Frames of posteriors (30 ms) by which a phone may begin earlier or end later than it was aligned."""

_SEEN = 8.0
"""Observations that the next lower order counts for (Witten and Bell would count kinds; this is one number)."""

_NEVER = -1e30


class PhoneModel:
    """How phones follow each other, and how long they last, in frames of posteriors.

    stay: float32 (phones,), probability that a phone lasts another frame.
    next: float32 (phones, phones, phones): [current, before, next], probabilities over `next`.
    """

    def __init__(self, targets: Iterable[NDArray[np.uint8]], phones: int) -> None:
        frames, runs = np.full(phones, 3.0), np.ones(phones)
        single, pairs = np.ones(phones), np.zeros((phones, phones))
        triples = np.zeros((phones, phones, phones))
        for row in targets:
            said = row[np.flatnonzero(np.diff(row, prepend=-1))] if len(row) else row
            frames += np.bincount(row, minlength=phones)
            runs += np.bincount(said, minlength=phones)
            single += np.bincount(said, minlength=phones)
            for one, two in pairwise(said):
                pairs[one, two] += 1
            np.add.at(triples, (said[1:-1], said[:-2], said[2:]), 1)
        self.stay = torch.from_numpy((1 - runs / frames).astype(np.float32))
        # A phone after itself is one longer phone: it has no place of its own.
        lower = np.tile(single, (phones, 1)) * (1 - np.eye(phones))
        lower /= lower.sum(-1, keepdims=True)
        lower = (pairs + _SEEN * lower) / (pairs.sum(-1, keepdims=True) + _SEEN)
        after = (triples + _SEEN * lower[:, None]) / (triples.sum(-1, keepdims=True) + _SEEN)
        self.next = torch.from_numpy(after.astype(np.float32))
        begin = pairs.T + np.outer(single, np.ones(phones)) / single.sum() * _SEEN
        self._begin = torch.from_numpy((begin / begin.sum()).astype(np.float32))

    @torch.no_grad()
    def sum_over_all(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Log of the sum over all sequences, (clips,), and each phone's share at each frame.

        `logits` and the shares are float32 (clips, frames, phones). Frames whose logits are all 0 change nothing.
        """
        clips, frames, phones = logits.shape
        top = logits.max(-1, keepdim=True).values
        # Laid out as (current, clip, before), so that a step is one product per current phone.
        heard = (logits - top).exp().permute(1, 2, 0).unsqueeze(-1).contiguous()
        stay = self.stay[:, None, None]
        leave = self.next * (1 - stay)
        state = self._begin[:, None, :].expand(phones, clips, phones) * heard[0]
        forward, scale = [], top.squeeze(-1).sum(-1)
        for at in range(frames):
            if at:
                state = (state * stay + torch.bmm(state, leave).permute(2, 1, 0)) * heard[at]
            total = state.sum((0, 2))
            scale = scale + total.log()
            state = state / total[:, None]
            forward.append(state)
        shares = torch.empty(frames, phones, clips)
        back = torch.ones(phones, clips, phones)
        onward = leave.transpose(1, 2).contiguous()
        for at in range(frames - 1, -1, -1):
            share = (forward[at] * back).sum(-1)
            shares[at] = share / share.sum(0)
            arriving = back * heard[at]
            back = arriving * stay + torch.bmm(arriving.permute(2, 1, 0).contiguous(), onward)
            back = back / back.sum((0, 2))[:, None] * (phones * phones)
        return scale, shares.permute(2, 0, 1)

    @torch.no_grad()
    def sum_over_said(self, logits: Tensor, targets: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """The same over what was said: `targets` int64 (clips, frames), aligned phones, negative behind the end."""
        chain = _Chain(targets)
        heard = logits.gather(2, chain.phones.clamp(min=0).unsqueeze(1).expand(-1, logits.shape[1], -1))
        heard = torch.where(chain.open, heard, _NEVER)
        stay = self.stay.log()[chain.phones.clamp(min=0)]
        leave = (1 - self.stay).log()[chain.phones.clamp(min=0)] + self._follow(chain.phones)
        total, shares = chain.sums(heard, stay, leave, logits.shape)
        # Behind the end the last phone of the chain stays: what that costs is no part of the clip.
        last = stay.gather(1, (chain.count - 1).clamp(min=0).unsqueeze(1)).squeeze(1)
        return total - last * torch.from_numpy((targets < 0).sum(1)), shares

    def _follow(self, phones: Tensor) -> Tensor:
        """Log-probability of the phone after each, float32 (clips, longest); 0 where there is none."""
        padded = torch.nn.functional.pad(phones, (1, 1), value=-1)
        before, now, after = padded[:, :-2], padded[:, 1:-1], padded[:, 2:]
        # The first phone of a crop: what stood before it is not known, so the likeliest is taken to be silence.
        found = self.next[now.clamp(min=0), before.clamp(min=0), after.clamp(min=0)].log()
        return torch.where((now >= 0) & (after >= 0), found, torch.zeros(()))

    def loss(self, logits: Tensor, targets: NDArray[np.int64]) -> Tensor:
        """Mean of log all - log said per frame of `logits` (clips, frames, phones); its gradient is exact."""
        known = torch.from_numpy(targets >= 0)
        heard = torch.where(known.unsqueeze(-1), logits.detach(), torch.zeros(()))
        every, shares = self.sum_over_all(heard)
        said, wanted = self.sum_over_said(heard, targets)
        frames = known.sum().clamp(min=1)
        gradient = (shares - wanted) * known.unsqueeze(-1) / frames
        value = (every - said).sum() / frames
        moving = (logits * gradient).sum()
        return moving - moving.detach() + value


class _Chain:
    """The phones of each clip, one after the other, each with the frames in which it may be.

    phones: int64 (clips, longest), -1 behind the last. open: bool (clips, frames, longest).
    """

    def __init__(self, targets: NDArray[np.int64]) -> None:
        runs = [_runs(row) for row in targets]
        longest = max((len(row) for row in runs), default=1) or 1
        frames = targets.shape[1]
        said = np.full((len(targets), longest), -1, dtype=np.int64)
        first = np.full((len(targets), longest), frames, dtype=np.int64)
        last = np.full((len(targets), longest), -1, dtype=np.int64)
        for clip, row in enumerate(runs):
            for at, (phone, start, end) in enumerate(row):
                said[clip, at] = phone
                first[clip, at] = start - TOLERANCE
                # Every phone but the last is over before the last frame that was heard.
                last[clip, at] = min(end + TOLERANCE, row[-1][2] - 1)
            if row:
                last[clip, len(row) - 1] = frames  # padding behind the end belongs to the last phone
                first[clip, 0] = 0
        self.phones = torch.from_numpy(said)
        self.count = torch.tensor([len(row) for row in runs])
        frame = np.arange(frames)[None, :, None]
        self.open = torch.from_numpy((frame >= first[:, None]) & (frame < last[:, None]))

    def sums(self, heard: Tensor, stay: Tensor, leave: Tensor, shape: torch.Size) -> tuple[Tensor, Tensor]:
        """Forward and backward along the chains, in logarithms."""
        clips, frames = shape[:2]
        longest = self.phones.shape[1]
        here = torch.full((clips, longest), _NEVER)
        here[:, 0] = heard[:, 0, 0]
        forward = [here]
        for at in range(1, frames):
            come = torch.nn.functional.pad(here + leave, (1, 0), value=_NEVER)[:, :-1]
            here = (torch.logaddexp(here + stay, come) + heard[:, at]).clamp(min=_NEVER)
            forward.append(here)
        end = (self.count - 1).clamp(min=0).unsqueeze(1)
        total = here.gather(1, end).squeeze(1)
        back = torch.full((clips, longest), _NEVER).scatter(1, end, 0.0)
        shares = torch.zeros(shape)
        where = self.phones.clamp(min=0)
        for at in range(frames - 1, -1, -1):
            share = (forward[at] + back - total.unsqueeze(1)).exp()
            shares[:, at].scatter_add_(1, where, share)
            arriving = (back + heard[:, at]).clamp(min=_NEVER)
            gone = torch.nn.functional.pad(arriving, (0, 1), value=_NEVER)[:, 1:]
            back = torch.logaddexp(arriving + stay, gone + leave).clamp(min=_NEVER)
        return total, shares


def _runs(row: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """(phone, first frame, frame behind its last) of each run; what is negative is left out."""
    row = row[row >= 0]
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    return [(int(row[start]), int(start), int(end)) for start, end in zip(starts, [*starts[1:], len(row)], strict=True)]
