"""How a query is answered, told as text and in words."""

import pytest
from sample import EX, filled_store

from api.factory import create_app
from kg.config import Settings
from kg.namespaces import CG

ANY = "SELECT * { ?s ?p ?o }"
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with filled_store() as store:
        yield create_app(Settings(data_dir=tmp_path_factory.mktemp("data")), store).test_client()


def told(client, query, **more):
    return client.get("/api/plan", query_string={"query": query, **more}, headers=JSON).json


def words(steps):
    return [word for step in steps for word in (step["text"], *words(step["before"]))]


def test_a_plan_shows_the_sql_as_text(client):
    plan = client.get("/api/plan", query_string={"query": ANY})
    assert plan.mimetype == "text/plain"
    assert "-- engine: sql" in plan.text
    assert client.get("/api/plan", query_string={"query": "SELECT"}).status_code == 400


def test_a_plan_tells_its_steps_and_names_its_terms(client):
    named = f"SELECT (COUNT(*) AS ?n) {{ ?s <{CG.sourceKey}> ?o }}"
    plan = told(client, named, lang="fr")
    assert plan["engine"] == "sql"
    steps = words(plan["steps"])
    assert any("clé d'origine" in one for one in steps), steps
    assert "Compter ou sommer le tout" in steps
    (number,) = [one["number"] for one in plan["terms"] if one["label"] == "clé d'origine"]
    assert str(number) in "".join(plan["statements"])
    assert plan["compiling"] > 0


def test_what_the_data_do_not_have_is_told(client):
    steps = words(told(client, f"SELECT * {{ ?s <{EX}never> ?o }}", lang="en")["steps"])
    assert "Nothing: the data have none of this" in steps


def test_a_query_that_is_evaluated_says_why(client):
    plan = told(client, "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }")
    assert plan["engine"] == "rdflib"
    assert "Service" in plan["reason"]


def test_why_a_query_is_evaluated_is_told_in_the_page_s_language(client):
    sought = "SELECT * { ?s ?p ?o FILTER(REGEX(?o, STR(?p))) }"
    assert told(client, sought)["reason"] == "a regular expression that is not constant"
    assert told(client, sought, lang="fr")["reason"] == (
        "une expression régulière qui n'est pas constante"
    )
    page = client.get("/query", query_string={"now": 1, "query": sought, "lang": "fr"}).text
    assert "une expression régulière qui n&#39;est pas constante" in page


def test_a_named_question_is_explained_with_its_parameters(client):
    answer = client.get("/api/plan?question=referral-descendants", headers=JSON)
    assert answer.status_code == 400
    assert told(client, "", question="revenue-by-month")["engine"] == "sql"
