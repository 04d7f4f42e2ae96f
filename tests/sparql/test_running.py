"""What runs can be listed, stopped and bounded: by time, rows and memory."""

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pyoxigraph as ox
import pytest

from kg.errors import QueryError, QueryMemoryError, QueryStoppedError, QueryTimeoutError
from kg.sparql import Result, query
from kg.sparql.compiled import GraphChoice
from kg.sparql.deadline import Deadline
from kg.sparql.fallback import run_fallback
from kg.sparql.parse import parse
from kg.sparql.results import write_bindings, write_graph
from kg.sparql.running import Allowance, running_on
from kg.store import Cursor, EngineError, Store
from kg.store.rdf import load_bytes

RUNAWAYS = {
    "cross product": "SELECT (COUNT(*) AS ?n) { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f . FILTER(?b > ?f) }",
    "unbounded path": "SELECT (COUNT(*) AS ?n) { ?a <urn:next>+ ?b }",
    "huge sort": "SELECT * { ?a <urn:v> ?b . ?c <urn:w> ?d } ORDER BY ?d ?b",
}
EVALUATED = {
    "filter": "SELECT (COUNT(*) AS ?n) { ?a <urn:v> ?b . ?c <urn:w> ?d BIND(BNODE() AS ?z) "
    "FILTER(bound(?x)) }",
    "sort": "SELECT ?b { ?a <urn:v> ?b . ?c <urn:w> ?d } ORDER BY DESC(?d + ?b)",
    "path": "SELECT (COUNT(*) AS ?n) { ?a (<urn:next>|^<urn:next>)* ?b }",
}


SOON = 5.0
"""Seconds in which what would run for minutes has stopped, on a machine with other things to do."""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open(memory_limit="1GB", workers=0) as store:
        with store.write() as tx:
            lines = (
                f"<urn:n{i}> <urn:v> {i} ; <urn:w> {-i - 1} ; <urn:next> <urn:n{(i + 1) % 4000}> ."
                for i in range(4000)
            )
            load_bytes(tx, "\n".join(lines).encode(), format="turtle", graph="urn:g")
        yield store


def in_background(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Start some work; return its thread, and where its outcome will be."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except QueryError as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def entered(store: Store, owner: str) -> int:
    """Return the number of what an owner runs, once it runs."""
    for _ in range(200):
        for entry in running_on(store).listed():
            if entry.owner == owner and entry.engine:
                return entry.id
        time.sleep(0.01)
    raise AssertionError("nothing runs")


def all_rows(store: Store, text: str, **options: object) -> list[object]:
    with closing(query(store, text, **options)) as result:  # type: ignore[arg-type]
        return list(result.rows())


@pytest.mark.parametrize("name", RUNAWAYS)
def test_runaways_stop_at_their_deadline(store: Store, name: str) -> None:
    start = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"deadline of 0\.7 s"):
        all_rows(store, RUNAWAYS[name], timeout=0.7)
    assert time.monotonic() - start < SOON
    assert running_on(store).listed() == []


def evaluated(store: Store, cursor: Cursor, text: str, deadline: Deadline) -> list[object]:
    _, _, rows = run_fallback(
        store, cursor, parse(text), bindings={}, graphs=GraphChoice(), deadline=deadline
    )
    assert not isinstance(rows, bool)
    return list(rows)


@pytest.mark.parametrize("name", EVALUATED)
@pytest.mark.parametrize("stopped", [False, True])
def test_runaways_of_the_evaluator_stop(store: Store, name: str, stopped: bool) -> None:
    cursor = store.cursor()
    cursor.begin()
    deadline = Deadline(cursor, 20 if stopped else 0.7)
    if stopped:
        threading.Timer(0.7, deadline.stop).start()
    start = time.monotonic()
    with deadline, pytest.raises(QueryStoppedError if stopped else QueryTimeoutError):
        evaluated(store, cursor, EVALUATED[name], deadline)
    assert time.monotonic() - start < SOON


@pytest.mark.parametrize("name", RUNAWAYS)
def test_runaways_are_listed_and_stopped(store: Store, name: str) -> None:
    text = RUNAWAYS[name]
    allowance = Allowance(owner="ana")
    thread, outcome = in_background(lambda: all_rows(store, text, timeout=20, allowance=allowance))
    number = entered(store, "ana")
    (entry,) = running_on(store).listed()
    assert (entry.kind, entry.text) == ("query", text)
    assert entry.engine in ("sql", "rdflib")
    assert 0 < entry.age < 10
    stopped = running_on(store).stop(number)
    assert stopped is entry
    start = time.monotonic()
    thread.join(5)
    assert time.monotonic() - start < SOON
    assert isinstance(outcome[0], QueryStoppedError)
    assert running_on(store).listed() == []


def test_what_nobody_waits_for_stops(store: Store) -> None:
    left = threading.Event()
    allowance = Allowance(owner="bo", gone=left.is_set)
    text = RUNAWAYS["cross product"]
    thread, outcome = in_background(lambda: all_rows(store, text, timeout=20, allowance=allowance))
    entered(store, "bo")
    left.set()
    thread.join(3)
    assert isinstance(outcome[0], QueryStoppedError)


