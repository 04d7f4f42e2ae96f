"""Cursors wait for the next query, and carry nothing of the last one into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.errors import QueryTimeoutError
from kg.sparql import query
from kg.store import EngineError, Store
from kg.store.rdf import load_bytes

ROWS = 3000
ALL = "SELECT ?s ?o { ?s <urn:x:p> ?o }"


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store.open(threads=1)
    lines = "".join(f'<urn:x:{n}> <urn:x:p> "{n}" .\n' for n in range(ROWS))
    with store.write() as tx:
        load_bytes(tx, lines.encode(), format="nt")
    yield store
    store.close()


def test_a_cursor_serves_the_next_query_of_the_same_memory(store: Store) -> None:
    first = store.cursors.take("64MB")
    store.cursors.put(first, "64MB")
    assert store.cursors.take("32MB") is not first
    assert store.cursors.take("64MB") is first
    assert store.cursors.take("64MB") is not first


def test_a_cursor_sees_what_was_committed_since_and_no_table_of_an_earlier_query(
    store: Store,
) -> None:
    for added in range(3):
        assert len(list(query(store, ALL).rows())) == ROWS + added
        with store.write() as tx:
            load_bytes(tx, f'<urn:x:{added}> <urn:x:p> "more" .'.encode(), format="nt")
    cursor = store.cursors.take(None)
    temporary = "SELECT table_name FROM duckdb_tables() WHERE temporary"
    assert cursor.execute(temporary).fetchall() == []


def test_whoever_reads_on_after_closing_reads_nothing_of_another_query(store: Store) -> None:
    result = query(store, ALL)
    rows = result.rows()
    next(rows)
    result.close()
    other = query(store, "SELECT ?o { ?s <urn:x:p> ?o }")
    with pytest.raises(Exception, match=r"broke off|closed"):
        list(rows)
    assert len(list(other.rows())) == ROWS
    assert list(other.rows()) == []


def test_a_query_that_ran_out_of_time_leaves_no_cursor(store: Store) -> None:
    with pytest.raises(QueryTimeoutError):
        list(query(store, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", timeout=0.1).rows())
    assert len(list(query(store, ALL).rows())) == ROWS


def test_cursors_end_with_the_store(store: Store) -> None:
    list(query(store, ALL).rows())
    cursor = store.cursors.take(None)
    waits = store.cursor()
    store.cursors.put(waits, None)
    store.close()
    with pytest.raises(EngineError):
        waits.execute("SELECT 1")
    store.cursors.put(cursor, None)
    with pytest.raises(EngineError):
        cursor.execute("SELECT 1")
