"""Names of parties in results: IRI and source key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import NamedTuple, TypeVar

from kg.lifecycle.evaluation import Evaluation

Value = TypeVar("Value")


class Key(str):
    """The source key of a thing, else its IRI, which knows whose it is: keys may be shared."""

    __slots__ = ("iri",)

    iri: str


class Name(NamedTuple):
    """IRI and source key of a thing; the key may be unknown."""

    iri: str
    key: str | None

    @property
    def order(self) -> Key:
        """Text to sort by and to show: the key, else the IRI."""
        shown = Key(self.key if self.key is not None else self.iri)
        shown.iri = self.iri
        return shown


def names_of(evaluation: Evaluation, ids: Iterable[int]) -> dict[int, Name]:
    """Return the names of ids."""
    wanted = "(SELECT DISTINCT unnest($ids::BIGINT[]) AS id)"
    rows = evaluation.run(
        f"""
        SELECT w.id, t.lex, min(k.lex)
        FROM {wanted} AS w
        JOIN term AS t ON t.id = w.id
        LEFT JOIN {evaluation.triples("sourceKey")} AS q ON q.s = w.id
        LEFT JOIN term AS k ON k.id = q.o
        GROUP BY w.id, t.lex
        """,
        ids=list(ids),
    ).fetchall()
    return {row[0]: Name(row[1], row[2]) for row in rows}


def ordered_pairs(
    names: Mapping[int, Name], pairs: Iterable[tuple[int, int, Value]]
) -> list[tuple[Key, Key, Value]]:
    """Return (first, second, value) of pairs of things by their keys, sorted by these.

    Millions of pairs share few things: each is named once, and put in its place once.
    """
    keys = {number: name.order for number, name in names.items()}
    places = {n: place for place, n in enumerate(sorted(keys, key=lambda n: (keys[n], names[n])))}
    seconds: dict[int, list[tuple[int, Value]]] = defaultdict(list)
    for first, second, value in pairs:
        seconds[first].append((places[second], value))
    shown = [keys[number] for number in places]
    rows: list[tuple[Key, Key, Value]] = []
    for first in sorted(seconds, key=places.__getitem__):
        key = keys[first]
        found = sorted(seconds.pop(first), key=itemgetter(0))
        rows += [(key, shown[place], value) for place, value in found]
    return rows


NOBODY = Name("", None)
"""The name of an end that is missing."""
