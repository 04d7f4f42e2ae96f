"""Turtle files read into rdflib graphs with every lexical form kept.

rdflib's own parser rewrites literals ("01"^^xsd:integer becomes "1"), and a shape that asks for a
term has to ask for the very term that was written.
"""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
from rdflib import XSD, BNode, Graph, Literal, URIRef
from rdflib.term import IdentifiedNode, Node

from kg.errors import RdfSyntaxError


def read_turtle(graph: Graph, path: Path, scope: str = "") -> None:
    """Add the triples of a Turtle file to a graph; `scope` sets its blank nodes apart.

    Raises:
        RdfSyntaxError: the file cannot be read, or is not Turtle.
    """
    try:
        parse_turtle(graph, path.read_bytes(), path.resolve().as_uri(), scope)
    except OSError as error:
        raise RdfSyntaxError(f"{path} cannot be read: {error.strerror}.") from error
    except SyntaxError as error:
        raise RdfSyntaxError(
            f"{path} is not Turtle: {error.msg}", error.lineno, error.offset
        ) from error


def parse_turtle(graph: Graph, text: bytes, base: str | None = None, scope: str = "") -> None:
    """Add the triples of a Turtle text to a graph.

    Raises:
        SyntaxError: the text is not Turtle.
    """
    turtle = pyoxigraph.RdfFormat.TURTLE
    for quad in pyoxigraph.parse(text, format=turtle, base_iri=base):
        subject, object_ = _node(quad.subject, scope), _term(quad.object, scope)
        graph.add((subject, URIRef(quad.predicate.value), object_))


def _node(term: object, scope: str) -> IdentifiedNode:
    """Return an IRI or blank node as a term of rdflib."""
    if isinstance(term, pyoxigraph.NamedNode):
        return URIRef(term.value)
    if isinstance(term, pyoxigraph.BlankNode):
        return BNode(scope + term.value)
    raise ValueError(f"{term} is not a term of RDF 1.1.")


def _term(term: object, scope: str) -> Node:
    """Return any term as a term of rdflib."""
    if not isinstance(term, pyoxigraph.Literal):
        return _node(term, scope)
    if term.language:
        return Literal(term.value, lang=term.language, normalize=False)
    datatype = URIRef(term.datatype.value)
    # A plain literal and one of xsd:string are one term (RDF 1.1); rdflib keeps the plain one.
    if datatype == XSD.string:
        return Literal(term.value)
    return Literal(term.value, datatype=datatype, normalize=False)
