"""The rules for one party alone: the same statements, over the quads around it."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdflib import Literal

from kg.lifecycle.context import Context
from kg.lifecycle.dialect import bound, given_back, small_tables
from kg.lifecycle.evaluation import Evaluation, Vocabulary, unknown_party
from kg.lifecycle.places import PLACES, Place
from kg.lifecycle.quads import IndexedQuads, Quads, ScannedQuads
from kg.lifecycle.records import PARTY_CLASSES, build_records
from kg.lifecycle.segments import build_targeted
from kg.lifecycle.surroundings import (
    NO_EXCEPTIONS,
    Exceptions,
    Quad,
    Surroundings,
    TooLargeError,
)
from kg.store import Cursor, State, state_of, term_key, view_of
from kg.store.lookup_index import ManyNeighboursError

_POTENTIAL = "CASE WHEN abs(dbl) < 1e28 THEN dbl END"
_TARGETED = "party, targeting, start, finish"
_COLUMNS = "s, p, o, k, num, dbl, ts, first_day, day, moment"


@dataclass(slots=True)
class _Known:
    """What is known of a store in one state; the exceptions once they are asked for."""

    vocabulary: Vocabulary
    _exceptions: Exceptions | None = None

    def exceptions(self, evaluation: Evaluation) -> Exceptions:
        """Return the exceptions, as the cursor of an evaluation sees them."""
        if self._exceptions is None:
            self._exceptions = Exceptions.read(evaluation)
        return self._exceptions


_KNOWN: OrderedDict[tuple[State, str], _Known] = OrderedDict()
"""What is known of stores, by their state and the focal organisation."""
_MOST_KNOWN = 8


def _known(cursor: Cursor, context: Context, state: State | None) -> _Known:
    """Return what is known of a store, read anew where something was committed since.

    Without a state nothing is kept for later: the cursor may see more than what is committed.

    Raises:
        UsageError: the organisation is not known, or not one.
    """
    if state is None:
        return _Known(Vocabulary.read(cursor, context.organization))
    key = (state, context.organization)
    if (kept := _KNOWN.get(key)) is not None:
        return kept
    found = _KNOWN[key] = _Known(Vocabulary.read(cursor, context.organization))
    if len(_KNOWN) > _MOST_KNOWN:
        _KNOWN.popitem(last=False)
    return found


class Rows:
    """The rows of a statement, with what they would be in the engine."""

    def __init__(self, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        self.description = [(name,) for name in names]
        self._rows = [
            tuple(given_back(name, value) for name, value in zip(names, row, strict=True))
            for row in rows
        ]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows."""
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row."""
        return self._rows[0] if self._rows else None


class PartyEvaluation(Evaluation):
    """Runs the statements of the rules over the quads around one party (see `surroundings`)."""

    # Statements that stay as they are need to be translated only once.
    leaves_out = False

    def __init__(
        self,
        cursor: Cursor,
        context: Context,
        party: str,
        *,
        settled: bool = False,
        places: Mapping[str, Place] = PLACES,
    ) -> None:
        """Read what is around the records with a source key or an IRI, as `places` say.

        `settled`: the cursor sees what is committed only.

        Raises:
            TooLargeError: there is too much of it.
            UsageError: no party has this key; the focal organisation is not known, or not one.
        """
        state = state_of(cursor) if settled else None
        known = _known(cursor, context, state)
        super().__init__(cursor, context, known.vocabulary)
        self.engine = Evaluation(cursor, context, known.vocabulary)
        """Runs statements over all quads."""
        self.records: list[int] = []
        """The records that the key or the IRI names."""
        self._tables = small_tables()
        self._bound = {name: bound(value) for name, value in self._values.items()}
        view = None if state is None else view_of(cursor, state)
        if view is None or not self._read(IndexedQuads(self.engine, view), party, places):
            exceptions = known.exceptions(self.engine)
            self._read(ScannedQuads(self.engine), party, places, exceptions)

    def _read(
        self,
        source: Quads,
        party: str,
        places: Mapping[str, Place],
        exceptions: Exceptions = NO_EXCEPTIONS,
    ) -> bool:
        """Read what is around a party; return whether the source gives that much."""
        try:
            named, key = self._named(source, party)
            self._around = Surroundings(self.engine, source, exceptions, places)
            quads = self._around.read(named)
        except ManyNeighboursError:
            return False
        self.records = named if key is None else self._parties(named, quads)
        if not self.records:
            raise unknown_party(party)
        self._tables.give("live", _COLUMNS, quads)
        self._tables.give("term", "id, lex", () if key is None else [(key, party)])
        return True

    def _named(self, source: Quads, party: str) -> tuple[list[int], int | None]:
        """Return what an IRI or else a source key names, and the id of the key if it was one."""
        if ":" in party and (found := source.number((party, None, None))) is not None:
            return [found], None
        key = source.number(term_key(Literal(party)))
        return ([], None) if key is None else (sorted(set(source.subjects("sourceKey", key))), key)

    def _parties(self, named: Collection[int], quads: Iterable[Quad]) -> list[int]:
        """Return those of some things that are parties: other things may have the same key."""
        is_a = self.value("type")
        classes = {self.value(f"class_{name}") for name in PARTY_CLASSES}
        parties = {quad.s for quad in quads if quad.p == is_a and quad.o in classes}
        return [one for one in named if one in parties]

    def run(self, sql: str, **values: Any) -> Any:
        """Execute a statement with the values that it names."""
        cursor = self._tables.run(sql, self._with(values))
        return Rows([column[0] for column in cursor.description or ()], cursor.fetchall())

    def table(self, name: str, sql: str, **values: Any) -> int:
        """Keep the rows of a SELECT as the table `name`; return how many there are."""
        return self._tables.fill(name, sql, self._with(values))

    def _with(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values that statements name, some more included."""
        if not values:
            return self._bound
        return self._bound | {name: bound(value) for name, value in values.items()}

    def keep_ids(self, name: str, ids: Collection[int]) -> None:
        """Keep ids as the table `name(id)`."""
        self._tables.give(name, "id", [(one,) for one in ids])

    def drop(self, name: str) -> None:
        """Leave a table to the next evaluation, which fills it anew."""

    def _repeats(self, predicate: str) -> bool:
        return False

    @contextlib.contextmanager
    def seeing(self, condition: str) -> Iterator[None]:
        """Let statements see, while this is open, only the quads that meet a condition."""
        hidden = self._tables.run(f"SELECT * FROM live WHERE NOT ({condition})", {}).fetchall()
        self._tables.run(f"DELETE FROM live WHERE NOT ({condition})", {})
        try:
            yield
        finally:
            self._tables.add("live", hidden)

    def properties(self) -> None:
        """There is no property table of the quads around a party."""

    def triples(self, predicate: str) -> str:
        """Return a relation (s, o, k, num, dbl, ts) of one predicate."""
        return f"(SELECT s, o, k, num, dbl, ts FROM live WHERE p = ${predicate})"

    def dates(self, predicate: str) -> str:
        """Return a relation (s, o, first_day, day): the earliest and the latest possible day."""
        return f"(SELECT s, o, first_day, day FROM live WHERE p = ${predicate})"

    def moments(self, predicate: str) -> str:
        """Return a relation (s, moment) of times, in UTC."""
        return f"(SELECT s, moment FROM live WHERE p = ${predicate})"

    def amounts(self, predicate: str) -> str:
        """Return a relation (s, amount) of exact numbers; a potential is compared inexactly."""
        column = _POTENTIAL if predicate == "annualPotential" else "num"
        return f"(SELECT s, {column} AS amount FROM live WHERE p = ${predicate})"

    def build_targeted(self, *, throughout: bool) -> None:
        """Make the table `targeted`, empty where a client at T makes it of no effect."""
        self.leave_untargeted()
        if self.value("class_Targeting") < 0 or not (throughout or self._unacquainted()):
            return
        try:
            self._build_targeted()
        except (ManyNeighboursError, TooLargeError):
            self._build_targeted_among_all()

    def _build_targeted(self) -> None:
        """Make the table `targeted` of the quads around the party."""
        targetings = self._around.source.subjects("type", self.value("class_Targeting"))
        self._tables.add("live", self._around.read_targets(targetings))
        # Who is targeted may be by organisations that were not met before.
        build_records(self)
        build_targeted(self, "aimed")
        aimed = self._tables.run("SELECT party, targeting, start, finish FROM aimed", {})
        self._tables.give("targeted", _TARGETED, aimed.fetchall())

    def _build_targeted_among_all(self) -> None:
        """Make the table `targeted` of all quads."""
        engine = self.engine
        build_records(engine)
        engine.keep_ids("party", self._column("SELECT party FROM party"))
        engine.run("ALTER TABLE party RENAME id TO party")
        build_targeted(engine)
        self.broken_segments = engine.broken_segments
        rows = engine.run("SELECT party, targeting, start, finish FROM targeted").fetchall()
        self._tables.give("targeted", _TARGETED, [tuple(map(bound, row)) for row in rows])

    def leave_untargeted(self) -> None:
        """Make the table `targeted` empty, which is of no effect on clients."""
        self._tables.give("targeted", _TARGETED, ())

    def _unacquainted(self) -> bool:
        """Say whether some party has acquired nothing that counts at T."""
        return bool(
            self._column(
                "SELECT party FROM party EXCEPT SELECT party FROM counting"
                " WHERE day <= $as_of AND $as_of < until"
                " EXCEPT SELECT party FROM contract WHERE start <= $as_of"
            )
        )

    def _column(self, sql: str) -> list[Any]:
        """Return the only column of a SELECT."""
        return [row[0] for row in self.run(sql).fetchall()]

    def name_terms(self, ids: str) -> None:
        """Let `term` know the ids that a SELECT gives, and source keys."""
        wanted = self._column(
            f"{ids} UNION SELECT o FROM live WHERE p = $sourceKey EXCEPT SELECT id FROM term"
        )
        self._tables.add("term", self._around.source.texts(wanted))
