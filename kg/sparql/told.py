"""Variables of which a query tells the few values that they may have: by VALUES, or BIND of a term.

The join with these values decides what is a solution. The scans are told of them besides, for the
engine sees no further than a scan that makes its triples distinct.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from rdflib import Literal, URIRef, Variable
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from kg.sparql.seeds import groups_of

Told = Mapping[str, Sequence[Node]]
NOTHING_TOLD: Told = MappingProxyType({})

_FEW = 64
"""Values that are few."""


def told_values(node: CompValue) -> tuple[Told, list[CompValue]]:
    """Return what a join tells of variables, and the basic graph patterns that it meets."""
    told = dict(_told(node))
    return told, list(groups_of(node)) if told else []


def _told(node: CompValue) -> Iterator[tuple[str, Sequence[Node]]]:
    """Yield the variables that every solution gets from a list of terms, with the list."""
    match node.name:
        case "Join":
            yield from _told(node.p1)
            yield from _told(node.p2)
        case "LeftJoin":
            yield from _told(node.p1)
        case "Filter":
            yield from _told(node.p)
        case "Extend":
            if isinstance(node.expr, URIRef | Literal):
                yield str(node.var), [node.expr]
            yield from _told(node.p)
        case "ToMultiSet" if node.p.name == "values":
            yield from _listed(node.p)


def _listed(values: CompValue) -> Iterator[tuple[str, Sequence[Node]]]:
    rows: Sequence[Mapping[Variable, Node | str]] = values.res
    for variable in values.var:
        terms = [row.get(variable) for row in rows]
        found = [term for term in terms if isinstance(term, URIRef | Literal)]
        # What is no term is UNDEF, with which any value is compatible.
        if 0 < len(found) == len(terms) <= _FEW:
            yield str(variable), found
