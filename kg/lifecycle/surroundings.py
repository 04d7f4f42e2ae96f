"""What the rules read about one party: the quads around it, found by a few look-ups."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from kg.lifecycle.evaluation import AMOUNT, DAY, FIRST_DAY, MOMENT, Evaluation
from kg.lifecycle.records import PARTY_CLASSES

_ROLES = (
    "client", "user", "party", "requester", "recommender", "referred", "addressee", "member",
)  # fmt: skip
"""Properties by which an event names a party."""
_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(PARTY_CLASSES, ("closedOn", "firstContactDate", "annualPotential")),
    "Purchase": ("purchaseDate",),
    "Contract": ("startDate", "endDate"),
    "Use": ("date", "startDate"),
    **dict.fromkeys(("Interaction", "Feedback", "Communication"), ("date", "direction")),
    "Refusal": ("date",),
    "BadExperience": ("date", "severity", "resolvedOn"),
    "SatisfactionMeasurement": ("date", "score"),
    "Qualification": ("date", "level", "budgetFit", "needFit", "timingFit"),
    **dict.fromkeys(("Need", "ClientRequest"), ("date",)),
    **dict.fromkeys(
        ("Recommendation", "Referral"), ("date", "recommender", "referred", "addressee")
    ),
    "RoleAssignment": ("startDate", "endDate", "roleType"),
}
"""What the rules read of things, by their class."""
_MEMBERSHIP = ("member", "organization", "startDate", "endDate", "role")
_DATES = frozenset({
    "purchaseDate", "date", "startDate", "endDate", "resolvedOn", "closedOn", "firstContactDate",
})  # fmt: skip
_AMOUNTS = frozenset({"amount", "netAmount"})
_MOST = 20_000
"""Quads around a party up to which it is evaluated alone."""
_LARGEST = 2**63 // 1_000_000
"""Amounts are compared after multiplication by a million (see `voidThreshold`)."""
_AT_ONCE = 40
"""Look-ups that make one statement: an equality is answered by far fewer blocks than a list."""


class TooLargeError(Exception):
    """There is too much around a party to evaluate it alone; the rules for all do it as well."""


@dataclass(frozen=True, slots=True)
class Exceptions:
    """What few purchases of a store are, so that it need not be asked of each."""

    foreign: bool
    """Some purchase has a seller other than the focal organisation itself."""
    free: frozenset[int] | None
    """Purchases with a line of no positive amount; None where there are many."""

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
        return cls(bool(foreign), frozenset(row[0] for row in free) if few else None)


class Quad(NamedTuple):
    """A quad that the rules read, with its object as a day, a time or an amount if it is one."""

    s: int
    p: int
    o: int
    k: int
    amount: Any
    dbl: float | None
    first_day: int | None
    day: int | None
    moment: int | None


def surroundings(
    evaluation: Evaluation, exceptions: Exceptions, records: Collection[int]
) -> list[Quad]:
    """Return the quads that the rules read about records of a party, and those merged with them.

    Amounts are whole numbers of the smallest unit in use.

    Raises:
        TooLargeError: there is very much of it, or amounts are very large.
    """
    reader = _Reader(evaluation)
    family = reader.walk(records, ("mergedInto",))
    events = {quad.s for quad in reader.pointing(_ROLES, family)}
    reader.read_classes(family | events)
    reader.read({"sourceKey": family, "recordedAt": family | events})
    reader.read_memberships(reader.subjects("member"))
    reader.read_purchases(exceptions, merged=bool(reader.subjects("mergedInto")))
    givers = reader.objects("recommender") - family
    if givers:
        givers = reader.walk(givers, ("mergedInto",))
        reader.read_memberships({quad.s for quad in reader.pointing(("member",), givers)})
    named = ("seller", "organization", "recommender", "referred", "addressee")
    reader.walk(
        {
            evaluation.value("focal"),
            *family,
            *(one for name in named for one in reader.objects(name)),
        },
        ("mergedInto", "unitOf"),
    )
    reader.read_merges()
    return _in_smallest_unit(reader.quads)


def lexical_forms(evaluation: Evaluation, ids: Iterable[int]) -> list[tuple[int, str]]:
    """Return the texts of terms by their ids."""
    return _looked_up(
        evaluation, [f"SELECT id, lex FROM term WHERE id = {int(one)}" for one in ids]
    )


def _looked_up(evaluation: Evaluation, selects: list[str]) -> list[tuple[Any, ...]]:
    """Return the rows of several look-ups, some of them in one statement."""
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(selects), _AT_ONCE):
        rows += evaluation.run(" UNION ALL ".join(selects[start : start + _AT_ONCE])).fetchall()
    return rows


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


class _Reader:
    """Reads quads by subject or by object, each triple once."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._quads: dict[tuple[int, int, int], Quad] = {}
        self._classes = {evaluation.value(f"class_{name}"): name for name in _ATTRIBUTES}

    @property
    def quads(self) -> Iterable[Quad]:
        """What was read so far."""
        return self._quads.values()

    def objects(self, name: str) -> set[int]:
        """Return the objects of a property in what was read."""
        p = self._evaluation.value(name)
        return {quad.o for quad in self.quads if quad.p == p}

    def subjects(self, name: str) -> set[int]:
        """Return the subjects of a property in what was read."""
        p = self._evaluation.value(name)
        return {quad.s for quad in self.quads if quad.p == p}

    def read(self, wanted: Mapping[str, Collection[int]]) -> list[Quad]:
        """Read properties, each of its subjects."""
        return self._fetch((name, "s", ids) for name, ids in wanted.items())

    def pointing(self, names: Iterable[str], ids: Collection[int]) -> list[Quad]:
        """Read the quads of some properties whose object is one of some."""
        return self._fetch((name, "o", ids) for name in names)

    def walk(self, start: Iterable[int], names: tuple[str, ...]) -> set[int]:
        """Return what is reached from some nodes: merges both ways, other properties upwards."""
        reached: set[int] = set()
        new = set(start)
        while new:
            reached |= new
            quads = self.read(dict.fromkeys(names, new))
            quads += self.pointing(("mergedInto",), new)
            new = {end for quad in quads for end in (quad.s, quad.o)} - reached
        return reached

    def read_classes(self, subjects: Collection[int]) -> None:
        """Read the classes of subjects, and of each what the rules read of its class."""
        wanted: dict[str, set[int]] = {}
        for quad in self.read({"type": subjects}):
            for name in _ATTRIBUTES.get(self._classes.get(quad.o, ""), ()):
                wanted.setdefault(name, set()).add(quad.s)
        self.read(wanted)

    def read_purchases(self, exceptions: Exceptions, *, merged: bool) -> None:
        """Read of the purchases that were read what sets some apart: sellers, refunds, prices."""
        purchases = self._of_class("Purchase")
        if exceptions.foreign:
            self.read({"seller": purchases})
        if merged:
            self.read({"orderNumber": purchases, "seller": purchases})
        if self._evaluation.value("refunds") >= 0:
            self.read({"hasLine": purchases})
        by_staff = not self._evaluation.context.parameters.count_staff_purchases
        refunds = self.pointing(("refunds",), purchases | self.objects("hasLine"))
        refunding = {quad.s for quad in refunds}
        self.read(dict.fromkeys(("amount", "currency", "date", "recordedAt"), refunding))
        if refunds or by_staff or exceptions.free is None or purchases & exceptions.free:
            self.read({"hasLine": purchases})
            lines = self.objects("hasLine")
            self.read(dict.fromkeys(("netAmount", "priceBasis", "currency"), lines))

    def _of_class(self, name: str) -> set[int]:
        """Return the instances of a class in what was read."""
        p, one = self._evaluation.value("type"), self._evaluation.value(f"class_{name}")
        return {quad.s for quad in self.quads if quad.p == p and quad.o == one}

    def read_memberships(self, memberships: Collection[int]) -> None:
        """Read memberships."""
        self.read(dict.fromkeys((*_MEMBERSHIP, "recordedAt"), memberships))

    def read_merges(self) -> None:
        """Read the events that record the merges that were read."""
        merges = {quad.s for quad in self.pointing(("duplicate",), self.subjects("mergedInto"))}
        self.read(dict.fromkeys(("type", "recordedAt"), merges))

    def _fetch(self, wanted: Iterable[tuple[str, str, Collection[int]]]) -> list[Quad]:
        """Return and keep the quads of (property, column, ids in that column)."""
        asked = [
            (name, column, ids)
            for name, column, ids in wanted
            if ids and self._evaluation.value(name) >= 0
        ]
        found = [Quad(*row) for row in _looked_up(self._evaluation, _selects(asked))]
        self._quads.update(((quad.s, quad.p, quad.o), quad) for quad in found)
        if len(self._quads) > _MOST:
            raise TooLargeError
        return found