def test_what_waits_for_room_leaves_with_its_client(store: Store) -> None:
    full = Allowance(owner="cy", max_running=0, gone=lambda: True)
    with closing(store.cursor()) as cursor, Deadline(cursor, 20, gone=full.gone) as deadline:
        start = time.monotonic()
        with pytest.raises(QueryStoppedError):
            running_on(store).enter(deadline, full, "ASK {}")
        # Without a client that left it would have waited longer, and then be told that there is
        # too much.
        assert time.monotonic() - start < 4


def test_nothing_stays_listed_after_an_error_or_an_answer_left_unread(store: Store) -> None:
    with pytest.raises(QueryError):
        query(store, "SELECT * { SERVICE <urn:x> { ?s ?p ?o } }")
    result = query(store, "SELECT * { ?s ?p ?o }")
    assert len(running_on(store).listed()) == 1
    result.close()
    assert running_on(store).listed() == []
    assert running_on(store).stop(10**9) is None


@pytest.mark.parametrize("form", ["SELECT *", "SELECT DISTINCT ?o", "CONSTRUCT { ?o ?p ?s }"])
@pytest.mark.parametrize("extra", ["", "BIND(BNODE() AS ?z)"])
def test_an_answer_that_nobody_holds_gives_all_back_at_once(
    store: Store, form: str, extra: str
) -> None:
    text = f"{form} WHERE {{ ?s ?p ?o {extra} }}"
    gc.disable()
    try:
        for _ in range(3):
            query(store, text)
            assert running_on(store).listed() == []
            result = query(store, text)
            next(result.rows())
            result.lines("csv")
            assert len(running_on(store).listed()) == 1
            del result
            assert running_on(store).listed() == []
    finally:
        gc.enable()


def limited(store: Store, text: str, rows: int) -> Result:
    return query(store, text, allowance=Allowance(max_rows=rows))


@pytest.mark.parametrize("extra", ["", "BIND(BNODE() AS ?z)"])
@pytest.mark.parametrize(("limit", "complete"), [(9, False), (10, True), (11, True), (0, False)])
def test_a_limit_of_rows_cuts_and_says_so(
    store: Store, extra: str, limit: int, complete: bool
) -> None:
    text = f"SELECT ?a {{ ?a <urn:v> ?b FILTER(?b < 10) {extra} }}"
    result = limited(store, text, limit)
    assert len(list(result.rows())) == min(limit, 10)
    assert result.complete is complete


@pytest.mark.parametrize("name", ["json", "xml", "tsv"])
def test_a_cut_answer_stays_readable_and_says_so_where_it_can(store: Store, name: str) -> None:
    result = limited(store, "SELECT ?a { ?a <urn:v> ?b }", 5)
    document = b"".join(write_bindings(result, name))
    assert result.complete is False
    read = ox.parse_query_results(document, format=ox.QueryResultsFormat.from_extension(name))
    assert len(list(read)) == 5  # type: ignore[arg-type]
    assert (b"not complete" in document) == (name == "xml")
    whole = limited(store, "SELECT ?a { ?a <urn:v> ?b }", 5000)
    assert b"complete" not in b"".join(write_bindings(whole, name))


@pytest.mark.parametrize("name", ["turtle", "nt"])
def test_a_cut_graph_says_so(store: Store, name: str) -> None:
    result = limited(store, "CONSTRUCT { ?a <urn:x> ?b } { ?a <urn:v> ?b }", 5)
    document = b"".join(write_graph(result, name))
    assert b"not complete" in document.splitlines()[-1]
    assert (
        len(
            list(
                ox.parse(
                    document,
                    format=ox.RdfFormat.from_extension({"turtle": "ttl", "nt": "nt"}[name]),
                )
            )
        )
        == 5
    )


def test_limits_of_memory_are_those_of_the_query_alone(store: Store) -> None:
    cursor = store.cursor(memory="64MB")
    shown = cursor.execute("SELECT current_setting('operator_memory_limit')").fetchone()
    assert shown is not None
    assert "61.0" in str(shown[0])
    other = store.cursor().execute("SELECT current_setting('operator_memory_limit')").fetchone()
    assert other == (None,)
    with pytest.raises(EngineError, match="locked"):
        cursor.execute("SET threads = 1")


def test_a_query_beyond_memory_and_disk_is_refused_and_the_store_lives_on() -> None:
    with Store.open(memory_limit="40MB", spill_limit="1MB", threads=1) as store:
        with store.write() as tx:
            lines = (f"<urn:n{i}> <urn:v> {i} ." for i in range(3000))
            load_bytes(tx, "\n".join(lines).encode(), format="turtle")
        text = "SELECT ?a ?b ?c { ?a <urn:v> ?x . ?b <urn:v> ?y . ?c <urn:v> 7 } ORDER BY ?y ?b ?a"
        with pytest.raises(QueryMemoryError, match="memory"):
            all_rows(store, text)
        assert len(all_rows(store, "SELECT * { ?a <urn:v> 7 }")) == 1
