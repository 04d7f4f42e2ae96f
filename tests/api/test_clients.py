"""Standard clients work with a running server as they are."""

import json
import subprocess

import pytest
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
from running import running
from sample import EX, NAMES, PREFIXES, filled_store
from SPARQLWrapper import CSV, JSON, JSONLD, N3, POST, POSTDIRECTLY, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from kg.namespaces import FOAF

ALL_NAMES = PREFIXES + "SELECT ?name { ?who foaf:name ?name } ORDER BY ?name"
PEOPLE = PREFIXES + "CONSTRUCT WHERE { ?who foaf:name ?name }"


@pytest.fixture
def address(tmp_path):
    with filled_store() as store, running(store, tmp_path) as address:
        yield address


@pytest.fixture
def wrapper(address):
    return SPARQLWrapper(f"{address}/sparql")


@pytest.mark.parametrize("method", ["GET", POST])
@pytest.mark.parametrize("request_method", ["urlencoded", POSTDIRECTLY])
def test_sparqlwrapper_selects_in_json(wrapper, method, request_method):
    if method == "GET" and request_method == POSTDIRECTLY:
        method = POST
    wrapper.setMethod(method)
    wrapper.setRequestMethod(request_method)
    wrapper.setQuery(ALL_NAMES)
    wrapper.setReturnFormat(JSON)
    rows = wrapper.queryAndConvert()["results"]["bindings"]
    assert [row["name"]["value"] for row in rows] == ["Ana", "Bo", "Shop <b>&amp; Co</b>"]


def test_sparqlwrapper_selects_in_xml_and_csv(wrapper):
    wrapper.setQuery(ALL_NAMES)
    wrapper.setReturnFormat(XML)
    assert b"".join(wrapper.query().response).count(b"<result>") == 3
    wrapper.setReturnFormat(CSV)
    assert wrapper.queryAndConvert().startswith(b"name\r\nAna\r\n")


def test_sparqlwrapper_asks(wrapper):
    wrapper.setQuery(PREFIXES + "ASK { ex:ana foaf:name 'Ana' }")
    wrapper.setReturnFormat(JSON)
    assert wrapper.queryAndConvert()["boolean"] is True


@pytest.mark.parametrize("name", [TURTLE, N3, JSONLD, XML])
def test_sparqlwrapper_constructs_in_every_format(wrapper, name):
    wrapper.setQuery(PEOPLE)
    wrapper.setReturnFormat(name)
    answer = wrapper.query()
    assert answer.response.status == 200
    assert b"Ana" in answer.response.read()


@pytest.mark.parametrize("request_method", ["urlencoded", POSTDIRECTLY])
def test_sparqlwrapper_updates(wrapper, request_method):
    wrapper.setMethod(POST)
    wrapper.setRequestMethod(request_method)
    wrapper.setQuery(PREFIXES + "INSERT DATA { GRAPH <x:g> { ex:ana foaf:nick 'A' } }")
    assert wrapper.query().response.status == 200
    wrapper.setQuery(PREFIXES + "ASK { ex:ana foaf:nick 'A' }")
    wrapper.setReturnFormat(JSON)
    assert wrapper.queryAndConvert()["boolean"] is True


def test_sparqlwrapper_tells_what_is_wrong_with_a_query(wrapper):
    wrapper.setQuery("SELECT")
    with pytest.raises(QueryBadFormed, match="line 1"):
        wrapper.query()


def test_sparqlwrapper_chooses_graphs(wrapper):
    wrapper.addDefaultGraph(NAMES)
    wrapper.setQuery(ALL_NAMES)
    wrapper.setReturnFormat(JSON)
    assert len(wrapper.queryAndConvert()["results"]["bindings"]) == 2


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("format_name", ["json", "xml"])
def test_rdflib_store_reads(address, method, format_name):
    store = SPARQLStore(f"{address}/sparql", method=method, returnFormat=format_name)
    graph = Graph(store)
    assert [str(row.name) for row in graph.query(ALL_NAMES)][:2] == ["Ana", "Bo"]
    who = URIRef(EX + "ana")
    assert (who, FOAF.name, Literal("Ana")) in graph
    assert set(graph.objects(who, FOAF.name)) == {Literal("Ana")}
    assert graph.query(PREFIXES + "ASK { ex:ana a ?type }").askAnswer is True


