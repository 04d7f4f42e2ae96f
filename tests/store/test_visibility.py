"""Graphs hidden by rules: what a cursor reaches, of graphs old and new."""

import shutil
from pathlib import Path

import pytest

from kg.store import Cursor, EngineError, Store, hidden_ids, state_of, view_of
from kg.store.lookup_building import build
from kg.store.rdf import load_bytes
from kg.store.visibility import narrow, rewind, seeing_only

RULES = ("x:secret", "x:personal/*")
DATA = b"""
<x:open> { <x:a> <x:p> 1 } <x:secret> { <x:a> <x:p> 2 } <x:secret/not> { <x:a> <x:p> 3 }
<x:personal/one> { <x:a> <x:p> 4 } <x:personal> { <x:a> <x:p> 5 } { <x:a> <x:p> 6 }
"""


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path):
    # The engine names the database of a file after it.
    path = tmp_path / 'a "store" of.duckdb' if request.param == "file" else None
    with Store.open(path) as store:
        with store.write() as tx:
            load_bytes(tx, DATA, format="trig")
        yield store


def objects(cursor: Cursor, table: str = "live") -> list[str]:
    rows = cursor.execute(
        f"SELECT o.lex FROM {table} JOIN term AS p ON p.id = p JOIN term AS o ON o.id = o"
        " WHERE p.lex = 'x:p' ORDER BY 1"
    )
    return [row[0] for row in rows.fetchall()]


def test_rules_hide_a_graph_or_all_that_start_alike(store: Store) -> None:
    cursor = store.cursor()
    names = dict(cursor.execute("SELECT g, iri FROM graph").fetchall())
    hidden = {names[graph] for graph in hidden_ids(cursor, RULES)}
    assert hidden == {"x:secret", "x:personal/one"}
    assert hidden_ids(cursor, ()) == ()
    assert hidden_ids(cursor, ["x:sec%", "x:'; DROP TABLE quad; --", "'*"]) == ()


def test_hidden_graphs_are_out_of_reach_of_a_cursor(store: Store) -> None:
    cursor = store.cursor(RULES)
    assert objects(cursor) == objects(cursor, "quad") == ["1", "3", "5", "6"]
    names = {row[0] for row in cursor.execute("SELECT iri FROM graph").fetchall()}
    assert not names & {"x:secret", "x:personal/one"}
    assert objects(store.cursor()) == ["1", "2", "3", "4", "5", "6"]


def test_a_rule_holds_for_graphs_made_later(store: Store) -> None:
    cursor = store.cursor(RULES)
    with store.write() as tx:
        load_bytes(
            tx, b"<x:personal/two> { <x:a> <x:p> 7, 1 } <x:new> { <x:a> <x:p> 8 }", format="trig"
        )
        assert len(hidden_ids(tx.cursor, RULES)) == 3
    assert objects(cursor) == ["1", "3", "5", "6", "8"]
    assert len(hidden_ids(store.cursor(), RULES)) == 3


def test_a_cursor_with_hidden_graphs_cannot_write_quads(store: Store) -> None:
    with pytest.raises(EngineError, match="base table"):
        store.cursor(RULES).execute("DELETE FROM quad")


def test_a_graph_is_named_once(store: Store) -> None:
    with store.write() as tx:
        load_bytes(tx, b"<x:open> { <x:b> <x:p> 9 } { <x:b> <x:p> 9 }", format="trig")
    rows = store.cursor().execute("SELECT iri, count(*) FROM graph GROUP BY iri").fetchall()
    assert set(rows) == {
        *(
            (f"x:{name}", 1)
            for name in ("open", "secret", "secret/not", "personal/one", "personal")
        ),
        ("https://w3id.org/clientgraph/graph/provenance", 1),
    }


def test_a_store_of_version_1_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with Store.open(path) as store, store.write() as tx:
        load_bytes(tx, DATA, format="trig")
    with Store.open(path) as store:
        wanted = store.cursor().execute("SELECT * FROM graph ORDER BY g").fetchall()
        store.cursor().execute(
            "DROP TABLE graph; DROP TABLE token; DROP TABLE restated; DROP VIEW live;"
            " DROP TABLE word; DROP TABLE property_column"
        )
        store.cursor().execute("ALTER TABLE quad DROP COLUMN origin")
        store.cursor().execute("CREATE VIEW live AS SELECT * FROM quad WHERE died IS NULL")
        store.cursor().execute("ALTER TABLE import_run DROP COLUMN undone")
        store.cursor().execute("ALTER TABLE import_run DROP COLUMN turn")
        for name in ("file", "row", "node"):
            store.cursor().execute(f"DROP TABLE quarantine_{name}")
        store.cursor().execute("DELETE FROM setting WHERE name = 'session_secret'")
        store.cursor().execute("UPDATE setting SET value = '1' WHERE name = 'version'")
    with Store.open(path) as store:
        assert store.cursor().execute("SELECT * FROM graph ORDER BY g").fetchall() == wanted
        assert objects(store.cursor(RULES)) == ["1", "3", "5", "6"]
        with store.write() as tx:
            assert load_bytes(tx, DATA, format="trig") == 0


def assert_shown(store: Store, cursor: Cursor) -> None:
    """Check that the look-up index shows a cursor what its statements find."""
    view = view_of(cursor, state_of(cursor))
    assert view is not None
    rows = cursor.execute("SELECT DISTINCT s, p, o FROM live").fetchall()
    nodes = range(store.cursor().execute("SELECT max(id) + 2 FROM term").fetchall()[0][0])
    assert {(s, p, o) for s in nodes for p, o in view.edges(s, 0)} == set(rows)


def test_the_look_up_index_shows_what_is_within_reach(store: Store) -> None:
    build(store)
    for rules in ((), RULES, ("x:*",), ("https://*", "x:open"), ("*",)):
        assert_shown(store, store.cursor(rules))
    narrow(one := store.cursor(), 0)
    assert_shown(store, one)
    with store.write() as tx:
        load_bytes(tx, b"<x:personal/two> { <x:a> <x:p> 7 }", format="trig")
    for rules in ((), RULES):
        assert_shown(store, store.cursor(rules))


def test_the_look_up_index_shows_nothing_of_other_states(store: Store) -> None:
    build(store)
    seen = store.cursor(RULES)
    with seeing_only(seen, "s <> 0"):
        assert view_of(seen, state_of(seen)) is None
    assert_shown(store, seen)
    rewind(seen, 0)
    assert view_of(seen, state_of(seen)) is None
    earlier = store.cursor()
    earlier.begin()
    before = state_of(earlier)
    with store.write() as tx:
        load_bytes(tx, b"<x:b> <x:p> 7 .", format="turtle")
    assert view_of(earlier, before) is None
    assert_shown(store, store.cursor())


def test_copies_of_a_store_are_told_apart(tmp_path: Path) -> None:
    one, other = (tmp_path / f"{name}.duckdb" for name in ("one", "other"))
    with Store.open(one) as store, store.write() as tx:
        load_bytes(tx, DATA, format="trig")
    shutil.copy(one, other)
    with Store.open(one) as first, Store.open(other) as second:
        build(first)
        cursors = first.cursor(), second.cursor()
        states = [state_of(cursor) for cursor in cursors]
        assert states[0] != states[1]
        assert [bool(view_of(*pair)) for pair in zip(cursors, states, strict=True)] == [True, False]
