"""Nothing of a personal graph reaches a caller without the right, whatever form it asks in."""

import io
import re
from collections import Counter

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import EX, NAMES, filled_store

from api.access import RIGHTS
from api.factory import create_app
from api.identity import Right
from kg.config import Settings
from kg.ingest import ImportOptions, run_import
from kg.namespaces import PERSONAL_GRAPHS, graph_iri
from kg.roles import Role
from kg.sparql import query
from kg.store.export import dump
from kg.store.rdf import load_bytes
from kg.store.tokens import create_token

LATER = str(graph_iri("personal", "later"))
SECRET = "Xylophone-Quartz"  # noqa: S105
DATA = f"""
<{LATER}> {{ <{EX}ana> <{EX}email> "{SECRET}" ; <{EX}knows> <{EX}{SECRET}> .
    <{EX}{SECRET}> <{EX}knows> <{EX}bo> ; <{EX}alias> [ <{EX}of> "{SECRET}" ] .
    <{EX}only> <{EX}{SECRET}-property> 424242 . <{EX}ana> <{EX}age> 99 . }}
<{EX}open> {{ <{EX}bo> <{EX}knows> <{EX}ana> . <{EX}bo> <{EX}age> 5 . }}
"""
HINTS = (SECRET, "424242", "Ana", LATER)


@pytest.fixture(scope="module")
def store():
    """Return a store with personal graphs, one of which was emptied again later."""
    with filled_store() as store:
        with store.write() as tx:
            load_bytes(tx, DATA.encode(), format="trig")
        with store.write() as tx:
            load_bytes(tx, b"<urn:x> <urn:y> 1 .", format="turtle", graph=EX + "open")
        yield store


@pytest.fixture(scope="module")
def clients(store, tmp_path_factory):
    """Return a client by role, all of one server."""
    made = {
        role: create_token(store, role, Role(role))[0] for role in ("reader", "analyst", "steward")
    }
    made["granted"] = create_token(store, "granted", Role.ANALYST, personal=True)[0]
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("data"), organization="shop"), store)
    clients = {}
    for role, token in made.items():
        clients[role] = app.test_client()
        clients[role].environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return clients


FORMS = {
    "union": "SELECT * { ?s ?p ?o }",
    "by predicate": f"SELECT * {{ ?s <{EX}email> ?o }}",
    "graph variable": "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "graph names": "SELECT DISTINCT ?g { GRAPH ?g {} }",
    "graph by name": f"SELECT * {{ GRAPH <{LATER}> {{ ?s ?p ?o }} }}",
    "graph by bound name": f"SELECT * {{ VALUES ?g {{ <{LATER}> }} GRAPH ?g {{ ?s ?p ?o }} }}",
    "graph exists": f"SELECT (1 AS ?x) {{ GRAPH <{LATER}> {{}} }}",
    "from": f"SELECT * FROM <{LATER}> {{ ?s ?p ?o }}",
    "from named": f"SELECT * FROM NAMED <{LATER}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "from both": f"SELECT * FROM <{EX}open> FROM <{LATER}> {{ ?s ?p ?o }}",
    "ask": f'ASK {{ ?s ?p "{SECRET}" }}',
    "ask in graph": f"ASK {{ GRAPH <{LATER}> {{ ?s ?p ?o }} }}",
    "count": f"SELECT (COUNT(*) AS ?n) {{ ?s <{EX}email> ?o }}",
    "group": "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "maximum": f"SELECT (MAX(?a) AS ?m) {{ ?s <{EX}age> ?a }}",
    "path": f"SELECT * {{ <{EX}ana> <{EX}knows>+ ?b }}",
    "inverse path": f"SELECT * {{ <{EX}bo> ^<{EX}knows> ?b }}",
    "any path": f"SELECT * {{ <{EX}ana> (!<urn:none>)* ?b }}",
    "zero length": f"SELECT DISTINCT ?a {{ ?a <{EX}knows>* ?b }}",
    "path in graph": f"SELECT * {{ GRAPH ?g {{ ?a <{EX}knows>* ?b }} }}",
    "optional": f"SELECT * {{ <{EX}ana> a ?c OPTIONAL {{ <{EX}ana> <{EX}email> ?o }} }}",
    "exists": f"SELECT ?s {{ ?s a ?c FILTER EXISTS {{ ?s <{EX}email> ?o }} }}",
    "minus": f"SELECT ?s {{ ?s a ?c MINUS {{ ?s a ?c FILTER NOT EXISTS {{ ?s <{EX}email> ?e }}}}}}",
    "subselect": f"SELECT * {{ {{ SELECT ?o {{ ?s <{EX}email> ?o }} }} }}",
    "subselect in graph": "SELECT * { GRAPH ?g { SELECT ?o { ?s ?p ?o } } }",
    "evaluator": f"SELECT * {{ ?s <{EX}email> ?o BIND(BNODE() AS ?b) }}",
    "describe": f"DESCRIBE <{EX}ana>",
    "describe hidden": f"DESCRIBE <{EX}only>",
    "describe variable": f"DESCRIBE ?s {{ ?s <{EX}email> ?o }}",
    "construct": "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }",
    "construct in graph": "CONSTRUCT { ?s ?p ?o } { GRAPH ?g { ?s ?p ?o } }",
    "names": "PREFIX foaf: <http://xmlns.com/foaf/0.1/> SELECT ?n { ?p foaf:name ?n }",
    "regular expression": "SELECT ?o { ?s ?p ?o FILTER REGEX(?o, 'quartz', 'i') }",
    "arithmetic": "SELECT (?o * 1000000000000000000000 AS ?x) { ?s ?p ?o }",
}
COUNTED = {"count": "0", "maximum": "5", "graph exists": None}


