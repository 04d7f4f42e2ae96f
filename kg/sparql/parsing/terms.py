"""Declarations and terms (SPARQL 1.1, section 19.8, rules 4 to 6, 108 and 129 to 138)."""

from __future__ import annotations

import re

from rdflib import BNode, Literal, URIRef, Variable
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Identifier

from kg.namespaces import PREFIXES, XSD
from kg.sparql.iris import resolved
from kg.sparql.parsing.lexer import Lexer, ReadingError

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_NUMBERS = {"integer": XSD.integer, "decimal": XSD.decimal, "double": XSD.double}
_BOOLEANS = ("TRUE", "FALSE")
_IN_ANGLES = re.compile("<[^>\n]*>")
_LONG = ('"""', "'''")


class TermParser(Lexer):
    """Reads declarations and terms; IRIs are made absolute."""

    def __init__(self, text: str, base: str | None = None) -> None:
        super().__init__(text)
        self.base = base
        self._namespaces: dict[str, str] = {}

    def prologue(self) -> list[CompValue]:
        """Return the declarations of the base and of prefixes."""
        declared: list[CompValue] = []
        while word := self.accept_word("BASE", "PREFIX"):
            if word == "BASE":
                iri = self._reference()
                self.base = iri
                declared.append(CompValue("Base", iri=iri))
            else:
                declared.append(self._prefix())
        return declared

    def _prefix(self) -> CompValue:
        if self.kind != "name" or self.written.find(":") != len(self.written) - 1:
            raise self.unexpected("a prefix with a colon at its end")
        prefix = self.advance()[:-1]
        iri = self._reference()
        self._namespaces[prefix] = iri
        return CompValue("PrefixDecl", prefix=prefix, iri=iri)

    def _reference(self) -> URIRef:
        if self.kind != "iri":
            raise self.no_iri()
        written = self.advance()[1:-1]
        return URIRef(resolved(written, self.base) if self.base else written)

    def no_iri(self) -> ReadingError:
        """Return the error that no IRI stands here, and what is wrong with one that seems to."""
        wrong = _IN_ANGLES.match(self.text, self.start)
        if wrong is None:
            return self.unexpected("an IRI")
        return ReadingError(
            f"{wrong.group()} is no IRI: blanks, quotation marks, braces and backslashes cannot"
            " stand in one",
            self.start,
        )

    def at_iri(self) -> bool:
        """Return whether an IRI stands here, written out or with a prefix."""
        return self.kind in ("iri", "name")

    def iri(self) -> URIRef:
        """Return the IRI that stands here."""
        if self.kind != "name":
            return self._reference()
        prefix, _, local = self.written.partition(":")
        if prefix not in self._namespaces:
            raise self._undeclared(prefix)
        self.advance()
        return URIRef(self._namespaces[prefix] + _ESCAPE.sub(r"\1", local))

    def _undeclared(self, prefix: str) -> ReadingError:
        known = PREFIXES.get(prefix)
        hint = f"; write PREFIX {prefix}: <{known}> at the beginning" if known else ""
        return ReadingError(f"the prefix {prefix}: is not declared{hint}", self.start)

    def variable(self) -> Variable:
        """Return the variable that stands here."""
        if self.kind != "variable":
            raise self.unexpected("a variable")
        return Variable(self.advance()[1:])

    def variable_or_iri(self) -> Identifier:
        """Return the variable or the IRI that stands here."""
        if self.kind == "variable":
            return self.variable()
        if not self.at_iri() and not self.is_sign("<"):
            raise self.unexpected("a variable or an IRI")
        return self.iri()

    def at_literal(self) -> bool:
        """Return whether a literal without a sign stands here."""
        return self.kind == "string" or self.kind in _NUMBERS or self.keyword in _BOOLEANS

    def literal(self) -> Literal:
        """Return the literal that stands here, with its lexical form as written."""
        if self.kind == "string":
            return self._text()
        datatype = _NUMBERS.get(self.kind)
        if datatype is not None:
            return Literal(self.advance(), datatype=datatype, normalize=False)
        if self.keyword in _BOOLEANS:
            return Literal(self.advance().lower(), datatype=XSD.boolean, normalize=False)
        raise self.unexpected("a literal")

    def _text(self) -> Literal:
        lexical = self.string()
        if self.kind == "language":
            return Literal(lexical, lang=self.advance()[1:])
        if self.accept("^^"):
            return Literal(lexical, datatype=self.iri(), normalize=False)
        return Literal(lexical)

    def string(self) -> str:
        """Return the text in quotation marks that stands here."""
        if self.kind != "string":
            raise self.unexpected("a string")
        written = self.advance()
        width = 3 if written[:3] in _LONG else 1
        inner = written[width:-width]
        if "\\" not in inner:
            return inner
        return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), inner)

    def signed(self) -> None:
        """Let a sign that stands here be part of the number after it."""
        if self.kind == "sign" and self.written in ("+", "-"):
            self.join_sign()

    def at_term(self) -> bool:
        """Return whether a variable or a term stands here, a blank node as its label or `[]`."""
        self.signed()
        return self.kind in ("variable", "blank") or self.at_iri() or self.at_literal()

    def term(self) -> Identifier:
        """Return the variable or the term that stands here."""
        self.signed()
        if self.kind == "variable":
            return self.variable()
        if self.kind == "blank":
            return BNode(self.advance()[2:])
        if self.at_iri() or self.is_sign("<"):
            return self.iri()
        if not self.at_literal():
            raise self.unexpected("a variable or a term")
        return self.literal()
