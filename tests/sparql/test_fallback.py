"""The evaluator for what is not compiled: its dataset, its deadline, and what it refuses."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from evaluator import evaluated
from rdflib import Literal, URIRef
from rdflib.term import Node

from kg.errors import QueryError, QueryEvaluationError, QueryTimeoutError
from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import parse, query
from kg.sparql.compiled import GraphChoice
from kg.sparql.deadline import Deadline
from kg.sparql.fallback import run_fallback
from kg.store import RawTerm, Store
from kg.store.rdf import load_bytes

DATA = b"""
PREFIX : <http://example.org/>
:a :p 01, "two"@en .
:g { :a :p 1, 01 ; :q :b . :b :q :a }
:h { :a :p 1, 3 . :c :secret "x" }
"""
PREFIX = "PREFIX : <http://example.org/> "
EX = "http://example.org/"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, DATA, format="trig")
        with store.write() as tx:
            load_bytes(tx, b"PREFIX : <http://example.org/> :later a :T .", format="turtle")
        yield store


@pytest.fixture(scope="module")
def numbers() -> Iterator[Store]:
    """A store of 4,000 nodes with two numbers each, none of which are equal."""
    with Store.open() as store:
        with store.write() as tx:
            lines = (f"<urn:n{i}> <urn:v> {i} ; <urn:w> {-i - 1} ." for i in range(4000))
            load_bytes(tx, "\n".join(lines).encode(), format="turtle")
        yield store


def run(
    store: Store,
    text: str,
    *,
    seconds: float | None = 20,
    bindings: dict[str, Node] | None = None,
    **graphs: object,
) -> list[tuple[str | None, ...]] | bool:
    """Return the answer of the evaluator alone: lexical forms, in the order of the variables."""
    choice = GraphChoice(**{"hidden": [PROVENANCE_GRAPH], **graphs})  # type: ignore[arg-type]
    form, variables, answer = evaluated(
        store,
        parse(PREFIX + text),
        choice,
        seconds,
        bindings or {},  # type: ignore[arg-type]
    )
    if isinstance(answer, bool):
        assert form == "ask"
        return answer
    order = sorted(range(len(variables)), key=variables.__getitem__) or range(3)
    return sorted((tuple(_lex(row[i]) for i in order) for row in answer), key=repr)


def _lex(term: RawTerm | None) -> str | None:
    return None if term is None else term[1].removeprefix(EX)


def test_default_graph_is_the_union_as_a_set(store: Store) -> None:
    found = run(store, "SELECT ?o { :a :p ?o }")
    assert found == [("01",), ("1",), ("3",), ("two",)]


def test_default_graph_may_be_the_unnamed_one(store: Store) -> None:
    assert run(store, "SELECT ?o { :a :p ?o }", union=False) == [("01",), ("two",)]
    assert run(store, "SELECT ?o { GRAPH :g { :a :p ?o } }", union=False) == [("01",), ("1",)]


def test_from_clauses_name_stored_graphs(store: Store) -> None:
    assert run(store, "SELECT ?o FROM :g FROM :h { :a :p ?o }") == [("01",), ("1",), ("3",)]
    found = run(store, "SELECT ?g ?o FROM NAMED :h { GRAPH ?g { :a :p ?o } }")
    assert found == [("h", "1"), ("h", "3")]
    assert run(store, "SELECT ?o FROM NAMED :h { :a :p ?o }") == []
    assert run(store, "SELECT ?o FROM :g { GRAPH :h { :a :p ?o } }") == []


def test_from_clause_never_reads_files_or_the_network(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret.ttl"
    path.write_text("<urn:s> <urn:p> 'read' .")
    calls: list[object] = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *a, **k: calls.append(a))
    for iri in (path.as_uri(), "http://127.0.0.1:9/data.ttl"):
        assert run(store, f"SELECT * FROM <{iri}> FROM NAMED <{iri}> {{ ?s ?p ?o }}") == []
        assert run(store, f"SELECT * FROM NAMED <{iri}> {{ GRAPH ?g {{ ?s ?p ?o }} }}") == []
    assert calls == []


def test_request_chooses_graphs_over_the_query(store: Store) -> None:
    assert run(store, "SELECT ?o FROM :h { :a :p ?o }", default=[EX + "g"]) == [("01",), ("1",)]


def test_hidden_graphs_are_not_there(store: Store) -> None:
    hidden = [EX + "h", str(PROVENANCE_GRAPH)]
    assert run(store, "SELECT ?o { :c :secret ?o }", hidden=hidden) == []
    assert run(store, "SELECT ?o FROM :h { :c :secret ?o }", hidden=hidden) == []
    assert run(store, "SELECT ?o { GRAPH :h { :c :secret ?o } }", hidden=hidden) == []
    assert run(store, "SELECT ?g { GRAPH ?g { :a :p 1 } }", hidden=hidden) == [("g",)]
    assert run(store, "ASK { :c :secret|^:secret ?o }", hidden=hidden) is False


def test_earlier_commits_can_be_asked(store: Store) -> None:
    assert run(store, "ASK { :later a :T }") is True
    assert run(store, "ASK { :later a :T }", as_of=1) is False


def test_bindings_hold_throughout_the_query(store: Store) -> None:
    assert run(store, "SELECT ?o { ?s :q ?o }", bindings={"s": URIRef(EX + "b")}) == [("a",)]
    assert run(store, "ASK { ?s :p ?o }", bindings={"o": Literal("two", lang="en")}) is True


def test_construct_drops_what_is_not_rdf(store: Store) -> None:
    found = run(store, "CONSTRUCT { ?s :r ?o . ?o :r ?s . :x ?o :y } { GRAPH :g { ?s :p ?o } }")
    assert found == [("a", "r", "01"), ("a", "r", "1")]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?o { :a :p ?o FILTER EXISTS { :g :x ?y } }",
        "SELECT ?o { :a :p ?o FILTER NOT EXISTS { ?x :q ?y FILTER (?o = 3) } }",
        "SELECT ?o { :a :p ?o BIND (EXISTS { ?x :q ?y FILTER (?o = 3) } AS ?e) FILTER (!?e) }",
        "SELECT ?o { :a :p ?o FILTER (EXISTS { ?x :q :b FILTER EXISTS { ?x :p ?o } } && ?o = 5) }",
    ],
)
def test_exists_sees_the_outer_solution(store: Store, text: str) -> None:
    wanted = [("01",), ("1",), ("two",)] if "?o = 3" in text else []
    assert run(store, text) == wanted


def test_describe_tells_the_statements_of_a_node(store: Store) -> None:
    assert run(store, "DESCRIBE :b") == [("b", "q", "a")]


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE <http://127.0.0.1:9/> { ?s ?p ?o }",
        "SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o }",
        "?s :p ?o FILTER EXISTS { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "{ SELECT * { OPTIONAL { SERVICE ?s { ?s ?p ?o } } } }",
    ],
)
def test_service_is_refused(store: Store, pattern: str) -> None:
    with pytest.raises(QueryEvaluationError, match="SERVICE is not offered"):
        run(store, f"SELECT * {{ {pattern} }}")


@pytest.mark.parametrize("form", ["ASK", "SELECT *", "CONSTRUCT { ?s ?p ?o } WHERE"])
def test_no_query_calls_another_server(store: Store, form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(QueryEvaluationError, match="SERVICE is not offered"):
            query(store, f"{form} {{ SERVICE <{address}> {{ ?s ?p ?o }} }}")
        query(store, f"{form} {{ GRAPH <{address}> {{ ?s ?p ?o }} }}").close()
        with pytest.raises(TimeoutError):
            server.accept()


def test_parsing_evaluates_nothing() -> None:
    numbers = " ".join(map(str, range(400)))
    start = time.monotonic()
    parse(
        f"ASK {{ VALUES ?a {{ {numbers} }} VALUES ?b {{ {numbers} }} VALUES ?c {{ {numbers} }}"
        " FILTER (?a + ?b + ?c < 0) }"
    )
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "pattern",
    [
        "?a <urn:v> ?x . ?b <urn:w> ?y . ?c <urn:v> ?z FILTER (?x = ?y)",
        "{ SELECT ?x ?a { ?a <urn:v> ?x } } { SELECT ?y ?b { ?b <urn:w> ?y } }"
        " { SELECT ?c ?z { ?c <urn:w> ?z } }",
        "?a <urn:v> ?x . ?b <urn:w> ?y . ?d <urn:v> ?z MINUS { ?c <urn:w> ?x }",
        "?a ?p ?x . ?b ?q ?y . ?c ?r ?z",
        "?a (<urn:v>|<urn:w>|^<urn:v>|^<urn:w>|!<urn:x>)* ?b . ?c !<urn:x>* ?d",
    ],
)
def test_deadline_stops_loops_of_every_kind(numbers: Store, pattern: str) -> None:
    start = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"deadline of 0\.5 s"):
        run(numbers, f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}", seconds=0.5)
    assert time.monotonic() - start < 5


def test_deadline_reaches_rows_asked_for_late(numbers: Store) -> None:
    cursor = numbers.cursor()
    cursor.begin()
    deadline = Deadline(cursor, 4)
    _, _, rows = run_fallback(
        numbers,
        cursor,
        parse("SELECT * { ?a <urn:v> ?x . ?b <urn:w> ?y }"),
        bindings={},
        graphs=GraphChoice(),
        deadline=deadline,
    )
    assert not isinstance(rows, bool)
    next(rows)
    assert deadline.moment is not None
    time.sleep(max(0, deadline.moment - time.monotonic()) + 0.1)
    with pytest.raises(QueryTimeoutError):
        for _ in rows:
            pass


def test_joins_keep_multiplicities(store: Store) -> None:
    left, right = "{ VALUES ?x { 1 1 2 } }", '{ VALUES (?x ?y) { (1 "a") (1 "a") (UNDEF "b") } }'
    found = run(store, f"SELECT ?x ?y {{ {left} {right} }}")
    assert found == [("1", "a")] * 4 + [("1", "b")] * 2 + [("2", "b")]


def test_minus_needs_a_shared_variable(store: Store) -> None:
    values = "VALUES (?x ?y) { (1 1) (2 UNDEF) (UNDEF 3) }"
    assert run(store, f"SELECT ?x ?y {{ {values} MINUS {{ VALUES ?x {{ 1 }} }} }}") == [
        ("2", None),
        (None, "3"),
    ]
    assert len(run(store, f"SELECT ?x {{ {values} MINUS {{ VALUES ?z {{ 1 }} }} }}")) == 3  # type: ignore[arg-type]


def test_regular_expressions_take_linear_time(store: Store) -> None:
    text = "a" * 40 + "!"
    start = time.monotonic()
    found = run(store, f'SELECT ?r {{ BIND (REGEX("{text}", CONCAT("(a+)+", "$")) AS ?r) }}')
    assert found == [("false",)]
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('REGEX("Abc", "^a", "i")', "true"),
        ('REGEX("a.c", "a.c", "q")', "true"),
        ('REGEX("abc", "a.c", "q")', "false"),
        ('REGEX("ab", "a b", "x")', "true"),
        ('REGEX("a b", "a[ ]b", "x")', "true"),
        ('REGEX("abc", "(", "")', None),
        ('REGEX("abc", "a", "z")', None),
        ('REPLACE("abcd", "b(c)", "[$1]")', "a[c]d"),
        ('REPLACE("abcd", "b", "\\\\$")', "a$cd"),
        ('REPLACE("abcd", "b", "\\\\\\\\")', "a\\cd"),
        ('REPLACE("abcd", "b", "$")', None),
        ('REPLACE("abcd", "z*", "-")', "-a-b-c-d-"),
        ('REPLACE("été", "É", "a", "i")', "ata"),
    ],
)
def test_regular_expressions_of_xpath(store: Store, call: str, expected: str | None) -> None:
    assert run(store, f"SELECT ?r {{ BIND ({call} AS ?r) }}") == [(expected,)]


def test_back_references_are_refused(store: Store) -> None:
    with pytest.raises(QueryError, match="back reference"):
        run(store, r'SELECT ?r { BIND (REGEX("aa", "(a)\\1") AS ?r) }')


def test_threads_share_one_parsed_query(store: Store) -> None:
    text = "SELECT ?o { :a :p ?o FILTER (STR(?o) != 'zzz' && EXISTS { :a :p ?o }) }"
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(run(store, text))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [answers[0]] * 4
    assert len(answers[0]) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        ('"two"@en > 5', None),
        ('"a" < 5', None),
        ('"a"@en < "b"@en', None),
        ('"a" < "b"', "true"),
        ("true > false", "true"),
        ("true > 0", None),
        ("<urn:a> < <urn:b>", None),
        ("1 < 1.5", "true"),
        ('0.1 < "0.1"^^xsd:double', "false"),
        ('"x"^^xsd:integer < 5', None),
        ('"2024-01-01"^^xsd:date < "2024-01-02"^^xsd:date', "true"),
        ('"2024-01-01"^^xsd:date < "2024-01-02T00:00:00"^^xsd:dateTime', None),
        ('"NaN"^^xsd:double <= "NaN"^^xsd:double', "false"),
    ],
)
def test_comparison_of_what_has_no_order_is_an_error(
    store: Store, comparison: str, expected: str | None
) -> None:
    prefix = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
    text = f"{prefix}SELECT ?r {{ BIND (({comparison}) AS ?r) }}"
    assert run(store, text) == [(expected,)]
    compiled = [row[0] for row in query(store, text).rows()]
    assert [term and term[1] for term in compiled] == [expected]
