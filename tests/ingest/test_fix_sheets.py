"""Fix sheets: the refused rows in the form of their file; corrected, they are imported so."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from imported import values
from python_calamine import CalamineWorkbook

from kg.errors import UsageError
from kg.ingest import ImportOptions, run_import
from kg.ingest.readers import SHEET_COLUMNS
from kg.shacl import Shapes
from kg.store import Store

MARK = b"\xef\xbb\xbf"


def folder_with(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / "files"
    path.mkdir(exist_ok=True)
    (path / name).write_bytes(content)
    return path / name


def test_a_sheet_has_the_separator_and_the_encoding_of_its_file(
    store: Store, tmp_path: Path, no_shapes: Shapes
) -> None:
    text = 'clé;nature;nom;note\nP1;person;Éloïse;a\nP2;persona;Bo;"b;""c"""\n'
    file = folder_with(tmp_path, "parties.csv", MARK + text.encode())
    sheet = tmp_path / "sheets" / "parties.csv"
    options = ImportOptions(shapes=no_shapes, fix_sheet=sheet)
    report = run_import(store, [file], options)
    assert (report.status, report.fix_sheets) == ("refused", ["parties.csv"])
    content = sheet.read_bytes()
    assert content.startswith(MARK)
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[0] == "clé;nature;nom;note;error_en;error_fr"
    assert lines[1].startswith('P2;persona;Bo;"b;""c""";')
    assert "is not one of person" in lines[1]
    assert "n'est pas une des valeurs" in lines[1]
    assert len(lines) == 2
    sheet.write_bytes(content.replace(b"persona;", b"person;"))
    report = run_import(store, [sheet], ImportOptions(shapes=no_shapes))
    assert report.status == "committed"
    assert report.files[0].columns_left_out == ["note"]
    assert values(store, "name") == ["Bo"]


def test_a_workbook_stays_a_workbook(store: Store, tmp_path: Path, no_shapes: Shapes) -> None:
    book = openpyxl.Workbook()
    book.active.append(["key", "kind", "postal_code", "closed_on"])
    book.active.append(["P1", "person", "01234", "2024-01-01"])
    book.active.append(["P2", "person", "01000", "1+1 <é&> soon"])
    file, sheet = tmp_path / "parties.xlsx", tmp_path / "fix" / "parties.xlsx"
    book.save(file)
    options = ImportOptions(shapes=no_shapes, fix_sheet=sheet, on_violation="quarantine")
    assert run_import(store, [file], options).quarantined == 1
    rows = CalamineWorkbook.from_path(str(sheet)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["key", "kind", "postal_code", "closed_on", *SHEET_COLUMNS]
    assert rows[1][:4] == ["P2", "person", "01000", "1+1 <é&> soon"]
    assert "calendar" in rows[1][4]
    mended = openpyxl.load_workbook(sheet)
    mended.active["D2"] = "2024-02-01"
    mended.save(sheet)
    assert run_import(store, [sheet], ImportOptions(shapes=no_shapes)).status == "committed"
    assert values(store, "closedOn") == ["2024-01-01", "2024-02-01"]


def test_a_sheet_is_in_the_encoding_of_its_file(
    store: Store, tmp_path: Path, no_shapes: Shapes
) -> None:
    text = "clé;nature;nom\nP1;person;Éloïse Lefèvre, née Pâris\nP2;persona;Benoît Chéron\n"
    file = folder_with(tmp_path, "parties.csv", text.encode("cp1252"))
    sheet = tmp_path / "sheets" / "parties.csv"
    options = ImportOptions(shapes=no_shapes, fix_sheet=sheet, on_violation="quarantine")
    run_import(store, [file], options)
    assert "Benoît" in sheet.read_bytes().decode("cp1252")
    sheet.write_bytes(sheet.read_bytes().replace(b";persona;", b";person;"))
    assert run_import(store, [sheet], ImportOptions(shapes=no_shapes)).status == "committed"
    assert values(store, "name") == ["Benoît Chéron", "Éloïse Lefèvre, née Pâris"]


def test_sheets_of_one_workbook_stay_in_one(
    store: Store, tmp_path: Path, no_shapes: Shapes
) -> None:
    book = openpyxl.Workbook()
    book.active.title = "parties"
    book.active.append(["key", "kind"])
    book.active.append(["P1", "nobody"])
    second = book.create_sheet("products")
    second.append(["key", "name"])
    second.append(["X", None])
    file, sheet = tmp_path / "all.xlsx", tmp_path / "fix.xlsx"
    book.save(file)
    report = run_import(store, [file], ImportOptions(shapes=no_shapes, fix_sheet=sheet))
    assert report.fix_sheets == ["fix.xlsx"]
    mended = openpyxl.load_workbook(sheet)
    assert mended.sheetnames == ["parties", "products"]
    mended["parties"]["B2"], mended["products"]["B2"] = "person", "Soap"
    mended.save(sheet)
    assert run_import(store, [sheet], ImportOptions(shapes=no_shapes)).status == "committed"
    assert values(store, "sourceKey") == ["P1", "X"]


def test_sheets_of_several_files_go_to_a_folder(
    store: Store, tmp_path: Path, no_shapes: Shapes
) -> None:
    folder_with(tmp_path, "parties.csv", b"key,kind\nP1,person\nP2,nobody\n")
    folder_with(tmp_path, "products.tsv", b"key\tname\nX\t\n")
    folder_with(
        tmp_path, "refunds.jsonl", b'{"key": "R1", "order": "O", "date": "2024-01-01", "amount": 1}'
    )
    sheets = tmp_path / "sheets"
    report = run_import(
        store, [tmp_path / "files"], ImportOptions(shapes=no_shapes, fix_sheet=sheets)
    )
    assert report.fix_sheets == ["parties.csv", "products.tsv", "refunds.csv"]
    assert (sheets / "products.tsv").read_text().startswith("key\tname\terror_en\terror_fr")


def test_a_sheet_under_another_ending_is_refused(
    store: Store, tmp_path: Path, no_shapes: Shapes
) -> None:
    file = folder_with(tmp_path, "parties.csv", b"key,kind\nP2,nobody\n")
    options = ImportOptions(shapes=no_shapes, fix_sheet=tmp_path / "fix.xlsx")
    with pytest.raises(UsageError, match=r"\.csv file"):
        run_import(store, [file], options)


def test_a_sheet_has_what_is_wrong_at_every_step(store: Store, tmp_path: Path) -> None:
    rows = "P1,person,2050-01-01\nP2,persona,1990-01-01\nP3,person,1990-01-01\n"
    file = folder_with(tmp_path, "parties.csv", b"key,kind,birth_date\n" + rows.encode())
    sheet = tmp_path / "fix.csv"
    report = run_import(store, [file], ImportOptions(fix_sheet=sheet))
    assert (report.status, store.head, report.quarantined) == ("refused", 0, 0)
    assert report.by_shape == {"cell: one of": 1, "P04": 1}
    assert (report.files[0].mapped, report.files[0].unused) == (1, 2)
    lines = sheet.read_text().splitlines()
    assert [line[:2] for line in lines[1:]] == ["P1", "P2"]
    assert "Did you mean 'person'?" in lines[2]


def test_nothing_is_written_where_nothing_is_refused(
    store: Store, tmp_path: Path, no_shapes: Shapes
) -> None:
    file = folder_with(tmp_path, "parties.csv", b"key,kind\nP2,person\n")
    sheet = tmp_path / "parties.csv"
    run_import(store, [file], ImportOptions(shapes=no_shapes, fix_sheet=sheet))
    assert not sheet.exists()
