"""Quarantine: what conforms is committed, what does not waits with its reasons, and comes back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import Importer, Triple, triples, values
from python_calamine import CalamineWorkbook
from rdflib import Graph

from kg.errors import UsageError
from kg.ingest import (
    ImportOptions,
    discard,
    list_imports,
    list_quarantine,
    quarantine_sheets,
    retry_quarantine,
    run_import,
)
from kg.ingest.fixsheet import write_sheets
from kg.shacl import Shapes, load_shapes
from kg.store import Store
from kg.workbook import write_workbook
from tests.drawing import examples

RULES = """
@prefix cg: <https://w3id.org/clientgraph/ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix s: <https://w3id.org/clientgraph/shapes#> .
s:X1 a sh:PropertyShape ; sh:targetClass cg:PurchaseLine ; sh:path cg:netAmount ;
    sh:minInclusive 0 ; sh:severity sh:Violation .
s:X2 a sh:PropertyShape ; sh:targetClass cg:Purchase ; sh:path cg:client ; sh:class cg:Party ;
    sh:severity sh:Violation .
s:X3 a sh:PropertyShape ; sh:targetClass cg:Purchase ; sh:path cg:orderDate ; sh:minCount 1 ;
    sh:severity sh:Warning .
"""


@pytest.fixture(scope="module")
def rules() -> Shapes:
    return load_shapes(
        Graph().parse(
            data="@prefix cg: <https://w3id.org/clientgraph/ns#> . @prefix rdfs:"
            " <http://www.w3.org/2000/01/rdf-schema#> . cg:NaturalPerson rdfs:subClassOf cg:Party ."
            " cg:OrganizationalUnit rdfs:subClassOf cg:Party ." + RULES
        )
    )


FILES = {
    "parties.csv": "key,kind,name,birth_date\nP1,person,Ana,1990-01-01\nP2,person,Bo,1990-13-01\n",
    "purchases.csv": "order,client,date,amount,currency\nO1,P1,2024-01-01,10,EUR\n"
    "O1,P1,2024-01-01,twenty,EUR\nO2,P2,2024-01-02,20,EUR\nO3,P1,,30,EUR\n"
    "O4,P7,2024-01-02,40,EUR\nO5,P1,2024-01-02,-5,EUR\n",
    "refunds.csv": "key,order,date,amount,currency\nR1,O2,2024-02-01,1,EUR\n"
    "R3,O3,2024-02-01,1,EUR\n",
}


def keys(store: Store) -> list[str]:
    """Return the keys of records, but for that of the focal organisation."""
    return [key for key in values(store, "sourceKey") if key != "ORG"]


def held(store: Store) -> dict[tuple[str, int], str]:
    """Return the rows in quarantine with the English text of their first reason."""
    rows = list_quarantine(store)
    return {(one.file, one.row): one.reasons[0]["message"].get("en", "") for one in rows}


def test_what_conforms_is_committed_and_the_rest_waits_with_its_reason(
    store: Store, importer: Importer, rules: Shapes
) -> None:
    report = importer(FILES, on_violation="quarantine", shapes=rules)
    assert (report.status, report.refused, report.quarantined) == ("committed", False, 7)
    assert (report.violations, report.spared, report.warnings) == (4, 4, 1)
    assert values(store, "orderNumber") == ["O3"]
    assert keys(store) == ["P1", "R3"]
    reasons = held(store)
    assert set(reasons) == {
        ("parties.csv", 3),
        *(("purchases.csv", row) for row in (2, 3, 4, 6, 7)),
        ("refunds.csv", 2),
    }
    assert "no day of the calendar" in reasons["parties.csv", 3]
    assert reasons["purchases.csv", 2] == (
        "It belongs to one record with row 3, which is refused: correct that row."
    )
    assert reasons["purchases.csv", 4].startswith("It needs what row 3 of parties.csv says")
    assert reasons["refunds.csv", 2].startswith("It needs what row 4 of purchases.csv says")
    assert "'P7' is not the key of a party" in reasons["purchases.csv", 6]
    french = {one.reasons[0]["message"]["fr"] for one in list_quarantine(store) if one.row == 4}
    assert french == {
        "Elle a besoin de ce que dit la ligne 3 de parties.csv, refusée : corriger cette ligne."
    }
    counts = [(file.rows, file.quarantined, file.mapped, file.unused) for file in report.files]
    assert counts == [(2, 1, 1, 0), (6, 5, 1, 0), (2, 1, 1, 0)]


def test_what_waited_comes_with_the_import_that_brings_what_it_missed(
    store: Store, importer: Importer, rules: Shapes
) -> None:
    importer(FILES, on_violation="quarantine", shapes=rules)
    report = importer({"parties.csv": "key,kind,name\nP7,person,Zed\n"}, shapes=rules)
    assert (report.status, report.released) == ("committed", 1)
    assert values(store, "orderNumber") == ["O3", "O4"]
    assert report.files[1].retried == list_imports(store)[1].id
    report = importer({"parties.csv": "key,kind,name\nP2,person,Bo\n"}, shapes=rules)
    assert values(store, "orderNumber") == ["O2", "O3", "O4"]
    assert keys(store) == ["P1", "P2", "P7", "R1", "R3"]
    assert set(held(store)) == {("purchases.csv", row) for row in (2, 3, 7)}


def test_what_waits_never_stands_in_the_way(
    store: Store, importer: Importer, rules: Shapes
) -> None:
    bad = FILES["purchases.csv"].replace("O4,P7,2024-01-02,40", "O4,P7,2024-01-02,-40")
    importer(FILES | {"purchases.csv": bad}, on_violation="quarantine", shapes=rules)
    report = importer({"parties.csv": "key,kind,name\nP7,person,Zed\n"}, shapes=rules)
    assert (report.status, report.released) == ("committed", 0)
    assert ("purchases.csv", 6) in held(store)
    again = importer({"parties.csv": "key,kind,name\nP7,person,Zed\n"}, shapes=rules)
    assert again.status == "unchanged"


def test_a_retry_takes_what_can_stand_by_now(
    store: Store, importer: Importer, rules: Shapes, no_shapes: Shapes
) -> None:
    run = importer(FILES, on_violation="quarantine", shapes=rules).id
    (report,) = retry_quarantine(store, ImportOptions(shapes=no_shapes), run)
    assert report.released == 1
    assert "O5" in values(store, "orderNumber")
    assert ("purchases.csv", 7) not in held(store)
    with pytest.raises(UsageError, match="nothing in quarantine"):
        retry_quarantine(store, run_id="elsewhere")
    (report,) = retry_quarantine(store, ImportOptions(shapes=rules))
    assert (report.status, report.released) == ("unchanged", 0)


def test_the_same_file_again_changes_nothing(
    store: Store, importer: Importer, rules: Shapes
) -> None:
    importer(FILES, on_violation="quarantine", shapes=rules)
    before, head, rows = triples(store), store.head, held(store)
    again = importer(FILES, on_violation="quarantine", shapes=rules)
    assert again.status == "unchanged"
    assert (triples(store), store.head, held(store)) == (before, head, rows)


def test_a_later_row_of_the_same_record_replaces_what_waits(
    store: Store, importer: Importer, rules: Shapes
) -> None:
    importer(FILES, on_violation="quarantine", shapes=rules)
    head = "order,client,date,amount,currency\n"
    importer({"purchases.csv": head + "O5,P1,2024-01-02,5,EUR\n"}, shapes=rules)
    assert ("purchases.csv", 7) not in held(store)


@pytest.mark.parametrize("book", [False, True])
def test_a_corrected_key_resolves_the_record_that_it_corrects(
    store: Store, importer: Importer, rules: Shapes, tmp_path: Path, book: bool
) -> None:
    """A row without a key, and one whose key was wrong, leave quarantine by the sheet's column."""
    text = "key,kind,name\n,person,Ana\nP7,persn,Bo\nP8,persn,Cy\n"
    content: dict[str, str | bytes] = {"parties.csv": text}
    if book:
        rows = [line.split(",") for line in text.splitlines()]
        write_workbook([("parties", rows)], tmp_path / "parties.xlsx")
        content = {"parties.xlsx": (tmp_path / "parties.xlsx").read_bytes()}
    name = next(iter(content))
    sheet = tmp_path / "fix" / name
    importer(content, on_violation="quarantine", shapes=rules, fix_sheet=sheet)
    exported = write_sheets(quarantine_sheets(store), tmp_path / f"exported-{name}")
    assert table_of(sheet) == table_of(exported[0])
    header, *lines = table_of(sheet)
    mended = [["P1", "person", *lines[0][2:]], ["P2", "person", *lines[1][2:]], lines[2]]
    if book:
        write_workbook([("parties", [header, *mended])], sheet)
    else:
        sheet.write_text("".join(f"{','.join(map(quoted, row))}\n" for row in [header, *mended]))
    options = ImportOptions(shapes=rules, on_violation="quarantine")
    elsewhere = replace(options, source="elsewhere")
    assert run_import(store, [sheet], elsewhere).quarantined == 1
    assert len(list_quarantine(store)) == 4
    assert run_import(store, [sheet], options).quarantined == 1
    waiting = [(one.source, one.cells[0]) for one in list_quarantine(store)]
    assert waiting == [("elsewhere", "P8"), ("default", "P8")]
    assert table_of(write_sheets(quarantine_sheets(store), tmp_path / f"again-{name}")[0])


