"""The files of the ontology, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from rdflib import BNode, Graph, URIRef
from rdflib.term import Node

from kg.namespaces import CG, CGS, DCTERMS, FOAF, ORG, OWL, PROV, RDFS, SCHEMA, SH, SKOS, VCARD
from kg.resources import folder

_PREFIXES = {
    "cg": CG, "cgs": CGS, "dcterms": DCTERMS, "foaf": FOAF, "org": ORG, "owl": OWL, "prov": PROV,
    "rdfs": RDFS, "schema": SCHEMA, "sh": SH, "skos": SKOS, "vcard": VCARD,
}  # fmt: skip


def _vocabulary_files() -> list[Path]:
    """Return the files that define terms: areas, concept schemes, alignments."""
    ontology = folder("ontology")
    areas = sorted((ontology / "vocabulary").glob("*.ttl"))
    return [*areas, *sorted((ontology / "schemes").glob("*.ttl")), ontology / "alignments.ttl"]


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[Graph, Mapping[str, frozenset[URIRef]]]:
    """Return the vocabulary, and the terms that each of its files defines.

    A file goes by its name without the ending; that of a scheme is told apart by its folder.
    """
    whole, areas = _empty(), {}
    for path in _vocabulary_files():
        own = Graph().parse(path, format="turtle")
        defined = (term for term in own.subjects(SKOS.definition) if isinstance(term, URIRef))
        area = path.stem if path.parent.name != "schemes" else f"scheme/{path.stem}"
        areas[area] = frozenset(defined)
        whole += own
    return whole, areas


def vocabulary_graph() -> Graph:
    """Return every triple of the vocabulary; it is shared, and not to be changed."""
    return _vocabulary()[0]


def terms_by_area() -> Mapping[str, frozenset[URIRef]]:
    """Return the terms that each file of the vocabulary defines, in the order of the files."""
    return _vocabulary()[1]


@lru_cache(maxsize=1)
def _shapes() -> tuple[Graph, Mapping[str, frozenset[URIRef]]]:
    """Return the shapes, and those that each of their files states, by its name without ending."""
    whole, areas = _empty(), {}
    for path in sorted((folder("ontology") / "shapes").rglob("*.ttl")):
        own = Graph().parse(path, format="turtle")
        stated = (shape for shape in own.subjects(SH.severity) if isinstance(shape, URIRef))
        areas[path.stem] = frozenset(stated)
        whole += own
    return whole, {area: stated for area, stated in areas.items() if stated}


def shapes_graph() -> Graph:
    """Return every triple of the shapes; it is shared, and not to be changed."""
    return _shapes()[0]


def shapes_by_area() -> Mapping[str, frozenset[URIRef]]:
    """Return the shapes that each file of them states, in the order of the files."""
    return _shapes()[1]


def term_graph(iri: str) -> Graph:
    """Return what the vocabulary says of a term, without what it says of others."""
    graph = _empty()
    described(vocabulary_graph(), URIRef(iri), graph)
    return graph


def described(source: Graph, node: Node, into: Graph) -> None:
    """Copy the triples of a node, and of the blank nodes below it."""
    for triple in source.triples((node, None, None)):
        if triple not in into:
            into.add(triple)
            if isinstance(triple[2], BNode):
                described(source, triple[2], into)


def _empty() -> Graph:
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in _PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph
