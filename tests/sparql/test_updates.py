"""Updates as transactions: failures, SILENT, readers, history, graphs that are kept, counts."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import rdflib
from rdflib import Literal, URIRef

from kg.errors import (
    QueryEvaluationError,
    QueryStoppedError,
    QuerySyntaxError,
    QueryTimeoutError,
    StoreBusyError,
    UpdateError,
    UsageError,
)
from kg.namespaces import GRAPH, PROVENANCE_GRAPH
from kg.sparql import UpdateResult, parse_update, query, update
from kg.sparql.running import running_on
from kg.store import Store
from kg.store.export import dump

START = """
INSERT DATA {
    <x:s> <x:p> 1, "01"^^<http://www.w3.org/2001/XMLSchema#integer> .
    GRAPH <x:g> { <x:s> <x:p> 1 . <x:t> <x:q> "eins"@de }
}
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    with Store.open() as opened:
        yield opened


@pytest.fixture
def store(shared: Store) -> Store:
    """Return a store with four quads in two graphs, and the history of the tests before."""
    with shared.write() as tx:
        tx.clear()
    update(shared, START)
    return shared


def _values(store: Store, text: str, as_of: int | None = None) -> list[tuple[str | None, ...]]:
    result = query(store, text, hidden_graphs=[str(PROVENANCE_GRAPH)], as_of_commit=as_of)
    return sorted(tuple(term[1] if term else None for term in row) for row in result.rows())


def _all(store: Store, as_of: int | None = None) -> set[bytes]:
    """Return the lines of all quads but those of the graph of commits."""
    lines = io.BytesIO()
    dump(store.cursor(), lines, hidden_graphs=[str(PROVENANCE_GRAPH)], as_of_commit=as_of)
    return set(lines.getvalue().splitlines())


@pytest.mark.parametrize(
    "failing",
    [
        "CREATE GRAPH <x:g>",
        "COPY <x:none> TO <x:g>",
        "MOVE <x:none> TO DEFAULT",
        "ADD <x:none> TO <x:g>",
        "LOAD <file:///etc/hostname>",
        "LOAD <http://127.0.0.1:9/> INTO GRAPH <x:g>",
        f"CLEAR GRAPH <{PROVENANCE_GRAPH}>",
    ],
)
def test_a_failing_operation_undoes_those_before_it(store: Store, failing: str) -> None:
    before, head = _all(store), store.head
    with pytest.raises(UpdateError):
        update(store, f"INSERT DATA {{ <x:a> <x:b> <x:c> }}; {failing}; CLEAR ALL")
    assert (_all(store), store.head) == (before, head)


@pytest.mark.parametrize("failing", ["CREATE SILENT GRAPH <x:g>", "MOVE SILENT <x:none> TO <x:g>"])
def test_silent_lets_the_others_go_on(store: Store, failing: str) -> None:
    done = update(
        store,
        f"INSERT DATA {{ <x:a> <x:b> <x:c> }}; {failing}; INSERT DATA {{ <x:a> <x:b> <x:d> }}",
    )
    assert (done.inserted, done.deleted) == (2, 0)
    assert len(_all(store)) == 6


def test_a_service_in_a_clause_fails_even_in_a_long_request(store: Store) -> None:
    before = _all(store)
    with pytest.raises(QueryEvaluationError, match="SERVICE"):
        update(store, "CLEAR ALL; INSERT { ?s ?p ?o } WHERE { SERVICE <x:e> { ?s ?p ?o } }")
    assert _all(store) == before


def test_operations_see_what_those_before_them_did(store: Store) -> None:
    update(
        store,
        "INSERT DATA { GRAPH <x:new> { <x:a> <x:b> 1 } };"
        "INSERT { GRAPH <x:new> { ?a <x:b> ?next } }"
        " WHERE { GRAPH <x:new> { ?a <x:b> ?o } BIND(?o + 1 AS ?next) };"
        "DELETE WHERE { GRAPH <x:new> { ?a <x:b> 1 } };"
        "MOVE <x:new> TO <x:other>",
    )
    assert _values(store, "SELECT ?o ?g { GRAPH ?g { <x:a> <x:b> ?o } }") == [("2", "x:other")]


def test_deletions_come_before_insertions_and_both_see_the_state_before(store: Store) -> None:
    update(
        store,
        "DELETE { <x:s> <x:p> ?o } INSERT { <x:s> <x:p> ?n } WHERE"
        " { <x:s> <x:p> ?o BIND(xsd:integer(?o) + 1 AS ?n) }".replace(
            "xsd:integer", "<http://www.w3.org/2001/XMLSchema#integer>"
        ),
        union_default_graph=False,
    )
    found = _values(
        store, "SELECT ?o { <x:s> <x:p> ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }"
    )
    assert found == [("2",)]


def test_readers_see_the_last_commit_until_the_next(store: Store) -> None:
    before = _all(store)
    with store.write() as tx:
        tx.clear()
        assert _all(store) == before
    assert _all(store) == set()


def test_the_past_stays_and_the_commit_says_who_and_why(store: Store) -> None:
    before, head = _all(store), store.head
    done = update(store, "CLEAR ALL", agent="Inès", note="À refaire")
    assert done == UpdateResult(head + 1, inserted=0, deleted=len(before))
    assert _all(store) == set()
    assert _all(store, head) == before
    described = query(
        store,
        "PREFIX cg: <https://w3id.org/clientgraph/ns#> SELECT ?agent ?kind ?note {"
        f" ?c cg:commitNumber {done.commit} ; cg:agentName ?agent ; cg:activityKind ?kind ;"
        " cg:note ?note }",
    )
    [row] = described.rows()
    assert [term[1] for term in row if term] == ["Inès", "update", "À refaire"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "INSERT DATA { GRAPH <x:g> { <x:s> <x:p> 1 } }",
        "DELETE DATA { <x:no> <x:no> <x:no> }",
        "DELETE DATA { <x:s> <x:p> 1 }; INSERT DATA { <x:s> <x:p> 1 }",
        "INSERT DATA { <x:n> <x:n> <x:n> }; DELETE WHERE { <x:n> ?p ?o }",
        "DELETE { ?s ?p ?o } INSERT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?s = <x:none>) }",
        "COPY <x:g> TO <x:g>",
        "MOVE <x:g> TO <x:h>; MOVE <x:h> TO <x:g>",
    ],
)
def test_what_changes_nothing_makes_no_commit(store: Store, text: str) -> None:
    before, head = _all(store), store.head
    assert update(store, text) == UpdateResult(head, 0, 0)
    assert (_all(store), store.head) == (before, head)


def test_a_triple_that_comes_back_beside_its_twin_is_counted_once(store: Store) -> None:
    """It is deleted, inserted into another graph, and inserted again, within one request."""
    update(
        store,
        "INSERT DATA { <x:one> <x:unique> 1 };"
        "DELETE DATA { <x:one> <x:unique> 1 };"
        "INSERT DATA { GRAPH <x:h> { <x:one> <x:unique> 1 } }",
    )
    update(
        store,
        "INSERT DATA { <x:two> <x:unique> 2 }",
    )
    update(
        store,
        "DELETE DATA { <x:two> <x:unique> 2 };"
        "INSERT DATA { GRAPH <x:h> { <x:two> <x:unique> 2 } };"
        "INSERT DATA { <x:two> <x:unique> 2 }",
    )
    assert _values(store, "SELECT ?o { ?s <x:unique> ?o }") == [("1",), ("2",)]


