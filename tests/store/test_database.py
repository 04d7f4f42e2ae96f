from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kg.errors import StoreFormatError, StoreLockedError
from kg.namespaces import PROVENANCE_GRAPH
from kg.store import EngineError, Kind, Store, lookup, type_terms
from kg.store.terms import TermKey, decode

XSD = "http://www.w3.org/2001/XMLSchema#"


def staged(*rows: tuple[str, str, str, str | None, str | None, str | None]) -> str:
    """Return a SELECT of quads from texts without quotes."""

    def cell(value: str | None) -> str:
        return "NULL" if value is None else f"'{value}'"

    values = ", ".join("(" + ", ".join(cell(v) for v in row) + ")" for row in rows)
    return f"SELECT * FROM (VALUES {values}) AS v(s, p, o, odt, olang, g)"


ONE = ("ex:a", "ex:p", "01.50", XSD + "decimal", None, "ex:g")
TWO = ("ex:a", "ex:q", "ex:b", None, None, "ex:g")


@pytest.fixture
def store() -> Store:
    return Store.open()


def live(store: Store) -> int:
    row = (
        store.cursor()
        .execute(
            "SELECT count(*) FROM live WHERE g NOT IN (SELECT id FROM term WHERE lex = ?)",
            [str(PROVENANCE_GRAPH)],
        )
        .fetchone()
    )
    assert row
    return int(row[0])


def fail_while_writing(store: Store) -> None:
    with store.write() as tx:
        tx.insert(staged(ONE))
        _ = 1 / 0


def test_a_graph_that_is_not_there_has_nothing_to_delete(store: Store) -> None:
    unnamed = (*ONE[:5], None)
    with store.write() as tx:
        tx.insert(staged(unnamed))
    with store.write() as tx:
        assert tx.delete(staged((*ONE[:5], "ex:never"))) == 0
    assert live(store) == 1


def test_a_quad_is_inserted_once(store: Store) -> None:
    with store.write() as tx:
        assert tx.insert(staged(ONE, ONE, TWO)) == 2
    with store.write() as tx:
        assert tx.insert(staged(ONE)) == 0
    assert live(store) == 2


def test_lexical_forms_are_kept_beside_values(store: Store) -> None:
    with store.write() as tx:
        tx.insert(staged(ONE))
    row = store.cursor().execute("SELECT lex, num, dbl FROM term WHERE kind = 7").fetchone()
    assert row is not None
    assert (row[0], float(row[1]), row[2]) == ("01.50", 1.5, 1.5)


def test_rollback_leaves_nothing(store: Store) -> None:
    terms = "SELECT count(*) FROM term"
    before = store.cursor().execute(terms).fetchone()
    with store.write() as tx:
        tx.insert(staged(ONE))
        tx.rollback()
    with pytest.raises(ZeroDivisionError):
        fail_while_writing(store)
    assert (live(store), store.head) == (0, 0)
    assert store.cursor().execute(terms).fetchone() == before


def test_readers_keep_their_snapshot(store: Store) -> None:
    with store.write() as tx:
        tx.insert(staged(ONE))
    reader = store.cursor()
    reader.begin()
    reader.execute("SELECT count(*) FROM live WHERE k = 2").fetchone()
    with store.write() as tx:
        tx.insert(staged(TWO))
    assert reader.execute('SELECT max(number) FROM "commit"').fetchone() == (1,)
    reader.rollback()
    assert reader.execute('SELECT max(number) FROM "commit"').fetchone() == (2,)


def test_history_tells_what_was_live_at_a_commit(store: Store) -> None:
    with store.write() as tx:
        tx.insert(staged(ONE, TWO))
    with store.write() as tx:
        assert tx.delete(staged(ONE)) == 1
        assert tx.delete(staged(ONE)) == 0
    as_of_one = "SELECT count(*) FROM quad WHERE k = 7 AND born <= 1 AND (died IS NULL OR died > 1)"
    assert store.cursor().execute(as_of_one).fetchone() == (1,)
    assert store.cursor().execute("SELECT count(*) FROM live WHERE k = 7").fetchone() == (0,)


