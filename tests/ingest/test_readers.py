"""Files become rows of text, or are refused with the file, the row and the column."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import SourceError
from kg.ingest.readers import SourceTable, read_table
from kg.ingest.texts import CELL_LIMIT
from kg.store import Store, Transaction

Rows = list[tuple[object, ...]]
Reader = Callable[..., tuple[SourceTable, Rows]]


@pytest.fixture
def tx(store: Store) -> Iterator[Transaction]:
    with store.write() as transaction:
        yield transaction
        transaction.rollback()


@pytest.fixture
def read(tx: Transaction, tmp_path: Path) -> Reader:
    def run(name: str, content: bytes) -> tuple[SourceTable, Rows]:
        path = tmp_path / name
        path.write_bytes(content)
        return _read(tx, path)

    return run


def _read(tx: Transaction, path: Path) -> tuple[SourceTable, Rows]:
    tx.cursor.execute("DROP TABLE IF EXISTS temp.rows")
    table = read_table(tx.cursor, path, "rows")
    return table, tx.cursor.execute("SELECT * FROM temp.rows ORDER BY _row").fetchall()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"x,y\n1,2\n"),
        ("a.csv", b"x;y\n1;2\n"),
        ("a.csv", b"x\ty\n1\t2\n"),
        ("a.tsv", b"x\ty\r\n1\t2\r\n"),
        ("a.csv", b"\xef\xbb\xbfx,y\n1,2"),
        ("a.csv", b'"x","y"\n"1","2"\n'),
        ("a.csv", b"x,y\r1,2\r"),
        ("a.csv.gz", gzip.compress(b"x,y\n1,2\n", mtime=0)),
        ("a.csv.gz", gzip.compress(b"x,y\n", mtime=0) + gzip.compress(b"1,2\n", mtime=0)),
        ("a.CSV", b"x,y\n1,2\n\n\n"),
    ],
)
def test_text_tables_of_every_form_are_read(read: Reader, name: str, content: bytes) -> None:
    table, rows = read(name, content)
    assert table.columns == ("x", "y")
    assert rows == [(2, "1", "2")]


def test_empty_cells_are_missing_and_spaces_are_kept(read: Reader) -> None:
    assert read("a.csv", b'x,y,z\n, a ,""\n')[1] == [(2, None, " a ", None)]


def test_row_numbers_count_records_not_lines(read: Reader) -> None:
    assert read("a.csv", b'x,y\n"a\nb\nc",1\nd,2\n')[1] == [(2, "a\nb\nc", "1"), (3, "d", "2")]


def test_row_numbers_count_blank_lines(read: Reader) -> None:
    assert read("a.csv", b"x,y\n1,2\n\n\n3,4\n")[1] == [(2, "1", "2"), (5, "3", "4")]


def test_mixed_line_ends_are_read(read: Reader) -> None:
    assert read("a.csv", b"x,y\r\n1,2\n3,4\r\n")[1] == [(2, "1", "2"), (3, "3", "4")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_breaks_in_cells_do_not_hide_the_end_of_records(read: Reader, end: str) -> None:
    cells = ["\r\r", "\n", "\r\n", "a\rb\n"]
    text = end.join(['"x\n1",y', *(f'{n},"{cell}"' for n, cell in enumerate(cells))])
    assert read("a.csv", text.encode())[1] == [
        (n + 2, str(n), cell) for n, cell in enumerate(cells)
    ]


def test_row_of_many_long_cells_is_refused(read: Reader) -> None:
    cells = ",".join(["a" * CELL_LIMIT] * 5)
    with pytest.raises(SourceError, match="1 rows are longer than 4 MB"):
        read("a.csv", f"a,b,c,d,e\n{cells}\n".encode())


def test_cell_of_just_the_limit_is_read(read: Reader) -> None:
    rows = read("a.csv", b"x,y\n1," + b"a" * CELL_LIMIT + b"\n")[1]
    assert len(str(rows[0][2])) == CELL_LIMIT


def test_spreadsheet_cells_become_iso_texts(tx: Transaction, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["key", "day", "time", "number", "share", "flag"])
    sheet.append(["é", date(2024, 5, 1), datetime(2024, 5, 1, 10, 30), 3, 2.5, True])
    sheet.append([])
    sheet.append(["z", None, None, None, None, False])
    book.create_sheet("Other")
    book.save(tmp_path / "a.xlsx")
    table, rows = _read(tx, tmp_path / "a.xlsx")
    assert table.columns == ("key", "day", "time", "number", "share", "flag")
    assert rows == [
        (2, "é", "2024-05-01", "2024-05-01T10:30:00", "3", "2.5", "true"),
        (3, None, None, None, None, None, None),
        (4, "z", None, None, None, None, "false"),
    ]
    assert table.notices == ("Sheet 'Sheet' was read; 'Other' not.",)


def test_parquet_values_become_texts(tx: Transaction, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    _write_parquet(
        path,
        "SELECT 'k' AS x, 1.50::DECIMAL(5, 2) AS n, DATE '2024-01-02' AS d,"
        " TIMESTAMP '2024-01-02 03:04:05' AS t, NULL::INTEGER AS z",
    )
    table, rows = _read(tx, path)
    assert table.columns == ("x", "n", "d", "t", "z")
    assert rows == [(1, "k", "1.50", "2024-01-02", "2024-01-02T03:04:05", None)]


def _write_parquet(path: Path, query: str) -> None:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}'")


def test_times_in_parquet_are_iso_texts(tx: Transaction, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    _write_parquet(
        path,
        "SELECT TIMESTAMPTZ '2024-01-02 03:04:05+02' AS zoned,"
        " TIMESTAMP_S '2024-01-02 03:04:05' AS seconds, TIME '03:04:05' AS clock",
    )
    assert _read(tx, path)[1] == [
        (1, "2024-01-02T01:04:05.000Z", "2024-01-02T03:04:05", "03:04:05")
    ]


def test_name_of_a_file_is_no_pattern(tx: Transaction, tmp_path: Path) -> None:
    (tmp_path / "ab.csv").write_text("x\n1\n")
    (tmp_path / "a[b]*.csv").write_text("x\n2\n")
    table, rows = _read(tx, tmp_path / "a[b]*.csv")
    assert (table.name, rows) == ("a[b]*.csv", [(2, "2")])


def test_json_lines_have_the_columns_of_all_their_keys(read: Reader) -> None:
    table, rows = read("a.jsonl", b'{"a": 1, "b": "x"}\n{"c d": true, "a": null}\n')
    assert table.columns == ("a", "b", "c d")
    assert rows == [(1, "1", "x", None), (2, None, None, "true")]


PACKED = gzip.compress(b"x,y\n" + b"".join(b"%d,%d\n" % (i, i * 7) for i in range(9999)), mtime=0)

REFUSED: list[tuple[str, bytes, int | None, str | None, str]] = [
    ("a.xyz", b"1", None, None, "ending '.xyz'"),
    ("a", b"1", None, None, "ending ''"),
    ("a.csv", b"PK\x03\x04rest", None, None, "XLSX workbook"),
    ("a.csv", b"PAR1rest", None, None, "Parquet"),
    ("a.csv", PACKED, None, None, "gzip data"),
    ("a.xlsx", b"x,y\n1,2\n", None, None, "ending '.xlsx'"),
    ("a.xlsx", b"PK\x03\x04broken", None, None, "cannot be unpacked"),
    ("a.xlsx", b"\xd0\xcf\x11\xe0old", None, None, "save it as .xlsx"),
    ("a.parquet", b"PAR1broken", None, None, "cannot be read as parquet"),
    ("a.csv.gz", b"x,y\n1,2\n", None, None, "ending '.csv.gz'"),
    ("a.csv.gz", PACKED[:-200], None, None, "damaged"),
    ("a.csv.gz", gzip.compress(b"", mtime=0), None, None, "empty"),
    ("a.csv", b"", None, None, "empty"),
    ("a.csv", b",,\n1,2,3\n", 1, None, "row 1 is blank"),
    ("a.csv", b"x,y,x\n1,2,3\n", 1, "x", "columns 1 and 3"),
    ("a.csv", b"x,y\n1,2\n1,2,3\n", 3, None, "3 cells, but the header has 2"),
    ("a.csv", b'x,y\n"a\nb",2\n1\n', 3, None, "1 cells, but the header has 2"),
    ("a.csv", b"x,y\n\n1\n", 3, None, "1 cells"),
    ("a.csv", b'x,y\n1,"2\n', 2, None, "cannot be read"),
    ("a.csv", b'x,y\n1,"2"3\n', 2, None, "cannot be read"),
    ("a.csv", b"x,y\n\xc3\xa9,2\nca,caf\xe9\n", 3, None, "byte 16 of the file (0xE9)"),
    ("a.csv", b"x,y\n1,\0\n", 2, None, "byte 7 of the file is NUL"),
    ("a.csv", b",".join(b"c%d" % i for i in range(5000)) + b"\n", 1, None, "5000 columns"),
    ("a.csv", b"x,y\n1,2\n1," + b"a" * (CELL_LIMIT + 1) + b"\n", 3, "y", "longer than 1 MB"),
    ("a.csv", b"x,y\n1," + b"a" * (5 * CELL_LIMIT) + b"\n", 2, "y", "longer than 1 MB"),
    ("a.jsonl", b'{"a": 1\n', 1, None, "row 1 cannot be read as JSON"),
]


@pytest.mark.parametrize(
    ("name", "content", "row", "column", "text"),
    REFUSED,
    ids=[f"{number}-{case[4]}" for number, case in enumerate(REFUSED)],
)
def test_bad_file_is_refused_with_its_place(
    read: Reader, name: str, content: bytes, row: int | None, column: str | None, text: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(name, content)
    assert text in str(caught.value)
    assert (caught.value.file, caught.value.row, caught.value.column) == (name, row, column)


def test_missing_file_is_refused(tx: Transaction, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        _read(tx, tmp_path / "none.csv")


def test_refused_file_leaves_the_transaction_usable(read: Reader, tx: Transaction) -> None:
    with pytest.raises(SourceError):
        read("a.csv", b"x,y\n1,2,3\n")
    assert read("b.csv", b"x,y\n1,2\n")[1] == [(2, "1", "2")]


CELL = st.text(alphabet="ab\",;\n\r\té😀\\ '\u2028", max_size=8)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6))
def test_cells_with_any_characters_arrive_unchanged(
    tx: Transaction, tmp_path: Path, rows: list[tuple[str, str, str]]
) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    (tmp_path / "a.csv").write_text("x,y,z\n" + "\n".join(quoted), encoding="utf-8", newline="")
    _, read_rows = _read(tx, tmp_path / "a.csv")
    assert read_rows == [
        (number, *(cell or None for cell in row)) for number, row in enumerate(rows, start=2)
    ]