def _selects(asked: Sequence[tuple[str, str, Collection[int]]]) -> list[str]:
    """Return the SELECTs of the quads of properties with one of some ids in a column.

    Several look-ups in one WHERE are planned at a fraction of what as many SELECTs take.
    """
    return [
        f"SELECT s, p, o, k, {_values({name for name, _, _ in part})} FROM live"
        f" WHERE {' OR '.join(itertools.starmap(_condition, part))}"
        for part in (asked[i : i + _AT_ONCE] for i in range(0, len(asked), _AT_ONCE))
    ]


def _values(names: Set[str]) -> str:
    """Return the SQL of amount, number, first day, day and time of quads of some properties."""
    first, day = (f"CAST({sql} AS DATE) - DATE '1970-01-01'" for sql in (FIRST_DAY, DAY))
    return ", ".join((
        _of(names & _AMOUNTS, AMOUNT),
        "dbl",
        _of(names & _DATES, first),
        _of(names & _DATES, day),
        _of(names & {"recordedAt"}, f"epoch_us({MOMENT})"),
    ))  # fmt: skip


def _of(names: Collection[str], sql: str) -> str:
    """Return the SQL of a value that quads of some properties have, and others not."""
    if not names:
        return "NULL"
    return f"CASE WHEN p IN ({', '.join(f'${name}' for name in sorted(names))}) THEN {sql} END"


def _condition(name: str, column: str, ids: Collection[int]) -> str:
    """Return the condition that a quad is of a property and has one of some ids in a column."""
    listed = ", ".join(str(int(one)) for one in sorted(ids))
    among = f"= {listed}" if len(ids) == 1 else f"IN ({listed})"
    return f"(p = ${name} AND {column} {among})"