def test_what_a_transaction_adds_and_removes_leaves_no_trace(store: Store) -> None:
    with store.write() as tx:
        tx.insert(staged(ONE))
        tx.delete(staged(ONE))
    assert store.cursor().execute("SELECT count(*) FROM quad WHERE k = 7").fetchone() == (0,)


def test_statistics_note_repeats_kinds_and_wide_values(store: Store) -> None:
    wide = ("ex:a", "ex:p", "1." + "1" * 12, XSD + "decimal", None, "ex:g")
    with store.write() as tx:
        tx.insert(staged(ONE, TWO))
        tx.insert(staged((*ONE[:5], "ex:h")))
        tx.insert(staged(wide))
    rows = (
        store.cursor()
        .execute(
            "SELECT t.lex, dup, wide, kinds FROM predicate JOIN term AS t ON t.id = p"
            " WHERE t.lex LIKE 'ex:%' ORDER BY t.lex"
        )
        .fetchall()
    )
    assert rows == [
        ("ex:p", True, True, 1 << Kind.DECIMAL),
        ("ex:q", False, False, 1 << Kind.IRI),
    ]


def test_terms_are_found_by_their_whole_key(store: Store) -> None:
    with store.write() as tx:
        tx.insert(staged(ONE, TWO))
    keys: list[TermKey] = [
        ("01.50", XSD + "decimal", None),
        ("01.50", XSD + "string", None),
        ("ex:b", None, None),
    ]
    found = lookup(store.cursor(), keys)
    assert [term is None for term in found] == [False, True, False]


def test_term_lookup_uses_the_index(store: Store) -> None:
    with store.write() as tx:
        tx.insert(
            "SELECT 'ex:' || i AS s, 'ex:p' AS p, 'ex:o' || i AS o, NULL::VARCHAR AS odt,"
            " NULL::VARCHAR AS olang, 'ex:g' AS g FROM range(5000) AS r(i)"
        )
    plan = (
        store.cursor()
        .execute(
            "EXPLAIN ANALYZE SELECT id FROM term WHERE h IN (md5_number_lower('ex:77')::UBIGINT)"
        )
        .fetchall()
    )
    assert "Index Scan" in str(plan)


LITERALS = [
    ("5", "integer", Kind.INTEGER),
    ("5.0", "integer", Kind.ILL),
    ("300", "byte", Kind.ILL),
    ("-1", "nonNegativeInteger", Kind.ILL),
    ("9" * 40, "integer", Kind.INTEGER),
    ("1e3", "decimal", Kind.ILL),
    ("1e3", "double", Kind.DOUBLE),
    ("INF", "float", Kind.FLOAT),
    ("inf", "double", Kind.ILL),
    ("2024-02-29", "date", Kind.DATE),
    ("2025-02-29", "date", Kind.ILL),
    ("2025-01-01T24:00:00", "dateTime", Kind.DATETIME),
    ("2025-01-01T10:00:00+14:30", "dateTime", Kind.ILL),
    ("25:00:00", "time", Kind.ILL),
    ("2025-13", "gYearMonth", Kind.ILL),
    ("2025", "gYear", Kind.YEAR),
    ("yes", "boolean", Kind.ILL),
    ("x", "anyURI", Kind.OTHER),
]


@pytest.mark.parametrize(("lex", "datatype", "kind"), LITERALS)
def test_lexical_forms_are_judged_by_their_datatype(
    store: Store, lex: str, datatype: str, kind: Kind
) -> None:
    alone = type_terms(store.cursor(), [(lex, XSD + datatype, None)])[0]
    beside = type_terms(store.cursor(), [(lex, XSD + datatype, None), ("a", None, None)])[0]
    assert (alone.kind, alone) == (kind, beside)


