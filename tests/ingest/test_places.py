"""The file and the row of any fact in SPARQL: what `why` tells, in both engines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawing import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import Importer, importer_into

from kg.errors import ClientgraphError
from kg.ingest import ImportOptions, run_import, undo_import, why
from kg.shacl import Shapes
from kg.sparql import parse, query
from kg.sparql.compiled import GraphChoice
from kg.sparql.deadline import Deadline
from kg.sparql.fallback import run_fallback
from kg.store import RawTerm, Store

PREFIXES = """
PREFIX cgf: <https://w3id.org/clientgraph/function#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
PLACES = """SELECT * { GRAPH ?g { ?s ?p ?o }
  BIND (cgf:file(?s, ?p, ?o, ?g) AS ?file) BIND (cgf:row(?s, ?p, ?o, ?g) AS ?row) }"""
PEOPLE = {
    "parties.csv": "key,kind,name\nP1,person,Ana\nP2,person,Bob\n",
    "products.csv": "key,name\nX,Box\nY,Ana\n",
    "more.ttl": "<http://x/P1> <http://x/likes> <http://x/P2> .",
}

Solution = dict[str, RawTerm | None]
Place = tuple[object, ...]
"""Subject, predicate, object, graph, file and row."""


def compiled(store: Store, text: str, **options: object) -> list[Solution]:
    result = query(store, PREFIXES + text, **options)  # type: ignore[arg-type]
    assert (result.engine, result.reason) == ("sql", None)
    return [dict(zip(result.variables, row, strict=True)) for row in result.rows()]


def evaluated(store: Store, text: str, graphs: GraphChoice | None = None) -> list[Solution]:
    cursor = store.cursor()
    cursor.begin()
    with Deadline(cursor, 60) as deadline:
        _, names, rows = run_fallback(
            store,
            cursor,
            parse(PREFIXES + text),
            bindings={},
            graphs=graphs or GraphChoice(),
            deadline=deadline,
        )
        assert isinstance(rows, Iterator)
        return [dict(zip(names, row, strict=True)) for row in rows]


def places(solutions: list[Solution]) -> list[Place]:
    """Return the place of each fact that has one."""
    found: list[Place] = []
    for one in solutions:
        file, row = one.get("file"), one.get("row")
        if file is not None or row is not None:
            place = (file and file[1], row and int(row[1]))
            found.append((*(one[name] for name in "spog"), *place))
    return sorted(found, key=repr)


def told(store: Store, commit: int | None = None) -> list[Place]:
    """Return the place of each fact that has one, as `why` tells them."""
    commit = store.head if commit is None else commit
    rows = store.cursor().execute(
        "SELECT DISTINCT t.lex, t.dt, t.lang FROM quad AS q JOIN term AS t ON t.id = q.s"
    )
    lives = [life for key in rows.fetchall() for life in why(store, key, with_reasons=False)]
    return sorted(
        (
            (one.subject, one.predicate, one.object, one.graph, one.file, one.row)
            for one in lives
            if one.commit <= commit and (one.until is None or one.until > commit) and one.file
        ),
        key=repr,
    )


def fill(importer: Importer) -> None:
    importer(PEOPLE, source="crm")
    importer({"parties.csv": "key,kind,name\nQ,person,Eve\nP1,person,Ana\n"}, source="shop")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, no_shapes: Shapes) -> Iterator[Store]:
    """Return a store that the tests only read."""
    with Store.open() as store:
        fill(importer_into(store, tmp_path_factory.mktemp("people"), no_shapes))
        yield store


def test_every_fact_has_the_file_and_row_that_why_tells(imported: Store) -> None:
    expected = told(imported)
    assert {place[4:] for place in expected} == {
        *(("parties.csv", 2), ("parties.csv", 3), ("products.csv", 2), ("products.csv", 3)),
        ("more.ttl", None),
    }
    assert places(compiled(imported, PLACES)) == expected
    assert places(evaluated(imported, PLACES)) == expected


