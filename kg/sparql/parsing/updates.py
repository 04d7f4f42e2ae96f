"""Operations of updates (SPARQL 1.1, section 19.8, rules 30 to 52)."""

from __future__ import annotations

from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue

from kg.sparql.parsing.groups import GroupParser
from kg.sparql.parsing.lexer import ReadingError
from kg.sparql.parsing.queries import QUERIES

_TRANSFERS = ("ADD", "MOVE", "COPY")
_REMOVALS = ("CLEAR", "DROP")
_SELECTORS = ("DEFAULT", "NAMED", "ALL")


class UpdateParser(GroupParser):
    """Reads one operation of an update."""

    def operation(self) -> tuple[list[CompValue], CompValue]:
        """Return the declarations before the operation of the text, and the operation.

        Raises:
            ReadingError: it has a form that is not known here.
        """
        declared = self.prologue()
        found = self._operation()
        if self.kind != "end":
            raise self.unexpected("the end of the operation")
        return declared, found

    def _operation(self) -> CompValue:
        if self.keyword in ("INSERT", "DELETE", "WITH"):
            return self._modification()
        word = self.accept_word("LOAD", "CREATE", *_REMOVALS, *_TRANSFERS)
        found = CompValue(word.capitalize())
        if self.accept_word("SILENT"):
            found["silent"] = "SILENT"
        if word == "LOAD":
            found["iri"] = self.iri()
            if self.accept_word("INTO"):
                found["graphiri"] = self._graph()
        elif word == "CREATE":
            found["graphiri"] = self._graph()
        elif word in _REMOVALS:
            selected = self.accept_word(*_SELECTORS)
            if not selected and self.keyword != "GRAPH":
                raise self.unexpected("GRAPH, DEFAULT, NAMED or ALL")
            found["graphiri"] = selected or self._graph()
        elif word in _TRANSFERS:
            source = self._place()
            self.expect_word("TO")
            found["graph"] = [source, self._place()]
        elif self.keyword in QUERIES:
            told = f"{self.keyword} begins a query, not an update: send it as a query"
            raise ReadingError(told, self.start)
        else:
            raise self.unexpected("an operation such as INSERT DATA")
        return found

    def _graph(self) -> Any:
        self.expect_word("GRAPH")
        return self.iri()

    def _place(self) -> Any:
        """Return the graph of a transfer."""
        if self.accept_word("DEFAULT"):
            return "DEFAULT"
        self.accept_word("GRAPH")
        return self.iri()

    def _modification(self) -> CompValue:
        found = CompValue("Modify")
        if self.accept_word("WITH"):
            found["withClause"] = self.iri()
        else:
            word = self.keyword
            self.advance()
            if self.accept_word("DATA"):
                return CompValue(f"{word.capitalize()}Data", quads=self._quads())
            if word == "DELETE" and self.accept_word("WHERE"):
                return CompValue("DeleteWhere", quads=self._quads())
            found[word.lower()] = self._clause(word)
        for word in ("DELETE", "INSERT"):
            if self.accept_word(word):
                found[word.lower()] = self._clause(word)
        using: list[CompValue] = []
        while self.accept_word("USING"):
            role = "named" if self.accept_word("NAMED") else "default"
            using.append(CompValue("UsingClause", **{role: self.iri()}))
        if using:
            found["using"] = using
        self.expect_word("WHERE")
        found["where"] = self.group()
        return found

    def _clause(self, word: str) -> CompValue:
        return CompValue(f"{word.capitalize()}Clause", quads=self._quads())

    def _quads(self) -> CompValue:
        """Return the quads of a template or of a block of data, those of graphs apart."""
        triples: list[list[Any]] = []
        graphs: list[CompValue] = []
        self.expect("{")
        while not self.accept("}"):
            if self.accept_word("GRAPH"):
                graphs.append(self._named_quads())
                self.accept(".")
            elif self.at_node():
                triples += self.triples(paths=False)
            else:
                raise self.unexpected("a triple")
        found = CompValue("Quads")
        if triples:
            found["triples"] = triples
        if graphs:
            found["quadsNotTriples"] = graphs
        return found

    def _named_quads(self) -> CompValue:
        found = CompValue("QuadsNotTriples", term=self.variable_or_iri())
        self.expect("{")
        if triples := self.triples(paths=False):
            found["triples"] = triples
        self.expect("}")
        return found