def asked(client, text, **more):
    response = client.post("/sparql", data={"query": text, **more})
    assert response.status_code == 200, response.text
    return response.text


def seen(text, query):
    """Return the hints in an answer that the query itself does not hold."""
    return [hint for hint in HINTS if hint in text and hint not in query]


@pytest.mark.parametrize("role", ["reader", "analyst"])
@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_query_reaches_a_personal_graph(clients, form, role):
    text = FORMS[form]
    answer = asked(clients[role], text)
    assert seen(answer, text) == []
    if "ASK" in text:
        assert '"boolean":false' in answer
    if form in COUNTED:
        value = COUNTED[form]
        assert (f'"value":"{value}"' in answer) if value else '"bindings":[\n]' in answer


def test_whoever_has_the_right_sees_it(clients):
    for role in ("granted", "steward"):
        found = {form for form in FORMS if seen(asked(clients[role], FORMS[form]), FORMS[form])}
        assert found >= {"union", "graph variable", "from", "describe", "construct", "evaluator"}


@pytest.mark.parametrize("form", ["union", "graph by name", "from", "describe", "evaluator"])
def test_graphs_chosen_by_the_request_stay_closed(clients, form):
    for name in ("default-graph-uri", "named-graph-uri"):
        assert seen(asked(clients["reader"], FORMS[form], **{name: LATER}), FORMS[form]) == []


def test_the_same_query_is_answered_for_each_caller_anew(clients):
    text = FORMS["union"]
    for role, wanted in (
        ("steward", True),
        ("reader", False),
        ("granted", True),
        ("analyst", False),
    ):
        assert bool(seen(asked(clients[role], text), text)) is wanted
        page = clients[role].get("/query", query_string={"now": 1, "query": text}).text
        assert (SECRET in page) is wanted
        more = clients[role].get("/query", query_string={"now": 1, "query": text, "page": "2"})
        assert SECRET not in more.text or wanted


def test_what_was_tagged_for_one_caller_is_not_confirmed_to_another(clients):
    ask = {"query": FORMS["union"]}
    tag = clients["steward"].get("/sparql", query_string=ask).headers.get("ETag")
    if tag:
        again = clients["reader"].get("/sparql", query_string=ask, headers={"If-None-Match": tag})
        assert again.status_code == 200


def test_a_graph_that_arrives_is_hidden_at_once(clients, store):
    with store.write() as tx:
        text = f'<{graph_iri("personal", "new")}> {{ <{EX}zed> <{EX}email> "{SECRET}-new" }}'
        load_bytes(tx, text.encode(), format="trig")
    assert SECRET not in asked(clients["reader"], FORMS["union"])
    assert f"{SECRET}-new" in asked(clients["steward"], FORMS["union"])


def reading_paths(app):
    for rule in app.url_map.iter_rules():
        needed = RIGHTS.get(rule.endpoint)
        open_to_all = needed in (None, Right.READ) or (
            isinstance(needed, dict) and needed.get("GET") is Right.READ
        )
        if open_to_all and "GET" in rule.methods and rule.endpoint != "static":
            yield rule.rule


def test_no_address_that_a_reader_opens_tells_of_persons(clients):
    app = clients["reader"].application
    paths = list(reading_paths(app))
    assert len(paths) > 20
    for path in paths:
        for filled in ("bo", "parties-by-kind") if "<" in path else ("",):
            address = "".join(
                filled if part.startswith("<") else part for part in re.split(r"(<[^>]+>)", path)
            )
            arguments = {"party": "bo", "unit": "shop", "client": "ana", "run": "1", "key": "bo"}
            arguments |= {"from": "2020-01-01", "to": "2026-01-01", "graph": LATER}
            for fields in ({}, arguments):
                text = clients["reader"].get(address, query_string=fields).text
                assert SECRET not in text, address
                assert '"Ana"' not in text, address
                assert ">Ana<" not in text, address


