"""Calls that are evaluated once a solution.

A value of a solution is several expressions, so that a call written into them would be evaluated
several times: wrongly where every call gives another value, as of RAND, UUID, STRUUID and BNODE,
and at ever more cost where casts stand in casts, each of them many times in the next. Such calls
are bound to a name of their own, before the expression they stand in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue

from kg.sparql import sql
from kg.sparql.computed import Number, Text
from kg.sparql.strings import plain
from kg.sparql.values import Traits, Value
from kg.store import Kind

_EXISTS = {"Builtin_EXISTS", "Builtin_NOTEXISTS"}
_CALLS = ("RAND", "UUID", "STRUUID", "BNODE")


@dataclass(slots=True)
class Separation:
    """Expressions without such calls, and the calls by the names they have now."""

    expressions: list[object]
    calls: dict[str, CompValue] = field(default_factory=dict)


def separated(expressions: list[object], fresh: Callable[[str], str]) -> Separation:
    """Return expressions in which variables stand for the calls."""
    result = Separation([])
    row: list[Variable] = []

    def name(call: str) -> Variable:
        variable = Variable(fresh("_once"))
        result.calls[str(variable)] = CompValue(f"Once_{call}")
        return variable

    def replaced(node: object, *, inside: bool = False) -> object:
        if isinstance(node, list):
            return [replaced(item, inside=inside) for item in node]
        if not isinstance(node, CompValue) or node.name in _EXISTS:
            return node
        if inside and is_cast(node):
            cast = renewed(node, inside=True)
            variable = Variable(fresh("_once"))
            result.calls[str(variable)] = cast
            return variable
        call = node.name.removeprefix("Builtin_")
        if call in _CALLS and node.arg is not None:
            # The same text names the same node within a solution, another one in the next.
            row.extend([name("STRUUID")] if not row else [])
            return CompValue("Once_LABELLED", row=row[0], arg=replaced(node.arg))
        if call in _CALLS:
            return name(call)
        return renewed(node, inside=inside or is_cast(node))

    def renewed(node: CompValue, *, inside: bool) -> CompValue:
        parts = {key: replaced(node[key], inside=inside) for key in node if key != "_vars"}
        return CompValue(node.name, **parts)

    result.expressions = [
        replaced(one) if calls_once(one) or nests_casts(one) else one for one in expressions
    ]
    return result


def calls_once(expression: object) -> bool:
    """Return whether an expression calls one of these functions, EXISTS left aside."""
    if isinstance(expression, list):
        return any(calls_once(item) for item in expression)
    if not isinstance(expression, CompValue) or expression.name in _EXISTS:
        return False
    if expression.name.removeprefix("Builtin_") in _CALLS:
        return True
    return any(calls_once(expression[key]) for key in expression if key != "_vars")


def nests_casts(expression: object, *, inside: bool = False) -> bool:
    """Return whether an expression has a cast within what another one casts, EXISTS left aside."""
    if isinstance(expression, list):
        return any(nests_casts(item, inside=inside) for item in expression)
    if not isinstance(expression, CompValue) or expression.name in _EXISTS:
        return False
    found = is_cast(expression)
    return (inside and found) or any(
        nests_casts(expression[key], inside=inside or found) for key in expression if key != "_vars"
    )


def is_cast(node: CompValue) -> bool:
    """Return whether a node is a cast, or another function called by IRI, of what varies."""
    return node.name == "Function" and _varies(node.expr)


def _varies(node: object) -> bool:
    if isinstance(node, list):
        return any(map(_varies, node))
    if isinstance(node, CompValue):
        return any(_varies(node[key]) for key in node if key != "_vars")
    return isinstance(node, Variable)


def _uuid() -> sql.Expr:
    return sql.cast(sql.call("uuid"), "VARCHAR")


def rand() -> Value:
    """RAND."""
    return Number(Traits(frozenset({Kind.DOUBLE}), 0), None, sql.call("random"))


def uuid() -> Value:
    """UUID."""
    return Text(sql.concat(sql.string("urn:uuid:"), _uuid()), Kind.IRI)


def struuid() -> Value:
    """STRUUID."""
    return Text(_uuid())


def bnode() -> Value:
    """BNODE without argument."""
    hexadecimal = sql.call("replace", _uuid(), sql.string("-"), sql.string(""))
    return Text(sql.concat(sql.string("_:b"), hexadecimal), Kind.BLANK)


def labelled_bnode(row: Value, label: Value) -> Value:
    """BNODE with a label, in a solution that a text of its own tells apart."""
    digest = sql.call("md5", sql.concat(row.facet("lex"), sql.string(" "), plain(label)))
    return Text(sql.concat(sql.string("_:b"), digest), Kind.BLANK)


ONCE: dict[str, Callable[..., Value]] = {
    "Once_RAND": rand,
    "Once_UUID": uuid,
    "Once_STRUUID": struuid,
    "Once_BNODE": bnode,
    "Once_LABELLED": labelled_bnode,
}
"""Functions by the name that the separated calls have."""
