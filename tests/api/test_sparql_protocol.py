"""The SPARQL 1.1 Protocol as a checklist: one test per promise of `/sparql`."""

import io
import json

import pyoxigraph as ox
import pytest
from sample import FACTS, NAMES, PREFIXES

NAMES_QUERY = PREFIXES + "SELECT ?who ?name { ?who foaf:name ?name } ORDER BY ?name"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


def names(response):
    assert response.status_code == 200, response.text
    return [row["name"]["value"] for row in json.loads(response.data)["results"]["bindings"]]


def problem(response, status):
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    document = json.loads(response.data)
    assert document["status"] == status
    assert document["detail"]
    return document


def test_get_query(client):
    response = client.get("/sparql", query_string={"query": NAMES_QUERY})
    assert names(response) == ["Ana", "Bo", "Shop <b>&amp; Co</b>"]
    assert response.content_type == "application/sparql-results+json"


def test_post_query_as_form(client):
    assert len(names(client.post("/sparql", data={"query": NAMES_QUERY}))) == 3


def test_post_query_directly(client):
    response = client.post("/sparql", data=NAMES_QUERY, content_type="application/sparql-query")
    assert len(names(response)) == 3


def test_post_query_directly_with_a_charset(client):
    media = "application/sparql-query; charset=utf-8"
    response = client.post("/sparql", data="ASK { FILTER('é' = 'é') }".encode(), content_type=media)
    assert response.json == {"head": {}, "boolean": True}


def test_answer_headers_tell_commit_engine_and_completeness(client, store):
    response = client.get("/sparql", query_string={"query": NAMES_QUERY})
    assert response.headers["X-Clientgraph-Commit"] == str(store.head)
    assert response.headers["X-Clientgraph-Complete"] == "true"
    assert response.headers["X-Clientgraph-Engine"] in ("sql", "rdflib")
    assert ("X-Clientgraph-Reason" in response.headers) == (
        response.headers["X-Clientgraph-Engine"] == "rdflib"
    )
    assert "Accept" in response.headers["Vary"]
    assert int(response.headers["Content-Length"]) == len(response.data)


def test_head_query_has_no_body(client):
    response = client.head("/sparql", query_string={"query": NAMES_QUERY})
    assert (response.status_code, response.data) == (200, b"")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/*", "application/sparql-results+json"),
        ("text/*", "text/xml; charset=utf-8"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/csv;q=0.5, text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/turtle, text/csv;q=0.1", "text/csv; charset=utf-8"),
        ("TEXT/CSV", "text/csv; charset=utf-8"),
    ],
)
def test_accept_chooses_the_format_of_solutions(client, accept, media_type):
    headers = {"Accept": accept} if accept else {}
    response = client.get("/sparql", query_string={"query": NAMES_QUERY}, headers=headers)
    assert response.content_type == media_type


def test_accept_wildcard_with_exclusion(client):
    response = client.get(
        "/sparql",
        query_string={"query": NAMES_QUERY},
        headers={"Accept": "*/*, application/sparql-results+json;q=0, application/json;q=0"},
    )
    assert response.content_type == "application/sparql-results+xml"


