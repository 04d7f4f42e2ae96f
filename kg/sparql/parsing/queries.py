"""Queries (SPARQL 1.1, section 19.8, rules 2, 7 and 10 to 16)."""

from __future__ import annotations

from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue

from kg.sparql.parsing.groups import GroupParser
from kg.sparql.parsing.lexer import ReadingError

QUERIES = ("SELECT", "CONSTRUCT", "ASK", "DESCRIBE")
UPDATES = ("INSERT", "DELETE", "WITH", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY")


class QueryParser(GroupParser):
    """Reads one query."""

    def query(self) -> tuple[list[CompValue], CompValue]:
        """Return the declarations before the query of the text, and the query.

        Raises:
            ReadingError: it has a form that is not known here.
        """
        declared = self.prologue()
        forms = {
            "SELECT": self._select,
            "CONSTRUCT": self._construct,
            "ASK": self._ask,
            "DESCRIBE": self._describe,
        }
        if self.keyword in UPDATES:
            told = f"{self.keyword} begins an update, not a query: send it as an update"
            raise ReadingError(told, self.start)
        if self.keyword not in forms:
            raise self.unexpected("SELECT, CONSTRUCT, ASK or DESCRIBE")
        found = forms[self.keyword]()
        if self.kind != "end":
            raise self.unexpected("the end of the query")
        return declared, found

    def _select(self) -> CompValue:
        query = CompValue("SelectQuery")
        self.select_clause(query)
        self._dataset(query)
        self.rest_of_query(query)
        return query

    def _ask(self) -> CompValue:
        query = CompValue("AskQuery")
        self.advance()
        self._dataset(query)
        self.rest_of_query(query)
        return query

    def _construct(self) -> CompValue:
        """Return a CONSTRUCT query; in the short form the pattern is the template too."""
        query = CompValue("ConstructQuery")
        self.advance()
        if self.accept("{"):
            query["template"] = self.triples(paths=False)
            self.expect("}")
            self._dataset(query)
            self.rest_of_query(query)
            return query
        self._dataset(query)
        self.expect_word("WHERE")
        self.expect("{")
        block = self.block(paths=False)
        self.expect("}")
        query["template"] = block.triples
        query["where"] = CompValue("GroupGraphPatternSub", part=[block] if block.triples else [])
        self.modifiers(query)
        return query

    def _describe(self) -> CompValue:
        """Return a DESCRIBE query; one of all variables names none."""
        query = CompValue("DescribeQuery")
        self.advance()
        named: list[Any] = []
        if not self.accept("*"):
            while self.kind == "variable" or self.at_iri():
                named.append(self.variable_or_iri())
            if not named:
                raise self.unexpected('"*", a variable or an IRI')
        query["var"] = named
        self._dataset(query)
        if self.keyword == "WHERE" or self.is_sign("{"):
            self.rest_of_query(query)
        else:
            self.modifiers(query)
        return query

    def _dataset(self, query: CompValue) -> None:
        """Add to a query the graphs that it asks."""
        clauses: list[CompValue] = []
        while self.accept_word("FROM"):
            role = "named" if self.accept_word("NAMED") else "default"
            clauses.append(CompValue("DatasetClause", **{role: self.iri()}))
        if clauses:
            query["datasetClause"] = clauses
