"""Threads of the engine that come while one long statement is all that runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.sparql import query
from kg.sparql.deadline import Deadline
from kg.sparql.running import Allowance, running_on
from kg.store import Store

PAIRS = "SELECT (COUNT(*) AS ?n) { ?a <urn:p> ?x . ?b <urn:p> ?y FILTER(?x > ?y) }"


def helping(store: Store) -> bool:
    rows = store.cursor().execute(
        "SELECT current_setting('threads') - current_setting('external_threads')"
    )
    return bool(rows.fetchall()[0][0])


def wait_until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a store that the tests open one after the other, and only read."""
    path = tmp_path_factory.mktemp("workers") / "store.duckdb"
    with Store.open(path) as store, store.write() as tx:
        integer = "http://www.w3.org/2001/XMLSchema#integer"
        tx.insert(
            f"SELECT 'urn:s' || i AS s, 'urn:p' AS p, i::VARCHAR AS o, '{integer}' AS odt,"
            " NULL::VARCHAR AS olang, 'urn:g' AS g FROM range(15000) t(i)"
        )
    return path


def test_they_come_for_one_that_is_long_and_leave_when_it_is_not_alone(path: Path) -> None:
    with Store.open(path, workers=0, on_call=1) as store:
        workers = store.workers
        assert workers is not None
        workers.tell(2)
        time.sleep(0.2)
        assert not helping(store)
        workers.tell(1)
        assert wait_until(lambda: helping(store))
        workers.tell(0)
        assert wait_until(lambda: not helping(store))
        workers.tell(1)
        assert wait_until(lambda: helping(store))
        workers.tell(2)
        assert wait_until(lambda: not helping(store))
        workers.tell(1)
        time.sleep(0.2)
        assert not helping(store)
        assert wait_until(lambda: helping(store))


def test_they_leave_when_a_small_one_ended(path: Path) -> None:
    with Store.open(path, workers=0, on_call=1) as store:
        workers = store.workers
        assert workers is not None
        workers.tell(1)
        assert wait_until(lambda: helping(store))
        workers.tell(0)
        while helping(store):
            workers.tell(1)
            workers.tell(0)
        assert not workers.helping


def test_they_keep_away_from_a_recursive_statement(path: Path) -> None:
    with Store.open(path, workers=0, on_call=1) as store:
        workers = store.workers
        assert workers is not None
        workers.tell(1)
        assert wait_until(lambda: helping(store))
        with workers.away():
            assert not helping(store)
            time.sleep(0.2)
            assert not helping(store)
        assert wait_until(lambda: helping(store))
        workers.tell(0)


def test_a_path_of_any_length_runs_without_them(path: Path) -> None:
    with Store.open(path, workers=0, on_call=1) as store:
        workers = store.workers
        assert workers is not None
        seen: list[bool] = []
        with running_on(store).entered(Deadline(store.cursor(), 10), Allowance(), "") as entry:
            assert wait_until(lambda: helping(store))
            with entry.deadline.recursion():
                seen.append(helping(store))
        assert seen == [False]


def test_they_leave_a_statement_that_runs_on(path: Path) -> None:
    with Store.open(path, workers=0, on_call=1) as store:
        workers = store.workers
        assert workers is not None
        done: list[object] = []
        long = f"SELECT (COUNT(*) AS ?n) {{ {{ {PAIRS} }} {{ {PAIRS.replace('?n', '?m')} }} }}"
        asking = threading.Thread(target=lambda: done.append(list(query(store, long).rows())))
        asking.start()
        assert wait_until(lambda: helping(store))
        workers.tell(2)
        assert wait_until(lambda: not helping(store))
        assert not done
        asking.join()


def test_queries_call_them_and_answer_as_ever(path: Path) -> None:
    with Store.open(path, workers=0, on_call=1) as store:
        seen: list[bool] = []
        asking = threading.Thread(target=lambda: seen.append(wait_until(lambda: helping(store))))
        asking.start()
        for _ in range(3):
            [[n]] = query(store, PAIRS, timeout=60).rows()
            assert n is not None
            assert n[1] == str(15000 * 14999 // 2)
        asking.join()
        assert seen == [True]
        assert wait_until(lambda: not helping(store))


def test_without_any_on_call_nobody_helps(path: Path) -> None:
    with Store.open(path, workers=0) as store:
        assert store.workers is None
        assert not helping(store)
