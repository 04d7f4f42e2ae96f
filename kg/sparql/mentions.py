"""Which variables the parts of a parsed query mention."""

from __future__ import annotations

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue


def pattern_variables(node: object) -> set[str]:
    """Return the variables that stand in triples, BIND, VALUES or GRAPH of a pattern."""
    found: set[str] = set()
    if isinstance(node, CompValue):
        if node.name == "BGP":
            found |= {str(n) for triple in node.triples for n in triple if isinstance(n, Variable)}
        if node.name == "Extend":
            found.add(str(node.var))
        if node.name == "values":
            found |= {str(name) for name in node.var}
        if node.name == "Graph" and isinstance(node.term, Variable):
            found.add(str(node.term))
        for key in ("p", "p1", "p2"):
            if key in node:
                found |= pattern_variables(node[key])
    return found


def narrowed_variables(expression: object) -> set[str]:
    """Return the variables that a FILTER compares with what is known, so that few values remain."""
    if not isinstance(expression, CompValue):
        return set()
    if expression.name == "ConditionalAndExpression":
        parts = [expression.expr, *expression.other]
        return set().union(*(narrowed_variables(part) for part in parts))
    if expression.name == "RelationalExpression":
        narrows = expression.op in {"=", "<", "<=", ">", ">=", "IN"}
    else:
        narrows = expression.name in _NARROWING
    mentioned = variables(expression)
    return {str(name) for name in mentioned} if narrows and len(mentioned) == 1 else set()


_NARROWING = {"Builtin_CONTAINS", "Builtin_STRSTARTS", "Builtin_STRENDS", "Builtin_REGEX"}


def inner_expressions(node: object) -> list[object]:
    """Return the expressions of FILTER, OPTIONAL and BIND within a pattern."""
    found: list[object] = []
    if isinstance(node, CompValue):
        if node.name in {"Filter", "LeftJoin", "Extend"}:
            found.append(node.expr)
        for key in ("p", "p1", "p2"):
            if key in node:
                found += inner_expressions(node[key])
    return found


def mentioned_variables(node: object) -> set[str]:
    """Return the variables of a pattern and of its expressions, also within EXISTS."""
    return pattern_variables(node).union(
        str(variable)
        for expression in inner_expressions(node)
        for variable in variables(expression)
    )


def variables(expression: object) -> set[Variable]:
    """Return the variables that an expression mentions, also within EXISTS."""
    if isinstance(expression, Variable):
        return {expression}
    found: set[Variable] = set()
    if isinstance(expression, CompValue):
        for key in expression:
            if key != "_vars":
                found |= variables(expression[key])
    elif isinstance(expression, list | tuple):
        for item in expression:
            found |= variables(item)
    return found
