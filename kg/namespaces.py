"""The namespaces of the project and of the vocabularies it reuses.

The vocabulary's address is written here and nowhere else.
"""

from __future__ import annotations

from rdflib import FOAF, ORG, OWL, PROV, RDF, RDFS, SH, SKOS, XSD, Namespace, URIRef

BASE = "https://w3id.org/clientgraph/"
CG = Namespace(BASE + "ns#")
CGS = Namespace(BASE + "shapes#")
FUNCTION = Namespace(BASE + "function#")
ID = Namespace(BASE + "id/")
GRAPH = Namespace(BASE + "graph/")
SCHEME = Namespace(BASE + "scheme/")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
SCHEMA = Namespace("https://schema.org/")
VOID = Namespace("http://rdfs.org/ns/void#")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
GR = Namespace("http://purl.org/goodrelations/v1#")

PROVENANCE_GRAPH = GRAPH["provenance"]
"""Named graph that mirrors the commits as PROV-O."""

CUT_ANSWER = BASE + "answer#cut"
"""What the head of an answer links to where a limit cut rows."""

PERSONAL_GRAPHS = str(GRAPH["personal/*"])
"""Pattern of the names of graphs of personal data, as a rule of what is hidden from a reader."""

DERIVED_GRAPHS = str(GRAPH["derived/*"])
"""Pattern of the names of graphs of results: computed, so that rules for data do not apply."""

RULES_GRAPH = str(GRAPH["derived/rules"])
"""Named graph of what follows from the facts by the rules of derivation."""

PERSONAL_RULES_GRAPH = str(GRAPH["personal/rules"])
"""Named graph of what follows from them with the help of personal data only."""

COMPUTED_GRAPHS = (DERIVED_GRAPHS, PERSONAL_RULES_GRAPH)
"""Rules of all graphs of what is computed, to be hidden where the data alone are looked at."""

PREFIXES: dict[str, str] = {
    "cg": str(CG),
    "cgs": str(CGS),
    "cgf": str(FUNCTION),
    "id": str(ID),
    "graph": str(GRAPH),
    "scheme": str(SCHEME),
    "foaf": str(FOAF),
    "org": str(ORG),
    "owl": str(OWL),
    "prov": str(PROV),
    "rdf": str(RDF),
    "rdfs": str(RDFS),
    "sh": str(SH),
    "skos": str(SKOS),
    "xsd": str(XSD),
    "vcard": str(VCARD),
    "dcterms": str(DCTERMS),
    "schema": str(SCHEMA),
}
"""Prefixes offered to users: in queries, pages and Turtle output."""


def scheme(name: str, slug: str) -> URIRef:
    """Return the IRI of the concept `slug` of the concept scheme `name`."""
    return SCHEME[f"{name}/{slug}"]


def graph_iri(layer: str, key: str) -> URIRef:
    """Return the IRI of the named graph `key` in a layer (`facts`, `personal`, `derived`)."""
    return GRAPH[f"{layer}/{key}"]