def test_times_are_kept_in_utc_with_their_zone(store: Store) -> None:
    term = type_terms(store.cursor(), [("2025-01-01T10:00:00+02:00", XSD + "dateTime", None)])[0]
    assert (str(term.ts), term.tz) == ("2025-01-01 08:00:00", 120)


def test_a_commit_is_described_in_the_provenance_graph(store: Store) -> None:
    with store.write(agent="someone", activity="import", note="first") as tx:
        tx.insert(staged(ONE))
    row = (
        store.cursor()
        .execute(
            "SELECT count(*) FROM live WHERE g IN (SELECT id FROM term WHERE lex = ?)",
            [str(PROVENANCE_GRAPH)],
        )
        .fetchone()
    )
    assert row == (6,)


def test_nothing_reads_files_once_the_store_is_open(store: Store) -> None:
    for statement in (
        "SELECT * FROM read_text('pyproject.toml')",
        "ATTACH 'x.db'",
        "SET enable_external_access = true",
    ):
        with pytest.raises(EngineError):
            store.cursor().execute(statement)


def test_a_file_of_another_process_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    program = (
        "import sys\nfrom pathlib import Path\nfrom kg.store import Store\n"
        "store = Store.open(Path(sys.argv[1]))\nprint('open', flush=True)\nsys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreLockedError, match="--url"):
            Store.open(path)
    finally:
        holder.communicate()


@pytest.mark.parametrize("content", [b"not a database", b"", b"\x00" * 4096])
def test_a_file_that_is_no_store_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.duckdb"
    path.write_bytes(content)
    with pytest.raises(StoreFormatError):
        Store.open(path)


def test_a_reopened_store_has_its_data(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "store.duckdb"
    with Store.open(path) as store, store.write() as tx:
        tx.insert(staged(ONE, TWO))
    with Store.open(path) as store:
        assert (live(store), store.head) == (2, 1)


def test_a_file_is_opened_once(tmp_path: Path) -> None:
    path = tmp_path / "it's a store.duckdb"
    with Store.open(path), pytest.raises(StoreLockedError, match="in use"):
        Store.open(path)
    with Store.open(path) as store:
        assert store.head == 0


def test_scans_may_leave_small_parts_of_a_table_out(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.duckdb") as store:
        with store.write() as tx:
            tx.insert(
                "SELECT 'ex:s' || i AS s, 'ex:p' AS p, i::VARCHAR AS o, "
                f"'{XSD}integer' AS odt, NULL::VARCHAR AS olang, 'ex:g' AS g FROM range(50000) t(i)"
            )
        store.checkpoint()
        parts = store.cursor().execute(
            "SELECT max(count) FROM pragma_storage_info('quad') GROUP BY row_group_id"
        )
        assert max(row[0] for row in parts.fetchall()) <= 20_480


def test_terms_are_decoded_by_ranges_or_by_a_join(store: Store) -> None:
    with store.write() as tx:
        tx.insert(
            "SELECT 'ex:s' || i AS s, 'ex:p' AS p, i::VARCHAR AS o, "
            f"'{XSD}integer' AS odt, NULL::VARCHAR AS olang, 'ex:g' AS g FROM range(3000) t(i)"
        )
    cursor = store.cursor()
    terms = dict(cursor.execute("SELECT id, lex FROM term").fetchall())
    for ids in ([], [7], [7, 8, 70], [1, 1000], [1, 2, 1000, 1001], [1, 1000, 2000], [5, 10**9]):
        found = decode(cursor, ids)
        assert {number: term[1] for number, term in found.items()} == {
            number: terms[number] for number in ids if number in terms
        }


def test_closing_waits_for_a_thread_that_is_still_reading():
    store = Store.open(None)
    cursor = store.cursor()
    counted = []

    def count():
        statement = "SELECT count(*) FROM range(20000) a(i), range(4000) b(j) WHERE i * j % 7 = 1"
        counted.extend(cursor.execute(statement).fetchall())

    reading = threading.Thread(target=count)
    reading.start()
    time.sleep(0.1)
    store.close()
    reading.join()
    assert len(counted) == 1
