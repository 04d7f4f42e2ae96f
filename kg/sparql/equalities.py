"""The equalities of a basic graph pattern, each as what the engine should take it for.

The engine guesses what a join by equality leaves from how many ids the whole table holds. For an
object that thousands of triples share, such as a day or an article, the guess is far too low, and
it would begin with what makes most rows. Where other variables connect the same scans already,
such an equality is therefore written so that it can only filter. The columns of the property table
hold the objects of one predicate each, and are guessed well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.sparql import sql
from kg.sparql.context import Context
from kg.sparql.values import Traits

_SHARED = 16
"""Triples with the same object, on average, from which on a join by it makes many rows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a variable stands: a column of a source, with what is known of it."""

    source: str
    column: str
    traits: Traits
    typed: bool
    """The source has the typed columns of this value too."""
    predicate: int | None = None
    """The predicate of the quads whose objects stand here, where it is known."""
    facets: Mapping[str, sql.Expr] | None = None
    """The typed columns, where they have not the names of their facets."""
    certain: bool = True
    """Whether every row has a value here; where not, the variable stands nowhere else."""

    def facet(self, name: str) -> sql.Expr:
        """Return a typed column of this value."""
        return sql.column(self.source, name) if self.facets is None else self.facets[name]


Places = Mapping[str, Sequence[Place]]


def equalities(context: Context, places: Places) -> list[sql.Expr]:
    """Return the conditions that each variable is the same wherever it stands."""
    filtering = _filtering(context, places)
    conditions: list[sql.Expr] = []
    for variable, (first, *others) in places.items():
        for other in others:
            left, right = (sql.column(place.source, place.column) for place in (first, other))
            if variable in filtering:
                difference = sql.arithmetic("-", left, right)
                conditions.append(sql.eq(difference, sql.number(0)))
            else:
                conditions.append(sql.eq(left, right))
    return conditions


def _filtering(context: Context, places: Places) -> set[str]:
    """Return the variables that connect nothing by themselves and whose values many share."""
    shared = {
        variable: max(context.triples_per_object(place.predicate) for place in known)
        for variable, known in places.items()
        if len(known) > 1
        and all(place.predicate is not None for place in known)
        and _connected(places, {variable}, known)
    }
    found: set[str] = set()
    for variable in sorted(shared, key=lambda name: -shared[name]):
        if shared[variable] >= _SHARED and _connected(places, found | {variable}, places[variable]):
            found.add(variable)
    return found


def _connected(places: Places, without: set[str], ends: Sequence[Place]) -> bool:
    """Return whether the sources of some places are connected by other variables."""
    groups: dict[str, set[str]] = {}
    for variable, known in places.items():
        if variable in without:
            continue
        merged = {place.source for place in known}
        for source in list(merged):
            merged |= groups.get(source, set())
        for source in merged:
            groups[source] = merged
    return {place.source for place in ends} <= groups.get(ends[0].source, {ends[0].source})
