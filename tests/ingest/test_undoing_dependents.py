"""An import taken back with what depends on it: that goes to quarantine, and comes back whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import Importer, triples, values

from kg.errors import UsageError
from kg.ingest import (
    discard,
    list_imports,
    list_quarantine,
    quarantine_sheets,
    retry_quarantine,
    run_import,
    undo_import,
    why,
)
from kg.ingest.options import ImportOptions
from kg.merging import merge, unmerge
from kg.shacl import Shapes, project_shapes
from kg.store import Store

PARTIES = {"parties.csv": "key,kind,name,city\nP1,person,Ana,Lyon\nP2,legal,Bo,\n"}
OTHERS = {"parties.csv": "key,kind,name,parent\nP3,unit,Cy,P2\nP4,unit,Di,P3\nP5,person,Ed,\n"}
REFERRAL = {
    "recommendations.csv": "key,recommender,referred,date\nR1,P1,P2,2024-01-01\nR2,P5,P4,2024-02\n"
}
PRODUCTS = {"products.csv": "key,name\nA,Soap\nB,Ink\n"}
ORDERS = {
    "purchases.csv": "order,client,date,product,quantity,amount,currency\n"
    "O1,P1,2024-01-01,A,1,1.50,EUR\nO1,P1,2024-01-01,B,2,3,EUR\nO2,P1,2024-01-02,A,1,1.50,EUR\n"
}


def rows(store: Store) -> list[tuple[str, int]]:
    return sorted((one.file, one.row) for one in list_quarantine(store))


def test_what_depends_goes_to_quarantine_and_returns(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    first = importer(PARTIES)
    importer(OTHERS)
    later = importer(REFERRAL)
    before = triples(store)
    undone = undo_import(store, first.id, on_dependents="quarantine", shapes=no_shapes)
    assert (undone.status, undone.commit, undone.rows_quarantined) == ("committed", store.head, 4)
    assert undone.dependent_count > 0
    assert values(store, "sourceKey") == ["P5"]
    waiting = sorted(list_quarantine(store), key=lambda one: (one.file, one.row))
    assert rows(store) == [
        *[("parties.csv", 2), ("parties.csv", 3)],
        *[("recommendations.csv", 2), ("recommendations.csv", 3)],
    ]
    assert waiting[2].import_id == later.id
    assert {name for name in ("P1", "P2") if name in waiting[2].text("fr")} == {"P1", "P2"}
    assert "P4" in waiting[3].text("en")
    assert all(first.id in one.text("fr") for one in waiting)
    again = importer(PARTIES)
    assert (again.status, again.released, rows(store)) == ("committed", 4, [])
    assert triples(store) == before


def test_facts_that_returned_lead_to_the_row_where_they_stood(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    first = importer(PARTIES)
    importer(REFERRAL | OTHERS)
    undo_import(store, first.id, on_dependents="quarantine", shapes=no_shapes)
    again = importer(PARTIES)
    (referral,) = (
        store.cursor()
        .execute(
            "SELECT s.lex FROM live JOIN term AS s ON s.id = live.s JOIN term AS o ON o.id = live.o"
            " WHERE o.lex = '2024-01-01'"
        )
        .fetchone()
        or ()
    )
    last = [one for one in why(store, (referral, None, None)) if one.until is None]
    assert {(one.import_id, one.file, one.row) for one in last} == {
        (again.id, "recommendations.csv", 2)
    }


def test_the_rows_of_an_order_go_and_return_together(store: Store, importer: Importer) -> None:
    shapes = project_shapes()
    importer(PARTIES, shapes=shapes)
    products = importer(PRODUCTS, shapes=shapes)
    importer(ORDERS, shapes=shapes)
    before = triples(store)
    undone = undo_import(store, products.id, on_dependents="quarantine")
    assert (undone.status, undone.rows_quarantined) == ("committed", 3)
    assert not values(store, "orderNumber")
    assert not values(store, "netAmount")
    assert values(store, "sourceKey") == ["ORG", "P1", "P2"]
    only_one = {"products.csv": "key,name\nA,Soap\n"}
    assert importer(only_one, shapes=shapes).released == 1
    assert values(store, "orderNumber") == ["O2"]
    assert importer(PRODUCTS, shapes=shapes).released == 2
    assert triples(store) == before


def test_the_preview_tells_what_would_happen_and_keeps_nothing(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    first = importer(PARTIES)
    importer(OTHERS)
    before, head = triples(store), store.head
    report = undo_import(
        store, first.id, dry_run=True, on_dependents="quarantine", shapes=no_shapes
    )
    assert (report.status, report.refused, report.rows_quarantined) == ("dry-run", False, 2)
    assert report.quads_removed > 0
    assert {(one.file, one.row) for one in report.dependents} == {("parties.csv", 2)}
    assert (triples(store), store.head, rows(store)) == (before, head, [])
    refused = undo_import(store, first.id, dry_run=True, shapes=no_shapes)
    assert (refused.status, refused.refused, refused.rows_quarantined) == ("refused", True, 0)


def test_a_rule_that_would_be_broken_sets_apart_too(store: Store, importer: Importer) -> None:
    first = importer({"parties.csv": "key,kind,name\nP1,person,Ana\n"})
    mapping = (
        "sources: {t: ['dates.csv~csv']}\n"
        "mappings: {one: {sources: t, s: {f: 'mint(purchase, $(no))'},"
        " po: [[cg:orderDate, $(day), xsd:date], [a, cg:Purchase]]}}\n"
    )
    importer({"dates.csv": "no,day\nO1,2024-01-01\n"}, mapping)
    orders = importer(ORDERS | {"products.csv": PRODUCTS["products.csv"]})
    undone = undo_import(store, orders.id, on_dependents="quarantine")
    assert (undone.status, undone.dependent_count, undone.rows_quarantined) == ("committed", 0, 1)
    (row,) = list_quarantine(store)
    assert (row.file, row.row, row.waits_for) == ("dates.csv", 2, 0)
    assert "règle" in row.text("fr")
    assert "rule" in row.text("en")
    assert [one.id for one in list_imports(store)][-1] == first.id


def test_rows_in_quarantine_go_with_their_import(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    bad = {"parties.csv": "key,kind,name\nP1,person,Ana\nP2,nobody,Bo\n"}
    first = importer(bad, on_violation="quarantine")
    assert rows(store) == [("parties.csv", 3)]
    assert undo_import(store, first.id, shapes=no_shapes).rows_discarded == 1
    assert rows(store) == []


def stated(store: Store) -> list[tuple[object, ...]]:
    """Return what documents state, by the ids of the terms, without the provenance."""
    query = (
        "SELECT q.s, q.p, q.o FROM live AS q JOIN term AS t ON t.id = q.s"
        " WHERE starts_with(t.lex, 'x:') OR starts_with(t.lex, '_:') ORDER BY ALL"
    )
    return store.cursor().execute(query).fetchall()


def test_facts_about_blank_nodes_return_as_they_were(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    text = "<x:a> <x:p> 1 ."
    first = importer({"a.ttl": text})
    dependent = "[] <x:names> <x:a> ; <x:at> [ <x:city> 'Paris' ] . <x:c> <x:with> [ <x:q> 1 ] ."
    importer({"b.ttl": dependent + " <x:d> <x:names> <x:a> ; <x:list> (1 2 3 4 5) ."})
    before = stated(store)
    undone = undo_import(store, first.id, on_dependents="quarantine", shapes=no_shapes)
    assert (undone.status, undone.quads_quarantined) == ("committed", 15)
    left = triples(store)
    assert {p for s, p, _ in left if s.startswith("_:") or s == "x:c"} == {"x:with", "x:q"}
    assert importer({"a.ttl": text}).released == undone.rows_quarantined
    assert stated(store) == before
    assert list_quarantine(store) == []


def test_labels_of_blank_nodes_are_no_iris_for_documents_of_users(importer: Importer) -> None:
    label = "_:b" + "0" * 32
    mapping = "sources: {t: {access: t.csv, referenceFormulation: csv}}\n"
    mapping += "mappings: {m: {sources: t, s: $(s), po: [[a, cg:Party]]}}"
    report = importer({"t.csv": f"s\n{label}\n"}, mapping)
    assert (report.status, report.findings[0].value) == ("refused", label)
    typed = mapping.replace("s: $(s)", "s: {value: $(s), type: node}")
    assert importer({"t.csv": f"s\n{label}\n"}, typed).status == "refused"


NODES = [f"<x:b{i}>" for i in range(3)] + [f"_:n{i}" for i in range(4)]


@pytest.mark.slow
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    dependent=st.lists(
        st.tuples(
            st.sampled_from(NODES),
            st.sampled_from(["<x:p>", "<x:q>"]),
            st.sampled_from([*NODES, "<x:a0>", "<x:a1>", "1", "'t'@fr"]),
        ),
        min_size=1,
        max_size=12,
    ),
    other=st.lists(
        st.tuples(st.sampled_from(["_:n0", "<x:c>"]), st.just("<x:r>"), st.sampled_from(NODES[:4])),
        max_size=3,
    ),
)
def test_any_blank_nodes_return_as_they_were(
    dependent: list[tuple[str, str, str]],
    other: list[tuple[str, str, str]],
    tmp_path: Path,
    no_shapes: Shapes,
) -> None:
    texts = {
        "a.ttl": "<x:a0> <x:p> 1 . <x:a1> <x:p> <x:a0> .",
        "b.ttl": "".join(f"{' '.join(one)} .\n" for one in dependent),
        "c.ttl": "".join(f"{' '.join(one)} .\n" for one in other) or "<x:z> <x:p> 1 .",
    }
    with Store.open() as store:
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
            run_import(store, [tmp_path / name], ImportOptions(shapes=no_shapes))
        before = stated(store)
        run = list_imports(store)[-1].id
        undone = undo_import(store, run, on_dependents="quarantine", shapes=no_shapes)
        assert undone.status == "committed"
        left = stated(store)
        assert set(left) <= set(before)
        described = {s for s, _, _ in left}
        assert not {o for _, _, o in left} & ({s for s, _, _ in before} - described)
        again = run_import(store, [tmp_path / "a.ttl"], ImportOptions(shapes=no_shapes))
        assert again.released == undone.rows_quarantined
        assert list_quarantine(store) == []
        assert stated(store) == before


def test_merge_taken_back_does_not_hold_its_import(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    first = importer({"parties.csv": "key,kind\nP1,person\n"})
    second = importer({"parties.csv": "key,kind\nP2,person\n"})
    merge(store, "P1", "P2")
    assert undo_import(store, first.id).status == "refused"
    unmerge(store, "P1")
    assert undo_import(store, second.id).status == "committed"
    assert not [one for one in triples(store) if "merge/" in one[0]]
    assert undo_import(store, first.id).status == "committed"


def test_rdf_documents_return_with_every_kind_of_term(
    store: Store, importer: Importer, no_shapes: Shapes
) -> None:
    first = importer({"a.ttl": "<x:a> <x:p> 1 ."})
    text = (
        '<x:b> <x:names> <x:a> ; <x:p$(> "x", "x"@en, "x"@fr-CA, " y ", "", 1, 01, 2.50, 1e3,'
        ' "2024"^^<http://www.w3.org/2001/XMLSchema#gYear>, "q"^^<x:d> ; a <x:T#>, <x:U/V> .\n'
        "<x:c> <x:names> <x:b>, <x:c> ; <x:say> '''two\nlines, \"quoted\" $(x) \\\\('''.\n"
    )
    importer({"b.ttl": text})
    before = triples(store)
    kinds = "SELECT o.lex, o.dt, o.lang FROM live JOIN term AS o ON o.id = live.o ORDER BY ALL"
    terms = store.cursor().execute(kinds).fetchall()
    undone = undo_import(store, first.id, on_dependents="quarantine", shapes=no_shapes)
    assert (undone.status, undone.rows_quarantined) == ("committed", 2)
    assert not [one for one in triples(store) if one[0] in ("x:b", "x:c")]
    (sheet,) = quarantine_sheets(store)
    assert json.loads(sheet.rows[0][1])[0]["message"]["fr"]
    with store.write() as tx:
        tx.insert(
            "SELECT 'x:a' AS s, 'x:p' AS p, '1' AS o, 'http://www.w3.org/2001/XMLSchema#"
            "integer' AS odt, NULL AS olang, 'x:g' AS g, NULL::BIGINT AS origin"
        )
    (report,) = retry_quarantine(store, ImportOptions(shapes=no_shapes))
    assert (report.status, report.released) == ("committed", 2)
    assert triples(store) == before
    assert set(terms) <= set(store.cursor().execute(kinds).fetchall())


def test_wrong_options_are_refused(store: Store, importer: Importer, no_shapes: Shapes) -> None:
    first = importer(PARTIES)
    with pytest.raises(UsageError, match="on_dependents"):
        undo_import(store, first.id, on_dependents="perhaps")
    importer(OTHERS)
    undo_import(store, first.id, on_dependents="quarantine", shapes=no_shapes)
    one = list_quarantine(store)[0]
    assert discard(store, one.import_id, [one.row]) == 1


def undated(store: Store) -> set[tuple[str, str, str]]:
    """Return the triples without the time at which an event was recorded: that of its import."""
    return {one for one in triples(store) if one[1] != "recordedAt"}


@pytest.mark.slow
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_what_was_taken_back_and_comes_again_gives_the_same_graph(
    data: st.DataObject, tmp_path: Path, no_shapes: Shapes
) -> None:
    options = ImportOptions(shapes=no_shapes)
    with Store.open() as store:
        keys: list[str] = []
        folders, runs = [], []
        for number in range(data.draw(st.integers(2, 4))):
            folder = tmp_path / f"{number}"
            folder.mkdir(exist_ok=True)
            own = [f"K{number}{i}" for i in range(data.draw(st.integers(1, 3)))]
            party = st.sampled_from([*own, *keys])
            parents = [data.draw(st.one_of(st.just(""), party)) for _ in own]
            lines = [
                f"{key},{'unit' if above else 'legal'},{above}\n"
                for key, above in zip(own, parents, strict=True)
            ]
            (folder / "parties.csv").write_text("key,kind,parent\n" + "".join(lines))
            named = data.draw(st.lists(st.tuples(party, party), max_size=3))
            lines = [f"R{number}{i},{a},{b},2024\n" for i, (a, b) in enumerate(named)]
            head = "key,recommender,referred,date\n"
            (folder / "recommendations.csv").write_text(head + "".join(lines))
            runs.append(run_import(store, [folder], options))
            folders.append(folder)
            keys += own
        before = undated(store)
        taken = data.draw(st.integers(0, len(runs) - 1))
        undone = undo_import(store, runs[taken].id, on_dependents="quarantine", shapes=no_shapes)
        assert undone.status == "committed"
        left = undated(store)
        assert left <= before
        described = {s for s, _, _ in left}
        assert {o for _, _, o in left if o.startswith("id/party")} <= described
        again = run_import(store, [folders[taken]], options)
        assert again.released == undone.rows_quarantined
        assert list_quarantine(store) == []
        assert undated(store) == before