@pytest.mark.parametrize("format_name", ["csv", "tsv"])
def test_rdflib_store_reads_tables(address, format_name):
    graph = Graph(SPARQLStore(f"{address}/sparql", returnFormat=format_name))
    assert [str(row.name) for row in graph.query(ALL_NAMES)][:2] == ["Ana", "Bo"]


def test_rdflib_store_constructs(address):
    graph = Graph(SPARQLStore(f"{address}/sparql"))
    assert len(graph.query(PEOPLE).graph) == 3


def test_rdflib_update_store_writes_and_reads_back(address):
    endpoint = f"{address}/sparql"
    store = SPARQLUpdateStore(endpoint, endpoint, context_aware=True)
    name = URIRef("http://example.org/written")
    graph = Dataset(store=store).graph(name)
    triple = (URIRef(EX + "ana"), FOAF.nick, Literal("Nan", lang="fr"))
    graph.add(triple)
    assert triple in graph
    assert set(graph) == {triple}
    graph.update(f"DELETE WHERE {{ <{EX}ana> <{FOAF.nick}> ?nick }}")
    assert triple not in graph


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
@pytest.mark.parametrize("encoded", [True, False])
def test_rdflib_update_store_keeps_graphs_apart(address, encoded):
    endpoint = f"{address}/sparql"
    store = SPARQLUpdateStore(endpoint, endpoint, context_aware=True, postAsEncoded=encoded)
    data = Dataset(store=store, default_union=True)
    names = [URIRef(f"http://example.org/{name}") for name in ("one", "two")]
    for number, name in enumerate(names):
        data.graph(name).add((URIRef(EX + "ana"), FOAF.age, Literal(number)))
    found = data.query(f"SELECT ?g ?n {{ GRAPH ?g {{ <{EX}ana> <{FOAF.age}> ?n }} }} ORDER BY ?n")
    assert [(row.g, row.n.value) for row in found] == list(zip(names, (0, 1), strict=True))
    assert set(names) <= {graph.identifier for graph in data.graphs()}
    data.remove_graph(names[0])
    assert [len(Graph(store, identifier=name)) for name in names] == [0, 1]


def test_rdflib_update_store_sends_its_changes_together(address):
    endpoint = f"{address}/sparql"
    store = SPARQLUpdateStore(endpoint, endpoint, autocommit=False)
    graph = Graph(store, identifier=URIRef("http://example.org/together"))
    for number in range(3):
        graph.add((URIRef(EX + "ana"), FOAF.age, Literal(number)))
    reader = Graph(SPARQLStore(endpoint))
    ask = f"ASK {{ <{EX}ana> <{FOAF.age}> 2 }}"
    assert reader.query(ask).askAnswer is False
    store.commit()
    assert reader.query(ask).askAnswer is True


def curl(*arguments):
    done = subprocess.run(
        ["curl", "--silent", "--show-error", *arguments], capture_output=True, check=True
    )
    return done.stdout.decode()


def test_curl_asks_updates_and_keeps_graphs(address, tmp_path):
    endpoint, graphs = f"{address}/sparql", f"{address}/graphs?graph=http://example.org/curl"
    assert "Ana" in curl(
        "-H", "Accept: text/csv", "--data-urlencode", f"query={ALL_NAMES}", endpoint
    )
    assert json.loads(curl("-G", "--data-urlencode", "query=ASK {}", endpoint))["boolean"] is True
    update = f"INSERT DATA {{ GRAPH <x:g> {{ <{EX}ana> <{FOAF.nick}> 'A' }} }}"
    assert json.loads(curl("--data-urlencode", f"update={update}", endpoint))["inserted"] == 1
    document = tmp_path / "notes.ttl"
    document.write_text("<http://example.org/a> <http://example.org/b> 'c' .")
    status = ("-o", "/dev/null", "-w", "%{http_code}")
    assert curl("-T", document, "-H", "Content-Type: text/turtle", *status, graphs) == "201"
    assert "'c'" not in curl(graphs)
    assert '"c"' in curl("--compressed", graphs)
    assert curl("-X", "DELETE", *status, graphs) == "204"
    assert json.loads(curl(graphs))["status"] == 404
