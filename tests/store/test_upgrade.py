"""A store that an earlier version wrote is brought up to date where it is, and loses nothing."""

from __future__ import annotations

from pathlib import Path

from rdflib import Graph

from kg.ingest import ImportOptions, list_imports, run_import, undo_import
from kg.shacl import load_shapes
from kg.sparql.update import update
from kg.store import Store
from kg.store.property_steps import Worth
from kg.store.upkeep import build

VERSION_3 = """
CREATE TABLE old_run (
    id VARCHAR NOT NULL, number BIGINT NOT NULL, at_time TIMESTAMP NOT NULL,
    agent VARCHAR NOT NULL, source VARCHAR NOT NULL, report VARCHAR NOT NULL, undone BIGINT
);
INSERT INTO old_run SELECT id, number, at_time, agent, source, report, undone FROM import_run;
DROP TABLE import_run;
ALTER TABLE old_run RENAME TO import_run;
ALTER TABLE restated RENAME COLUMN turn TO number;
DROP TABLE quarantine_file;
DROP TABLE quarantine_row;
DROP TABLE quarantine_node;
DROP TABLE word;
DROP TABLE property_column;
UPDATE setting SET value = '3' WHERE name = 'version';
"""
"""What turns the tables of this version back into those of version 3."""

COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() ORDER BY 1, 2"
)


def columns(store: Store) -> list[tuple[object, ...]]:
    """Return every column of the store's tables."""
    return store.cursor().execute(COLUMNS).fetchall()


def test_a_property_table_of_version_6_is_built_anew(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    data = ":p :line :l ; :day 1 ; :at :q . :l :of :x ; :number 1 ."
    with Store.open(path) as store:
        update(store, f"PREFIX : <urn:x:> INSERT DATA {{ {data} }}")
        build(store, Worth(quads=1))
        wanted = columns(store)
        store.cursor().execute("ALTER TABLE property_column DROP COLUMN via")
        store.cursor().execute("UPDATE setting SET value = '6' WHERE name = 'version'")
    with Store.open(path) as store:
        assert columns(store) == wanted
        assert store.property_table is not None
        assert not store.property_table.complete
        assert build(store, Worth(quads=1))
        assert store.property_table.complete


def test_a_store_of_version_3_is_brought_up_to_date(tmp_path: Path) -> None:
    shapes = load_shapes(Graph())
    path, file = tmp_path / "old.duckdb", tmp_path / "parties.csv"
    runs = []
    with Store.open(path) as store:
        wanted = columns(store)
        for name in ("Ana", "Anne"):
            file.write_text(f"key,kind,name\nP1,person,{name}\n")
            runs.append(run_import(store, [file], ImportOptions(shapes=shapes)))
        store.cursor().execute(VERSION_3)
        assert columns(store) != wanted
    with Store.open(path) as store:
        assert columns(store) == wanted
        listed = list_imports(store)
        assert [(one.id, one.commit) for one in listed] == [(runs[1].id, 2), (runs[0].id, 1)]
        again = run_import(store, [file], ImportOptions(shapes=shapes))
        assert (again.status, len(list_imports(store))) == ("unchanged", 3)
        assert undo_import(store, runs[0].id, shapes=shapes).quads_removed == 0
