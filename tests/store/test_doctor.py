"""The checks of the store find each kind of damage, and nothing in a store that is whole."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from kg.store import Store
from kg.store.compaction import compact
from kg.store.doctor import examine

XSD = "http://www.w3.org/2001/XMLSchema#"


def made(path: Path) -> None:
    """Make a store with a few commits, with a quad that was removed and came back."""
    days = [("2025-01-31", f"{XSD}date"), ("7", f"{XSD}integer"), ("7.25", f"{XSD}decimal")]
    quads = [("ex:a", f"ex:p{i}", lex, dt, None, "ex:g") for i, (lex, dt) in enumerate(days)]
    quads.append(("ex:b", "ex:knows", "ex:a", None, None, None))
    with Store.open(path) as store:
        with store.write() as tx:
            tx.insert_few(quads)
        with store.write() as tx:
            tx.delete_few(quads[:2])
        with store.write() as tx:
            tx.insert_few([*quads[:1], ("ex:b", "ex:knows", "ex:a", None, None, "ex:h")])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("doctor") / "whole.duckdb"
    made(path)
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "store.duckdb"
    copy.write_bytes(whole.read_bytes())
    return copy


def broken(path: Path) -> set[str]:
    """Return the names of the checks that fail."""
    with Store.open(path) as store:
        return {name for name, found in examine(store.cursor()) if found}


def damage(path: Path, sql: str) -> None:
    with duckdb.connect(path) as connection:
        connection.execute(sql)


def test_a_store_without_damage_passes_every_check(path: Path) -> None:
    assert broken(path) == set()


def test_a_clock_that_goes_back_does_not_put_commits_out_of_order(path: Path) -> None:
    damage(path, "UPDATE \"commit\" SET at_time = '2999-01-01' WHERE number = 3")
    with Store.open(path) as store, store.write() as tx:
        tx.insert_few([("ex:c", "ex:knows", "ex:a", None, None, None)])
    assert broken(path) == set()


@pytest.mark.parametrize(
    ("check", "sql"),
    [
        ("version", "INSERT INTO setting VALUES ('version', '1')"),
        ("settings", "DELETE FROM setting WHERE name = 'iri_secret'"),
        ("settings", "INSERT INTO setting VALUES ('x', '1'), ('x', '2')"),
        ("commits", 'DELETE FROM "commit" WHERE number = 2'),
        ("commits", 'INSERT INTO "commit" SELECT * FROM "commit" WHERE number = 2'),
        ("commit times", "UPDATE \"commit\" SET at_time = '2000-01-01' WHERE number = 3"),
        ("term ids", "UPDATE term SET id = 1 WHERE id = 2"),
        ("terms", "INSERT INTO term SELECT * REPLACE (999 AS id) FROM term WHERE id = 3"),
        ("typed values", "UPDATE term SET num = 8 WHERE lex = '7'"),
        ("typed values", "UPDATE term SET h = 8 WHERE lex = '7'"),
        ("dictionary", "DELETE FROM term WHERE lex = 'ex:knows'"),
        ("positions", "UPDATE quad SET s = (SELECT id FROM term WHERE lex = '7') WHERE s = 1"),
        ("repeated values", "UPDATE quad SET num = 8 WHERE k = 6"),
        ("lives", "INSERT INTO quad SELECT * FROM quad WHERE died IS NULL LIMIT 1"),
        ("lives", "UPDATE quad SET died = NULL"),
        ("history", "UPDATE quad SET born = 77 WHERE died IS NULL"),
        ("history", "UPDATE quad SET died = born WHERE died IS NOT NULL"),
        ("notes on predicates", "UPDATE predicate SET kinds = 0"),
        ("notes on predicates", "UPDATE predicate SET dup = false"),
        ("notes on predicates", "DELETE FROM predicate"),
        ("names of graphs", "DELETE FROM graph WHERE iri = 'ex:h'"),
        (
            "imports",
            "INSERT INTO import_run VALUES ('i', 9, now()::TIMESTAMP, 'a', 's', '{}', NULL, 9)",
        ),
        (
            "origins",
            "UPDATE quad SET origin = 5::BIGINT << 40 WHERE born = 1; INSERT INTO import_run VALUES"
            " ('i', 1, now()::TIMESTAMP, 'a', 's', '{\"files\": [{}]}', NULL, 1)",
        ),
        ("restatements", "INSERT INTO restated VALUES (999, 1)"),
        ("quarantine", "INSERT INTO quarantine_node VALUES ('i', 0, 2, 'ex:a', true)"),
    ],
)
def test_damage_is_found_by_its_check(path: Path, check: str, sql: str) -> None:
    damage(path, sql)
    assert check in broken(path)


def test_compaction_mends_what_is_built_from_quads(path: Path) -> None:
    damage(path, "UPDATE predicate SET kinds = 0, dup = false; DELETE FROM graph")
    assert broken(path) == {"notes on predicates", "names of graphs"}
    compact(path)
    assert broken(path) == set()
