"""What is wrong with a text that is not SPARQL, told so that its writer can mend it.

The strict parser finds every error, but tells all that it would have taken at the furthest place
it came to. Our own parser takes one token after the other, so that it knows what is missing; and
what keeps to the grammar and is refused breaks a rule about variables or blank nodes, which are
looked at here (SPARQL 1.1, sections 11.4, 18.2.1 and 19.6 to 19.8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pyoxigraph
from rdflib import BNode, URIRef, Variable
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Identifier

from kg.sparql.extensions import AGGREGATES
from kg.sparql.parsing import QueryParser, ReadingError, UpdateParser
from kg.sparql.parsing.expressions import ExpressionParser

_DATA = {"InsertData": "INSERT DATA", "DeleteData": "DELETE DATA"}
_REMOVED = {"DeleteData": "DELETE DATA", "DeleteWhere": "DELETE WHERE"}


def query_diagnosis(text: str, base: str | None) -> ReadingError | None:
    """Return what is wrong with a query, None where it breaks no rule that is known here."""
    return _diagnosis(lambda: _PlacedQuery(text, base).judge())


def update_diagnosis(text: str) -> ReadingError | None:
    """Return what is wrong with one operation of an update, None likewise."""
    return _diagnosis(lambda: _PlacedUpdate(text).judge())


def _diagnosis(judge: Callable[[], None]) -> ReadingError | None:
    try:
        judge()
    except ReadingError as error:
        return error
    return None


class _Placed(ExpressionParser):
    """Keeps where variables, terms, calls and SELECT clauses stand; takes no IRI that is none."""

    def __init__(self, text: str, base: str | None = None) -> None:
        self.places: dict[int, int] = {}
        super().__init__(text, base)

    def variable(self) -> Variable:
        place = self.start
        found = super().variable()
        self.places[id(found)] = place
        return found

    def call(self) -> Any:
        place = self.start
        found = super().call()
        self.places[id(found)] = place
        return found

    def term(self) -> Identifier:
        place = self.start
        found = super().term()
        self.places[id(found)] = place
        return found

    def iri(self) -> URIRef:
        place, written = self.start, self.written
        found = super().iri()
        try:
            pyoxigraph.NamedNode(str(found))
        except ValueError:
            relative = written.startswith("<") and ":" not in written
            reason = "is relative, and there is no BASE" if relative else "is no absolute IRI"
            raise ReadingError(f"{written} {reason}", place) from None
        return found


class _PlacedQuery(_Placed, QueryParser):
    """Reads a query and judges it."""

    def select_clause(self, query: CompValue) -> None:
        self.places[id(query)] = self.start
        super().select_clause(query)

    def judge(self) -> None:
        """Raise ReadingError for the first rule that the query breaks."""
        _, query = self.query()
        rules = _Rules(self.places)
        if query.name == "SelectQuery":
            rules.selected(query)
        elif query.where is not None:
            rules.in_scope(query.where)


class _PlacedUpdate(_Placed, UpdateParser):
    """Reads an operation of an update and judges it."""

    def judge(self) -> None:
        """Raise ReadingError for the first rule that the operation breaks."""
        _, operation = self.operation()
        rules = _Rules(self.places)
        if kind := _DATA.get(operation.name):
            rules.refuse(Variable, operation.quads, f"a variable cannot stand in {kind}")
        removed = operation.quads if operation.name in _REMOVED else operation.delete
        if removed is not None:
            kind = _REMOVED.get(operation.name, "DELETE")
            rules.refuse(BNode, removed, f"a blank node cannot stand in {kind}")
        if operation.where is not None:
            rules.in_scope(operation.where)


class _Rules:
    """Rules about the variables and the blank nodes of a text, whose places are known."""

    def __init__(self, places: dict[int, int]) -> None:
        self._places = places
        self._numbers = count()
        self._patterns: dict[str, int] = {}
        """The basic graph pattern, by its number, in which the label of a blank node stands."""

    def _broken(self, part: object, told: str) -> ReadingError:
        return ReadingError(told, self._places.get(id(part)))

    def refuse(self, kind: type, part: Any, told: str) -> None:
        """Raise ReadingError where a part of a tree has a term of some kind."""
        for term in _terms(part):
            if isinstance(term, kind):
                raise self._broken(term, told)

    def selected(self, query: CompValue) -> set[str]:
        """Return the variables that a SELECT, whose rules are checked, gives (section 18.2.1)."""
        inside = self.in_scope(query.where)
        clauses = (query.projection, query.having, query.orderby)
        grouped = query.groupby is not None or any(_aggregates(clause) for clause in clauses)
        if not query.projection:
            if grouped:
                told = "SELECT * cannot stand with GROUP BY: name the variables and aggregates"
                raise self._broken(query, told)
            return inside
        keys = _keys(query)
        given: set[str] = set()
        for one in query.projection:
            variable = one.var if one.evar is None else one.evar
            if one.evar is not None and str(variable) in given | (keys if grouped else inside):
                raise self._taken(variable)
            if one.evar is None and str(variable) in given:
                raise self._broken(variable, f"?{variable} is selected twice: name it once")
            if grouped:
                self._check_grouped(one.var if one.evar is None else one.expr, keys | given)
            given.add(str(variable))
        return given

    def _check_grouped(self, selected: Any, known: set[str]) -> None:
        """Check that what a SELECT with groups names has one value in each (section 11.4)."""
        for variable in _outside_aggregates(selected):
            if str(variable) not in known:
                raise self._broken(
                    variable,
                    f"?{variable} is neither in GROUP BY nor in an aggregate such as"
                    f" (SAMPLE(?{variable}) AS ?one)",
                )

    def _check_single(self, expression: Any) -> None:
        """Check that no aggregate stands where there are no groups (section 11.1)."""
        for part in _parts(expression):
            if _is_aggregate(part):
                told = "an aggregate stands in SELECT, HAVING or ORDER BY: not in FILTER or BIND"
                raise self._broken(part, told)

    def _taken(self, variable: Variable) -> ReadingError:
        told = f"?{variable} has a value here already: give what AS names another name"
        return self._broken(variable, told)

    def in_scope(self, group: CompValue) -> set[str]:
        """Return the variables in scope of a group, whose rules are checked (section 18.2.1)."""
        if group.name == "SubSelect":
            return self.selected(group)
        found: set[str] = set()
        pattern = next(self._numbers)
        for part in group.part or ():
            if part.name == "TriplesBlock":
                found |= self._of_triples(part.triples, pattern)
            else:
                self._check_single(part.expr)
                if part.name == "Filter":
                    continue
                found |= self._of_part(part, found)
                pattern = next(self._numbers)
        return found

    def _of_triples(self, triples: list[list[Any]], pattern: int) -> set[str]:
        found: set[str] = set()
        for term in (term for triple in triples for term in triple):
            if isinstance(term, Variable):
                found.add(str(term))
            elif isinstance(term, BNode) and self._patterns.setdefault(term, pattern) != pattern:
                told = f"_:{term} stands in two graph patterns: a variable can, a blank node cannot"
                raise self._broken(term, told)
        return found

    def _of_part(self, part: CompValue, before: set[str]) -> set[str]:
        """Return the variables that a part which is no triples adds to those before it."""
        if part.name == "Bind":
            if str(part.var) in before:
                raise self._taken(part.var)
            return {str(part.var)}
        if part.name == "InlineData":
            return {str(name) for name in part.var}
        groups = part.graph if isinstance(part.graph, list) else [part.graph]
        found = {str(name) for group in groups for name in self.in_scope(group)}
        if isinstance(part.term, Variable):
            found.add(str(part.term))
        return set() if part.name == "MinusGraphPattern" else found


def _keys(query: CompValue) -> set[str]:
    """Return the variables that a query groups by."""
    conditions = query.groupby.condition if query.groupby is not None else ()
    named = (one.var if isinstance(one, CompValue) else one for one in conditions)
    return {str(one) for one in named if isinstance(one, Variable)}


def _parts(tree: Any) -> Iterator[Any]:
    """Yield a tree and all that is in it, patterns of EXISTS left out."""
    yield tree
    if isinstance(tree, CompValue):
        for key, part in tree.items():
            if not (key == "graph" and tree.name.endswith("EXISTS")):
                yield from _parts(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _parts(part)


def _terms(tree: Any) -> Iterator[Identifier]:
    return (part for part in _parts(tree) if isinstance(part, Identifier))


def _is_aggregate(tree: Any) -> bool:
    if not isinstance(tree, CompValue):
        return False
    return tree.name.startswith("Aggregate_") or str(tree.iri) in AGGREGATES


def _aggregates(tree: Any) -> bool:
    return any(_is_aggregate(part) for part in _parts(tree))


def _outside_aggregates(tree: Any) -> Iterator[Variable]:
    """Yield the variables of an expression that do not stand in an aggregate."""
    if isinstance(tree, Variable):
        yield tree
    elif isinstance(tree, list):
        for part in tree:
            yield from _outside_aggregates(part)
    elif isinstance(tree, CompValue) and not _is_aggregate(tree):
        for key, part in tree.items():
            if key != "graph":
                yield from _outside_aggregates(part)
