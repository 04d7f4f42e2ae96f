"""What the server tells about itself and about the data that the caller sees."""

import pyoxigraph as ox
from rdflib import RDF, Graph, URIRef
from sample import FACTS, FACTS_TURTLE, NAMES, NAMES_TURTLE, filled_store

from api.factory import create_app
from kg.config import Settings
from kg.namespaces import FOAF, SD, VOID
from kg.sparql.extensions import EXTENSIONS
from kg.store.rdf import load_bytes


def described(client):
    response = client.get("/sparql", headers={"Accept": "text/turtle"})
    assert response.status_code == 200
    return Graph().parse(response.data, format="turtle")


def test_languages_features_and_formats(client):
    graph = described(client)
    service = graph.value(predicate=RDF.type, object=SD.Service, any=False)
    assert set(graph.objects(service, SD.supportedLanguage)) == {
        SD.SPARQL11Query,
        SD.SPARQL11Update,
    }
    assert (service, SD.feature, SD.UnionDefaultGraph) in graph
    formats = {str(one).rpartition("/")[2] for one in graph.objects(service, SD.resultFormat)}
    assert {"SPARQL_Results_JSON", "Turtle", "RDF_XML", "JSON-LD"} <= formats
    assert URIRef("http://www.w3.org/ns/formats/N-Quads") in set(
        graph.objects(service, SD.inputFormat)
    )


def test_functions_and_aggregates_of_ours(client):
    graph = described(client)
    for predicate, aggregate in ((SD.extensionFunction, False), (SD.extensionAggregate, True)):
        named = {one.iri for one in EXTENSIONS if one.aggregate is aggregate}
        assert named
        assert {str(iri) for iri in graph.objects(None, predicate)} == named


def test_named_graphs_with_their_triples(client):
    graph = described(client)
    found = {
        str(graph.value(one, SD.name)): graph.value(
            graph.value(one, SD.graph), VOID.triples
        ).toPython()
        for one in graph.subjects(RDF.type, SD.NamedGraph)
    }
    assert found[FACTS] == len(list(ox.parse(FACTS_TURTLE, ox.RdfFormat.TURTLE)))
    assert found[NAMES] == 2


def test_counts_are_those_of_an_independent_reader(tmp_path):
    with filled_store() as store:
        # A triple in two graphs is one triple of their union.
        with store.write() as tx:
            load_bytes(tx, NAMES_TURTLE.encode(), format="turtle", graph="http://example.org/again")
        client = create_app(Settings(data_dir=tmp_path), store).test_client()
        graph = described(client)
        dump = client.get("/graphs", headers={"Accept": "application/n-quads"}).data
    triples = {quad.triple for quad in ox.parse(dump, ox.RdfFormat.N_QUADS)}
    union = graph.value(predicate=RDF.type, object=VOID.Dataset, any=False)

    def number(node, name):
        return graph.value(node, VOID[name], any=False).toPython()

    assert number(union, "triples") == len(triples)
    assert number(union, "distinctSubjects") == len({t.subject for t in triples})
    assert number(union, "distinctObjects") == len({t.object for t in triples})
    for part in graph.objects(union, VOID.propertyPartition):
        iri = str(graph.value(part, VOID.property))
        uses = [t for t in triples if t.predicate.value == iri]
        assert number(part, "triples") == len(uses)
        assert number(part, "distinctSubjects") == len({t.subject for t in uses})
        assert number(part, "distinctObjects") == len({t.object for t in uses})
    for part in graph.objects(union, VOID.classPartition):
        kind = ox.NamedNode(str(graph.value(part, VOID["class"])))
        typed = {
            t.subject for t in triples if t.object == kind and t.predicate.value == str(RDF.type)
        }
        assert number(part, "entities") == len(typed)
    assert number(union, "properties") == len({t.predicate for t in triples})


def test_description_is_made_again_after_a_commit_and_not_before(tmp_path):
    with filled_store() as store:
        client = create_app(Settings(data_dir=tmp_path), store).test_client()
        tag = client.get("/sparql").headers["ETag"]
        known = {"If-None-Match": tag}
        assert client.get("/sparql", headers=known).status_code == 304
        with store.write() as tx:
            load_bytes(tx, NAMES_TURTLE.encode(), format="turtle", graph="http://example.org/new")
        assert client.get("/sparql", headers=known).status_code == 200
        assert (None, SD.name, URIRef("http://example.org/new")) in described(client)


def test_an_empty_store_is_described(tmp_path):
    from kg.store import Store

    with Store.open(None) as store:
        graph = described(create_app(Settings(data_dir=tmp_path), store).test_client())
    union = graph.value(predicate=RDF.type, object=VOID.Dataset, any=False)
    assert graph.value(union, VOID.triples).toPython() == 0
    assert (None, VOID.property, FOAF.name) not in graph