def quoted(cell: str) -> str:
    return f'"{cell}"'


def table_of(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file or of the first sheet of a workbook."""
    if path.suffix == ".csv":
        return list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [[str(cell) for cell in row] for row in rows]


def test_what_is_given_up_is_gone(store: Store, importer: Importer, rules: Shapes) -> None:
    run = importer(FILES, on_violation="quarantine", shapes=rules).id
    head = store.head
    assert discard(store, run, [7]) == 1
    assert discard(store, run) == 6
    assert (held(store), store.head) == ({}, head)
    with pytest.raises(UsageError, match="no such rows"):
        discard(store, run)


def test_a_dry_run_keeps_nothing_in_quarantine(
    store: Store, importer: Importer, rules: Shapes
) -> None:
    report = importer(FILES, on_violation="quarantine", shapes=rules, dry_run=True)
    assert (report.status, report.quarantined) == ("dry-run", 7)
    assert (held(store), store.head, list_imports(store)) == ({}, 0, [])


def test_a_row_of_no_record_is_kept_once(store: Store, importer: Importer, rules: Shapes) -> None:
    files = {"parties.csv": "key,kind,name\n,person,Nobody\nP1,person,Ana\n"}
    for _ in range(2):
        importer(files, on_violation="quarantine", shapes=rules)
    assert set(held(store)) == {("parties.csv", 2)}


def test_a_complete_export_does_not_remove_what_it_names_wrongly(
    store: Store, importer: Importer, rules: Shapes
) -> None:
    importer({"parties.csv": "key,kind,name\nP1,person,Ana\nP2,person,Bo\n"}, shapes=rules)
    bad = {"parties.csv": "key,kind,name\nP1,persn,Ana\n"}
    importer(bad, on_violation="quarantine", shapes=rules, complete=True)
    assert keys(store) == ["P1"]


def test_a_violation_without_a_row_refuses_the_whole_import(
    store: Store, importer: Importer, rules: Shapes
) -> None:
    wrong = (
        "@prefix cg: <https://w3id.org/clientgraph/ns#> . <urn:l> a cg:PurchaseLine ;"
        " cg:netAmount -1 ."
    )
    report = importer({"a.ttl": wrong}, on_violation="quarantine", shapes=rules)
    assert (report.status, report.refused) == ("refused", True)
    assert any("refused whole" in note["en"] for note in report.notes)
    assert store.head == 0


class Row(NamedTuple):
    """A row of the small imports, whether its cells are right, and its amount."""

    key: str
    names: str
    right: bool
    amount: int


PARTY = st.builds(
    Row, st.sampled_from("ABCD"), st.sampled_from(["", *"ABCDX"]), st.booleans(), st.just(0)
)
ORDER = st.builds(
    Row, st.sampled_from("123"), st.sampled_from("ABCDX"), st.booleans(), st.integers(-1, 4)
)


def party_file(rows: list[Row], *, mended: bool = False) -> str:
    # A unit has a parent.
    kinds = (("unit" if r.names else "person") if r.right or mended else "uni" for r in rows)
    lines = (f"{r.key},{kind},{r.names}\n" for r, kind in zip(rows, kinds, strict=True))
    return "key,kind,parent\n" + "".join(lines)


def order_file(rows: list[Row], *, mended: bool = False) -> str:
    lines = (
        f"{r.key},{r.names},{'2024-01-01' if r.right or mended else 'soon'},"
        f"{abs(r.amount) if mended else r.amount},EUR\n"
        for r in rows
    )
    return "order,client,date,amount,currency\n" + "".join(lines)


def expected(parties: list[Row], orders: list[Row]) -> tuple[set[str], set[str]]:
    """Return the keys of the largest part that stands, found by trying what falls, one by one."""
    good = {r.key for r in parties} - {r.key for r in parties if not r.right}
    falling = True
    while falling:
        falling = {r.key for r in parties if r.key in good and r.names and r.names not in good}
        good -= falling
    bad = {r.key for r in orders if not r.right or r.amount < 0 or r.names not in good}
    return good, {r.key for r in orders} - bad


def contents(store: Store) -> set[Triple]:
    return {one for one in triples(store) if one[1] != "recordedAt"}


@settings(
    max_examples=examples(2, 20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    parties=st.lists(PARTY, min_size=1, max_size=5, unique_by=lambda row: row.key),
    orders=st.lists(ORDER, min_size=1, max_size=5),
)
def test_the_largest_part_that_stands_is_committed_and_the_rest_after_mending(
    parties: list[Row], orders: list[Row], tmp_path: Path, rules: Shapes
) -> None:
    # One order is of one client.
    client = {row.key: row.names for row in reversed(orders)}
    orders = [row._replace(names=client[row.key]) for row in orders]
    files = [tmp_path / "parties.csv", tmp_path / "purchases.csv"]
    options = ImportOptions(shapes=rules, on_violation="quarantine")
    with Store.open() as store, Store.open() as fresh:
        with fresh.write() as tx:
            tx.set_setting("iri_secret", store.setting("iri_secret") or "")
        files[0].write_text(party_file(parties))
        files[1].write_text(order_file(orders))
        run_import(store, files, options)
        assert (set(keys(store)), set(values(store, "orderNumber"))) == expected(parties, orders)
        missed = sorted(set("ABCDX") - {row.key for row in parties})
        extra = [Row(key, "", True, 0) for key in missed]
        files[0].write_text(party_file(extra))
        run_import(store, files[:1], ImportOptions(shapes=rules))
        sheets = write_sheets(quarantine_sheets(store), mended_folder(tmp_path))
        for sheet in sheets:
            mend(sheet)
        if sheets:
            run_import(store, sheets, ImportOptions(shapes=rules))
        files[0].write_text(party_file([*parties, *extra], mended=True))
        files[1].write_text(order_file(orders, mended=True))
        run_import(fresh, files, ImportOptions(shapes=rules))
        assert contents(store) == contents(fresh)
        assert list_quarantine(store) == []


def mended_folder(path: Path) -> Path:
    """Return an empty folder for fix sheets."""
    folder = path / "sheets"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    return folder


def mend(sheet: Path) -> None:
    """Correct the cells of a fix sheet that are wrong, and leave its errors where they are."""
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8"))))
    for row in rows:
        if "kind" in row:
            row["kind"] = "unit" if row["parent"] else "person"
        else:
            row |= {"date": "2024-01-01", "amount": row["amount"].lstrip("-")}
        assert row["error_en"]
        assert row["error_fr"]
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
