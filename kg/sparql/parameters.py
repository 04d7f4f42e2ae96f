"""Constants whose values are filled into the SQL after it is compiled."""

from __future__ import annotations

from collections.abc import Hashable

from sqlglot import exp

from kg.sparql import sql
from kg.sparql.sql import Expr
from kg.sparql.values import Constant
from kg.store import TermKey, TypedTerm

_FILLED = frozenset({"id", "lex", "num", "dbl", "ts", "tz"})
"""Facets that differ between parameters of one variety."""


class Parameter(Constant):
    """A constant that leaves a gap in the SQL for its value.

    The SQL holds for every parameter of the same variety, unless the compiler looked at more.
    """

    def __init__(self, term: TypedTerm, term_id: int, index: int) -> None:
        super().__init__(term, term_id)
        self._index = index
        self.looked_at = False
        """Whether the SQL follows from the value itself."""

    @property
    def term(self) -> TypedTerm:
        """The term, for those whose SQL follows from its text."""
        self.looked_at = True
        return self._term

    @property
    def id(self) -> int:
        """The dictionary id, for those whose SQL follows from it."""
        self.looked_at = True
        return self._id

    def facet(self, name: str) -> Expr:
        """Return a gap for a facet that the value has."""
        expression = super().facet(name)
        if name not in _FILLED or isinstance(expression, exp.Null):
            return expression
        return sql.gap(self._index, name)

    @property
    def key(self) -> TermKey:
        """The term itself."""
        return self._term.lex, self._term.dt, self._term.lang

    @property
    def variety(self) -> Hashable:
        """All that the SQL says of the value beside what is filled in."""
        term = self._term
        absent = tuple(value is None for value in (term.num, term.dbl, term.ts, term.tz))
        return self.traits, term.dt, term.lang, self.stranger, absent

    def filling(self, facet: str) -> str:
        """Return the SQL text of a facet."""
        if facet == "id" and not self.stranger:
            return str(self._id)
        return sql.text(super().facet(facet))
