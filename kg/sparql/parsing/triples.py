"""Triples and property paths (SPARQL 1.1, section 19.8, rules 75 to 107).

Triples are read as flat lists of subjects, predicates and objects.
"""

from __future__ import annotations

from rdflib import RDF, BNode, URIRef
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.term import Identifier

from kg.sparql.parsing.terms import TermParser

_MODIFIERS = ("?", "*", "+")

Verb = Path | Identifier


class TripleParser(TermParser):
    """Reads triples with what their syntax abbreviates, and property paths."""

    def triples(self, *, paths: bool) -> list[list[Verb]]:
        """Return triples between full stops, one list for each subject; with paths, or without."""
        found: list[list[Verb]] = []
        while self.at_node():
            found.append(self._same_subject(paths=paths))
            if not self.accept("."):
                if self.at_node():
                    raise self.unexpected('".", ";" or ","')
                break
        return found

    def at_node(self) -> bool:
        """Return whether a term, a collection or a description of a blank node stands here."""
        return self.is_sign("(") or self.is_sign("[") or self.at_term()

    def _same_subject(self, *, paths: bool) -> list[Verb]:
        described = self.is_sign("(") or self.is_sign("[")
        found: list[Verb] = []
        subject = self._node(found, paths=paths)
        if self._at_verb() or not (described and found):
            self._properties(subject, found, paths=paths)
        return found

    def _at_verb(self) -> bool:
        return (
            self.kind == "variable"
            or self.at_iri()
            or self.written == "a"
            or (self.kind == "sign" and self.written in ("!", "^", "("))
        )

    def _properties(self, subject: Identifier, found: list[Verb], *, paths: bool) -> None:
        """Add the triples of a list of verbs and objects."""
        self._objects(subject, found, paths=paths)
        while self.accept(";"):
            if self._at_verb():
                self._objects(subject, found, paths=paths)

    def _objects(self, subject: Identifier, found: list[Verb], *, paths: bool) -> None:
        """Add the triples of a verb and its objects."""
        verb = self._verb(paths=paths)
        while True:
            inner: list[Verb] = []
            found += [subject, verb, self._node(inner, paths=paths), *inner]
            if not self.accept(","):
                return

    def _verb(self, *, paths: bool) -> Verb:
        if self.kind == "variable":
            return self.variable()
        return self.path() if paths else self._predicate()

    def _node(self, found: list[Verb], *, paths: bool) -> Identifier:
        """Return a node; the triples that describe it are added."""
        if self.accept("["):
            blank = BNode()
            if not self.accept("]"):
                self._properties(blank, found, paths=paths)
                self.expect("]")
            return blank
        if self.accept("("):
            return self._collection(found, paths=paths)
        return self.term()

    def _collection(self, found: list[Verb], *, paths: bool) -> Identifier:
        """Return the head of a collection; its triples and those of its members are added."""
        members: list[Identifier] = []
        inner: list[Verb] = []
        while not self.accept(")"):
            members.append(self._node(inner, paths=paths))
        cells: list[Identifier] = [*(BNode() for _ in members), RDF.nil]
        for member, cell, rest in zip(members, cells, cells[1:], strict=False):
            found += [cell, RDF.first, member, cell, RDF.rest, rest]
        found += inner
        return cells[0]

    def _predicate(self) -> URIRef:
        if self.written == "a":
            self.advance()
            return RDF.type
        if not self.at_iri() and not self.is_sign("<"):
            raise self.unexpected("a predicate")
        return self.iri()

    def path(self) -> Path | URIRef:
        """Return the property path that stands here; one that is a predicate is its IRI."""
        parts = [self._sequence()]
        while self.accept("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else AlternativePath(*parts)

    def _sequence(self) -> Path | URIRef:
        parts = [self._step()]
        while self.accept("/"):
            parts.append(self._step())
        return parts[0] if len(parts) == 1 else SequencePath(*parts)

    def _step(self) -> Path | URIRef:
        return InvPath(self._repeated()) if self.accept("^") else self._repeated()

    def _repeated(self) -> Path | URIRef:
        step = self._primary()
        if self.kind == "sign" and self.written in _MODIFIERS:
            return MulPath(step, self.advance())  # type: ignore[arg-type]
        return step

    def _primary(self) -> Path | URIRef:
        if self.accept("!"):
            return self._negated()
        if self.accept("("):
            inner = self.path()
            self.expect(")")
            return inner
        return self._predicate()

    def _negated(self) -> Path:
        """Return a negated property set."""
        if not self.accept("("):
            return NegatedPath(self._excluded())
        parts: list[InvPath | URIRef] = []
        while not self.accept(")"):
            if parts:
                self.expect("|")
            parts.append(self._excluded())
        return NegatedPath(AlternativePath(*parts))

    def _excluded(self) -> InvPath | URIRef:
        return InvPath(self._predicate()) if self.accept("^") else self._predicate()
