"""A process that labels a project's clips through the gateway: ``paid_labeling.py FOLDER URL WORKERS RATE CAP``.

Leaves with 3 where the cap stopped it, and 0 where every clip is done.
"""

from __future__ import annotations

import sys
from pathlib import Path

from idiolect.corpus import Corpus
from idiolect.engines import EngineOptions
from idiolect.errors import BudgetError
from idiolect.gateway import Gateway, Money
from idiolect.labeling import label


class PerSecond:
    def __init__(self, rate):
        self.rate = rate

    def find(self, destination, model):
        return self

    def cost(self, usage, requests=1):
        return Money(round(usage.audio * self.rate))


def main():
    folder, url, workers, rate, cap = sys.argv[1:]
    with Corpus.open(Path(folder)) as corpus:
        door = Gateway(corpus, PerSecond(int(rate)), cap=Money.of(cap), assume_yes=True, run="label")
        options = EngineOptions(gateway=door, extra={"url": url, "model": "m"})
        try:
            label(corpus, "openai", options, processes=int(workers))
        except BudgetError:
            sys.exit(3)
        door.close(finished=True)


if __name__ == "__main__":
    main()