@pytest.mark.parametrize("graph", [str(PROVENANCE_GRAPH), str(GRAPH["derived/x"]), "x:hidden/one"])
def test_protected_graphs_are_refused_by_name_and_spared_otherwise(
    store: Store, graph: str
) -> None:
    hidden = ["x:hidden/*"]
    with store.write() as tx:
        tx.insert(
            f"SELECT 'x:s' AS s, 'x:p' AS p, 'x:kept' AS o, NULL::VARCHAR AS odt,"
            f" NULL::VARCHAR AS olang, '{graph}' AS g"
        )
    count = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    before = list(query(store, count).rows())
    for text in (
        f"INSERT DATA {{ GRAPH <{graph}> {{ <x:a> <x:b> <x:c> }} }}",
        f"DELETE DATA {{ GRAPH <{graph}> {{ <x:s> <x:p> <x:kept> }} }}",
        f"DELETE WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}",
        f"WITH <{graph}> INSERT {{ <x:a> <x:b> <x:c> }} WHERE {{}}",
        f"CLEAR GRAPH <{graph}>",
        f"DROP GRAPH <{graph}>",
        f"COPY <x:g> TO <{graph}>",
        f"MOVE <{graph}> TO <x:g>",
        f"CREATE GRAPH <{graph}>",
        f"LOAD <file:///a> INTO GRAPH <{graph}>",
    ):
        with pytest.raises(UpdateError, match="cannot be written"):
            update(store, text, hidden_graphs=hidden)
    update(
        store,
        "INSERT { GRAPH ?g { <x:a> <x:b> <x:c> } } WHERE { GRAPH ?g { ?s ?p ?o } };"
        f"INSERT {{ GRAPH ?g {{ <x:a> <x:b> <x:d> }} }} WHERE {{ BIND(<{graph}> AS ?g) }};"
        "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } };"
        "CLEAR NAMED; DROP ALL",
        hidden_graphs=hidden,
    )
    after = list(query(store, count).rows())
    # Each of the two updates was described in the graph of commits.
    assert (after == before) is (graph != str(PROVENANCE_GRAPH))
    assert _values(store, "SELECT ?s { ?s ?p <x:kept> FILTER(?s = <x:s>) }") == (
        [] if graph == str(PROVENANCE_GRAPH) else [("x:s",)]
    )
    assert list(query(store, f"SELECT ?s {{ GRAPH <{graph}> {{ ?s ?p <x:kept> }} }}").rows())


def test_a_hidden_graph_is_not_seen_by_a_clause_nor_by_a_transfer(store: Store) -> None:
    hidden = ["x:g"]
    done = update(
        store,
        "INSERT { <x:leak> ?p ?o } WHERE { ?s ?p ?o FILTER(?s IN (<x:s>, <x:t>)) }",
        hidden_graphs=hidden,
    )
    assert done.inserted == 2
    with pytest.raises(UpdateError, match="no graph"):
        update(store, "COPY <x:g> TO <x:mine>", hidden_graphs=hidden)


def test_given_values_hold_in_clause_and_templates(store: Store) -> None:
    given = {"who": URIRef("x:s"), "what": Literal("new")}
    update(
        store,
        "DELETE { GRAPH ?g { ?who ?p ?o } } INSERT { ?who <x:is> ?what }"
        " WHERE { GRAPH ?g { ?who ?p ?o } }",
        bindings=given,
    )
    assert _values(store, "SELECT ?o { <x:s> <x:is> ?o }") == [("new",)]
    assert _values(store, "SELECT ?o { GRAPH <x:g> { <x:s> ?p ?o } }") == []
    done = update(store, "INSERT { ?what <x:is> 1 } WHERE { ?s ?p ?o }", bindings=given)
    assert done.inserted == 0


def test_graphs_named_beside_the_update(store: Store) -> None:
    text = "INSERT { <x:copy> ?p ?o } WHERE { ?s ?p ?o }"
    assert update(store, text, using_graphs=["x:g"]).inserted == 2
    assert update(store, text, using_graphs=[], using_named_graphs=["x:g"]).inserted == 0
    for clause in ("WITH <x:g> " + text, text.replace("WHERE", "USING <x:g> WHERE")):
        with pytest.raises(UsageError, match="one place"):
            update(store, clause, using_graphs=["x:g"])


