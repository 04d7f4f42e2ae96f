"""Statements lose the columns that nothing reads, and keep their answers."""

from __future__ import annotations

import pytest
from sqlglot import parse_one

from kg.sparql import pruning
from kg.store import Store

CASES = {
    "SELECT r.a FROM (SELECT q.s AS a, q.o AS b FROM quad AS q) AS r": (
        "SELECT r.a FROM (SELECT q.s AS a FROM quad AS q) AS r"
    ),
    # What only a condition, an order or a group reads stays.
    "SELECT r.a FROM (SELECT q.s AS a, q.o AS b, q.k FROM quad AS q) AS r WHERE r.b > 1": (
        "SELECT r.a FROM (SELECT q.s AS a, q.o AS b FROM quad AS q) AS r WHERE r.b > 1"
    ),
    "SELECT r.a FROM (SELECT q.s AS a, q.o AS b, q.k FROM quad AS q ORDER BY b LIMIT 1) AS r": (
        "SELECT r.a FROM (SELECT q.s AS a, q.o AS b FROM quad AS q ORDER BY b LIMIT 1) AS r"
    ),
    # All the way down, through unions and queries of WITH.
    "SELECT t.a FROM (SELECT r.a, r.b FROM (SELECT q.s AS a, q.o AS b FROM quad AS q) AS r) AS t": (
        "SELECT t.a FROM (SELECT r.a FROM (SELECT q.s AS a FROM quad AS q) AS r) AS t"
    ),
    "SELECT r.a FROM (SELECT 1 AS a, 2 AS b UNION ALL SELECT q.s, q.o FROM quad AS q) AS r": (
        "SELECT r.a FROM (SELECT 1 AS a UNION ALL SELECT q.s FROM quad AS q) AS r"
    ),
    "WITH b AS (SELECT q.s AS x, q.o AS y FROM quad AS q) SELECT c.x FROM b AS c": (
        "WITH b AS (SELECT q.s AS x FROM quad AS q) SELECT c.x FROM b AS c"
    ),
    # A correlated query reads from around it.
    "SELECT r.a FROM (SELECT q.s AS a, q.o AS b, q.k FROM quad AS q) AS r WHERE EXISTS(SELECT 1 "
    "FROM quad AS u WHERE u.s = r.b)": (
        "SELECT r.a FROM (SELECT q.s AS a, q.o AS b FROM quad AS q) AS r WHERE EXISTS(SELECT 1 "
        "FROM quad AS u WHERE u.s = r.b)"
    ),
    # A set function of groups, which are there without it.
    "SELECT r.a FROM (SELECT q.s AS a, any_value(q.o) AS b, count(*) AS n, max(q.k) AS k "
    "FROM quad AS q GROUP BY q.s) AS r WHERE r.n > 1": (
        "SELECT r.a FROM (SELECT q.s AS a, count(*) AS n FROM quad AS q GROUP BY q.s) AS r "
        "WHERE r.n > 1"
    ),
    "SELECT count_star() AS n FROM (SELECT count(*) AS a, max(q.o) AS b FROM quad AS q "
    "GROUP BY q.s) AS r": (
        "SELECT count_star() AS n FROM (SELECT count(*) AS a FROM quad AS q GROUP BY q.s) AS r"
    ),
    # Nothing is read: the rows are counted, and one column has to stay.
    "SELECT count_star() AS n FROM (SELECT q.s AS a, q.o AS b FROM quad AS q) AS r": (
        "SELECT count_star() AS n FROM (SELECT q.s AS a FROM quad AS q) AS r"
    ),
}
WHOLE = [
    # A column that makes rows differ, a set function, all columns, names without their table.
    "SELECT r.a FROM (SELECT DISTINCT q.s AS a, q.o AS b FROM quad AS q) AS r",
    "SELECT r.a FROM (SELECT q.s AS a, q.o AS b FROM quad AS q UNION SELECT 1, 2) AS r",
    "SELECT r.a FROM (SELECT 1 AS a, max(q.o) AS b FROM quad AS q) AS r",
    "SELECT r.a FROM (SELECT 1 AS a, unnest([1, 2]) AS b) AS r",
    "SELECT r.a FROM (SELECT q.s AS a, unnest([1, 2]) AS b FROM quad AS q GROUP BY q.s) AS r",
    "SELECT * FROM (SELECT q.s AS a, q.o AS b FROM quad AS q) AS r",
    "SELECT b FROM (SELECT q.s AS b FROM quad AS q) AS r",
    "WITH RECURSIVE c(x) AS (SELECT 1 AS y UNION SELECT c.x + 1 FROM c WHERE c.x < 3) SELECT c.x "
    "FROM c",
]


@pytest.mark.parametrize(("text", "left"), [*CASES.items(), *((text, text) for text in WHOLE)])
def test_what_nothing_reads_is_left_out(text: str, left: str) -> None:
    query = parse_one(text, dialect="duckdb")
    assert pruning.statement(query) == parse_one(left, dialect="duckdb").sql("duckdb")
    with Store.open() as store:
        cursor = store.cursor()
        assert cursor.execute(text).fetchall() == cursor.execute(left).fetchall()


def test_a_query_that_stands_twice_is_left_as_it_is() -> None:
    shared = parse_one("SELECT q.s AS a, q.o AS b FROM quad AS q", dialect="duckdb")
    query = parse_one("SELECT x.a, y.b FROM (SELECT 1) AS x, (SELECT 1) AS y", dialect="duckdb")
    query.args["from_"].this.set("this", shared)
    query.args["joins"][0].this.set("this", shared)
    assert pruning.statement(query).count("q.s AS a, q.o AS b") == 2
