"""The first solutions in order of what groups are told apart by, found without the other groups.

`SELECT ?client ?key (SUM(?amount) AS ?sum) { ... } GROUP BY ?client ?key ORDER BY ?key` adds up for
all clients before the first ones are known. Where a triple pattern `?client :key ?key` that every
solution meets gives the order, the clients with the first keys are found beforehand, and all
patterns that mention the client are joined with them. All solutions with one of these keys are
among those that are left, and no solution that comes before one of them is left out. The pattern
may be an OPTIONAL of its own: the clients without a key come first, or last, as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rdflib import URIRef, Variable
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.binding import is_bound, is_sampled
from kg.sparql.context import Context
from kg.sparql.mentions import pattern_variables
from kg.sparql.modifiers import distinct, project
from kg.sparql.pathforms import has_closure
from kg.sparql.relation import Relation, layer
from kg.sparql.seeds import groups_of
from kg.sparql.values import NotCompiledError

Triple = tuple[Node, Node, Node]

_MANY = 50_000
"""Triples with the predicate of the order; with fewer, to find everything takes as long."""
_SPARE = 4
"""Terms that are found for each solution that is asked for: not each has a solution."""

_INNER = ("Filter", "Extend", "Project", "Distinct", "OrderBy", "ToMultiSet", "Group")
_BOTH = ("Join", "Union")


@dataclass(frozen=True, slots=True)
class Leading:
    """The triple pattern that gives a query its order, and what its subject is asked for."""

    group: CompValue
    """The basic graph pattern that it is part of."""
    triple: Triple
    key: CompValue
    """The first condition of ORDER BY."""
    asked: tuple[tuple[Triple, ...], ...]
    """Triple patterns of one subject that the solutions which are grouped meet, one of them with
    the variable; for a UNION those of each part."""
    optional: bool
    """Whether solutions may lack the key."""

    @property
    def name(self) -> str:
        """Variable of the terms of which the first are found."""
        return str(self.triple[0])


def leading_of(query: CompValue) -> Leading | None:
    """Return what the first solutions of a SELECT are found by, None where nothing is known."""
    if query.name != "SelectQuery" or query.p.name != "Project" or query.p.p.name != "OrderBy":
        return None
    pattern, key = query.p.p.p, query.p.p.expr[0]
    for group, triple, optional in _ordering(pattern, key.expr):
        subject = triple[0]
        if subject == key.expr or not _is_kept(pattern, subject):
            continue
        for asked in _asked(pattern, subject):
            if not any(triple in some for some in asked):
                return Leading(group, triple, key, asked, optional)
    return None


def _ordering(
    pattern: CompValue, key: object
) -> Iterator[tuple[CompValue, tuple[Variable, URIRef, Node], bool]]:
    """Yield the triple patterns that solutions have the first key of.

    They come with their groups, and with whether they are optional.
    """
    grouped = pattern
    while grouped.name in ("Extend", "Filter"):
        grouped = grouped.p
    keys = None
    if grouped.name == "AggregateJoin":
        pattern, keys = grouped.p.p, grouped.p.expr or ()
    if not isinstance(key, Variable):
        return
    found = [(group, False) for group in groups_of(pattern)]
    if _mentions(pattern, key) == 1:
        found += [(group, True) for group in _optional_groups(pattern)]
    for group, optional in found:
        for subject, predicate, object_ in group.triples:
            if not isinstance(subject, Variable) or not isinstance(predicate, URIRef):
                continue
            if object_ == key and (keys is None or {subject, key} <= set(keys)):
                yield group, (subject, predicate, object_), optional


def _optional_groups(node: CompValue) -> Iterator[CompValue]:
    """Yield the triple patterns that extend all solutions of a pattern, each an OPTIONAL alone."""
    if node.name == "LeftJoin":
        yield from _optional_groups(node.p1)
        if node.p2.name == "BGP" and len(node.p2.triples) == 1 and node.expr.name == "TrueFilter":
            [(subject, _, _)] = node.p2.triples
            if is_bound(node.p1, subject):
                yield node.p2
    elif node.name == "Join":
        yield from _optional_groups(node.p1)
        yield from _optional_groups(node.p2)
    elif node.name in ("Extend", "Filter"):
        yield from _optional_groups(node.p)


def _mentions(node: CompValue, variable: Variable) -> int:
    """Return how many of the least parts of a pattern mention a variable."""
    inner = [node[part] for part in ("p", "p1", "p2") if part in node]
    own = CompValue(node.name, **{key: node[key] for key in node if key not in ("p", "p1", "p2")})
    mentions = sum(_mentions(part, variable) for part in inner)
    return mentions + (str(variable) in pattern_variables(own))


def _is_worth_it(context: Context, leading: Leading) -> bool:
    """Return whether there is so much to leave out that the first terms are found beforehand."""
    if leading.name in context.bindings or str(leading.key.expr) in context.bindings:
        return False
    predicate = context.constant(leading.triple[1]).id
    some = "SELECT count(*) FROM (SELECT 1 FROM quad WHERE p = ? LIMIT ?)"
    row = context.cursor.execute(some, [predicate, _MANY]).fetchone()
    return row is not None and row[0] >= _MANY


def led(
    context: Context, query: CompValue, rows: int, solve: Callable[[CompValue], Relation]
) -> CompValue:
    """Return a query that finds the first solutions and not all others, if there are so many.

    Of the terms with the first keys those are left out that are tied with the last: there may be
    more of them.

    Raises:
        NotCompiledError: nothing is known that they are found by, or everything is found as fast.
    """
    leading = leading_of(query)
    if leading is None or not _is_worth_it(context, leading):
        raise NotCompiledError("the first solutions without the others")
    context.stages = True
    subject, key = leading.triple[0], leading.triple[2]
    ordered = CompValue("OrderBy", p=_with_keys(leading), expr=[leading.key])
    first = CompValue("Slice", p=ordered, start=0, length=_SPARE * rows)
    names = [str(subject), str(key)]
    found = solve(first)
    table = context.stage("first", _before_the_last(context, found, names))
    ids = [sql.column(table, context.name(name, "id")) for name in names]
    shapes = {
        name: replace(found.shapes[name], facets=frozenset({"id"}), certain=True) for name in names
    }
    everyone = Relation(sql.select(ids, sql.table(table, table)), shapes)
    given = distinct(context, project(context, everyone, names[:1]))
    with_key = sql.select(ids, sql.table(table, table), sql.is_not_null(ids[1].copy()))
    pairs = distinct(context, Relation(with_key, shapes))
    return _with_given(query, leading, pairs, given)


def _with_keys(leading: Leading) -> CompValue:
    """Return the pattern of the terms that are asked for, each once, with their keys."""
    subject = leading.triple[0]
    asked, *others = (CompValue("BGP", triples=[*some]) for some in leading.asked)
    for other in others:
        asked = CompValue("Union", p1=asked, p2=other)
    each = CompValue("Distinct", p=CompValue("Project", p=asked, PV=[subject]))
    keys = CompValue("BGP", triples=[leading.triple])
    terms = CompValue("ToMultiSet", p=each)
    if leading.optional:
        return CompValue("LeftJoin", p1=terms, p2=keys, expr=CompValue("TrueFilter"))
    return CompValue("Join", p1=keys, p2=terms)


def _before_the_last(context: Context, found: Relation, names: list[str]) -> exp.Query:
    """Return the ids of the first terms, without those that are ordered like the last of them."""
    side = layer(context, found)
    backwards = [
        exp.Ordered(
            this=sql.column(side.alias, key.column),
            desc=not key.descending,
            nulls_first=key.descending,
        )
        for key in found.order
    ]
    place = exp.Window(this=sql.call("rank"), order=exp.Order(expressions=backwards))
    ids = [sql.alias(side.value(name).facet("id"), context.name(name, "id")) for name in names]
    query = sql.select(ids, side.source())
    query.set("qualify", exp.Qualify(this=sql.compare(">", place, sql.number(1))))
    return query


def _with_given(node: CompValue, leading: Leading, pairs: Relation, given: Relation) -> CompValue:
    """Return an algebra whose basic graph patterns with the variable are joined with its terms."""
    if node is leading.group:
        return CompValue("BGP", **{**node, "given": pairs})
    if node.name == "BGP":
        mentioned = leading.name in pattern_variables(node)
        return CompValue("BGP", **{**node, "given": given}) if mentioned else node
    changed = {
        part: _with_given(node[part], leading, pairs, given)
        for part in ("p", "p1", "p2")
        if part in node and isinstance(node[part], CompValue)
    }
    return CompValue(node.name, **{**node, **changed}) if changed else node


def _is_kept(node: CompValue, variable: Variable) -> bool:
    """Return whether solutions with some terms as values of a variable are found from these terms.

    They are where no part takes the lack of a solution for something, and no part tells solutions
    together or apart without the variable.
    """
    if str(variable) not in pattern_variables(node):
        return True
    if node.name == "BGP" or node.name == "values":
        return True
    if node.name in _BOTH:
        return _is_kept(node.p1, variable) and _is_kept(node.p2, variable)
    if node.name == "LeftJoin":
        sides = _is_kept(node.p1, variable) and _is_kept(node.p2, variable)
        return sides and (
            str(variable) not in pattern_variables(node.p2) or is_bound(node.p1, variable)
        )
    if node.name == "Extend" and node.var == variable and not is_sampled(node, variable):
        return False
    if node.name == "Project" and variable not in node.PV:
        return False
    if node.name == "AggregateJoin":
        return variable in (node.p.expr or ()) and _is_kept(node.p.p, variable)
    return node.name in _INNER and _is_kept(node.p, variable)


def _asked(node: object, variable: Variable) -> Iterator[tuple[tuple[Triple, ...], ...]]:
    """Yield the triple patterns of solutions grouped, or made distinct, by a variable in them."""
    if not isinstance(node, CompValue):
        return
    if _is_grouped(node, variable):
        for group in _grouped(node.p.p):
            plain = [triple for triple in group.triples if not has_closure(triple[1])]
            for subject, _, object_ in plain:
                if variable in (subject, object_):
                    yield (tuple(triple for triple in plain if triple[0] == subject),)
        return
    if node.name == "Union":
        one, other = (next(_asked(part, variable), ()) for part in (node.p1, node.p2))
        if one and other:
            yield tuple(dict.fromkeys((*one, *other)))
        return
    # Not every solution has a part of what is optional.
    for part in ("p", "p1") if node.name == "LeftJoin" else ("p", "p1", "p2"):
        if part in node:
            yield from _asked(node[part], variable)


def _is_grouped(node: CompValue, variable: Variable) -> bool:
    """Return whether a variable is what a part of a query groups by, or makes distinct."""
    if node.name == "Distinct":
        return node.p.name == "Project" and variable in node.p.PV
    return node.name == "AggregateJoin" and variable in (node.p.expr or ())


def _grouped(node: CompValue) -> Iterator[CompValue]:
    """Yield the basic graph patterns that all solutions which are grouped meet."""
    while node.name in ("ToMultiSet", "Project", "Distinct"):
        node = node.p
    if node.name == "AggregateJoin":
        yield from _grouped(node.p.p)
    elif node.name == "Join":
        yield from _grouped(node.p1)
        yield from _grouped(node.p2)
    elif node.name in ("Filter", "Extend", "Group"):
        yield from _grouped(node.p)
    else:
        yield from groups_of(node)
