"""A few quads added or taken one way leave the same rows as many added or taken the other way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.namespaces import PROVENANCE_GRAPH
from kg.store import Store, Transaction
from kg.store.few import FEW, Row
from tests.drawing import examples

XSD = "http://www.w3.org/2001/XMLSchema#"
_COLUMNS = ("s", "p", "o", "odt", "olang", "g")
_STAGED = ", ".join(f"unnest(?::VARCHAR[]) AS {name}" for name in _COLUMNS)

literals = st.sampled_from(
    [
        ("x", XSD + "string", None),
        ("x", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "en"),
        ("1", XSD + "integer", None),
        ("1.50", XSD + "decimal", None),
        ("1.12345", XSD + "decimal", None),
        ("1.123456789", XSD + "decimal", None),
        ("1.12345678901", XSD + "decimal", None),
        ("1234567890123456789012345678.0000000001", XSD + "decimal", None),
        ("9876543210987654321098765432.10", XSD + "decimal", None),
        ("1e3", XSD + "double", None),
        ("no", XSD + "integer", None),
        ("true", XSD + "boolean", None),
        ("2026-01-01T00:00:00Z", XSD + "dateTime", None),
        ("2026-01-01T00:00:00", XSD + "dateTime", None),
        ("2026-01-01T00:00:00.1234567", XSD + "dateTime", None),
        ("2026-01-01", XSD + "date", None),
        ("x", "x:own", None),
    ]
)
names = st.sampled_from(["x:a", "x:b", "_:c"]).map(lambda text: (text, None, None))
rows = st.builds(
    lambda s, p, o, g: (s, p, *o, g),
    st.sampled_from(["x:a", "x:b", "_:c"]),
    st.sampled_from(["x:p", "x:q", "x:r"]),
    st.one_of(names, literals),
    st.sampled_from([None, "x:g", "x:h"]),
)
steps = st.lists(st.tuples(st.booleans(), st.lists(rows, min_size=1, max_size=4)), max_size=4)


@pytest.fixture(scope="module")
def stores() -> Iterator[tuple[Store, Store]]:
    with Store.open() as one, Store.open() as other:
        yield one, other


@settings(
    max_examples=examples(12, 60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(start=st.integers(0, 10**6), requested=steps)
def test_both_ways_leave_the_same_rows(
    stores: tuple[Store, Store], start: int, requested: list[tuple[bool, list[Row]]]
) -> None:
    fresh = [
        (insert, [(*row[:1], f"{row[1]}{start % 50}", *row[2:]) for row in quads])
        for insert, quads in requested
    ]
    few, many = stores
    with few.write() as tx, many.write() as other:
        counts = [
            (
                tx.insert_few(quads) if insert else tx.delete_few(quads),
                _staged(other, quads, insert),
            )  # type: ignore[arg-type]
            for insert, quads in fresh
        ]
        assert all(one == two for one, two in counts)
        changes = (tx.changes.inserted, tx.changes.deleted)
        assert changes == (other.changes.inserted, other.changes.deleted)
    assert _tables(few) == _tables(many)


def _staged(tx: Transaction, quads: Sequence[Row], insert: bool) -> int:
    columns = [list(column) for column in zip(*quads, strict=True)]
    tx.cursor.execute(f"CREATE TEMP TABLE _given AS SELECT {_STAGED}", columns)
    try:
        return tx.insert("_given") if insert else tx.delete("_given")
    finally:
        tx.cursor.execute("DROP TABLE temp._given")


def _tables(store: Store) -> list[list[tuple[object, ...]]]:
    """Return what the tables hold, terms by their texts, but for the graph of commits."""
    cursor = store.cursor()
    texts = "concat_ws('|', {0}.kind, {0}.lex, {0}.dt, {0}.lang, {0}.num, {0}.ts, {0}.tz)"
    s, p, o = (texts.format(alias) for alias in "spo")
    kept = f"WHERE g.lex IS DISTINCT FROM '{PROVENANCE_GRAPH}'"
    return [
        cursor.execute(query).fetchall()
        for query in (
            f"SELECT {s}, {p}, {o}, g.lex, q.k, q.num, q.dbl, q.ts, q.tz, q.born, q.died"
            " FROM quad AS q JOIN term AS s ON s.id = q.s JOIN term AS p ON p.id = q.p"
            f" JOIN term AS o ON o.id = q.o LEFT JOIN term AS g ON g.id = q.g {kept} ORDER BY ALL",
            "SELECT t.lex, dup, wide, kinds, digits FROM predicate JOIN term AS t ON t.id = p"
            " ORDER BY ALL",
            "SELECT iri FROM graph ORDER BY ALL",
            "SELECT count(*), count(DISTINCT (lex, dt, lang)) FROM term"
            f" WHERE lex NOT LIKE '{str(PROVENANCE_GRAPH).rpartition('/')[0]}%' AND NOT"
            " (dt LIKE '%dateTime' AND lex LIKE '%.%Z')",
        )
    ]


def test_what_is_not_few_takes_the_other_way() -> None:
    quads: list[Row] = [("x:s", "x:p", f"{n}", XSD + "integer", None, None) for n in range(FEW + 1)]
    with Store.open() as store:
        with store.write() as tx:
            assert _staged(tx, quads, insert=True) == FEW + 1
            assert tx.insert_few(quads[:FEW]) == 0
            assert tx.delete_few(quads[:FEW]) == FEW
            assert tx.insert_few(quads[:FEW]) == FEW
        row = (
            store.cursor().execute("SELECT count(*) FROM live WHERE born = 1 AND g = 0").fetchone()
        )
        assert row == (FEW + 1,)


def test_a_quad_that_lives_on_again_may_repeat_one_that_came_meanwhile() -> None:
    one: list[Row] = [("x:s", "x:p", "x:o", None, None, "x:g")]
    other: list[Row] = [("x:s", "x:p", "x:o", None, None, "x:h")]
    with Store.open() as store:
        with store.write() as tx:
            _staged(tx, one, insert=True)
        with store.write() as tx:
            assert [_staged(tx, one, insert=False), _staged(tx, other, insert=True)] == [1, 1]
            assert _staged(tx, one, insert=True) == 1
        noted = "SELECT dup FROM predicate WHERE p IN (SELECT id FROM term WHERE lex = 'x:p')"
        assert store.cursor().execute(noted).fetchall() == [(True,)]
