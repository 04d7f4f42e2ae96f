"""Statements are read by the engine once, whatever cursor, store or thread executes them."""

from __future__ import annotations

import threading

import duckdb
import pytest

from kg.store import Store, statements


def test_a_statement_is_read_once_and_serves_every_store() -> None:
    text = "CREATE TEMP TABLE kept AS SELECT max(value) AS version FROM setting WHERE name = 'no'"
    with Store.open(threads=1) as one, Store.open(threads=1) as other:
        found = statements.read(one.cursor(), text)
        assert found is statements.read(other.cursor(), text)
        for store in (one, other, one):
            cursor = store.cursor()
            cursor.execute(statements.read(cursor, text))
            assert cursor.execute("SELECT count(*) FROM kept").fetchall() == [(1,)]
            cursor.execute("DROP TABLE kept")


def test_what_is_read_sees_each_state() -> None:
    text = "SELECT count(*) FROM temporary"
    with Store.open(threads=1) as store:
        for columns in ("1 AS a", "2 AS b, 3 AS c"):
            for rows in (1, 7):
                cursor = store.cursor()
                cursor.execute(
                    f"CREATE TEMP TABLE temporary AS SELECT {columns} FROM range({rows})"
                )
                found = cursor.execute(statements.read(cursor, text)).fetchall()
                assert found == [(rows,)]
                cursor.close()
        cursor = store.cursor()
        with pytest.raises(duckdb.Error):
            cursor.execute(statements.read(cursor, text))


def test_what_is_no_single_statement_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(threads=1) as store:
        cursor = store.cursor()
        assert statements.read(cursor, "SELECT 1; SELECT 2") == "SELECT 1; SELECT 2"
        with pytest.raises(duckdb.Error):
            statements.read(cursor, "SELEC 1")
        monkeypatch.setattr(statements, "_LONGEST", 5)
        assert statements.read(cursor, "SELECT 77") == "SELECT 77"


def test_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = statements._Lately()
    monkeypatch.setattr(statements, "_STATEMENTS", kept)
    monkeypatch.setattr(statements, "_MOST", 2)
    with Store.open(threads=1) as store:
        cursor = store.cursor()
        for number in (1, 2, 1, 3):
            statements.read(cursor, f"SELECT {number}")
    assert [kept.find(f"SELECT {number}") is None for number in (1, 2, 3)] == [False, True, False]


def test_threads_execute_one_statement_at_once() -> None:
    numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION SELECT n + 1 FROM c WHERE n < 50)"
    text = f"{numbers} SELECT sum(n) FROM c"
    wrong: list[object] = []
    with Store.open(threads=1) as store:

        def run() -> None:
            cursor = store.cursor()
            for _ in range(30):
                found = cursor.execute(statements.read(cursor, text)).fetchall()
                if found != [(1275,)]:
                    wrong.append(found)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong
