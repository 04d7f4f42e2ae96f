"""Which variables every solution of a part of a parsed query binds."""

from __future__ import annotations

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue

from kg.sparql.mentions import pattern_variables

_SAME = ("Filter", "Distinct", "OrderBy", "ToMultiSet")
"""Operators whose solutions bind what those of the pattern within bind."""


def is_bound(node: CompValue, variable: Variable) -> bool:
    """Return whether every solution of a pattern certainly binds a variable."""
    match node.name:
        case "BGP":
            return str(variable) in pattern_variables(node)
        case "Join":
            return is_bound(node.p1, variable) or is_bound(node.p2, variable)
        case "Union":
            return is_bound(node.p1, variable) and is_bound(node.p2, variable)
        case "LeftJoin":
            return is_bound(node.p1, variable)
        case "Extend":
            named = node.var == variable and not is_sampled(node, variable)
            return not named and is_bound(node.p, variable)
        case "Project":
            return variable in node.PV and is_bound(node.p, variable)
        case "AggregateJoin":
            return variable in (node.p.expr or ()) and is_bound(node.p.p, variable)
    return node.name in _SAME and is_bound(node.p, variable)


def is_sampled(node: CompValue, variable: Variable) -> bool:
    """Return whether a SELECT clause names what its solutions are grouped by."""
    result = node.expr
    while node.name in ("Extend", "Filter"):
        node = node.p
    return node.name == "AggregateJoin" and any(
        one.name == "Aggregate_Sample" and one.vars == variable and one.res == result
        for one in node.A
    )
