"""RDF documents read into rdflib graphs with every lexical form kept.

rdflib's own parser rewrites literals ("01"^^xsd:integer becomes "1"), and a shape that asks for a
term has to ask for the very term that was written.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyoxigraph
from rdflib import XSD, BNode, Graph, Literal, URIRef
from rdflib.term import IdentifiedNode, Node

from kg.errors import RdfSyntaxError
from kg.store.documents import Document, format_of, rdf_format, unpacked


def read_file(graph: Graph, path: Path, scope: str = "", predicates: Collection[Node] = ()) -> None:
    """Add the triples of an RDF file to a graph; `scope` sets its blank nodes apart.

    With `predicates`, only the triples that have one of these.

    Raises:
        UsageError: the file cannot be opened, or its extension names no RDF format.
        RdfSyntaxError: it is not what its extension says.
    """
    with unpacked(path) as plain:
        base = path.resolve().as_uri()
        document = Document(path.name, plain, format_of(path), base, triples_only=False)
        _add(graph, document, scope, predicates)


def read_bytes(graph: Graph, data: bytes, format: str, name: str, scope: str = "") -> None:  # noqa: A002
    """Add the triples of a document to a graph, as `read_file` does.

    Raises:
        UsageError: the format is not known.
        RdfSyntaxError: the content is not what the format asks for; it is called `name`.
    """
    _add(graph, Document(name, data, rdf_format(format), None, triples_only=False), scope)


def parse_turtle(graph: Graph, text: bytes, base: str | None = None) -> None:
    """Add the triples of a Turtle text to a graph.

    Raises:
        RdfSyntaxError: the text is not Turtle.
    """
    _add(graph, Document("The text", text, pyoxigraph.RdfFormat.TURTLE, base, False), "")  # noqa: FBT003


def _add(graph: Graph, document: Document, scope: str, predicates: Collection[Node] = ()) -> None:
    wanted = {str(predicate) for predicate in predicates}
    try:
        for quad in document.quads():
            if wanted and quad.predicate.value not in wanted:
                continue
            subject, object_ = _node(quad.subject, scope), _term(quad.object, scope)
            graph.add((subject, URIRef(quad.predicate.value), object_))
    except ValueError as error:
        raise RdfSyntaxError(f"{document.name} cannot be read: {error}") from error


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