def test_what_is_gone_has_its_place_as_of_the_commit_before(
    store: Store, importer: Importer
) -> None:
    fill(importer)
    importer({"parties.csv": "key,kind,name\nP2,person,Bob\n"}, source="crm")
    for commit in range(1, store.head + 1):
        expected = told(store, commit)
        assert places(compiled(store, PLACES, as_of_commit=commit)) == expected
        assert places(evaluated(store, PLACES, GraphChoice(as_of=commit))) == expected
    assert told(store, 1) != told(store)


@pytest.mark.parametrize(
    ("text", "names"),
    {
        "SELECT (cgf:row(?s, foaf:name, ?n, ?g) AS ?r) { GRAPH ?g { ?s foaf:name ?n } }": "2 2 3 3",
        "SELECT ?n { GRAPH ?g { ?s foaf:name ?n } FILTER (cgf:row(?s, foaf:name, ?n, ?g) = 3) }": (
            "Ana Bob"
        ),
        "SELECT ?n { GRAPH ?g { ?s foaf:name ?n } FILTER (!BOUND(?x) && 2 < cgf:row(?s, foaf:name,"
        " ?n, ?g)) OPTIONAL { ?n foaf:name ?x } }": "Ana Bob",
        "SELECT ?m { GRAPH ?g { ?s foaf:name ?n } OPTIONAL { ?s foaf:name ?m"
        " FILTER (cgf:row(?s, foaf:name, ?n, ?g) = 3) } }": "Ana Bob None None",
        "SELECT ?n { GRAPH ?g { ?s foaf:name ?n } FILTER EXISTS { ?s rdfs:label|foaf:name ?l"
        " FILTER (cgf:row(?s, foaf:name, ?l, ?g) = 2) } }": "Ana Eve",
        "SELECT ?f (COUNT(*) AS ?c) { GRAPH ?g { ?s ?p ?o } } GROUP BY (cgf:file(?s, ?p, ?o, ?g)"
        " AS ?f) HAVING (?f = 'products.csv')": "6 products.csv",
        "SELECT (MAX(cgf:row(?s, ?p, ?o, ?g)) AS ?m) { GRAPH ?g { ?s ?p ?o } }": "3",
        "SELECT ?n { GRAPH ?g { ?s foaf:name ?n } } ORDER BY DESC(cgf:row(?s, foaf:name, ?n, ?g))"
        " ?n LIMIT 1": "Ana",
        # No fact, no graph, no name of a graph, not bound; and the graph itself says no graph.
        "SELECT ?x { ?s foaf:name ?n BIND (cgf:row(?s, foaf:name, 'Zoe', ?g) AS ?x) }": (
            "None None None None"
        ),
        "SELECT ?x { ?s foaf:name 'Eve' BIND (cgf:row(?s, foaf:name, 'Eve', 'a') AS ?x) }": "None",
        "SELECT ?x { ?s foaf:name 'Eve' BIND (cgf:row(?s, foaf:name, 'Eve', <urn:x>) AS ?x) }": (
            "None"
        ),
        "SELECT ?x { GRAPH ?g { ?s foaf:name 'Eve' BIND (cgf:file(?s, foaf:name, 'Eve', ?g) AS ?x)"
        " } }": "None",
    }.items(),
)
def test_a_place_is_told_wherever_an_expression_stands(
    imported: Store, text: str, names: str
) -> None:
    for solutions in (compiled(imported, text), evaluated(imported, text)):
        texts = [" ".join(sorted(str(t and t[1]) for t in one.values())) for one in solutions]
        assert " ".join(sorted(texts)) == names


def test_a_computed_term_is_answered_by_the_evaluator(imported: Store) -> None:
    text = """SELECT ?file { GRAPH ?g { ?s foaf:name ?o }
      BIND (cgf:file(?s, foaf:name, CONCAT("E", "ve"), ?g) AS ?file) FILTER BOUND(?file) }"""
    result = query(imported, PREFIXES + text)
    assert result.engine == "rdflib"
    assert [row[0] and row[0][1] for row in result.rows()] == ["parties.csv"]


def test_other_numbers_of_arguments_are_an_error(imported: Store) -> None:
    for call in ("cgf:row()", "cgf:row(?s, foaf:name, ?n)", "cgf:file(?s, ?s, ?s, ?s, ?s)"):
        result = query(imported, PREFIXES + f"SELECT ({call} AS ?x) {{ ?s foaf:name ?n }}")
        assert {row[0] for row in result.rows()} == {None}


def test_who_may_not_see_a_graph_is_told_no_place_in_it(imported: Store) -> None:
    known = told(imported)
    facts = " ".join(f"({' '.join(map(_written, place[:4]))})" for place in known)
    asked = f"""SELECT * {{ VALUES (?s ?p ?o ?g) {{ {facts} }}
      BIND (cgf:file(?s, ?p, ?o, ?g) AS ?file) BIND (cgf:row(?s, ?p, ?o, ?g) AS ?row) }}"""
    graphs = sorted({_written(place[3])[1:-1] for place in known})
    assert len(graphs) > 3
    assert places(compiled(imported, asked)) == known
    for graph in graphs:
        of_it = [place for place in known if _written(place[3]) == f"<{graph}>"]
        others = [place for place in known if place not in of_it]
        assert places(compiled(imported, asked, hidden_graphs=[graph])) == others
        one = {"default_graphs": [], "named_graphs": [graph]}
        assert places(compiled(imported, asked, **one)) == of_it
    hidden = GraphChoice(named=graphs[:2], hidden=[graphs[0]])
    left = [place for place in known if _written(place[3]) == f"<{graphs[1]}>"]
    assert places(evaluated(imported, asked, hidden)) == left


def _written(term: object) -> str:
    assert isinstance(term, tuple)
    _, text, datatype, language = term
    if datatype is None:
        return f"<{text}>"
    return f'"{text}"@{language}' if language else f'"{text}"^^<{datatype}>'


names = st.sampled_from(["Ana", "Bob", "Eve"])
tables = st.lists(
    st.tuples(st.sampled_from("ABC"), names), max_size=3, unique_by=lambda row: row[0]
)
documents = st.lists(st.tuples(st.sampled_from("ab"), names, st.sampled_from("gh")), max_size=3)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("import"), st.sampled_from(["crm", "shop"]), tables, documents),
        st.tuples(st.just("undo"), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=5,
)


@settings(
    deadline=None,
    max_examples=examples(3, 60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=steps)
def test_any_history_of_imports_tells_the_places_that_why_tells(
    tmp_path: Path, no_shapes: Shapes, drawn: list[tuple[object, ...]]
) -> None:
    with Store.open() as store:
        for step in drawn:
            _do(store, tmp_path, no_shapes, step)
        for commit in range(1, store.head + 1):
            expected = told(store, commit)
            assert places(compiled(store, PLACES, as_of_commit=commit)) == expected
            assert places(evaluated(store, PLACES, GraphChoice(as_of=commit))) == expected


def _do(store: Store, folder: Path, no_shapes: Shapes, step: tuple[object, ...]) -> None:
    match step:
        case ("import", str(source), list(table), list(document)):
            rows = "".join(f"{key},person,{name}\n" for key, name in table)
            (folder / "parties.csv").write_text("key,kind,name\n" + rows, encoding="utf-8")
            quads = "".join(
                f'<http://x/{s}> <http://x/p> "{o}" <http://x/{g}> .\n' for s, o, g in document
            )
            (folder / "a.nq").write_text(quads, encoding="utf-8")
            run_import(store, [folder], ImportOptions(source=source, shapes=no_shapes))
        case ("undo", int(place)):
            runs = store.cursor().execute("SELECT id FROM import_run ORDER BY turn").fetchall()
            if not runs:
                return
            with contextlib.suppress(ClientgraphError):
                undo_import(store, runs[min(place, len(runs) - 1)][0], shapes=no_shapes)


def test_a_fact_that_comes_again_is_of_the_import_that_brought_it_again(
    store: Store, importer: Importer
) -> None:
    quad = '<http://x/a> <http://x/p> "o" <http://x/g> .\n'
    importer({"first.nq": quad}, source="one")
    with store.write() as tx:
        tx.cursor.execute("CREATE TEMP TABLE gone AS SELECT s, p, o, g FROM live WHERE p <> 0")
        tx.delete_codes("gone")
    importer({"second.nq": quad}, source="two")
    [place] = [place for place in told(store) if "http://x/p" in str(place[1])]
    assert place[4] == "second.nq"
    assert place in places(compiled(store, PLACES))
    assert place in places(evaluated(store, PLACES))
