"""The same source imported again: nothing twice, the difference by key, and times kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import Importer, Triple, triples, values

from kg.ingest import ImportOptions, run_import
from kg.shacl import Shapes
from kg.store import Store, place_of
from tests.drawing import examples

PARTIES = "key,kind,name,street,email\nP1,person,Ana,1 Rue A,ana@example.org\nP2,legal,Bo,,\n"
ORDERS = (
    "order,client,date,product,quantity,amount,currency\n"
    "O1,P1,2024-01-02,X,1,10,EUR\nO1,P1,2024-01-02,Y,2,20,EUR\n"
)
PRODUCTS = "key,name,brand\nX,Ixe,Alpha\nY,Ygrec,Beta\n"


def without_times(store: Store) -> set[Triple]:
    """Return the triples of the store, but for when they were recorded."""
    return {one for one in triples(store) if one[1] != "recordedAt"}


def test_the_same_files_again_change_nothing(store: Store, importer: Importer) -> None:
    files = {"parties.csv": PARTIES, "products.csv": PRODUCTS, "purchases.csv": ORDERS}
    assert importer(files).status == "committed"
    before, head = triples(store), store.head
    again = importer(files)
    assert (again.status, again.commit) == ("unchanged", None)
    assert again.difference.unchanged > 0
    assert again.quads_removed == 0
    assert (triples(store), store.head) == (before, head)


def test_a_newer_export_replaces_what_changed(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES})
    report = importer({"parties.csv": PARTIES.replace("Ana,1 Rue A", "Anne,1 Rue A")})
    assert values(store, "name") == ["Anne", "Bo"]
    assert (report.difference.added, report.difference.changed) == (0, 1)
    assert report.quads_removed == 1


def test_an_emptied_cell_removes_the_value(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES})
    importer({"parties.csv": PARTIES.replace("ana@example.org", "")})
    assert not any("hasEmail" in p for _, p, _ in triples(store))


def test_a_column_that_is_not_there_says_nothing(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES})
    importer({"parties.csv": "key,kind,name\nP1,person,Anne\n"})
    assert values(store, "name") == ["Anne", "Bo"]
    assert any("hasEmail" in p for _, p, _ in triples(store))


def test_what_only_a_removed_value_named_goes_with_it(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES})
    importer({"parties.csv": PARTIES.replace("1 Rue A", "")})
    assert not any("Address" in p or "street" in p for _, p, _ in triples(store))
    importer({"products.csv": PRODUCTS, "purchases.csv": ORDERS})
    lines = ORDERS.splitlines(keepends=True)
    importer({"purchases.csv": "".join(lines[:2])})
    assert values(store, "netAmount") == ["10"]
    assert len(values(store, "hasLine")) == 1


def test_a_key_of_its_own_outlives_the_reference_to_it(store: Store, importer: Importer) -> None:
    head = "key,kind,name,parent\n"
    importer({"parties.csv": head + "A,unit,Aa,B\nB,legal,Bb,\nC,legal,Cc,\n"})
    importer({"parties.csv": head + "A,unit,Aa,C\n"})
    assert values(store, "sourceKey") == ["A", "B", "C"]


def test_records_that_are_not_named_stay_unless_the_export_is_complete(
    store: Store, importer: Importer
) -> None:
    importer({"parties.csv": PARTIES})
    importer({"parties.csv": "key,kind,name\nP2,legal,Bo\n"})
    assert values(store, "sourceKey") == ["P1", "P2"]
    report = importer({"parties.csv": "key,kind,name\nP2,legal,Bo\n"}, complete=True)
    assert values(store, "sourceKey") == ["P2"]
    assert report.difference.removed == 2  # the person and the address
    assert importer({"products.csv": PRODUCTS}, complete=True).quads_removed == 0


def test_another_source_is_left_alone(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES}, source="a")
    before = triples(store)
    importer({"parties.csv": "key,kind,name\nP1,person,Else\n"}, source="b", complete=True)
    assert before <= triples(store)


def test_the_time_of_the_first_record_is_kept(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES, "products.csv": PRODUCTS, "purchases.csv": ORDERS})
    first = values(store, "recordedAt")
    importer({"purchases.csv": ORDERS.replace(",10,EUR", ",11,EUR")})
    assert values(store, "recordedAt") == first
    assert values(store, "netAmount") == ["11", "20"]


def test_statements_of_others_are_left_alone(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES})
    with store.write() as tx:
        tx.insert(
            "SELECT s.lex AS s, p.lex AS p, 'By hand' AS o,"
            " 'http://www.w3.org/2001/XMLSchema#string' AS odt, NULL AS olang, g.lex AS g"
            " FROM live JOIN term AS s ON s.id = live.s JOIN term AS p ON p.id = live.p"
            " JOIN term AS o ON o.id = live.o JOIN term AS g ON g.id = live.g WHERE o.lex = 'Ana'"
        )
    importer({"parties.csv": PARTIES.replace("Ana,", "Anne,")})
    assert values(store, "name") == ["Anne", "Bo", "By hand"]


def test_an_rdf_document_again_changes_nothing(store: Store, importer: Importer) -> None:
    text = "<http://x.example/a> <http://x.example/p> [ <http://x.example/q> 1 ], 2 .\n"
    assert importer({"more.ttl": text}).status == "committed"
    before = triples(store)
    assert importer({"more.ttl": text}).status == "unchanged"
    assert triples(store) == before
    importer({"other.ttl": text.replace("2 .", "3 .")})
    assert len(triples(store)) == len(before) + 3  # its blank node is another one


def test_every_quad_knows_file_and_row(store: Store, importer: Importer) -> None:
    importer({"parties.csv": PARTIES, "products.csv": PRODUCTS})
    rows = store.cursor().execute(
        "SELECT o.lex, q.origin FROM live AS q JOIN term AS o ON o.id = q.o"
        " WHERE o.lex IN ('Bo', 'Ygrec')"
    )
    places = {text: place_of(origin) for text, origin in rows.fetchall()}
    assert places == {"Bo": (0, 3), "Ygrec": (1, 3)}


KEYS = st.sampled_from(["A", "B", "C"])
CELLS = st.sampled_from(["", "x", "y"])
TABLES = st.dictionaries(KEYS, st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=3)


def table(rows: dict[str, tuple[str, str, str]]) -> str:
    """Return a table of parties."""
    lines = (f"{key},person,{','.join(cells)}\n" for key, cells in sorted(rows.items()))
    return "key,kind,name,street,city\n" + "".join(lines)


@pytest.mark.parametrize("complete", [False, True])
@settings(
    max_examples=examples(2, 15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(exports=st.lists(TABLES, min_size=2, max_size=4))
def test_exports_one_after_the_other_end_like_their_sum(
    exports: list[dict[str, tuple[str, str, str]]],
    tmp_path: Path,
    no_shapes: Shapes,
    *,
    complete: bool,
) -> None:
    file = tmp_path / "parties.csv"
    options = ImportOptions(shapes=no_shapes, complete=complete)
    expected: dict[str, tuple[str, str, str]] = {}
    with Store.open() as renewed, Store.open() as fresh:
        secret = renewed.setting("iri_secret") or ""
        for rows in exports:
            file.write_text(table(rows))
            run_import(renewed, [file], options)
            expected = rows if complete else expected | rows
        with fresh.write() as tx:
            tx.set_setting("iri_secret", secret)
        file.write_text(table(expected))
        run_import(fresh, [file], options)
        assert without_times(renewed) == without_times(fresh)


NAMED = """
mappings:
  m:
    sources: [['a.csv~csv']]
    s: http://x/$(id)
    po:
      - {p: cg:said, o: $(value), graphs: http://x/g/$(graph)}
      - {p: cg:fixed, o: $(value), graphs: http://x/all}
"""
Said = set[tuple[str, str, str, str]]


def said(store: Store) -> Said:
    """Return the live quads of the graphs that the document names."""
    rows = store.cursor().execute(
        "SELECT s.lex, p.lex, o.lex, g.lex FROM live AS q JOIN term AS s ON s.id = q.s"
        " JOIN term AS p ON p.id = q.p JOIN term AS o ON o.id = q.o JOIN term AS g ON g.id = q.g"
        " WHERE g.lex LIKE 'http://x/%'"
    )
    return {(s[-1], p.rpartition("#")[2], o, g[9:]) for s, p, o, g in rows.fetchall()}


def meant(row: tuple[str, str, str]) -> Said:
    """Return what a row says."""
    key, value, graph = row
    return {(key, "said", value, f"g/{graph}"), (key, "fixed", value, "all")}


SAYING = st.lists(
    st.tuples(st.sampled_from("12"), st.sampled_from("vw"), st.sampled_from("ab")), max_size=3
)


@settings(
    max_examples=examples(5, 60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(exports=st.lists(st.tuples(st.sampled_from("st"), SAYING), min_size=2, max_size=4))
def test_what_goes_to_graphs_that_documents_name_is_replaced_too(
    tmp_path: Path, no_shapes: Shapes, exports: list[tuple[str, list[tuple[str, str, str]]]]
) -> None:
    (tmp_path / "m.yml").write_text(NAMED)
    expected: dict[str, Said] = {"s": set(), "t": set()}
    with Store.open() as store:
        for source, drawn in exports:
            rows = [(key, value + source, graph) for key, value, graph in drawn]
            text = "id,value,graph\n" + "".join(f"{','.join(row)}\n" for row in rows)
            (tmp_path / "a.csv").write_text(text)
            options = ImportOptions(source=source, mapping=tmp_path / "m.yml", shapes=no_shapes)
            before = {name: set(quads) for name, quads in expected.items()}
            named = {key for key, _, _ in rows}
            kept = {quad for quad in expected[source] if quad[0] not in named}
            expected[source] = kept.union(*map(meant, rows))
            report = run_import(store, [tmp_path / "a.csv"], options)
            assert said(store) == expected["s"] | expected["t"]
            assert report.status == ("unchanged" if expected == before else "committed")
            again = run_import(store, [tmp_path / "a.csv"], options)
            assert again.status == "unchanged"
