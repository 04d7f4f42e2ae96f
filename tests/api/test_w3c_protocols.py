"""Every test of the W3C's suites of the two HTTP protocols, against a running server."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest
from protocol_manifest import ROOT, Exchange, ProtocolTest, protocol_tests
from pyshacl import validate
from rdflib import RDF, Graph, URIRef
from rdflib.compare import isomorphic
from running import Answer, running, send

from kg.namespaces import SD
from kg.store import Store
from kg.store.rdf import load_file

RDF_TYPES = {"text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"}
RESULT_TYPES = {"application/sparql-results+json", "application/sparql-results+xml"}
TESTS = {test.name: test for test in protocol_tests()}
SAID_IN_WORDS = {name for name in TESTS if name.startswith("service-description/")}

pytestmark = pytest.mark.skipif(
    not ROOT.is_dir(), reason="the W3C suites are not there: see CLIENTGRAPH_SUITES"
)


@pytest.mark.parametrize("name", sorted(set(TESTS) - SAID_IN_WORDS))
def test_protocol(name, tmp_path):
    test = TESTS[name]
    assert test.exchanges
    with Store.open(None) as store, running(store, tmp_path) as address:
        _load(store, test)
        known: dict[str, str] = {}
        for exchange in test.exchanges:
            path = exchange.path
            for variable, value in known.items():
                path = path.replace(variable, value)
            path = path.replace("/sparql/", "/sparql").replace("/gsp", "/graphs", 1)
            request = exchange.request
            answer = send(address + path, exchange.method, request.body, request.headers)
            _check(exchange, answer)
            if exchange.location:
                known[exchange.location] = answer.headers["Location"]


def _load(store: Store, test: ProtocolTest) -> None:
    with store.write() as tx:
        for graph, path in test.data.items():
            load_file(tx, path, graph=graph)


def _check(exchange: Exchange, answer: Answer) -> None:
    assert str(answer.status).startswith(exchange.statuses), answer
    if exchange.format == "boolean":
        assert answer.media_type in RESULT_TYPES
    if exchange.format == "tabular":
        assert answer.media_type in RESULT_TYPES
        assert json.loads(answer.body)["head"]["vars"] is not None
    if exchange.format == "RDF":
        assert answer.media_type in RDF_TYPES
        assert _graph(answer) is not None
    if exchange.boolean is not None:
        assert json.loads(answer.body)["boolean"] is exchange.boolean
    for name, value in exchange.response.headers.items():
        assert answer.headers[name] == value
    if exchange.response.body is not None:
        found = Graph().parse(answer.body, format="turtle")
        assert isomorphic(found, Graph().parse(exchange.response.body, format="turtle"))


def test_service_descriptions_of_the_suite_are_all_checked_below():
    assert {name.partition("/")[2] for name in SAID_IN_WORDS} == {
        "returns-rdf",
        "has-endpoint-triple",
        "conforms-to-schema",
    }


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """Return the address of an endpoint, and what it answers about itself in Turtle."""
    with Store.open(None) as store, running(store, tmp_path_factory.mktemp("described")) as address:
        yield f"{address}/sparql", send(f"{address}/sparql")


def test_returns_rdf(described):
    endpoint, answer = described
    assert (answer.status, answer.media_type) == (200, "text/turtle")
    for media_type in RDF_TYPES:
        other = send(endpoint, headers={"Accept": media_type})
        assert other.media_type == media_type
        assert isomorphic(_graph(answer), _graph(other))


def _graph(answer):
    triples = ox.parse(answer.body, ox.RdfFormat.from_media_type(answer.media_type))
    return Graph().parse(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")


def test_has_endpoint_triple(described):
    endpoint, answer = described
    graph = Graph().parse(answer.body, format="turtle")
    service = graph.value(predicate=RDF.type, object=SD.Service, any=False)
    assert graph.value(service, SD.endpoint, any=False) == URIRef(endpoint)


def test_conforms_to_schema(described):
    _, answer = described
    graph = Graph().parse(answer.body, format="turtle")
    conforms, _, report = validate(graph, shacl_graph=Graph().parse(data=SHAPES, format="turtle"))
    assert conforms, report


SHAPES = """
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix void: <http://rdfs.org/ns/void#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

[] a sh:NodeShape ; sh:targetClass sd:Service ; sh:closed true ;
    sh:ignoredProperties ( rdf:type ) ;
    sh:property [ sh:path sd:endpoint ; sh:nodeKind sh:IRI ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path sd:supportedLanguage ; sh:minCount 1 ;
            sh:in ( sd:SPARQL10Query sd:SPARQL11Query sd:SPARQL11Update ) ] ,
        [ sh:path sd:feature ; sh:in ( sd:DereferencesURIs sd:UnionDefaultGraph sd:RequiresDataset
            sd:EmptyGraphs sd:BasicFederatedQuery ) ] ,
        [ sh:path sd:resultFormat ; sh:nodeKind sh:IRI ; sh:minCount 1 ] ,
        [ sh:path sd:inputFormat ; sh:nodeKind sh:IRI ] ,
        [ sh:path sd:extensionFunction ; sh:nodeKind sh:IRI ] ,
        [ sh:path sd:extensionAggregate ; sh:nodeKind sh:IRI ] ,
        [ sh:path sd:defaultEntailmentRegime ; sh:nodeKind sh:IRI ; sh:maxCount 1 ] ,
        [ sh:path sd:defaultDataset ; sh:class sd:Dataset ; sh:minCount 1 ; sh:maxCount 1 ] .

[] a sh:NodeShape ; sh:targetClass sd:Dataset ; sh:closed true ; sh:ignoredProperties ( rdf:type ) ;
    sh:property [ sh:path sd:defaultGraph ; sh:class sd:Graph ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path sd:namedGraph ; sh:class sd:NamedGraph ] .

[] a sh:NodeShape ; sh:targetClass sd:NamedGraph ;
    sh:property [ sh:path sd:name ; sh:nodeKind sh:IRI ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path sd:graph ; sh:class sd:Graph ; sh:maxCount 1 ] .

[] a sh:NodeShape ; sh:targetClass sd:Graph ;
    sh:property [ sh:path void:triples ; sh:datatype xsd:integer ; sh:minCount 1 ; sh:maxCount 1 ] .
"""