def test_analyses_and_counts_are_of_what_is_visible(clients):
    assert "Ana" not in clients["reader"].get("/api/classify?format=csv").text
    whole = clients["steward"].get("/").text
    part = clients["reader"].get("/").text
    assert whole != part


def test_the_description_of_the_service_names_no_hidden_graph(clients):
    lines = {"Accept": "application/n-triples"}
    assert "personal/later" in clients["steward"].get("/sparql", headers=lines).text
    shown = clients["reader"].get("/sparql", headers=lines).text
    assert "personal/" not in shown
    assert NAMES not in shown
    assert SECRET not in shown


def test_the_reason_of_an_engine_failure_tells_no_value(clients):
    response = clients["reader"].post("/sparql", data={"query": FORMS["arithmetic"]})
    assert "424242" not in str(response.headers)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["?a", "?b", f"<{EX}ana>", f"<{EX}bo>"]),
            st.sampled_from(["?p", f"<{EX}knows>", f"<{EX}knows>+", f"^<{EX}knows>", "!<urn:x>"]),
            st.sampled_from(["?a", "?b", "?c", f"<{EX}bo>"]),
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(
        ["{}", "GRAPH ?g {{ {} }}", f"GRAPH <{LATER}> {{{{ {{}} }}}}", "OPTIONAL {{ {} }}"]
    ),
    st.sampled_from(["", f"FROM <{LATER}>", f"FROM <{EX}open> FROM NAMED <{LATER}>"]),
    st.sampled_from(["", "BIND(BNODE() AS ?z)"]),
)
def test_what_a_reader_gets_is_what_a_store_without_the_graphs_gives(
    clients, bare, patterns, around, clause, extra
):
    body = around.format(" . ".join(" ".join(triple) for triple in patterns))
    text = f"SELECT * {clause} {{ {body} {extra} }}"
    found = clients["reader"].post("/sparql", data={"query": text}).json["results"]["bindings"]
    mine = [{k: v["value"] if v["type"] == "uri" else "" for k, v in row.items()} for row in found]
    solutions = bare.query(text, use_default_graph_as_union=not clause)
    names = [variable.value for variable in solutions.variables]
    # Literals are written in another form there; that there is one is what counts here.
    theirs = [
        {k: one[k].value if isinstance(one[k], ox.NamedNode) else "" for k in names if one[k]}
        for one in solutions
    ]
    assert Counter(map(frozenset, map(dict.items, mine))) == Counter(
        frozenset(row.items()) for row in theirs
    )


@pytest.fixture(scope="module")
def bare(store):
    """Return another engine's store of all that is not personal."""
    out = io.BytesIO()
    dump(store.cursor(), out, hidden_graphs=[PERSONAL_GRAPHS])
    other = ox.Store()
    other.load(out.getvalue(), format=ox.RdfFormat.N_QUADS)
    return other


PLACE = """
PREFIX cgf: <https://w3id.org/clientgraph/function#>
SELECT ?file ?row {{ VALUES (?s ?p ?o ?g) {{ (<{}> <{}> "{}" <{}>) }}
  BIND (cgf:file(?s, ?p, ?o, ?g) AS ?file) BIND (cgf:row(?s, ?p, ?o, ?g) AS ?row) {} }}
"""


@pytest.mark.parametrize("engine", ["", "BIND (BNODE() AS ?b)"])
def test_the_place_of_a_fact_is_told_to_those_who_may_see_the_fact(
    clients, store, tmp_path, engine
):
    name = f"{SECRET} {len(engine)}"
    (tmp_path / "parties.csv").write_text(f"key,kind,name\nP1,person,{name}\n", "utf-8")
    run_import(store, [tmp_path], ImportOptions(source=f"places {len(engine)}"))
    rows = query(store, f'SELECT * {{ GRAPH ?g {{ ?s ?p "{name}" }} }}').rows()
    fact = {tuple(term[1] for term in row) for row in rows}
    [(graph, subject, predicate)] = fact
    assert "personal" in graph
    text = PLACE.format(subject, predicate, name, graph, engine)
    assert '"parties.csv"' in asked(clients["steward"], text)
    assert '"value":"2"' in asked(clients["granted"], text)
    for role in ("reader", "analyst"):
        assert '"value"' not in asked(clients[role], text)
