"""All mistakes of a row are told at once: those of its cells, and of the rules they leave whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.ingest import ImportOptions, ImportReport, list_quarantine, run_import
from kg.ingest.fixsheet import write_sheets
from kg.ingest.kept import quarantine_sheets
from kg.store import Store
from tests.drawing import examples


class Mistake(NamedTuple):
    """A wrong cell, as it should be, and what is told of it where nothing hides it."""

    file: str
    column: str
    wrong: str
    right: str
    kind: str
    hidden_by: frozenset[str] = frozenset()
    """Columns whose wrong cells, in the same row, have to be corrected first."""


def mistake(*cells: str, hidden_by: str = "") -> Mistake:
    file, column, wrong, right, kind = cells
    return Mistake(f"{file}.csv", column, wrong, right, kind, frozenset(hidden_by.split()))


MISTAKES = [
    mistake("parties", "birth_date", "31/02/1990", "1990-02-01", "cell: day"),
    mistake("parties", "birth_date", "2999-01-01", "1990-02-01", "P04"),
    mistake("parties", "email", "nobody", "n@example.org", "P07"),
    mistake("parties", "declared_type", "friend", "client", "cell: one of"),
    mistake("parties", "annual_potential", "many", "12", "cell: decimal"),
    mistake("purchases", "quantity", "-1", "1", "T05-quantity"),
    mistake("purchases", "quantity", "few", "1", "cell: decimal"),
    mistake("purchases", "amount", "ten", "10", "cell: decimal"),
    mistake("purchases", "client", "P9", "P0", "cell: reference"),
    mistake("purchases", "client", "ORG", "P0", "T01", hidden_by="seller"),
    mistake("purchases", "seller", "P9", "ORG", "cell: reference"),
    mistake("purchases", "date", "soon", "2024-01-01", "cell: date"),
    mistake("refunds", "amount", "0", "1", "T11-amount"),
    mistake("refunds", "amount", "much", "1", "cell: decimal"),
    mistake("refunds", "date", "2020-01-01", "2024-06-01", "T11", hidden_by="bought"),
    mistake("refunds", "date", "31/01/2024", "2024-06-01", "cell: date"),
]
ROWS = {
    "parties.csv": {"key": "P{}", "kind": "person", "given_name": "A", "family_name": "B"},
    "purchases.csv": {"order": "O{}", "currency": "EUR", "product": ""},
    "refunds.csv": {"key": "R{}", "order": "O{}", "currency": "EUR"},
}
Row = frozenset[Mistake]
Told = set[tuple[str, int, str, str]]


def of_file(file: str) -> st.SearchStrategy[Row]:
    """Return rows of a file as their mistakes, at most one in each column."""
    own = [one for one in MISTAKES if one.file == file]
    several = st.lists(st.sampled_from(own), max_size=4, unique_by=lambda one: one.column)
    return several.map(frozenset)


DRAWN = st.lists(
    st.fixed_dictionaries({file: of_file(file) for file in ROWS}), min_size=1, max_size=3
)


def records(file: str, rows: Iterable[Row], *, mended: bool = False) -> list[dict[str, str]]:
    """Return a file's rows; row 2 has the number 1, and nothing is wrong with a row 0 before it."""
    right = {one.column: one.right for one in MISTAKES if one.file == file}
    found = []
    for number, row in enumerate([frozenset[Mistake](), *rows]):
        cells = {name: text.format(number) for name, text in ROWS[file].items()}
        wrong = {} if mended else {one.column: one.wrong for one in row}
        found.append(cells | right | wrong)
    return found


def expected(drawn: list[dict[str, Row]]) -> Told:
    """Return what is to be told of each cell: all but what a wrong cell hides."""
    found: Told = set()
    for number, record in enumerate(drawn, start=3):
        unread = {m.column for row in record.values() for m in row if m.kind.startswith("cell")}
        order = {m.column for m in record["purchases.csv"] if m.kind.startswith("cell")}
        unread |= {"bought"} if order & {"client", "date"} else set()
        found |= {
            (file, number, m.column, m.kind)
            for file, row in record.items()
            for m in row
            if not m.hidden_by & unread
        }
    return found


def told(report: ImportReport) -> Told:
    """Return the mistakes that are told for sure, by cell."""
    return {
        (one.file or "", one.row or 0, one.column or "", one.kind)
        for one in report.findings
        if one.severity == "violation" and "Perhaps" not in one.message["en"]
    }


