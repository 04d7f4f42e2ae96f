"""Expressions: parsed nodes to values and conditions (SPARQL 1.1, section 17)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from urllib.parse import urljoin

from rdflib import Literal, URIRef, Variable
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from kg.namespaces import FUNCTION, XSD
from kg.sparql import sql
from kg.sparql.arithmetic import calculate, negated
from kg.sparql.comparison import compare, equal, truth
from kg.sparql.computed import Truth
from kg.sparql.dates import DATE_FUNCTIONS
from kg.sparql.functions import FUNCTIONS, iri
from kg.sparql.once import ONCE
from kg.sparql.origins import COMPILED as OF_FACTS
from kg.sparql.relation import Scope
from kg.sparql.sql import Expr
from kg.sparql.strings import search
from kg.sparql.times import CASTS, TIME_FUNCTIONS
from kg.sparql.values import NUMERIC, Choice, NotCompiledError, Unbound, Value

Expression = Node | CompValue


def value_of(node: Expression, scope: Scope) -> Value:
    """Return the value of an expression in a scope.

    Raises:
        NotCompiledError: the expression uses something that is not compiled.
    """
    if isinstance(node, Variable):
        return scope.value(scope.aliases.get(str(node), str(node)))
    if isinstance(node, URIRef | Literal):
        return scope.context.constant(node)
    if not isinstance(node, CompValue):
        raise NotCompiledError(f"an expression of type {type(node).__name__}")
    if node.name in _CONDITIONS:
        return Truth(_CONDITIONS[node.name](node, scope))
    if node.name in _VALUES:
        return _VALUES[node.name](node, scope)
    name = node.name.removeprefix("Builtin_")
    if name in FUNCTIONS:
        return _strict(FUNCTIONS[name], _arguments(node, scope))
    if name in TIME_FUNCTIONS:
        return _strict(TIME_FUNCTIONS[name], _arguments(node, scope))
    raise NotCompiledError(f"the expression {name}")


def condition(node: Expression, scope: Scope) -> Expr:
    """Return the truth of an expression as an SQL condition, NULL for an error."""
    if isinstance(node, CompValue) and node.name in _CONDITIONS:
        return _CONDITIONS[node.name](node, scope)
    return truth(value_of(node, scope))


def filter_condition(node: Expression, scope: Scope) -> Expr:
    """Return a condition that is TRUE where a FILTER keeps the solution.

    What is not TRUE may be FALSE or NULL, which makes simpler SQL.
    """
    if not isinstance(node, CompValue):
        return condition(node, scope)
    if node.name == "ConditionalAndExpression":
        return sql.both(*(filter_condition(part, scope) for part in _operands(node)))
    if node.name == "ConditionalOrExpression":
        return sql.either(*(filter_condition(part, scope) for part in _operands(node)))
    if node.name == "RelationalExpression" and node.op in {"=", "<", "<=", ">", ">="}:
        left, right = value_of(node.expr, scope), value_of(node.other, scope)
        return compare(node.op, left, right, loose=True)
    if node.name == "RelationalExpression" and node.op == "IN":
        left = value_of(node.expr, scope)
        return sql.either(
            *(equal(left, value_of(other, scope), loose=True) for other in _members(node))
        )
    return condition(node, scope)


def _operands(node: CompValue) -> list[Expression]:
    return [node.expr, *node.other]


def _members(node: CompValue) -> list[Expression]:
    return [] if node.other == URIRef(_NIL) else list(node.other)


_NIL = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil"


def _arguments(node: CompValue, scope: Scope) -> list[Value]:
    """Return the arguments of a built-in call in their order."""
    names = ("arg", "text", "start", "length", "pattern", "replacement", "flags", "arg1", "arg2")
    found: list[Value] = []
    for name in names:
        if name not in node:
            continue
        argument = node[name]
        items = _listed(argument) if name == "arg" else [argument]
        found += [value_of(item, scope) for item in items if item is not None]
    return found


def _listed(argument: Expression | list[Expression]) -> list[Expression]:
    """Return a list of arguments; the parser gives an empty one as rdf:nil."""
    if isinstance(argument, list):
        return argument
    return [] if argument == URIRef(_NIL) else [argument]


def _strict(function: Callable[..., Value], arguments: list[Value]) -> Value:
    """Return a call, an error when an argument always is one."""
    if any(not argument.kinds for argument in arguments):
        return Unbound()
    return function(*arguments)


def _and(node: CompValue, scope: Scope) -> Expr:
    return sql.both(*(condition(part, scope) for part in _operands(node)))


def _or(node: CompValue, scope: Scope) -> Expr:
    return sql.either(*(condition(part, scope) for part in _operands(node)))


def _not(node: CompValue, scope: Scope) -> Expr:
    return sql.negation(condition(node.expr, scope))


def _relational(node: CompValue, scope: Scope) -> Expr:
    left = value_of(node.expr, scope)
    if node.op in {"IN", "NOT IN"}:
        found = sql.either(*(_equal(left, value_of(item, scope)) for item in _members(node)))
        if not _members(node):
            # It is in no empty list, unless asking for it is an error.
            found = sql.case([(left.present(), sql.boolean(False))], sql.typed_null("BOOLEAN"))
        return found if node.op == "IN" else sql.negation(found)
    right = value_of(node.other, scope)
    if isinstance(left, Unbound) or isinstance(right, Unbound):
        return sql.typed_null("BOOLEAN")
    return compare(node.op, left, right)


def _equal(left: Value, right: Value) -> Expr:
    if isinstance(left, Unbound) or isinstance(right, Unbound):
        return sql.typed_null("BOOLEAN")
    return equal(left, right)


def _bound(node: CompValue, scope: Scope) -> Expr:
    return value_of(node.arg, scope).present()


def _exists(node: CompValue, scope: Scope) -> Expr:
    if scope.exists is None:
        raise NotCompiledError("EXISTS in this place")
    found = scope.exists(node.graph, scope)
    return found if node.name == "Builtin_EXISTS" else sql.negation(found)


_CONDITIONS: dict[str, Callable[[CompValue, Scope], Expr]] = {
    "ConditionalAndExpression": _and,
    "ConditionalOrExpression": _or,
    "UnaryNot": _not,
    "RelationalExpression": _relational,
    "Builtin_BOUND": _bound,
    "Builtin_EXISTS": _exists,
    "Builtin_NOTEXISTS": _exists,
}


def _chain(node: CompValue, scope: Scope) -> Value:
    """Return a sum or a product, evaluated from left to right."""
    result = value_of(node.expr, scope)
    for operator, operand in zip(node.op, node.other, strict=True):
        right = value_of(operand, scope)
        if isinstance(result, Unbound) or isinstance(right, Unbound):
            return Unbound()
        result = calculate(operator, result, right)
    return result


def _minus(node: CompValue, scope: Scope) -> Value:
    return negated(value_of(node.expr, scope))


def _plus(node: CompValue, scope: Scope) -> Value:
    value = value_of(node.expr, scope)
    if value.kinds <= NUMERIC:
        return value
    return Choice([(value.is_kind(NUMERIC), value)], Unbound())


def _if(node: CompValue, scope: Scope) -> Value:
    test = condition(node.arg1, scope)
    yes, no = value_of(node.arg2, scope), value_of(node.arg3, scope)
    return Choice([(test, yes), (sql.negation(test), no)], Unbound())


def _coalesce(node: CompValue, scope: Scope) -> Value:
    values = [value_of(argument, scope) for argument in _listed(node.arg)]
    return Choice([(value.present(), value) for value in values], Unbound())


def _now(node: CompValue, scope: Scope) -> Value:
    scope.context.uses_now = True
    return scope.context.constant(Literal(scope.context.now, datatype=XSD.dateTime))


def _iri(node: CompValue, scope: Scope) -> Value:
    """IRI or URI; a relative constant is resolved against the query's base."""
    argument = node.arg
    if scope.context.base and isinstance(argument, Literal) and not argument.language:
        argument = Literal(urljoin(scope.context.base, argument), datatype=argument.datatype)
    return _strict(iri, [value_of(argument, scope)])


