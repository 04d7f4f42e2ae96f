"""Imports taken back: exactly what they did, whatever came later, and never what others need."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import Importer, triples, values

from kg.errors import UsageError
from kg.ingest import ImportOptions, run_import, undo_import, why
from kg.shacl import Shapes
from kg.store import Store
from kg.store.history import changes, commits
from kg.store.rdf import load_bytes
from tests.drawing import examples

ONE = {"parties.csv": "key,kind,name,city\nP1,person,Ana,Lyon\nP2,legal,Bo,\n"}
TWO = {"parties.csv": "key,kind,name,city\nP1,person,Anne,Lyon\nP3,legal,Cy,\n"}
REFERRAL = {"recommendations.csv": "key,recommender,referred,date\nR1,P1,P2,2024-01-01\n"}


def test_the_last_import_taken_back(store: Store, importer: Importer, no_shapes: Shapes) -> None:
    importer(ONE)
    before = triples(store)
    report = importer(TWO)
    undone = undo_import(store, report.id, shapes=no_shapes)
    assert undone.status == "committed"
    assert triples(store) == before


def test_an_import_taken_back_under_a_later_one(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    first = importer(ONE)
    importer(TWO)
    undone = undo_import(store, first.id, shapes=no_shapes)
    assert undone.status == "committed"
    assert values(store, "sourceKey") == ["P1", "P3"]
    assert values(store, "name") == ["Anne", "Cy"]
    assert "Lyon" in {o for _, _, o in triples(store)}  # stated again by the later one


def test_what_later_facts_name_is_not_taken_away(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    first = importer(ONE)
    referral = importer(REFERRAL)
    before, head = triples(store), store.head
    refused = undo_import(store, first.id, shapes=no_shapes)
    assert refused.status == "refused"
    assert refused.dependent_count == len(refused.dependents) == 2
    assert {(one.file, one.row) for one in refused.dependents} == {("recommendations.csv", 2)}
    assert (triples(store), store.head) == (before, head)
    assert undo_import(store, referral.id, shapes=no_shapes).status == "committed"
    assert undo_import(store, first.id, shapes=no_shapes).status == "committed"
    assert not values(store, "sourceKey")


def test_rules_hold_without_the_import(store: Store, importer: Importer) -> None:
    first = importer(ONE)
    cg = "https://w3id.org/clientgraph/ns#"
    person = next(s for s, p, o in full(store) if p.endswith("sourceKey") and o == "P1")
    with store.write() as tx:
        load_bytes(
            tx, f"<urn:o> a <{cg}Purchase> ; <{cg}client> <{person}> .".encode(), format="turtle"
        )
    refused = undo_import(store, first.id)
    assert refused.status == "refused"
    assert (refused.dependent_count, refused.violation_count > 0) == (0, True)
    assert {one["focus"] for one in refused.violations} == {"urn:o"}
    assert all(one["message"] for one in refused.violations)


def test_an_import_is_taken_back_once(store: Store, importer: Importer, no_shapes: Shapes) -> None:
    first = importer(ONE)
    undo_import(store, first.id, shapes=no_shapes)
    with pytest.raises(UsageError, match="already"):
        undo_import(store, first.id, shapes=no_shapes)
    with pytest.raises(UsageError, match="no import"):
        undo_import(store, "elsewhere", shapes=no_shapes)
    assert importer(ONE).status == "committed"
    assert values(store, "name") == ["Ana", "Bo"]


def test_a_dry_run_keeps_nothing(store: Store, importer: Importer, no_shapes: Shapes) -> None:
    first = importer(ONE)
    before = triples(store)
    assert undo_import(store, first.id, dry_run=True, shapes=no_shapes).status == "dry-run"
    assert triples(store) == before


def test_facts_lead_to_file_and_row_after_everything(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    first = importer(ONE)
    second = importer(TWO)
    undo_import(store, second.id, shapes=no_shapes)
    name = next(s for s, p, o in full(store) if p.endswith("name") and o == "Ana")
    found = [
        (one.object[1], one.import_id, one.file, one.row, one.until)
        for one in why(store, (name, None, None), ("http://xmlns.com/foaf/0.1/name", None, None))
    ]
    assert found == [
        ("Ana", first.id, "parties.csv", 2, second.commit),
        ("Anne", second.id, "parties.csv", 2, 3),
        ("Ana", first.id, "parties.csv", 2, None),
    ]


def full(store: Store) -> list[tuple[str, str, str]]:
    """Return the live triples with whole IRIs."""
    return (
        store.cursor()
        .execute(
            "SELECT s.lex, p.lex, o.lex FROM live AS q JOIN term AS s ON s.id = q.s"
            " JOIN term AS p ON p.id = q.p JOIN term AS o ON o.id = q.o"
        )
        .fetchall()
    )


def test_the_changes_of_a_commit_are_what_it_did(store: Store, importer: Importer) -> None:
    importer(ONE)
    before = set(full(store))
    report = importer(TWO)
    after = set(full(store))
    found = [(sign, tuple(t[1] for t in quad[:3])) for sign, quad in changes(store.cursor(), 2)]
    assert {t for sign, t in found if sign} == after - before
    assert {t for sign, t in found if not sign} == before - after
    head = commits(store.cursor())[0]
    assert (head.number, head.removed) == (report.commit, report.quads_removed)


def test_an_address_that_nobody_has_any_more_does_not_return(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    head = "key,kind,name,street,city\n"
    importer({"parties.csv": f"{head}B,person,,y,x\n"})
    second = importer({"parties.csv": f"{head}B,person,x,,x\n"})
    importer({"parties.csv": f"{head}B,person,y,,\n"})
    before = triples(store)
    assert undo_import(store, second.id, shapes=no_shapes).status == "committed"
    assert triples(store) == before


CELLS = st.sampled_from(["", "x", "y"])
TABLES = st.dictionaries(
    st.sampled_from(["A", "B", "C"]), st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=3
)


@settings(
    max_examples=examples(3, 20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(exports=st.lists(TABLES, min_size=2, max_size=4), data=st.data())
def test_taking_any_import_back_is_as_if_it_never_was(
    exports: list[dict[str, tuple[str, str, str]]],
    data: st.DataObject,
    tmp_path: Path,
    no_shapes: Shapes,
) -> None:
    file = tmp_path / "parties.csv"
    options = ImportOptions(shapes=no_shapes)
    with Store.open() as store, Store.open() as without:
        with without.write() as tx:
            tx.set_setting("iri_secret", store.setting("iri_secret") or "")
        taken = data.draw(st.integers(0, len(exports) - 1))
        runs = []
        for number, rows in enumerate(exports):
            lines = (f"{key},person,{','.join(cells)}\n" for key, cells in sorted(rows.items()))
            file.write_text("key,kind,name,street,city\n" + "".join(lines))
            runs.append(run_import(store, [file], options))
            if number != taken:
                run_import(without, [file], options)
        report = undo_import(store, runs[taken].id, shapes=no_shapes)
        assert report.status == "committed"
        assert triples(store) == triples(without)
