"""Tables whose encoding, separator, header or sheet is found out; JSON; and traps."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import Importer, values
from python_calamine import CalamineWorkbook

from kg.errors import RdfSyntaxError, SourceError
from kg.ingest.layout import Layout
from kg.ingest.readers import SourceTable, read_table, sheets_of
from kg.store import Store, Transaction
from kg.store.documents import unpacked

Rows = list[tuple[object, ...]]
Reader = Callable[..., tuple[SourceTable, Rows]]
NAMES = {"key", "kind", "name"}
BY_NAME = Layout(lambda cells: len(NAMES & set(cells)))


@pytest.fixture
def tx(store: Store) -> Iterator[Transaction]:
    with store.write() as transaction:
        yield transaction
        transaction.rollback()


@pytest.fixture
def read(tx: Transaction, tmp_path: Path) -> Reader:
    def run(name: str, content: bytes, layout: Layout = BY_NAME) -> tuple[SourceTable, Rows]:
        path = tmp_path / name
        path.write_bytes(content)
        tx.cursor.execute("DROP TABLE IF EXISTS temp.rows")
        table = read_table(tx.cursor, path, "rows", layout)
        return table, tx.cursor.execute("SELECT * FROM temp.rows ORDER BY _row").fetchall()

    return run


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850", "utf-16", "utf-8-sig"])
def test_encoding_is_found_and_told(read: Reader, encoding: str) -> None:
    text = "key;name\nA;Lefèvre François\nB;Élodie Müller à Orléans\n"
    table, rows = read("a.csv", text.encode(encoding))
    assert rows == [(2, "A", "Lefèvre François"), (3, "B", "Élodie Müller à Orléans")]
    told = [] if encoding == "utf-8-sig" else [f"Read in the encoding {encoding}, not UTF-8."]
    assert list(table.notices) == told


def test_encoding_that_is_named_is_taken_without_a_guess(read: Reader) -> None:
    layout = Layout(encoding="cp1252")
    assert read("a.csv", "x\né\n".encode("cp1252"), layout)[1] == [(2, "é")]
    with pytest.raises(SourceError, match="not in the encoding ascii"):
        read("a.csv", "x\né\n".encode(), Layout(encoding="ascii"))
    with pytest.raises(SourceError, match="no encoding 'klingon'"):
        read("a.csv", b"x\n", Layout(encoding="klingon"))


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_header_and_separator_are_found_below_other_rows(read: Reader, mark: str) -> None:
    above = 'Export of 3 May, by Ada; see notes\n\n"two\nlines"\n'
    content = above + mark.join(["key", "name"]) + "\n" + mark.join(["A", "Ann"]) + "\n"
    table, rows = read("a.csv", content.encode())
    assert (table.columns, rows) == (("key", "name"), [(5, "A", "Ann")])
    assert table.notices == ("The header is row 4: the rows above it were left out.",)


def test_first_row_is_the_header_where_no_name_is_known(read: Reader) -> None:
    table, rows = read("a.csv", b"a,b\nkey?,1\n")
    assert (table.columns, rows) == (("a", "b"), [(2, "key?", "1")])


def test_row_of_the_header_can_be_named(read: Reader) -> None:
    assert read("a.csv", b"key,name\nx,y\n1,2\n", Layout(header=2))[1] == [(3, "1", "2")]


def test_sheet_with_the_names_is_found_and_another_can_be_named(
    read: Reader, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    notes = book.active
    assert notes is not None
    notes.append(["Read me"])
    sheet = book.create_sheet("Clients")
    sheet["B2"], sheet["C2"], sheet["B4"], sheet["C4"] = "key", "name", "A", 7
    book.save(tmp_path / "book.xlsx")
    content = (tmp_path / "book.xlsx").read_bytes()
    table, rows = read("a.xlsx", content)
    assert (table.columns, rows) == (
        ("", "key", "name"),
        [(3, None, None, None), (4, None, "A", "7")],
    )
    assert table.notices == (
        "Sheet 'Clients' was read; 'Sheet' not.",
        "The header is row 2: the rows above it were left out.",
    )
    named = read("b.xlsx", content, Layout(sheet="Sheet"))[0]
    assert (named.name, named.columns) == ("b.xlsx [Sheet]", ("Read me",))
    assert named.notices == ()
    with pytest.raises(SourceError, match="no sheet 'Other'; it has 'Sheet', 'Clients'"):
        read("c.xlsx", content, Layout(sheet="Other"))


def test_cells_beside_the_named_columns_are_left_out_and_told(read: Reader) -> None:
    content = ods(("S", line(cell("key"), cell("name")) + line(cell("A", 4)) + line(cell("B"))))
    table, rows = read("a.ods", content)
    assert rows == [(2, "A", "A"), (3, "B", None)]
    assert table.notices == (
        "Cells to the right of the last named column were left out in 1 rows, the first of them"
        " row 2.",
    )


def test_sheets_named_after_templates_are_imported_together(
    store: Store, importer: Importer, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    parties = book.active
    assert parties is not None
    parties.title = "Parties"
    for row in (["key", "kind", "name"], ["P1", "person", "Ada"], ["P2", "robot", "Bo"]):
        parties.append(row)
    book.create_sheet("products").append(["key", "name"])
    book.create_sheet("Notes").append(["anything"])
    book.save(tmp_path / "book.xlsx")
    content = (tmp_path / "book.xlsx").read_bytes()
    (tmp_path / "book.xlsx").unlink()
    report = importer({"crm.xlsx": content})
    assert [(f.file, f.row, f.column) for f in report.findings] == [
        ("crm.xlsx [Parties]", 3, "kind")
    ]
    assert "'Notes' of crm.xlsx was left out" in report.notes[0]["en"]


def ods(*sheets: tuple[str, str]) -> bytes:
    """Return a workbook with sheets of a name and the XML of their rows."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    tables = "".join(
        f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in sheets
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {spaces}><office:body>'
            f"<office:spreadsheet>{tables}</office:spreadsheet></office:body>"
            "</office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest'
            ':1.0"/>',
        )
    return file.getvalue()


