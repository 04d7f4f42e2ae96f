"""How far an import or an undo is: step, share of the whole, rate, and the time that remains.

The shares of the steps are those of an import of a million rows; a step that an import does
not reach, or does again in another attempt, makes the time that remains a guess.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

STEPS = {"read": 0.06, "check": 0.04, "map": 0.18, "write": 0.50, "validate": 0.22}
"""Share of the time that each step of an import takes, in their order."""
UNDO_STEPS = {"compare": 0.30, "write": 0.30, "validate": 0.40}
"""The same for taking an import back."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of an import; `done` is from 0 to 1, times are in seconds."""

    step: str
    done: float
    rows: int
    """Rows of tables that were read so far."""
    elapsed: float
    attempt: int = 1
    """Number of the attempt: rows that cannot be taken, or rows that waited, make another one."""

    @property
    def rate(self) -> float:
        """Rows for each second since the beginning."""
        return self.rows / self.elapsed if self.elapsed else 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds that the rest takes at this pace, None at the beginning."""
        return self.elapsed * (1 - self.done) / self.done if self.done else None

    def as_json(self) -> dict[str, object]:
        """Return the moment as values that JSON knows."""
        left = self.remaining
        return {
            "step": self.step,
            "done": round(self.done, 3),
            "rows": self.rows,
            "rows_per_second": round(self.rate),
            "elapsed": round(self.elapsed, 1),
            "remaining": None if left is None else round(left, 1),
            "attempt": self.attempt,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Progress:
        """Return the moment that `as_json` told."""
        return cls(told["step"], told["done"], told["rows"], told["elapsed"], told["attempt"])


Listener = Callable[[Progress], None]
"""Is told of each moment; an exception that it raises ends the import, which leaves nothing."""


class Teller:
    """Tells listeners how far an import is, over all of its attempts."""

    def __init__(self, *listeners: Listener | None, steps: Mapping[str, float] = STEPS) -> None:
        self._steps = steps
        self._listeners = [one for one in listeners if one is not None]
        self._start = time.monotonic()
        self._attempt = 0
        self._rows = 0

    def beside(self, listener: Listener) -> Teller:
        """Return a teller for the next attempt, which tells one listener more."""
        self._attempt += 1
        other = Teller(listener, *self._listeners, steps=self._steps)
        other._start, other._attempt = self._start, self._attempt
        return other

    def tell(self, step: str, part: float = 0.0, rows: int = 0) -> None:
        """Tell that a part of a step is done (0 to 1), and how many rows more were read."""
        self._rows += rows
        names = list(self._steps)
        before = sum(self._steps[name] for name in names[: names.index(step)])
        done = min(before + part * self._steps[step], 1.0)
        elapsed = time.monotonic() - self._start
        moment = Progress(step, done, self._rows, elapsed, self._attempt)
        for listener in self._listeners:
            listener(moment)