def _once(node: CompValue, scope: Scope) -> Value:
    arguments = [value_of(node[key], scope) for key in ("row", "arg") if key in node]
    return _strict(ONCE[node.name], arguments)


def _call(node: CompValue, scope: Scope) -> Value:
    name = str(node.iri)
    of_fact = OF_FACTS.get(name)
    function = partial(of_fact, scope) if of_fact else _CALLED.get(name)
    if function is None or node.distinct:
        raise NotCompiledError(f"the function <{name}>")
    arguments = [value_of(argument, scope) for argument in _listed(node.expr)]
    if len(arguments) != len(signature(function).parameters):
        raise NotCompiledError(f"the function <{name}> of {len(arguments)} arguments")
    return _strict(function, arguments)


_CALLED: dict[str, Callable[..., Value]] = {
    **CASTS,
    **DATE_FUNCTIONS,
    str(FUNCTION.search): search,
}
"""Functions called by IRI."""

_VALUES: dict[str, Callable[[CompValue, Scope], Value]] = {
    "AdditiveExpression": _chain,
    "MultiplicativeExpression": _chain,
    "UnaryMinus": _minus,
    "UnaryPlus": _plus,
    "Builtin_IF": _if,
    "Builtin_COALESCE": _coalesce,
    "Builtin_NOW": _now,
    "Builtin_IRI": _iri,
    "Builtin_URI": _iri,
    **dict.fromkeys(ONCE, _once),
    "Function": _call,
}