def cell(text: str, repeated: int = 1, **attributes: str) -> str:
    """Return the XML of a cell."""
    given = "".join(f' office:{name.replace("_", "-")}="{v}"' for name, v in attributes.items())
    return (
        f'<table:table-cell table:number-columns-repeated="{repeated}"{given}>'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def line(*cells: str, repeated: int = 1) -> str:
    """Return the XML of a row."""
    return (
        f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}'
        "</table:table-row>"
    )


EMPTY = '<table:table-cell table:number-columns-repeated="16000"/>'


def test_opendocument_cells_become_iso_texts(read: Reader) -> None:
    content = ods(
        ("Notes", line(cell("x"))),
        (
            "Data",
            line(EMPTY, repeated=2)
            + line(cell("key"), cell("name"), cell("kind"), EMPTY)
            + line(cell('A<text:s text:c="2"/>b'), cell("same", 2))
            + line(
                cell("3,50 €", value_type="currency", value="3.5"),
                cell("01/05/24", value_type="date", date_value="2024-05-01"),
                cell("VRAI", value_type="boolean", boolean_value="true"),
                repeated=2,
            )
            + line(EMPTY, repeated=1_000_000),
        ),
    )
    table, rows = read("a.ods", content)
    assert table.columns == ("key", "name", "kind")
    values = ("3.5", "2024-05-01", "true")
    assert rows == [(4, "A  b", "same", "same"), (5, *values), (6, *values)]


GRID = st.lists(
    st.lists(st.sampled_from(["", "a", "é b", "x<y"]), min_size=1, max_size=5), max_size=6
)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=GRID)
def test_opendocument_texts_are_read_as_another_reader_does(
    tx: Transaction, tmp_path: Path, rows: list[list[str]]
) -> None:
    xml = "".join(
        line(
            *(
                cell(text.replace("<", "&lt;"), value_type="string")
                if text
                else "<table:table-cell/>"
                for text in row
            )
        )
        for row in [["key", "b", "c", "d", "e"], *rows]
    )
    path = tmp_path / "a.ods"
    path.write_bytes(ods(("S", xml)))
    theirs = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    tx.cursor.execute("DROP TABLE IF EXISTS temp.rows")
    read_table(tx.cursor, path, "rows", BY_NAME)
    ours = tx.cursor.execute("SELECT * EXCLUDE _row FROM temp.rows ORDER BY _row").fetchall()
    full = [["" if value is None else value for value in row] for row in ours]
    while theirs and not any(theirs[-1]):
        theirs.pop()
    assert full == theirs[1:]


def test_json_document_has_a_row_for_each_object(read: Reader) -> None:
    document = {
        "at": "now",
        "people": [
            {"key": "A", "n": 1.50, "address": {"city": "Lyon"}, "tags": ["x", 2], "ok": True},
            {"key": "B", "big": 12345678901234567890, "none": None},
        ],
    }
    table, rows = read("a.json", json.dumps(document).encode())
    assert table.columns == ("key", "n", "address.city", "tags", "ok", "big", "none")
    assert rows == [
        (1, "A", "1.5", "Lyon", "x | 2", "true", None, None),
        (2, "B", None, None, None, None, "12345678901234567890", None),
    ]


