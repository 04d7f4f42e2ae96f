"""The vocabulary, the shapes or one term as documents in RDF."""

from __future__ import annotations

from functools import lru_cache

import pyoxigraph as ox
from rdflib import Graph

from kg.sparql.formats import GRAPH_FORMATS, Format
from kg.terminology.graphs import shapes_graph, term_graph, vocabulary_graph

DOCUMENT_FORMATS: tuple[Format, ...] = GRAPH_FORMATS
"""The formats of a document, the preferred one first."""


def document(name: str, chosen: Format) -> bytes:
    """Return a document in a format; `name` is `vocabulary`, `shapes` or the IRI of a term."""
    if name in ("vocabulary", "shapes"):
        return _whole(name, chosen.name)
    return _serialized(term_graph(name), chosen.name)


@lru_cache(maxsize=8)
def _whole(name: str, format_name: str) -> bytes:
    graph = vocabulary_graph() if name == "vocabulary" else shapes_graph()
    return _serialized(graph, format_name)


def _serialized(graph: Graph, format_name: str) -> bytes:
    if format_name == "json-ld":
        # The other library's writer goes through a class that it calls obsolete itself.
        triples = ox.parse(graph.serialize(format="nt"), format=ox.RdfFormat.N_TRIPLES)
        return ox.serialize(triples, format=ox.RdfFormat.JSON_LD) or b""
    content: bytes = graph.serialize(format=format_name, encoding="utf-8")
    return content
