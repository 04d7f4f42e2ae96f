"""The steps in which the look-up index answers a query.

A solution is a list with a *slot* for each variable and each term of the query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kg.store import RawTerm, TermKey

Value = int | RawTerm | None
"""What a slot holds: the id of a term, a number that was counted, or nothing."""
Solution = list[Value]


class BeyondReachError(Exception):
    """The look-up index does not answer a query."""


@dataclass(frozen=True, slots=True)
class Link:
    """A step by the predicate in a slot."""

    predicate: int


@dataclass(frozen=True, slots=True)
class Others:
    """A step by a predicate that is not in some slots, forward, backward or both."""

    forward: tuple[int, ...] | None
    backward: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Inverse:
    """A path taken from its end to its start."""

    path: Way


@dataclass(frozen=True, slots=True)
class Chain:
    """Paths one after the other."""

    paths: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of some paths."""

    paths: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A path as often as `mod` says: `?`, `*` or `+`."""

    path: Way
    mod: str
    empty: bool
    """Whether it may have no step."""


Way = Link | Others | Inverse | Chain | AnyOf | Repeated


@dataclass(frozen=True, slots=True)
class Match:
    """A triple pattern: ends in slots, a predicate in a slot or a way between them."""

    subject: int
    predicate: int | Others | Repeated
    object: int
    graph: int | None
    """The slot of the named graph, None for the default graph."""
    fixed: tuple[bool, bool]
    """Whether the ends are terms that the query names."""


@dataclass(frozen=True, slots=True)
class Fork:
    """Alternatives between two ends: each finds its own solutions."""

    subject: int
    object: int
    branches: tuple[Matches, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """Patterns that are met together."""

    patterns: tuple[Match | Fork, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """Inline data: slots, and for each row those of its terms, None for no term."""

    slots: tuple[int, ...]
    rows: tuple[tuple[int | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """OPTIONAL: what is joined where it can be, under a condition.

    In the slot `mark` a solution has its number, by which it is known again.
    """

    mark: int
    steps: tuple[Step, ...]
    condition: object | None


@dataclass(frozen=True, slots=True)
class Either:
    """UNION."""

    branches: tuple[tuple[Step, ...], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """FILTER."""

    condition: object


Step = Matches | Given | Attempt | Either | Kept


@dataclass(frozen=True, slots=True)
class Count:
    """What a group says: COUNT of a slot, None for `*`, or one of its keys."""

    into: int
    of: int | None
    distinct: bool = False
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Groups:
    """GROUP BY some slots, None for all in one group."""

    keys: tuple[int, ...] | None
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Copied:
    """A variable with the value of another one."""

    into: int
    of: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """ORDER BY some slots, each with whether it descends."""

    keys: tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class Once:
    """DISTINCT, of what some slots hold."""

    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """LIMIT and OFFSET."""

    start: int
    length: int | None


Change = Groups | Copied | Ordered | Once | Slice


_LONG = 0.003
"""Seconds of an answer from which on the engine may be faster: to plan its statement takes most of
that."""
_TURNS = 31
"""How often the engine answers in a row, where it is faster, until the index is tried again."""


@dataclass(slots=True)
class Pace:
    """How often the index is passed by, where it gave up on queries of a shape, or was slower."""

    waits: int = 0
    left: int = 0
    by_engine: float | None = None
    """Seconds that the engine took for the last query of the shape that it answered."""
    by_index: float | None = None
    """Seconds that the index took, while the engine is to show how long it takes."""

    def passes(self) -> bool:
        """Return whether to pass it by this time."""
        self.left -= 1
        return self.left >= 0

    def gave_up(self) -> None:
        """Wait twice as long as the last time."""
        self.waits = min(2 * self.waits + 1, 127)
        self.left = self.waits

    def answered(self, seconds: float) -> None:
        """Wait no more; but after a long while let the engine show how long it takes."""
        self.waits = self.left = 0
        self.by_index = None
        if seconds >= _LONG:
            if self.by_engine is None:
                self.left, self.by_index = 1, seconds
            elif self.by_engine < seconds:
                self.left = _TURNS

    def engine_answered(self, seconds: float) -> None:
        """Go on with the engine, where it was to show how long it takes and was faster."""
        self.by_engine = seconds
        if self.by_index is not None and seconds < self.by_index:
            self.left = _TURNS
        self.by_index = None


@dataclass(frozen=True, slots=True)
class LookupPlan:
    """The steps that find solutions, and what is made of these, in order.

    `terms` are the slots of the query's terms, `names` those of its variables, `width` is the
    number of all slots. `default` and `named` are the graphs of the query's own clauses.
    """

    form: str
    variables: tuple[str, ...]
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    shown: tuple[int, ...]
    width: int
    terms: Mapping[TermKey, int]
    names: Mapping[str, int]
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    pace: Pace = field(default_factory=Pace, compare=False)
