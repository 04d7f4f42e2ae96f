"""Answers as Parquet and XLSX, read back by other libraries, hold the terms of the answer."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import polars
import pytest
from python_calamine import CalamineWorkbook

from kg.errors import QueryEvaluationError, UsageError
from kg.sparql import query
from kg.sparql.formats import files
from kg.sparql.results import write_bindings
from kg.store import Store

PROLOGUE = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "


@pytest.fixture(scope="module")
def store():
    with Store.open(threads=1) as store:
        yield store


def written(store, values, name, variables="?x"):
    result = query(store, f"{PROLOGUE}SELECT {variables} {{ VALUES ({variables}) {{ {values} }} }}")
    return b"".join(write_bindings(result, name))


def column(store, values):
    """Return type and values of the column that terms make."""
    told = " ".join(f"({value})" for value in values.split())
    (series,) = polars.read_parquet(io.BytesIO(written(store, told, "parquet"))).get_columns()
    return str(series.dtype), sorted(series.to_list(), key=lambda value: (value is None, value))


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ("1 -2 UNDEF", "Int64", [-2, 1, None]),
        ("1 2.50", "Decimal(precision=38, scale=10)", [Decimal(1), Decimal("2.5")]),
        ("1 1e0", "String", ["1", "1e0"]),
        ('1.5e0 "INF"^^xsd:double', "Float64", [1.5, float("inf")]),
        ("true false", "Boolean", [False, True]),
        ('"2026-01-31"^^xsd:date', "Date", [date(2026, 1, 31)]),
        ('"2026-01-31Z"^^xsd:date', "String", ["2026-01-31Z"]),
        (
            '"2026-01-31T10:00:00"^^xsd:dateTime',
            "Datetime(time_unit='us', time_zone=None)",
            [datetime(2026, 1, 31, 10)],
        ),
        (
            '"2026-01-31T10:00:00+02:00"^^xsd:dateTime',
            "Datetime(time_unit='us', time_zone='UTC')",
            [datetime(2026, 1, 31, 8, tzinfo=UTC)],
        ),
        (
            '"2026-01-31T10:00:00Z"^^xsd:dateTime "2026-01-31T10:00:00"^^xsd:dateTime',
            "String",
            ["2026-01-31T10:00:00", "2026-01-31T10:00:00Z"],
        ),
        ("99999999999999999999", "Decimal(precision=38, scale=10)", [Decimal(10**20 - 1)]),
        ("9" * 40, "String", ["9" * 40]),
        ("0.00000000001 1", "String", ["0.00000000001", "1"]),
        ('"été"@fr <urn:x:a> 1', "String", ["1", "urn:x:a", "été"]),
        ("UNDEF", "String", [None]),
    ],
)
def test_a_column_of_a_parquet_file_has_the_type_that_holds_its_terms(
    store, values, kind, expected
):
    assert column(store, values) == (kind, expected)


def test_many_rows_and_no_variable_make_a_parquet_file(store):
    rows = ((None if i % 7 == 0 else (6, str(i), None, None),) for i in range(25_000))
    frame = polars.read_parquet(io.BytesIO(b"".join(files.parquet(["n"], rows))))
    assert frame.height == 25_000
    assert frame["n"].sum() == sum(i for i in range(25_000) if i % 7)
    nothing = polars.read_parquet(io.BytesIO(b"".join(files.parquet([], [(), ()]))))
    assert nothing.height == 2


def test_cells_of_a_workbook_are_numbers_days_truth_values_or_texts(store):
    values = (
        '(1 2.5 "007" "2026-01-31"^^xsd:date true) '
        '(12345678901234567890 1e400 "=1+1" "1850-01-31"^^xsd:date UNDEF)'
    )
    document = written(store, values, "xlsx", "?a ?b ?c ?d ?e")
    sheet = openpyxl.load_workbook(io.BytesIO(document)).active
    assert {cell.is_date for cell in sheet["D"][1:]} == {True, False}
    rows = CalamineWorkbook.from_filelike(io.BytesIO(document)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["a", "b", "c", "d", "e"]
    assert sorted(rows[1:], key=lambda row: str(row[0])) == [
        [1, 2.5, "007", date(2026, 1, 31), True],
        ["12345678901234567890", "1e400", "=1+1", "1850-01-31", ""],
    ]


def test_a_sheet_that_cannot_hold_the_answer_is_refused(monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 3)
    with pytest.raises(QueryEvaluationError, match="CSV or Parquet"):
        list(files.xlsx(["n"], (((6, str(i), None, None),) for i in range(3))))


def test_what_has_no_rows_has_no_such_file(store):
    with pytest.raises(UsageError, match="choose json"):
        list(write_bindings(query(store, "ASK {}"), "parquet"))