def write_csv(folder: Path, drawn: list[dict[str, Row]], *, mended: bool = False) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for file in ROWS:
        rows = records(file, [record[file] for record in drawn], mended=mended)
        with (folder / file).open("w", encoding="utf-8", newline="") as sink:
            writer = csv.DictWriter(sink, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return [folder / file for file in ROWS]


def write_book(path: Path, drawn: list[dict[str, Row]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for file in ROWS:
        rows = records(file, [record[file] for record in drawn])
        sheet = book.create_sheet(file.removesuffix(".csv"))
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    book.save(path)
    return path


@settings(
    max_examples=examples(2, 60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=DRAWN, quarantine=st.booleans(), book=st.booleans())
def test_every_mistake_is_told_at_once_and_none_that_another_one_causes(
    drawn: list[dict[str, Row]], quarantine: bool, book: bool, tmp_path: Path
) -> None:
    options = ImportOptions(on_violation="quarantine" if quarantine else "reject")
    files = write_csv(tmp_path / "files", drawn)
    paths = [write_book(tmp_path / "all.xlsx", drawn)] if book else files
    with Store.open() as store:
        report = run_import(store, paths, options)
        found = {(_named(file), *rest) for file, *rest in told(report)}
        assert found == expected(drawn)
        mended = write_csv(tmp_path / "files", drawn, mended=True)
        assert not run_import(store, mended).refused


def _named(file: str) -> str:
    """Return the CSV file that a sheet stands for."""
    name = file.removeprefix("all.xlsx [").removesuffix("]")
    return name if name.endswith(".csv") else f"{name}.csv"


TWICE = "key,kind,given_name,birth_date,email\nP1,person,Ana,31/02/1990,nobody\n"
"""A date that is none, and an address that is none."""
MAPPING = """
sources:
  rows: {access: people.csv, referenceFormulation: csv}
mappings:
  person:
    sources: rows
    s: {f: "mint(party, $(Id))"}
    po:
      - [a, cg:NaturalPerson]
      - [cg:birthDate, {f: "date($(Born), dmy)", datatype: xsd:date}]
      - [vcard:hasEmail, {f: "mailto($(Mail))"}]
"""


@pytest.mark.parametrize("on_violation", ["reject", "quarantine"])
def test_the_error_columns_name_all_mistakes_of_a_row(
    store: Store, tmp_path: Path, on_violation: str
) -> None:
    file, sheet = tmp_path / "parties.csv", tmp_path / "fix" / "parties.csv"
    file.write_text(TWICE)
    run_import(store, [file], ImportOptions(fix_sheet=sheet, on_violation=on_violation))
    (row,) = csv.DictReader(io.StringIO(sheet.read_text()))
    assert (row["birth_date"], row["email"]) == ("31/02/1990", "nobody")
    assert "no day of the calendar" in row["error_en"]
    assert "The e-mail address is malformed" in row["error_en"]
    assert "L'adresse électronique est mal formée" in row["error_fr"]
    assert "Warning: The family name is missing." in row["error_en"]


def test_what_a_function_cannot_read_hides_no_other_mistake(store: Store, tmp_path: Path) -> None:
    document, file = tmp_path / "people.yml", tmp_path / "people.csv"
    document.write_text(MAPPING)
    file.write_text("Id,Born,Mail\n1,31/02/1990,nobody\n2,01/02/1990,b@example.org\n")
    report = run_import(store, [file], ImportOptions(mapping=document))
    assert told(report) == {
        ("people.csv", 2, "Born", "cell: function"),
        ("people.csv", 2, "Mail", "P07"),
    }


def test_a_row_that_needs_a_refused_one_has_its_own_mistakes_told(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "parties.csv").write_text(TWICE)
    (tmp_path / "purchases.csv").write_text(
        "order,client,date,amount,currency\nO1,P1,2024-01-01,-5,EUR\nO2,P1,2024-01-01,5,EUR\n"
    )
    files = [tmp_path / "parties.csv", tmp_path / "purchases.csv"]
    run_import(store, files, ImportOptions(on_violation="quarantine"))
    reasons = {(one.file, one.row): one.text("en") for one in list_quarantine(store)}
    assert "is missing, repeated" in reasons["purchases.csv", 2]
    assert reasons["purchases.csv", 3].startswith("It needs what row 2 of parties.csv says")


def test_a_rule_that_the_refused_rows_break_for_others_says_so(
    store: Store, tmp_path: Path
) -> None:
    """A requester is a member by a row of memberships that is refused for its date."""
    (tmp_path / "parties.csv").write_text(
        "key,kind,given_name,family_name\nP1,person,A,B\nP2,person,C,D\n"
    )
    (tmp_path / "memberships.csv").write_text("member,organization,start\nP1,ORG,01.02.2020\n")
    (tmp_path / "requests.csv").write_text(
        "key,requester,date,status\nQ1,P1,2024-01-01,submitted\nQ2,P2,2024-01-01,submitted\n"
    )
    files = [tmp_path / f"{name}.csv" for name in ("parties", "memberships", "requests")]
    report = run_import(store, files, ImportOptions(on_violation="quarantine"))
    assert told(report) == {("memberships.csv", 2, "start", "cell: date")}
    perhaps = [one for one in report.findings if "Perhaps only" in one.message["en"]]
    assert {one.row for one in perhaps if one.file == "requests.csv"} == {2, 3}
    sheets = write_sheets(quarantine_sheets(store), tmp_path / "sheets")
    text = (tmp_path / "sheets" / "memberships.csv").read_text().replace("01.02.2020", "2020-02-01")
    (tmp_path / "sheets" / "memberships.csv").write_text(text)
    report = run_import(store, sheets, ImportOptions(on_violation="quarantine"))
    assert {one.row for one in report.findings if one.severity == "violation"} == {3}
