"""Reproducible choices for the demo: only `Random.random`, whose sequence Python guarantees."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

Item = TypeVar("Item")


class Chance:
    """Draws from a fixed seed, the same with every version of Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def happens(self, probability: float) -> bool:
        """Return true with the given probability."""
        return self._random.random() < probability

    def number(self, low: int, high: int) -> int:
        """Return an integer between `low` and `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def one(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[self.number(0, len(items) - 1)]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """Return `count` different items, in the order drawn."""
        rest = list(items)
        return [rest.pop(self.number(0, len(rest) - 1)) for _ in range(count)]

    def day(self, first: date, last: date) -> date:
        """Return a day between `first` and `last`, both included."""
        return first + timedelta(days=self.number(0, (last - first).days))
