"""Group graph patterns, subqueries and what modifies solutions (SPARQL 1.1, section 19.8).

Rules 8, 9, 17 to 28 and 53 to 69.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rdflib import Literal
from rdflib.plugins.sparql.parserutils import CompValue

from kg.namespaces import XSD
from kg.sparql.parsing.expressions import CONDITION, ExpressionParser
from kg.sparql.parsing.lexer import ReadingError

_UNDEF = "UNDEF"


class GroupParser(ExpressionParser):
    """Reads group graph patterns and subqueries."""

    def group(self) -> CompValue:
        """Return the group graph pattern that stands here."""
        self.expect("{")
        found = self._subquery() if self.keyword == "SELECT" else self._parts()
        self.expect("}")
        return found

    def _parts(self) -> CompValue:
        parts: list[CompValue] = []
        while not self.is_sign("}"):
            if self.at_node():
                parts.append(self.block())
            else:
                parts.append(self._part())
                self.accept(".")
        return CompValue("GroupGraphPatternSub", part=parts)

    def block(self, *, paths: bool = True) -> CompValue:
        """Return the triple patterns that stand here, with paths, or without."""
        return CompValue("TriplesBlock", triples=self.triples(paths=paths))

    def _part(self) -> CompValue:
        """Return a part of a group that is no triple pattern."""
        if self.is_sign("{"):
            return self._alternatives()
        start = self.start
        word = self.accept_word("OPTIONAL", "MINUS", "GRAPH", "SERVICE", "FILTER", "BIND", "VALUES")
        if word == "FILTER":
            return CompValue("Filter", expr=self.constraint())
        if word == "BIND":
            return self._assignment()
        if word == "VALUES":
            return self.data_block("InlineData")
        if word == "SERVICE":
            return self._service(start)
        if word == "GRAPH":
            return CompValue("GraphGraphPattern", term=self.variable_or_iri(), graph=self.group())
        if word in ("OPTIONAL", "MINUS"):
            return CompValue(f"{word.capitalize()}GraphPattern", graph=self.group())
        raise self.unexpected('a triple, a graph pattern or "}"')

    def _alternatives(self) -> CompValue:
        groups = [self.group()]
        while self.accept_word("UNION"):
            groups.append(self.group())
        return CompValue("GroupOrUnionGraphPattern", graph=groups)

    def _assignment(self) -> CompValue:
        self.expect("(")
        expression, variable = self._named()
        return CompValue("Bind", expr=expression, var=variable)

    def _named(self) -> tuple[Any, Any]:
        """Return the rest of an expression with a name in parentheses."""
        expression = self.expression()
        self.expect_word("AS")
        variable = self.variable()
        self.expect(")")
        return expression, variable

    def _service(self, start: int) -> CompValue:
        """Return a part for another endpoint, with its text as written from a place on."""
        found = CompValue("ServiceGraphPattern")
        if self.accept_word("SILENT"):
            found["silent"] = "SILENT"
        found["term"] = self.variable_or_iri()
        found["graph"] = self.group()
        found["service_string"] = self.text[start : self.past]
        return found

    def data_block(self, name: str) -> CompValue:
        """Return the inline data that stand here: the variables, and the rows as lists."""
        several = self.kind != "variable"
        names = self._in_parentheses(self.variable) if several else [self.variable()]
        rows: list[Any] = []
        self.expect("{")
        while not self.accept("}"):
            start = self.start
            row = self._in_parentheses(self._value) if several else [self._value()]
            if len(row) != len(names):
                told = f"VALUES names {len(names)} variables, and this row has {len(row)} values"
                raise ReadingError(f"{told}; UNDEF stands for a missing value", start)
            rows.append(row)
        return CompValue(name, var=names, value=rows)

    def _in_parentheses(self, part: Callable[[], Any]) -> list[Any]:
        """Return the parts within parentheses, none perhaps."""
        self.expect("(")
        found: list[Any] = []
        while not self.accept(")"):
            found.append(part())
        return found

    def _value(self) -> Any:
        self.signed()
        if self.accept_word(_UNDEF):
            return _UNDEF
        if not self.at_iri() and not self.at_literal():
            raise self.unexpected("a value or UNDEF")
        return self.iri() if self.at_iri() else self.literal()

    def _subquery(self) -> CompValue:
        found = CompValue("SubSelect")
        self.select_clause(found)
        self.rest_of_query(found)
        return found

    def select_clause(self, query: CompValue) -> None:
        """Add to a query what it selects; nothing for all variables."""
        self.expect_word("SELECT")
        if word := self.accept_word("DISTINCT", "REDUCED"):
            query["modifier"] = word
        if self.accept("*"):
            return
        selected: list[CompValue] = []
        while self.kind == "variable" or self.is_sign("("):
            selected.append(self._selected())
        if not selected:
            raise self.unexpected('a variable, "*" or an expression such as (COUNT(*) AS ?n)')
        if self.is_sign(","):
            raise ReadingError("what SELECT names stands without commas between", self.start)
        query["projection"] = selected

    def _selected(self) -> CompValue:
        if self.accept("("):
            expression, variable = self._named()
            return CompValue("vars", expr=expression, evar=variable)
        return CompValue("vars", var=self.variable())

    def rest_of_query(self, query: CompValue) -> None:
        """Add to a query its WHERE clause, its modifiers and its inline data."""
        self.accept_word("WHERE")
        query["where"] = self.group()
        self.modifiers(query)

    def modifiers(self, query: CompValue) -> None:
        """Add to a query what follows its WHERE clause."""
        if self.accept_word("GROUP"):
            self.expect_word("BY")
            query["groupby"] = CompValue("GroupClause", condition=self._grouping())
        if self.accept_word("HAVING"):
            query["having"] = CompValue("HavingClause", condition=self._conditions())
        if self.accept_word("ORDER"):
            self.expect_word("BY")
            query["orderby"] = CompValue("OrderClause", condition=self._ordering())
        if self.keyword in ("LIMIT", "OFFSET"):
            query["limitoffset"] = self._slice()
        if self.accept_word("VALUES"):
            query["valuesClause"] = self.data_block("ValuesClause")

    def _at_constraint(self) -> bool:
        return self.is_sign("(") or self.at_call() or self.at_iri()

    def _grouping(self) -> list[Any]:
        found: list[Any] = []
        while self.kind == "variable" or self._at_constraint():
            found.append(self._group_condition())
        if not found:
            raise self.unexpected("something to group by")
        return found

    def _group_condition(self) -> Any:
        if self.kind == "variable":
            return self.variable()
        if not self.accept("("):
            return self.constraint()
        expression = self.expression()
        named = bool(self.accept_word("AS"))
        found = CompValue("GroupAs", expr=expression, var=self.variable()) if named else expression
        self.expect(")")
        return found

    def _conditions(self) -> list[Any]:
        found: list[Any] = []
        while self._at_constraint():
            found.append(self.constraint())
        if not found:
            raise self.unexpected(CONDITION)
        return found

    def _ordering(self) -> list[CompValue]:
        found: list[CompValue] = []
        while True:
            if word := self.accept_word("ASC", "DESC"):
                found.append(CompValue("OrderCondition", order=word, expr=self.bracketed()))
            elif self.kind == "variable":
                found.append(CompValue("OrderCondition", expr=self.variable()))
            elif self._at_constraint():
                found.append(CompValue("OrderCondition", expr=self.constraint()))
            elif not found:
                raise self.unexpected("something to order by")
            else:
                return found

    def _slice(self) -> CompValue:
        found = CompValue("LimitOffsetClauses")
        while word := self.accept_word("LIMIT", "OFFSET"):
            if self.kind != "integer":
                raise self.unexpected("a number")
            found[word.lower()] = Literal(self.advance(), datatype=XSD.integer)
        return found
