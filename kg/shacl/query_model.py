"""Constraints that are SPARQL queries, as small frozen values (sections 5 and 6)."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib import SH, Literal, URIRef
from rdflib.term import IdentifiedNode

from kg.shacl.model import Bindings, Constraint

ENDS = {"this": "focus", "value": "value"}
"""Variables of queries for the focus node and the value node of a result."""


@dataclass(frozen=True, slots=True)
class QueryConstraint(Constraint):
    """A constraint checked by a SPARQL query; `text` has its prefixes and, for `$PATH`, the path.

    `node` is the SPARQL constraint (`sh:sparql`), None for a constraint component, whose IRI is
    `iri` and whose parameters are `bindings`.
    """

    text: str
    shape: IdentifiedNode
    node: IdentifiedNode | None = None
    iri: URIRef = SH.SPARQLConstraintComponent
    bindings: Bindings = ()
    messages: tuple[Literal, ...] = ()

    @property
    def source(self) -> URIRef:
        """The constraint component."""
        return self.iri


@dataclass(frozen=True, slots=True)
class Select(QueryConstraint):
    """Solutions of a SELECT query with `$this` bound to a focus node are violations."""


@dataclass(frozen=True, slots=True)
class Ask(QueryConstraint):
    """A value node is a violation unless an ASK query with `$value` bound to it is true."""