@pytest.mark.parametrize(
    ("iterator", "expected"),
    [
        ("$", [(1, "7", "2")]),
        ("$.orders[*]", [(1, "O1"), (2, "O2")]),
        ("$.orders[*].lines[*]", [(1, "a"), (2, "b"), (3, "c")]),
        ("$['orders'][*].lines[*]", [(1, "a"), (2, "b"), (3, "c")]),
    ],
)
def test_iterator_leads_to_the_objects(read: Reader, iterator: str, expected: Rows) -> None:
    content = (
        b'{"a": 7, "orders": [{"key": "O1", "lines": [{"item": "a"}, {"item": "b"}]},'
        b' {"key": "O2", "lines": [{"item": "c"}]}]}'
    )
    rows = read("a.json", content, Layout(iterator=iterator))[1]
    assert [row[:2] for row in rows] == [row[:2] for row in expected]


BAD_JSON = [
    ("a.json", b"[1, 2]", None, 1, "row 1: a JSON object is expected"),
    ("a.json", b"{", None, None, "cannot be read as JSON"),
    ("a.json", b"[" * 100_000, None, None, "nested too deep"),
    ("a.json", b'{"a": NaN}', None, None, "NaN is no JSON number"),
    ("a.json", b'{"a": "\xff"}', None, None, "cannot be read as JSON"),
    ("a.json", b"[]", None, None, "no object"),
    ("a.json", b'{"a": [{"b": 1}]}', "a[*]", None, "the iterator 'a[*]' is not understood"),
    ("a.jsonl", b'{"a": 1}\n\n[2]\n', None, 3, "row 3: a JSON object is expected"),
]


@pytest.mark.parametrize(
    ("name", "content", "iterator", "row", "text"), BAD_JSON, ids=[case[4] for case in BAD_JSON]
)
def test_bad_json_is_refused_with_its_place(
    read: Reader, name: str, content: bytes, iterator: str | None, row: int | None, text: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(name, content, Layout(iterator=iterator))
    assert text in str(caught.value)
    assert caught.value.row == row


def bomb() -> bytes:
    """Return gzip data of 120 MB of the same byte."""
    file = io.BytesIO()
    with gzip.open(file, "wb", compresslevel=6) as packed:
        for _ in range(120):
            packed.write(b"x" * 1_000_000)
    return file.getvalue()


@pytest.fixture(scope="module")
def packed_bomb() -> bytes:
    return bomb()


def zipped_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/sharedStrings.xml", "w") as member:
            for _ in range(120):
                member.write(b" " * 1_000_000)
    return file.getvalue()


def wide_book() -> bytes:
    """Return a workbook of two cells at the corners of the largest sheet there may be."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "key", "far away"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


TRAPS = [
    ("a.xlsx", zipped_bomb, "more than 200 times"),
    ("a.xlsx", wide_book, "span 1048576 rows and 16384 columns"),
    ("a.ods", lambda: ods(("S", line(cell("k", 4000)) * 2 + line(cell("a", 4000), repeated=10**6))),
     "more rows or cells"),
    ("a.ods", lambda: ods(("S", line(cell("k", 10**9)))), "more columns than the 4096"),
    ("a.ods", lambda: ods(("S", "<broken")), "cannot be read as an ODS workbook"),
    ("a.ods", lambda: ods(), "has no sheet"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "make", "text"), TRAPS, ids=[f"{case[0]} {case[2]}" for case in TRAPS]
)
def test_workbook_that_is_a_trap_is_refused(
    read: Reader, name: str, make: Callable[[], bytes], text: str
) -> None:
    with pytest.raises(SourceError, match=text):
        read(name, make())


def test_gzip_bomb_is_refused_for_tables_and_for_rdf(
    read: Reader, tmp_path: Path, packed_bomb: bytes
) -> None:
    with pytest.raises(SourceError, match="more than 200 times"):
        read("a.csv.gz", packed_bomb)
    with pytest.raises(SourceError, match="more than 200 times"):
        read("a.jsonl.gz", packed_bomb)
    path = tmp_path / "a.ttl.gz"
    path.write_bytes(packed_bomb)
    with pytest.raises(RdfSyntaxError, match="more than 200 times"), unpacked(path):
        pass


def test_names_of_sheets_are_told_for_workbooks_only(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    path.write_bytes(ods(("One", ""), ("Two", "")))
    assert sheets_of(path) == ["One", "Two"]
    assert sheets_of(tmp_path / "a.csv") == []


def test_mapping_document_says_where_the_table_is(store: Store, importer: Importer) -> None:
    importer(
        {"a.csv": "title\nKey#Name\n1#Zoé\n".encode("cp1252")},
        "sources: {rows: {access: a.csv, referenceFormulation: csv, encoding: cp1252,"
        " separator: '#', header row: 2}}\n"
        "mappings: {m: {sources: rows, s: 'http://x/$(Key)', po: [[rdfs:label, $(Name)]]}}",
    )
    assert values(store, "label") == ["Zoé"]
