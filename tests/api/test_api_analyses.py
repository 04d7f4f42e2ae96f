"""The analyses over HTTP: the registry's names, options and columns, as JSON and CSV."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from rdflib import Graph
from sample import EX, filled_store

from kg.analysis import ANALYSES
from kg.lifecycle import RULE_VERSION, Parameters, parameters_from
from kg.namespaces import CG, FOAF
from kg.store.rdf import load_bytes

_CHAINS = f"""
@prefix ex: <{EX}> . @prefix cg: <{CG}> . @prefix foaf: <{FOAF}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:shop cg:sourceKey "shop" .
ex:r1 a cg:Referral ; cg:sourceKey "r1" ; cg:recommender ex:ana ; cg:referred ex:bo ;
    cg:date "2025-01-10"^^xsd:date .
ex:o2 a cg:Purchase ; cg:client ex:bo ; cg:seller ex:shop ; cg:hasLine ex:l2 ;
    cg:orderDate "2025-02-01"^^xsd:date .
ex:l2 cg:netAmount 20.00 ; cg:currency "EUR" .
ex:o3 a cg:Purchase ; cg:client ex:bo ; cg:seller ex:shop ; cg:hasLine ex:l3 .
ex:l3 cg:netAmount 5.00 ; cg:currency "USD" .
ex:young a cg:Segment ; cg:sourceKey "young" .
"""


@pytest.fixture(scope="module")
def store():
    with filled_store() as store:
        with store.write() as tx:
            load_bytes(tx, _CHAINS.encode(), format="turtle", graph=EX + "g")
        yield store


def required(analysis):
    samples = {
        "party": "bo",
        "unit": "shop",
        "client": "ana",
        "from": "2025-01-01",
        "to": "2025-12-31",
        "against": '{"D_loyal": 90}',
        "scope": "brand",
        "by": "month",
        "other": "ana",
        "remove": "shop",
        "retention": "0.8",
        "segment": "young",
        "parties": "bo",
        "discount": "0.1",
    }
    # An analysis of changes, or of what some have in common, takes one of several options.
    asked = [one for one in analysis.options if one.required or one.name in ("remove", "parties")]
    return {option.name: samples[option.name] for option in asked}


def test_list_tells_addresses_titles_options_and_columns(client):
    listed = client.get("/api/analyses").json["analyses"]
    assert [one["name"] for one in listed] == list(ANALYSES)
    for one in listed:
        assert set(one["title"]) == {"en", "fr"}
        assert one["columns"]


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_has_a_page_that_runs_it(client, name):
    path = f"/analyses/{name.replace(' ', '/')}"
    assert client.get(path).status_code == 200
    arguments = {"run": "1", "as_of": "2025-06-30", **required(ANALYSES[name])}
    response = client.get(path, query_string=arguments)
    assert response.status_code == 200, response.text
    assert "Answer" in response.text


_AMOUNTS = {
    "credit", "downstream", "priority", "revenue", "refunds", "goods", "marketing", "margin",
    "clv", "public_price", "staff_price", "public_revenue",
}  # fmt: skip


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_answers_with_its_columns_and_what_they_were_computed_under(client, name):
    analysis = ANALYSES[name]
    query = {
        **required(analysis),
        "as_of": "2026-03-31",
        "params": '{"D_loyal": 90}',
        "format": "csv",
    }
    answer = client.get(f"/api/{name.replace(' ', '/')}", query_string=query)
    assert answer.status_code == 200, answer.text
    rows = csv.DictReader(io.StringIO(answer.text))
    assert rows.fieldnames == list(analysis.columns)
    told = {key: answer.headers[f"X-Clientgraph-{key}"] for key in (
        "As-Of", "Knowledge", "Params", "Rule-Version",
    )}  # fmt: skip
    assert told["As-Of"] == "2026-03-31"
    assert datetime.fromisoformat(told["Knowledge"]) <= datetime.now(UTC)
    assert told["Params"] == parameters_from({"D_loyal": 90}).iri
    assert told["Rule-Version"] == RULE_VERSION
    for row in rows:
        assert row.get("knowledge", told["Knowledge"]) == told["Knowledge"]
        assert row.get("params", told["Params"]) == told["Params"]
    # Amounts of two currencies never meet in one figure, so that each figure has one.
    if _AMOUNTS & set(analysis.columns):
        assert "currency" in analysis.columns


def test_what_a_figure_leaves_out_is_told(client):
    answer = client.get("/api/referrals/credit?as_of=2026-03-31")
    assert answer.headers["X-Clientgraph-Note"].endswith("in no value: 2.")


def test_an_answer_names_what_it_was_computed_under_where_that_is_asked_for(client):
    address = "/api/referrals/credit?as_of=2026-03-31&with_context=true"
    answer = client.get(address)
    document = answer.json
    assert document["rows"] == client.get("/api/referrals/credit?as_of=2026-03-31").json
    told = {name: answer.headers[f"X-Clientgraph-{name.replace('_', '-')}"] for name in (
        "as_of", "knowledge", "params", "rule_version",
    )}  # fmt: skip
    assert document["context"] == told
    assert document["complete"] is True
    assert [note["en"] for note in document["notes"]] == (
        answer.headers.getlist("X-Clientgraph-Note")
    )
    assert all(note["fr"] != note["en"] for note in document["notes"])
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}&format=csv").text)))
    assert len(rows) == len(document["rows"]) > 0
    assert {row["rule_version"] for row in rows} == {RULE_VERSION}
    assert {row["as_of"] for row in rows} == {"2026-03-31"}
    empty = client.get("/api/referrals/outcomes?as_of=1990-01-01&with_context=true").json
    assert (empty["rows"], empty["context"]["as_of"]) == ([], "1990-01-01")
    text = client.get("/api/explain?party=bo&as_of=2026-03-31&format=text&with_context=1&lang=fr")
    assert text.text.splitlines()[-1].startswith("Au 2026-03-31, connu au 20")
    assert client.get("/api/classify?with_context=perhaps").status_code == 400


def test_classification_depends_on_the_date(client):
    def stage(day):
        rows = client.get("/api/classify", query_string={"as_of": day, "party": "bo"}).json
        return [row["stage"] for row in rows]

    assert stage("2025-03-01") == ["CURRENT"]
    assert stage("2029-01-01") == ["FORMER"]


def test_classification_depends_on_the_parameters(client):
    arguments = {"as_of": "2025-12-01", "party": "bo"}
    assert client.get("/api/classify", query_string=arguments).json[0]["stage"] == "CURRENT"
    arguments["params"] = json.dumps({"D_act": 180, "D_loyal": 90, "W_reg": 180})
    assert client.get("/api/classify", query_string=arguments).json[0]["stage"] == "DORMANT"


def test_chain_leads_to_the_origin(client):
    rows = client.get("/api/referrals/chain?party=bo&as_of=2025-06-30").json
    assert [row["party_key"] for row in rows] == ["bo", "ana"]


def test_csv_and_json_hold_the_same(client):
    arguments = {"as_of": "2025-06-30"}
    rows = client.get("/api/referrals/tree", query_string=arguments).json
    response = client.get(
        "/api/referrals/tree", query_string=arguments, headers={"Accept": "text/csv"}
    )
    assert response.content_type == "text/csv; charset=utf-8"
    read = list(csv.DictReader(io.StringIO(response.text)))
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows] == read


def test_answer_tells_the_commit(client, store):
    assert client.get("/api/classify").headers["X-Clientgraph-Commit"] == str(store.head)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/api/classify?as_of=soon", "as_of"),
        ("/api/classify?as_of=2025-02-30", "as_of"),
        ("/api/classify?knowledge=then", "knowledge"),
        ("/api/classify?params=[1]", "params"),
        ("/api/classify?params={", "params"),
        ("/api/classify?params={%22D_none%22:1}", "D_none"),
        ("/api/classify?params={%22D_act%22:0}", "D_act"),
        ("/api/classify?party=nobody", "nobody"),
        ("/api/classify?colour=blue", "colour"),
        ("/api/classify?timeout=-1", "timeout"),
        ("/api/classify?format=xml", "format"),
        ("/api/referrals/chain", "party"),
        ("/api/referrals/rates?from=x&to=y", "from"),
        ("/api/referrals/credit?model=magic", "model"),
    ],
)
def test_wrong_options_are_400_and_named(client, path, word):
    response = client.get(path)
    assert response.status_code == 400, response.text
    assert response.content_type == "application/problem+json"
    assert word in response.json["detail"]


def test_unknown_analysis_is_404(client):
    assert client.get("/api/referrals/none").status_code == 404
    assert client.get("/analyses/none").status_code == 404


def test_page_shows_why_an_analysis_was_not_run(client):
    response = client.get("/analyses/classify?run=1&party=nobody")
    assert response.status_code == 400
    assert "nobody" in response.text
    assert response.mimetype == "text/html"


def test_page_links_things_by_their_names_with_their_keys(client):
    text = client.get("/analyses/referrals/chain?run=1&party=bo&as_of=2025-06-30").text
    assert 'title="http://example.org/ana">Ana</a> <small class="tag">ana</small>' in text


def test_a_page_names_what_figures_rest_on_and_what_they_leave_out(client):
    path = "/analyses/value/parties?run=1&as_of=2025-06-30&knowledge=2030-01-01T00:00:00Z"
    told = {
        "en": ("known at 1\u00a0Jan\u00a02030", "Purchases and refunds without a date"),
        "fr": ("connu le 1\u00a0janv.\u00a02030", "Achats et remboursements sans date"),
    }
    for language, (known, note) in told.items():
        text = client.get(f"{path}&lang={language}").text
        assert f"{known} 00:00 UTC" in text
        assert Parameters().iri.rpartition("/")[2] in text
        assert RULE_VERSION in text
        assert note in text


def test_results_come_as_rdf(client):
    response = client.get("/api/explain?party=bo", headers={"Accept": "text/turtle"})
    assert response.content_type == "text/turtle; charset=utf-8"
    graph = Graph().parse(data=response.text, format="turtle")
    assert set(graph.objects(None, CG.evidence))
    figures = client.get("/api/referrals/summary", headers={"Accept": "text/turtle"})
    run = Graph().parse(data=figures.text, format="turtle")
    (known,) = run.objects(None, CG.knownAt)
    assert known.toPython() == datetime.fromisoformat(figures.headers["X-Clientgraph-Knowledge"])


def test_an_explanation_comes_as_text_in_the_language_asked_for(client):
    asked = "/api/explain?party=bo&as_of=2025-06-30"
    texts = {}
    for language in ("en", "fr"):
        accepted = {"Accept": "text/plain", "Accept-Language": language}
        response = client.get(asked, headers=accepted)
        assert response.content_type == "text/plain; charset=utf-8"
        assert response.headers["Content-Language"] == language
        assert response.headers["X-Clientgraph-As-Of"] == "2025-06-30"
        texts[language] = response.text
    assert f"  Purchase: 2025-02-01 <{EX}o2>" in texts["en"].splitlines()
    assert f"  Achat : 2025-02-01 <{EX}o2>" in texts["fr"].splitlines()
    for record in client.get(asked).json:
        told = [record[language] in text for language, text in texts.items()]
        assert all(told) or record["kind"] == "failed"
    assert client.get(f"{asked}&format=text&lang=fr").text == texts["fr"]
    assert client.get("/api/classify", headers={"Accept": "text/plain"}).status_code == 406


def test_a_result_is_kept_as_a_derived_graph(client):
    shared = {"as_of": "2025-06-30", "params": '{"D_new": 30}'}
    for name, kind in (("classify", CG.Classification), ("value/parties", CG.Result)):
        kept = client.post(f"/api/{name}", data=shared)
        assert kept.status_code == 201, kept.text
        text = f"ASK {{ GRAPH <{kept.json['graph']}> {{ ?c a <{kind}> }} }}"
        assert client.get("/sparql", query_string={"query": text}).json["boolean"] is True
    refused = client.post("/api/classify", data={"as_of": "never"})
    assert refused.status_code == 400


@pytest.mark.parametrize(("name", "kind"), [("graphml", "xml"), ("gexf", "xml"), ("json", "json")])
def test_the_network_comes_in_the_formats_of_graph_tools(client, name, kind):
    response = client.get("/api/referrals/network", query_string={"format": name})
    assert (response.status_code, response.content_type.split("+")[-1][-len(kind) :]) == (200, kind)
    assert EX + "bo" in response.text
    assert client.get("/api/referrals/network?party=bo").status_code == 400
