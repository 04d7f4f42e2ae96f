"""Where the quads around a party are read: in the look-up index, or by statements of the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from kg.lifecycle.days import microseconds
from kg.lifecycle.evaluation import AMOUNT, Evaluation
from kg.store import Kind, TermKey, lookup
from kg.store.lookup_index import View
from kg.store.plain import plain_value


class Asked(NamedTuple):
    """Quads that are asked for: of some properties, with one of some things in a column."""

    column: str
    """`s` or `o`."""
    predicates: Collection[int]
    ids: Collection[int]


class Row(NamedTuple):
    """A quad as it is read: the value of its object, in microseconds and minutes if it is a time.

    Only of amounts is the amount told, and nothing where the object was asked for: it is a node.
    """

    s: int
    p: int
    o: int
    k: int
    amount: Decimal | None = None
    dbl: float | None = None
    time: int | None = None
    offset: int | None = None


class Quads(Protocol):
    """What an evaluation sees, read thing by thing."""

    def number(self, key: TermKey) -> int | None:
        """Return the id of a term, None where it is not stored."""

    def subjects(self, name: str, value: int) -> Iterable[int]:
        """Return the subjects of a property with a value."""

    def rows(self, asked: Iterable[Asked]) -> Iterable[Row]:
        """Return the quads that are asked for; one may come twice."""

    def texts(self, ids: Collection[int]) -> Iterable[tuple[int, str]]:
        """Return the texts of terms, with their ids."""


class ScannedQuads:
    """The quads that statements find."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._amounts = _amounts(evaluation)

    def number(self, key: TermKey) -> int | None:
        """Return the id of a term, None where it is not stored."""
        return lookup(self._evaluation.cursor, [key])[0]

    def subjects(self, name: str, value: int) -> list[int]:
        """Return the subjects of a property with a value."""
        found = self._evaluation.run(f"SELECT s FROM live WHERE p = ${name} AND o = $o", o=value)
        return [row[0] for row in found.fetchall()]

    def rows(self, asked: Iterable[Asked]) -> list[Row]:
        """Return the quads that are asked for, found by one statement."""
        selects, given = [], dict[str, Any]()
        for number, (column, predicates, ids) in enumerate(asked):
            amounts = self._amounts.intersection(predicates)
            amount = f"CASE WHEN {_among(amounts)} THEN {AMOUNT} END" if amounts else "NULL"
            values = f"{amount}, dbl, epoch_us(ts), tz"
            # Where the ids are joined, the blocks that hold none of them are left out.
            one = f"{column} = $ids{number}"
            several = f"{column} IN (SELECT unnest($ids{number}::BIGINT[]))"
            given[f"ids{number}"] = next(iter(ids)) if len(ids) == 1 else list(ids)
            selects.append(
                f"SELECT s, p, o, k, {values if column == 's' else 'NULL, NULL, NULL, NULL'}"
                f" FROM live WHERE {_among(predicates)}"
                f" AND {one if len(ids) == 1 else several}"
            )
        found = self._evaluation.run(" UNION ALL ".join(selects), **given)
        return [Row(*row) for row in found.fetchall()]

    def texts(self, ids: Collection[int]) -> list[tuple[int, str]]:
        """Return the texts of terms, with their ids."""
        if not ids:
            return []
        # A few are planned faster as constants, and many found in one join.
        few = f"SELECT id, lex FROM term WHERE id IN ({', '.join(str(int(one)) for one in ids)})"
        many = "SELECT id, lex FROM term SEMI JOIN (SELECT unnest($ids::BIGINT[]) AS id) USING (id)"
        found = self._evaluation.run(few if len(ids) <= _FEW else many, ids=list(ids)).fetchall()
        return [(number, text) for number, text in found]


_FEW = 4


def _among(predicates: Collection[int]) -> str:
    """Return the condition that a quad is of one of some properties."""
    if len(predicates) == 1:
        return f"p = {next(iter(predicates)):d}"
    return f"p IN ({', '.join(f'{p:d}' for p in sorted(predicates))})"


def _amounts(evaluation: Evaluation) -> frozenset[int]:
    """Return the properties whose values are amounts."""
    return frozenset(evaluation.value(name) for name in ("amount", "netAmount"))


class IndexedQuads:
    """The quads of the look-up index.

    All raise ManyNeighboursError where a thing has more neighbours than the index gives.
    """

    def __init__(self, evaluation: Evaluation, view: View) -> None:
        self._evaluation = evaluation
        self._view = view
        self._amounts = _amounts(evaluation)

    def number(self, key: TermKey) -> int | None:
        """Return the id of a term, None where it is not stored."""
        return self._view.index.id(key)

    def subjects(self, name: str, value: int) -> list[int]:
        """Return the subjects of a property with a value."""
        return self._view.neighbours(value, self._evaluation.value(name), 1)

    def rows(self, asked: Iterable[Asked]) -> list[Row]:
        """Return the quads that are asked for."""
        kind = self._view.index.kind
        found = [(*triple, one.column == "s") for one in asked for triple in self._triples(one)]
        values = self._values({(o, p in self._amounts) for _, p, o, told in found if told})
        return [
            Row(s, p, o, kind(o), *(values[o, p in self._amounts] if told else ()))
            for s, p, o, told in found
        ]

    def texts(self, ids: Collection[int]) -> list[tuple[int, str]]:
        """Return the texts of terms, with their ids."""
        term = self._view.index.term
        return [(number, found[1]) for number in ids if (found := term(number)) is not None]

    def _triples(self, asked: Asked) -> Iterator[tuple[int, int, int]]:
        """Yield the triples that are asked for."""
        view, predicates = self._view, asked.predicates
        for one in asked.ids:
            if asked.column == "o":
                yield from ((s, p, one) for p in predicates for s in view.neighbours(one, p, 1))
            elif view.size(one, None, 0) > _MANY:
                yield from ((one, p, o) for p in predicates for o in view.neighbours(one, p, 0))
            else:
                yield from ((one, p, o) for p, o in view.edges(one, 0) if p in predicates)

    def _values(self, objects: Iterable[tuple[int, bool]]) -> dict[tuple[int, bool], _Told]:
        """Return the values of objects, of which it is said whether they are amounts."""
        term, known, others = self._view.index.term, dict[tuple[int, bool], _Told](), []
        for one in objects:
            kind, lex, *_ = term(one[0]) or (Kind.OTHER, "")
            value = plain_value(kind, lex)
            if value is None:
                others.append(one)
            else:
                time = None if value.ts is None else microseconds(value.ts)
                known[one] = value.num if one[1] else None, value.dbl, time, value.tz
        return known | self._stored(others) if others else known

    def _stored(self, objects: Collection[tuple[int, bool]]) -> dict[tuple[int, bool], _Told]:
        """Return the same as the dictionary has it."""
        rows = self._evaluation.run(
            f"""
            SELECT t.id, x.amount, CASE WHEN x.amount THEN {AMOUNT} END, dbl, epoch_us(ts), tz
            FROM (SELECT unnest($ids::BIGINT[]) AS id, unnest($amounts::BOOLEAN[]) AS amount) AS x
            JOIN term AS t ON t.id = x.id
            """,
            ids=[one for one, _ in objects],
            amounts=[amount for _, amount in objects],
        ).fetchall()
        return {(row[0], row[1]): tuple(row[2:]) for row in rows}


_Told = tuple[Decimal | None, float | None, int | None, int | None]
"""The amount, the number, the time and its offset, as in `Row`."""
_MANY = 100
"""What is said of a thing, from which on it is looked up by property."""