def test_the_default_graph_of_a_clause_is_the_union_or_the_unnamed_one(store: Store) -> None:
    text = "INSERT { GRAPH <x:k> { ?s <x:saw> ?o } } WHERE { ?s ?p ?o }"
    assert update(store, text, union_default_graph=False).inserted == 2
    assert update(store, text, hidden_graphs=[str(PROVENANCE_GRAPH)]).inserted == 1


def test_triples_that_are_not_rdf_are_left_out(store: Store) -> None:
    done = update(
        store,
        "INSERT { ?o <x:a> ?s . ?s ?o ?s . ?s <x:b> ?none . ?s <x:c> ?bad . GRAPH ?o { ?s ?p ?o } }"
        ' WHERE { ?s ?p ?o FILTER(isLiteral(?o)) BIND(IRI("x:not an iri") AS ?bad) }',
    )
    assert (done.inserted, done.deleted) == (0, 0)


def test_blank_nodes_of_a_template_are_new_in_each_solution(store: Store) -> None:
    update(
        store,
        "INSERT { [] <x:of> ?o ; <x:with> _:one . _:one <x:and> _:one } WHERE { <x:s> ?p ?o }",
    )
    nodes = _values(store, "SELECT ?a ?b { ?a <x:of> ?o ; <x:with> ?b . ?b <x:and> ?b }")
    assert len({a for a, _ in nodes}) == len({b for _, b in nodes}) == len(nodes) == 2


def test_lexical_forms_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another library has literals normalized in the whole process."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", True)
    update(
        store, 'INSERT DATA { <x:n> <x:v> 007, 1.50, "a"@EN }; INSERT { <x:n> <x:w> 010 } WHERE {}'
    )
    assert _values(store, "SELECT ?o { <x:n> ?p ?o }") == [("007",), ("010",), ("1.50",), ("a",)]
    assert update(store, "DELETE DATA { <x:n> <x:v> 7 }").deleted == 0
    assert update(store, 'DELETE DATA { <x:n> <x:v> 007, "a"@en }').deleted == 2


def test_what_the_engine_refuses_is_evaluated(store: Store) -> None:
    """A relative IRI made by IRI() is known to no statement: the whole request starts again."""
    done = update(
        store,
        "BASE <http://a.example/b/> INSERT DATA { <s> <p> 'c' };"
        "INSERT { ?s <x:made> ?made } WHERE { ?s <p> ?o BIND(IRI(?o) AS ?made) }",
    )
    assert done.inserted == 2
    assert _values(store, "SELECT ?o { ?s <x:made> ?o }") == [("http://a.example/b/c",)]


def test_the_deadline_stops_an_update_and_undoes_it(store: Store) -> None:
    before = _all(store)
    rows = " ".join(f"({n})" for n in range(1000))
    cross = " ".join(f"VALUES (?{name}) {{ {rows} }}" for name in "abc")
    with pytest.raises(QueryTimeoutError):
        update(
            store,
            f"CLEAR ALL; INSERT {{ <x:s> <x:p> ?x }} WHERE {{ {cross} BIND(?a * ?b * ?c AS ?x) }}",
            timeout=1.0,
        )
    assert _all(store) == before


def test_a_running_update_is_listed_and_can_be_stopped(store: Store) -> None:
    before = _all(store)
    rows = " ".join(f"({n})" for n in range(1000))
    cross = " ".join(f"VALUES (?{name}) {{ {rows} }}" for name in "abc")
    text = f"CLEAR ALL; INSERT {{ <x:s> <x:p> ?x }} WHERE {{ {cross} BIND(?a * ?b * ?c AS ?x) }}"
    stopped: list[type[BaseException]] = []

    def run() -> None:
        try:
            update(store, text, timeout=60.0)
        except QueryStoppedError as error:
            stopped.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    while not (listed := running_on(store).listed()) and thread.is_alive():
        time.sleep(0.01)
    [running] = listed
    assert (running.kind, running.text[:9]) == ("update", "CLEAR ALL")
    running_on(store).stop(running.id)
    thread.join()
    assert stopped == [QueryStoppedError]
    assert _all(store) == before


