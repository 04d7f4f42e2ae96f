"""Texts that become literals of a datatype: STRDT, and casts to dates (SPARQL 1.1, 17.4.2.11)."""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp, parse_one

from kg.namespaces import XSD
from kg.sparql import sql
from kg.sparql.lexical import DATATYPES
from kg.sparql.sql import Expr
from kg.sparql.values import TERM_FACETS, Kinds, Traits, Value
from kg.store import Kind
from kg.store.typing import INTEGER_RANGES, WIDE, typed

_TEXT = "given_text"
_KINDS = {str(XSD[name]): Kind.INTEGER for name in INTEGER_RANGES} | {
    datatype: kind for kind, datatype in DATATYPES.items()
}


def kind_of(datatype: str) -> Kind:
    """Return the kind that the valid literals of a datatype have."""
    return _KINDS.get(datatype, Kind.OTHER)


class TypedText(Value):
    """A text as a literal of a known datatype; with `valid`, an error where it is ill-typed."""

    stored = False

    def __init__(self, lex: Expr, datatype: str, *, valid: bool) -> None:
        kind = kind_of(datatype)
        kinds: Kinds = frozenset({kind})
        if not valid and kind is not Kind.OTHER:
            kinds |= {Kind.ILL}
        self.traits = Traits(kinds)
        self._lex = lex
        self._datatype = datatype
        self._condition = f"kind = {int(kind)}" if valid else "lex IS NOT NULL"

    def facet(self, name: str) -> Expr:
        """Return a facet, computed as the store computes it for the literals that it keeps."""
        if name not in TERM_FACETS:
            return sql.null()
        query = _typing(self._datatype, name, self._condition).copy()
        for column in list(query.find_all(exp.Column)):
            if column.name == _TEXT:
                column.replace(self._lex.copy())
        return exp.Subquery(this=query)


@lru_cache(maxsize=256)
def _typing(datatype: str, facet: str, condition: str) -> exp.Query:
    """Return the query of one facet of a text, as the store types the literals it is given."""
    literal = exp.Literal.string(datatype).sql(dialect="duckdb")
    relation = f"SELECT {_TEXT} AS lex, {literal} AS dt, NULL::VARCHAR AS lang"
    column = {"k": "kind"}.get(facet, facet)
    if facet in {"num", "ts"}:
        column = (
            f"CASE WHEN {WIDE} THEN error('not compiled: a literal with more digits than the"
            f" typed columns hold') ELSE {column} END"
        )
    text = f"SELECT {column} FROM ({typed(relation, {datatype})}) WHERE {condition}"
    query = parse_one(text, dialect="duckdb")
    assert isinstance(query, exp.Query)  # noqa: S101
    return query
