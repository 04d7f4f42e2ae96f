"""What the rules read about one party: the quads around it, found in a few rounds of look-ups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from math import isnan
from typing import Any, NamedTuple

from kg.lifecycle.days import days_of, moment_of
from kg.lifecycle.evaluation import Evaluation
from kg.lifecycle.places import PLACES, QUERIES, Place
from kg.lifecycle.quads import Asked, Quads, Row

_MOST = 20_000
"""Quads around a party up to which it is evaluated alone."""
_LARGEST = 2**63 // 1_000_000
"""Amounts are compared after multiplication by a million (see `voidThreshold`)."""


class TooLargeError(Exception):
    """A party cannot be evaluated alone, mostly for its size; the rules for all do it as well."""


_RARE = {"unitOf": "s", "mergedInto": "so", "member": "o"}
"""Properties that few things may have, and the ends at which things are asked for them."""


@dataclass(frozen=True, slots=True)
class Exceptions:
    """What few things of a store are, so that it need not be asked of each."""

    foreign: bool = True
    """Some purchase has a seller other than the focal organisation itself."""
    free: frozenset[int] | None = None
    """Purchases with a line of no positive amount; None where there are many."""
    ends: Mapping[tuple[str, str], frozenset[int]] = field(default_factory=dict)
    """The subjects and the objects of rare properties, by column and property."""

    def may_have(self, column: str, name: str, one: int) -> bool:
        """Say whether a thing may be the subject, or the object, of a property."""
        return (found := self.ends.get((column, name))) is None or one in found

    @classmethod
    def read(cls, evaluation: Evaluation) -> Exceptions:
        """Return the exceptions of a store, as the cursor of an evaluation sees it."""
        foreign = evaluation.run(
            "SELECT 1 FROM live WHERE p = $seller AND o <> $focal LIMIT 1"
        ).fetchall()
        free = evaluation.run(
            f"""
            SELECT DISTINCT l.s FROM {evaluation.triples("hasLine")} AS l
            JOIN {evaluation.amounts("netAmount")} AS a ON a.s = l.o
            WHERE a.amount <= 0 LIMIT {_MOST + 1}
            """
        ).fetchall()
        few = len(free) <= _MOST
        return cls(
            bool(foreign), frozenset(row[0] for row in free) if few else None, _ends(evaluation)
        )


def _ends(evaluation: Evaluation) -> dict[tuple[str, str], frozenset[int]]:
    """Return the ends of those rare properties that few things have."""
    selects = (
        f"(SELECT '{name}', s, o FROM live WHERE p = ${name} LIMIT {_MOST + 1})" for name in _RARE
    )
    pairs: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for name, subject, value in evaluation.run(" UNION ALL ".join(selects)).fetchall():
        pairs[name].append((subject, value))
    return {
        (column, name): frozenset(pair["so".index(column)] for pair in pairs[name])
        for name, columns in _RARE.items()
        if len(pairs[name]) <= _MOST
        for column in columns
    }


NO_EXCEPTIONS = Exceptions()
"""Nothing is known: each thing is asked."""


class Quad(NamedTuple):
    """A quad that the rules read, with its object as a day, a time or an amount if it is one."""

    s: int
    p: int
    o: int
    k: int
    amount: Any
    dbl: float | None
    time: int | None
    first_day: int | None
    day: int | None
    moment: int | None


def _in_smallest_unit(quads: Iterable[Quad]) -> list[Quad]:
    """Return quads with their amounts as whole numbers of one unit.

    Raises:
        TooLargeError: they have too many digits.
    """
    found = list(quads)
    amounts = [quad.amount.normalize() for quad in found if quad.amount is not None]
    digits = max((-int(amount.as_tuple().exponent) for amount in amounts), default=0)
    unit = Decimal(10) ** max(digits, 0)
    if sum((abs(amount) for amount in amounts), Decimal(0)) * unit >= _LARGEST:
        raise TooLargeError
    return [
        quad if quad.amount is None else quad._replace(amount=int(quad.amount * unit))
        for quad in found
    ]


class Surroundings:
    """What is around the records of a party, and those merged with them: `places` say what that is.

    It is read in rounds: each reads what the things that were met last need. A round is asked for
    at once: to plan and to start a statement takes longer than to run it.
    """

    def __init__(
        self,
        evaluation: Evaluation,
        source: Quads,
        exceptions: Exceptions,
        places: Mapping[str, Place] = PLACES,
    ) -> None:
        self.source = source
        self._kinds = places
        self.quads: dict[tuple[int, int, int], Quad] = {}
        """What was read so far, each triple once."""
        self._evaluation = evaluation
        self._exceptions = exceptions
        self._names = {
            evaluation.value(name): name
            for place in places.values()
            for name in (*place.read, *place.named_by)
            if evaluation.value(name) >= 0
        }
        self._stored = frozenset(self._names.values())
        self._places: defaultdict[int, set[str]] = defaultdict(set)
        self._near: defaultdict[int, list[Quad]] = defaultdict(list)
        self._asked: set[tuple[str, str, int]] = set()
        staff_counts = evaluation.context.parameters.count_staff_purchases
        self._priced = exceptions.free is None or not staff_counts

    def read(self, records: Collection[int]) -> list[Quad]:
        """Return the quads that the rules read about records of a party.

        Amounts are whole numbers of the smallest unit in use.

        Raises:
            TooLargeError: there is very much of it, or a value is too large for whole numbers.
        """
        new = self._follow({"record": set(records)})
        new["organization"] = new.get("organization", set()) | {self._evaluation.value("focal")}
        self._follow_all(new)
        return _in_smallest_unit(self.quads.values())

    def read_targets(self, targetings: Iterable[int]) -> list[Quad]:
        """Return the quads beside these that say whether targetings are of the party, after `read`.

        Raises:
            TooLargeError: there is very much of it, or segments ask for more than criteria.
        """
        known = len(self.quads)
        records = {one for one, places in self._places.items() if "record" in places}
        self._follow_all({"targeting": set(targetings), "seen": records})
        if any(self._names.get(p) in QUERIES for _, p, _ in self.quads):
            raise TooLargeError
        asked = {o for _, p, o in self.quads if self._names.get(p) == "criterionProperty"}
        if asked:
            self._keep(self.source.rows([Asked("s", asked, records)]))
            facts = {o for s, p, o in self.quads if p in asked and s in records}
            self._follow_all({"seen": facts})
        new = list(islice(self.quads.values(), known, None))
        if any(quad.dbl is not None and isnan(quad.dbl) for quad in new):
            raise TooLargeError
        return [quad._replace(amount=None) for quad in new]

    def _follow_all(self, met: Mapping[str, set[int]]) -> None:
        """Read what is needed of things, of what these lead to, and so on.

        Raises:
            TooLargeError: there is very much of it.
        """
        while met:
            met = self._follow(met)

    def _follow(self, met: Mapping[str, set[int]]) -> dict[str, set[int]]:
        """Read what is needed of things by their places; return the things that are new, by place.

        Raises:
            TooLargeError: there is very much of it.
        """
        for place, ids in met.items():
            for one in ids:
                self._places[one].add(place)
        ids = set[int]().union(*met.values())
        self._read(ids)
        found: defaultdict[str, set[int]] = defaultdict(set)
        for one in ids:
            for place, other in self._leads(one):
                if place not in self._places[other]:
                    found[place].add(other)
        self._price(found)
        return dict(found)

    def _leads(self, one: int) -> Iterator[tuple[str, int]]:
        """Yield what the quads at one thing lead to, with its place."""
        places = [self._kinds[place] for place in self._places[one]]
        for quad in self._near[one]:
            name = self._names.get(quad.p)
            other = quad.o if quad.s == one else quad.s
            for place in places:
                if name in (place.read if quad.s == one else place.named_by):
                    yield from ((end, other) for end in place.leads.get(name, ()))
            if name == "mergedInto":
                yield "merged", quad.s
            if name == "hasLine" and self._priced:
                yield "priced", quad.o

    def _price(self, found: defaultdict[str, set[int]]) -> None:
        """From the first refund or free sample on, let the lines of purchases be priced."""
        free = self._exceptions.free or frozenset()
        if self._priced or not (found.get("refund") or found.get("sold", set()) & free):
            return
        self._priced = True
        lines = {quad.o for quad in self.quads.values() if self._names.get(quad.p) == "hasLine"}
        if lines:
            found["priced"] |= lines

    def _needed(self, place: str) -> frozenset[str]:
        """Return the properties to be read of what has a place, as far as the store has them."""
        needed = self._stored.intersection(self._kinds[place].read)
        if place != "event":
            return needed
        merged = any("merged" in places for places in self._places.values())
        left_out = {
            "seller": not (merged or self._exceptions.foreign),
            "orderNumber": not merged,
            "hasLine": not (self._priced or "refunds" in self._stored),
        }
        return needed - {name for name, left in left_out.items() if left}

    def _read(self, ids: Collection[int]) -> None:
        """Read what is needed of things and was not asked for before."""
        needed = {place: self._needed(place) for one in ids for place in self._places[one]}
        names, subjects = set[str](), set[int]()
        objects: defaultdict[str, set[int]] = defaultdict(set)
        for one in ids:
            for place in self._places[one]:
                if new := {name for name in needed[place] if self._new("s", name, one)}:
                    names |= new
                    subjects.add(one)
                    self._asked |= {("s", name, one) for name in new}
                for name in self._stored.intersection(self._kinds[place].named_by):
                    if self._new("o", name, one):
                        objects[name].add(one)
                        self._asked.add(("o", name, one))
        asked = [Asked("s", self._predicates(names), subjects)] if subjects else []
        groups: defaultdict[frozenset[int], list[str]] = defaultdict(list)
        for name in sorted(objects):
            groups[frozenset(objects[name])].append(name)
        asked += [
            Asked("o", self._predicates(group), set(among)) for among, group in groups.items()
        ]
        if asked:
            self._keep(self.source.rows(asked))

    def _predicates(self, names: Iterable[str]) -> set[int]:
        """Return the properties of some names."""
        return {self._evaluation.value(name) for name in names}

    def _new(self, column: str, name: str, one: int) -> bool:
        """Say whether a thing may have a property that it was not asked for before."""
        asked = (column, name, one) in self._asked
        return not asked and self._exceptions.may_have(column, name, one)

    def _keep(self, rows: Iterable[Row]) -> None:
        """Keep quads that were read, each once.

        Raises:
            TooLargeError: there are very many.
        """
        for s, p, o, k, amount, dbl, time, offset in rows:
            if (s, p, o) not in self.quads:
                days, moment = self._dated(p, k, time, offset)
                quad = Quad(s, p, o, k, amount, dbl, time, *days, moment)
                self.quads[s, p, o] = quad
                for end in {s, o}:
                    self._near[end].append(quad)
        if len(self.quads) > _MOST:
            raise TooLargeError

    def _dated(
        self, p: int, k: int, time: int | None, offset: int | None
    ) -> tuple[tuple[int | None, int | None], int | None]:
        """Return the days and, of a time of recording, the moment of a value."""
        if time is None:
            return (None, None), None
        timezone = self._evaluation.context.timezone
        recorded = self._names.get(p) == "recordedAt"
        try:
            days = days_of(k, time, offset, timezone) or (None, None)
            return days, moment_of(time, offset, timezone) if recorded else None
        except (OverflowError, ValueError) as error:
            raise TooLargeError from error