def test_the_deadline_holds_for_the_reading_of_a_long_request(store: Store) -> None:
    before = _all(store)
    one = "DELETE {{ <x:s> <x:p{}> ?o }} WHERE {{ <x:s> <x:p{}> ?o }}"
    with pytest.raises(QueryTimeoutError):
        update(store, ";".join(one.format(n, n) for n in range(5000)), timeout=0.5)
    assert _all(store) == before


def test_a_second_writer_waits_no_longer_than_its_deadline(store: Store) -> None:
    failures: list[type[BaseException]] = []

    def write() -> None:
        try:
            update(store, "INSERT DATA { <x:a> <x:b> <x:c> }", timeout=0.3)
        except StoreBusyError as error:
            failures.append(type(error))

    with store.write():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert failures == [StoreBusyError]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("INSERT DATA { <x:a> <x:b> }", 1, 27),
        ("PREFIX x: <x:>\nINSERT DATA { x:a x:b x:c };\nDELETE WHERE { ?s ?p }", 3, 22),
        ("PREFIX x <x:>\nINSERT DATA { }", 1, 8),
        ("INSERT DATA { };\nPREFIX x: <x:> PREFIX y <x:>\nCLEAR ALL", 2, 23),
        ("CLEAR ALL;\nPREFIX x: <x:>  DELETE DATA { y:a y:b 1 }", 2, None),
        ("CLEAR ALL;; CLEAR ALL", 1, 11),
        ("SELECT * { ?s ?p ?o }", 1, None),
        ("DELETE DATA { ?s <x:b> 1 }", 1, None),
        ("INSERT DATA { <a> <x:b> 1 }", 1, None),
    ],
)
def test_a_syntax_error_is_told_at_its_place(text: str, line: int, column: int | None) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_update(text)
    assert caught.value.line == line
    assert column is None or caught.value.column == column


def test_declarations_hold_for_what_follows_them() -> None:
    text = """
        BASE <http://a.example/> PREFIX p: <one#> INSERT DATA { <s> p:p 1 } ;
        BASE <http://b.example/> INSERT DATA { <s> p:p 1 } ;
        # a comment; with { a brace
        PREFIX # and another ;
            p: <two#> INSERT DATA { <s> p:p '} ; {' } ;
        PREFIX p: <http://a.example/three#> DELETE DATA { p:a\\;b p:p "x" }
    """
    rows = [row[:3] for operation in parse_update(text) for row in operation.rows]  # type: ignore[union-attr]
    assert rows == [
        ("http://a.example/s", "http://a.example/one#p", "1"),
        ("http://b.example/s", "http://a.example/one#p", "1"),
        ("http://b.example/s", "http://b.example/two#p", "} ; {"),
        ("http://a.example/three#a;b", "http://a.example/three#p", "x"),
    ]


def test_the_example_of_the_documentation_changes_one_address(store: Store, root: Path) -> None:
    text = (root / "docs" / "updates.md").read_text("utf-8").split("-e '")[1].split("'")[0]
    update(
        store,
        """
        PREFIX cg: <https://w3id.org/clientgraph/ns#>
        PREFIX vcard: <http://www.w3.org/2006/vcard/ns#>
        INSERT DATA {
            GRAPH <x:facts> { <x:1> cg:sourceKey "P0037" . <x:2> cg:sourceKey "P0038" }
            GRAPH <x:personal> {
                <x:1> vcard:hasEmail <mailto:one@example.org> .
                <x:2> vcard:hasEmail <mailto:two@example.org>
            }
        }
        """,
    )
    done = update(store, text)
    assert (done.inserted, done.deleted) == (1, 1)
    found = _values(store, "SELECT ?s ?o { GRAPH <x:personal> { ?s ?p ?o } }")
    assert found == [("x:1", "mailto:leila@example.org"), ("x:2", "mailto:two@example.org")]
