"""SPARQL 1.1 Service Description (https://www.w3.org/TR/sparql11-service-description/)."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, url_for
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from api.answers import send
from api.conditional import is_known, not_modified, tag_of, with_tag
from api.counting import counted
from api.identity import caller
from api.negotiation import choose_format
from kg import __version__
from kg.namespaces import RDF, SD, VOID, XSD
from kg.sparql.extensions import EXTENSIONS
from kg.sparql.formats import BINDING_FORMATS, GRAPH_FORMATS
from kg.sparql.formats.graphs import write_triples
from kg.store import Kind, RawTerm, term_key
from kg.store.statistics import Statistics

_FORMATS = "http://www.w3.org/ns/formats/"
_RESULTS = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
}
_GRAPHS = {"turtle": "Turtle", "nt": "N-Triples", "xml": "RDF_XML", "json-ld": "JSON-LD"}
_SIMPLE_ENTAILMENT = URIRef("http://www.w3.org/ns/entailment/Simple")


def describe_service() -> Response:
    """Return the description of the service in the RDF syntax that the request accepts."""
    chosen, media_type = choose_format(GRAPH_FORMATS)
    endpoint = url_for("sparql.get_sparql", _external=True)
    commit, numbers = counted()
    tag = tag_of(commit, endpoint, media_type, caller().hidden_graphs, __version__)
    if is_known(tag):
        return not_modified(tag)
    graph = service_description(URIRef(endpoint), numbers)
    triples = ((_raw(s), _raw(p), _raw(o)) for s, p, o in sorted(graph))
    response = send(write_triples(triples, chosen.name), media_type)
    response.vary.add("Accept")
    return with_tag(response, tag)


def service_description(endpoint: URIRef, numbers: Statistics) -> Graph:
    """Return the description of the service at an address, over data of these counts."""
    graph = Graph()
    service = BNode("service")
    dataset = BNode("dataset")
    union = BNode("union")
    graph.add((service, RDF.type, SD.Service))
    graph.add((service, SD.endpoint, endpoint))
    _add_all(graph, service, SD.supportedLanguage, [SD.SPARQL11Query, SD.SPARQL11Update])
    graph.add((service, SD.feature, SD.UnionDefaultGraph))
    graph.add((service, SD.defaultEntailmentRegime, _SIMPLE_ENTAILMENT))
    written = [*(_RESULTS[one.name] for one in BINDING_FORMATS), *_GRAPHS.values()]
    _add_all(graph, service, SD.resultFormat, (URIRef(_FORMATS + name) for name in written))
    read = [*_GRAPHS.values(), "TriG", "N-Quads"]
    _add_all(graph, service, SD.inputFormat, (URIRef(_FORMATS + name) for name in read))
    for one in EXTENSIONS:
        kind = SD.extensionAggregate if one.aggregate else SD.extensionFunction
        graph.add((service, kind, URIRef(one.iri)))
    graph.add((service, SD.defaultDataset, dataset))
    graph.add((dataset, RDF.type, SD.Dataset))
    graph.add((dataset, SD.defaultGraph, union))
    _add_counts(graph, union, numbers)
    for name, triples in numbers.graphs:
        _add_named_graph(graph, dataset, name, triples)
    return graph


def _add_all(graph: Graph, subject: Node, predicate: URIRef, values: Iterable[Node]) -> None:
    for value in values:
        graph.add((subject, predicate, value))


def _add_named_graph(graph: Graph, dataset: Node, name: str, triples: int) -> None:
    named, content = BNode(), BNode()
    graph.add((dataset, SD.namedGraph, named))
    graph.add((named, RDF.type, SD.NamedGraph))
    graph.add((named, SD.name, URIRef(name)))
    graph.add((named, SD.graph, content))
    graph.add((content, RDF.type, SD.Graph))
    _add_number(graph, content, VOID.triples, triples)


def _add_counts(graph: Graph, union: Node, numbers: Statistics) -> None:
    """Add the counts of the default graph, in VoID (https://www.w3.org/TR/void/)."""
    graph.add((union, RDF.type, SD.Graph))
    graph.add((union, RDF.type, VOID.Dataset))
    _add_number(graph, union, VOID.triples, numbers.triples)
    _add_number(graph, union, VOID.distinctSubjects, numbers.subjects)
    _add_number(graph, union, VOID.distinctObjects, numbers.objects)
    _add_number(graph, union, VOID.classes, len(numbers.classes))
    _add_number(graph, union, VOID.properties, len(numbers.properties))
    for kind in numbers.classes:
        part = BNode()
        graph.add((union, VOID.classPartition, part))
        graph.add((part, VOID["class"], URIRef(kind.iri)))
        _add_number(graph, part, VOID.entities, kind.entities)
    for use in numbers.properties:
        part = BNode()
        graph.add((union, VOID.propertyPartition, part))
        graph.add((part, VOID.property, URIRef(use.iri)))
        _add_number(graph, part, VOID.triples, use.triples)
        _add_number(graph, part, VOID.distinctSubjects, use.subjects)
        _add_number(graph, part, VOID.distinctObjects, use.objects)


def _add_number(graph: Graph, subject: Node, predicate: URIRef, number: int) -> None:
    graph.add((subject, predicate, Literal(number, datatype=XSD.integer)))


def _raw(node: Node) -> RawTerm:
    kind = Kind.IRI if isinstance(node, URIRef) else Kind.OTHER
    return (Kind.BLANK if isinstance(node, BNode) else kind, *term_key(node))