@pytest.mark.parametrize(
    ("accept", "media_type", "syntax"),
    [
        ("*/*", "text/turtle; charset=utf-8", ox.RdfFormat.TURTLE),
        ("application/n-triples", "application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("application/rdf+xml", "application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("application/ld+json", "application/ld+json", ox.RdfFormat.JSON_LD),
        ("text/html;q=0.9, application/rdf+xml;q=0.2", "application/rdf+xml", ox.RdfFormat.RDF_XML),
    ],
)
def test_accept_chooses_the_format_of_graphs(client, accept, media_type, syntax):
    response = client.get("/sparql", query_string={"query": CONSTRUCT}, headers={"Accept": accept})
    assert response.content_type == media_type
    assert len(list(ox.parse(response.data, syntax))) > 10


def test_accept_of_nothing_we_have_is_406(client):
    response = client.get(
        "/sparql", query_string={"query": NAMES_QUERY}, headers={"Accept": "image/png"}
    )
    assert "text/csv" in problem(response, 406)["detail"]


def test_format_parameter_wins_over_accept(client):
    response = client.get(
        "/sparql",
        query_string={"query": NAMES_QUERY, "format": "csv"},
        headers={"Accept": "application/json"},
    )
    assert response.data.startswith(b"who,name\r\n")


def test_format_parameter_that_does_not_fit_is_400(client):
    response = client.get("/sparql", query_string={"query": NAMES_QUERY, "format": "turtle"})
    assert "csv" in problem(response, 400)["detail"]


def test_default_graph_of_the_request(client):
    arguments = {"query": NAMES_QUERY, "default-graph-uri": NAMES}
    assert names(client.get("/sparql", query_string=arguments)) == ["Ana", "Bo"]
    assert names(client.post("/sparql", data=arguments)) == ["Ana", "Bo"]


def test_several_default_graphs_are_merged(client):
    arguments = {"query": NAMES_QUERY, "default-graph-uri": [FACTS, NAMES]}
    assert len(names(client.get("/sparql", query_string=arguments))) == 3


def test_named_graphs_of_the_request(client):
    text = PREFIXES + "SELECT ?name { GRAPH ?g { ?who foaf:name ?name } } ORDER BY ?name"
    arguments = {"query": text, "named-graph-uri": NAMES}
    assert names(client.get("/sparql", query_string=arguments)) == ["Ana", "Bo"]


def test_graphs_of_a_direct_post_stand_in_the_url(client):
    response = client.post(
        "/sparql",
        query_string={"default-graph-uri": NAMES},
        data=NAMES_QUERY,
        content_type="application/sparql-query",
    )
    assert names(response) == ["Ana", "Bo"]


def test_unknown_parameters_are_ignored(client):
    arguments = {"query": NAMES_QUERY, "colour": "blue", "results": "all"}
    assert len(names(client.get("/sparql", query_string=arguments))) == 3


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_405(client, method):
    response = getattr(client, method)("/sparql", data="ASK {}")
    assert problem(response, 405)["title"] == "Method Not Allowed"
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_several_queries_are_400(client):
    response = client.get("/sparql?query=ASK%20%7B%7D&query=ASK%20%7B%7D")
    assert "one per request" in problem(response, 400)["detail"]


def test_post_without_query_is_400(client):
    problem(client.post("/sparql", data={"colour": "blue"}), 400)


def test_query_and_update_together_are_400(client):
    problem(client.post("/sparql", data={"query": "ASK {}", "update": "CLEAR ALL"}), 400)


def test_update_by_get_is_400(client):
    response = client.get("/sparql", query_string={"update": "CLEAR ALL"})
    assert "POST" in problem(response, 400)["detail"]


@pytest.mark.parametrize("media", ["text/plain", "application/json", "multipart/form-data"])
def test_post_of_another_media_type_is_415(client, media):
    problem(client.post("/sparql", data="ASK {}", content_type=media), 415)


def test_post_without_media_type_is_415(client):
    problem(client.post("/sparql", input_stream=io.BytesIO(b"ASK {}"), content_length=6), 415)


def test_query_that_is_not_utf8_is_400(client):
    response = client.post(
        "/sparql", data="ASK {}".encode("utf-16"), content_type="application/sparql-query"
    )
    assert "UTF-8" in problem(response, 400)["detail"]


def test_query_larger_than_a_megabyte_is_413(client):
    text = "ASK {} #" + "x" * 1024 * 1024
    for request in (
        {"data": text, "content_type": "application/sparql-query"},
        {"data": {"query": text}},
    ):
        problem(client.post("/sparql", **request), 413)


def test_query_in_another_charset_is_415(client):
    media = "application/sparql-query; charset=ISO-8859-1"
    assert (
        "UTF-8"
        in problem(client.post("/sparql", data=b"ASK {}", content_type=media), 415)["detail"]
    )


@pytest.mark.parametrize("graph", ["people", "/people", "", "http://a b/", "http://e.org/<x>"])
def test_graph_that_is_no_absolute_iri_is_400(client, graph):
    arguments = {"query": "ASK {}", "default-graph-uri": graph}
    document = problem(client.get("/sparql", query_string=arguments), 400)
    assert "absolute IRI" in document["detail"]


def test_unknown_graph_is_empty(client):
    arguments = {"query": "ASK { ?s ?p ?o }", "default-graph-uri": "http://example.org/none"}
    assert client.get("/sparql", query_string=arguments).json["boolean"] is False


def test_relative_iris_are_resolved_against_the_endpoint(client):
    response = client.get("/sparql", query_string={"query": "CONSTRUCT { <s> <p> 1 } {}"})
    assert b"<http://localhost/s> <http://localhost/p> 1" in response.data


@pytest.mark.parametrize("accept", ["text", ";", ",,,", "text/;q=x", "q=1"])
def test_accept_that_is_malformed_is_never_a_server_error(client, accept):
    response = client.get("/sparql", query_string={"query": "ASK {}"}, headers={"Accept": accept})
    assert response.status_code in (200, 406)


def test_accept_may_name_a_charset(client):
    headers = {"Accept": "text/csv; charset=utf-8"}
    response = client.get("/sparql", query_string={"query": NAMES_QUERY}, headers=headers)
    assert response.mimetype == "text/csv"


def test_trailing_slash_is_the_same_endpoint(client):
    assert client.get("/sparql/", query_string={"query": "ASK {}"}).json["boolean"] is True


def test_syntax_error_is_400_with_its_place(client):
    response = client.get("/sparql", query_string={"query": "SELECT *\nWHERE { ?s ?p }"})
    document = problem(response, 400)
    assert document["type"].endswith("/problem/query-syntax")
    assert document["line"] == 2
    assert document["column"] >= 1


def test_empty_query_is_400(client):
    problem(client.get("/sparql", query_string={"query": ""}), 400)


def test_update_sent_as_query_is_400(client):
    problem(client.get("/sparql", query_string={"query": "CLEAR ALL"}), 400)


def test_service_call_is_refused(client):
    text = "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }"
    problem(client.get("/sparql", query_string={"query": text}), 422)


@pytest.mark.parametrize("timeout", ["0", "-1", "soon", "nan", "inf-"])
def test_timeout_that_is_no_duration_is_400(client, timeout):
    arguments = {"query": "ASK {}", "timeout": timeout}
    assert "timeout" in problem(client.get("/sparql", query_string=arguments), 400)["detail"]


def test_timeout_is_503_and_never_half_a_result(client):
    text = (
        "SELECT (COUNT(*) AS ?n) {"
        + "".join(f" ?s{i} ?p{i} ?o{i} ." for i in range(9))
        + " FILTER(STR(?o1) > STR(?o2) || STR(?o3) > STR(?o4)) }"
    )
    response = client.get("/sparql", query_string={"query": text, "timeout": "0.2"})
    assert problem(response, 503)["type"].endswith("/problem/query-timeout")


def test_xml_that_cannot_carry_a_character_is_a_problem(client):
    text = r"SELECT ('\u0001' AS ?x) {}"
    response = client.get("/sparql", query_string={"query": text, "format": "xml"})
    assert "U+0001" in problem(response, 422)["detail"]


def test_no_query_describes_the_service(client):
    response = client.get("/sparql", headers={"Accept": "text/turtle"})
    found = {
        (t.predicate.value, t.object.value)
        for t in ox.parse(response.data, ox.RdfFormat.TURTLE)
        if isinstance(t.object, ox.NamedNode)
    }
    sd = "http://www.w3.org/ns/sparql-service-description#"
    assert (sd + "endpoint", "http://localhost/sparql") in found
    assert (sd + "feature", sd + "UnionDefaultGraph") in found
    assert (sd + "supportedLanguage", sd + "SPARQL11Query") in found


def test_no_query_describes_the_service_in_n_triples_too(client):
    response = client.get("/sparql", headers={"Accept": "application/n-triples"})
    assert response.content_type == "application/n-triples"
    assert list(ox.parse(response.data, ox.RdfFormat.N_TRIPLES))


def test_no_query_sends_a_browser_to_the_page(client):
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    response = client.get("/sparql", headers={"Accept": accept})
    assert response.status_code == 302
    assert response.headers["Location"].endswith("/query")
