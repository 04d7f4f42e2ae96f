"""Our functions and aggregates: what they answer, compiled and by the evaluator alike."""

from __future__ import annotations

import statistics
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_constructs import DATA, PROLOGUE

from kg.sparql import parse, query
from kg.sparql.compiled import GraphChoice
from kg.sparql.deadline import Deadline
from kg.sparql.extensions import EXTENSIONS
from kg.sparql.fallback import run_fallback
from kg.sparql.search import asked, fold, found, pattern, words
from kg.store import RawTerm, Store
from kg.store.rdf import load_bytes

PREFIXES = PROLOGUE + "PREFIX cgf: <https://w3id.org/clientgraph/function#>\n"
XSD = "http://www.w3.org/2001/XMLSchema#"

Rows = list[tuple[RawTerm | None, ...]]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, DATA.encode(), format="turtle")
        yield store


def compiled(store: Store, text: str) -> Rows:
    result = query(store, PREFIXES + text, union_default_graph=False)
    assert (result.engine, result.reason) == ("sql", None)
    return sorted(result.rows(), key=repr)


def evaluated(store: Store, text: str) -> Rows:
    cursor = store.cursor()
    cursor.begin()
    parsed = parse(PREFIXES + text)
    graphs = GraphChoice(union=False)
    with Deadline(cursor, 30) as deadline:
        _, _, rows = run_fallback(
            store, cursor, parsed, bindings={}, graphs=graphs, deadline=deadline
        )
        assert not isinstance(rows, bool)
        return sorted(rows, key=repr)


def value(rows: Rows) -> str | None:
    [[term]] = rows
    return None if term is None else f"{term[1]}^^{(term[2] or '').removeprefix(XSD)}"


def date(text: str) -> str:
    kind = {4: "gYear", 7: "gYearMonth", 10: "date"}.get(len(text), "dateTime")
    return f'"{text}"^^xsd:{kind}'


CALLS = {
    f"cgf:firstDay({date('2024-02-29')})": "2024-02-29^^date",
    f"cgf:firstDay({date('2024-02')})": "2024-02-01^^date",
    f"cgf:firstDay({date('2024')})": "2024-01-01^^date",
    f"cgf:lastDay({date('2024-02')})": "2024-02-29^^date",
    f"cgf:lastDay({date('2023')})": "2023-12-31^^date",
    f"cgf:lastDay({date('2024-05-06T23:30:00-05:00')})": "2024-05-06^^date",
    'cgf:lastDay("2024-05-06")': None,
    f"cgf:month({date('2024-05-06')})": "2024-05^^gYearMonth",
    f"cgf:month({date('2024-05')})": "2024-05^^gYearMonth",
    f"cgf:month({date('2024')})": None,
    f"cgf:quarter({date('2024-05-06T00:00:00Z')})": "2024-Q2^^string",
    f"cgf:quarter({date('2024-12')})": "2024-Q4^^string",
    f"cgf:addDays({date('2024-02-28')}, 2)": "2024-03-01^^date",
    f"cgf:addDays({date('2024-03-01')}, -1)": "2024-02-29^^date",
    f"cgf:addDays({date('2024-03-01')}, 1.5)": None,
    f"cgf:addDays({date('2024')}, 1)": None,
    f"cgf:addMonths({date('2024-01-31')}, 1)": "2024-02-29^^date",
    f"cgf:addMonths({date('2024-01-31')}, -11)": "2023-02-28^^date",
    f"cgf:daysBetween({date('2024-02-28')}, {date('2024-03-01')})": "2^^integer",
    f"cgf:daysBetween({date('2024-03-01')}, {date('2024-02-28')})": "-2^^integer",
    f"cgf:monthsBetween({date('2024-01-31')}, {date('2024-02-29')})": "1^^integer",
    f"cgf:monthsBetween({date('2024-01-31')}, {date('2024-02-28')})": "0^^integer",
    f"cgf:monthsBetween({date('2024-03-31')}, {date('2024-02-29')})": "-1^^integer",
    f"cgf:monthsBetween({date('2020-05-06')}, {date('2024-05-05')})": "47^^integer",
    f"{date('2024-05')} = cgf:month({date('2024-05-06')})": "true^^boolean",
    f"{date('2024-05-06')} >= cgf:lastDay({date('2024-05')})": "false^^boolean",
    'cgf:search("Émilie Dupont-Çelik", "celik dup")': "true^^boolean",
    'cgf:search("Émilie Dupont-Çelik", "upont")': "false^^boolean",
    'cgf:search("Émilie Dupont-Çelik", "emilie martin")': "false^^boolean",
    'cgf:search("Cœur de la Straße", "COEUR strass")': "true^^boolean",
    'cgf:search("Cœur", "cœu")': "true^^boolean",
    'cgf:search("O\'Brien"@en, "brien")': "true^^boolean",
    'cgf:search("anything", " ")': "true^^boolean",
    'cgf:search(5, "5")': None,
}


@pytest.mark.parametrize("call", CALLS)
def test_a_function_has_one_answer_in_both_engines(store: Store, call: str) -> None:
    text = f"SELECT ?x {{ BIND ({call} AS ?x) }}"
    assert value(compiled(store, text)) == CALLS[call]
    assert value(evaluated(store, text)) == CALLS[call]


AGGREGATES = {
    "cgf:median(?x) { ?s :amount ?x }": "1.225^^decimal",
    "cgf:median(?x) { VALUES ?x { 1 3 2 } }": "2^^decimal",
    "cgf:median(?x) { VALUES ?x { 1 1 1 3 4 } }": "1^^decimal",
    "cgf:median(DISTINCT ?x) { VALUES ?x { 1 1 1 3 4 } }": "3^^decimal",
    "cgf:median(?x) { VALUES ?x { 1 2e0 } }": "1.5^^double",
    "cgf:median(?x) { ?s :nothing ?x }": None,
    "cgf:median(?x) { ?s :age ?x }": None,
    "cgf:median(?x * 2) + 1 { VALUES ?x { 1 3 2 } }": "5^^decimal",
    "cgf:stdev(?x) { VALUES ?x { 2 4 4 4 5 5 7 9 } }": "2.138089935299395^^double",
    "cgf:stdev(DISTINCT ?x) { VALUES ?x { 1 1 3 } }": "1.4142135623730951^^double",
    "cgf:stdev(?x) { VALUES ?x { 1 } }": None,
    "cgf:stdev(?x) { VALUES ?x { 1 2e0 } }": "0.7071067811865476^^double",
    'cgf:mode(?x) { VALUES ?x { "a" "b" "b" } }': "b^^string",
    'cgf:mode(?x) { VALUES ?x { 10 9 "b" } }': "b^^string",
    "cgf:mode(?x) { VALUES ?x { 10 9 } }": "9^^integer",
    "cgf:mode(?x) { ?s :knows ?x }": "http://example.org/cid^^",
    "cgf:mode(?x) { ?s :nothing ?x }": None,
}


@pytest.mark.parametrize("call", AGGREGATES)
def test_an_aggregate_has_one_answer_in_both_engines(store: Store, call: str) -> None:
    expression, _, pattern = call.partition(" {")
    text = f"SELECT ({expression} AS ?r) {{{pattern}"
    expected = AGGREGATES[call]
    for rows in (compiled(store, text), evaluated(store, text)):
        answer = value(rows)
        if expected and expected.endswith("double"):
            assert answer is not None
            assert float(answer.partition("^")[0]) == pytest.approx(
                float(expected.partition("^")[0])
            )
        else:
            assert answer == expected


def test_aggregates_group_filter_and_sort(store: Store) -> None:
    text = """SELECT ?s (cgf:median(?x) AS ?m) { ?s :amount ?x }
    GROUP BY ?s HAVING (cgf:median(DISTINCT ?x) > 1) ORDER BY DESC(cgf:median(?x))"""
    names = [(row[0][1][-3:], row[1][1]) for row in compiled(store, text)]  # type: ignore[index]
    assert names == [("ann", "10.5"), ("bob", "4.625")]
    assert compiled(store, text) == evaluated(store, text)


@settings(max_examples=15, deadline=None)
@given(numbers=st.lists(st.decimals(-1000, 1000, places=3), min_size=2, max_size=9))
def test_median_is_exact(numbers: list[object]) -> None:
    with Store.open() as store:
        listed = " ".join(f"{number:.3f}" for number in numbers)
        rows = compiled(store, f"SELECT (cgf:median(?x) AS ?m) {{ VALUES ?x {{ {listed} }} }}")
        [[term]] = rows
    assert term is not None
    assert type(numbers[0])(term[1]) == statistics.median(numbers)  # type: ignore[call-arg, type-var]


TEXTS = st.text(st.sampled_from("aeEéÉèoœŒOßsçÇñ -'1.é́ø"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, wanted=TEXTS)
def test_the_compiled_search_finds_what_the_definition_finds(text: str, wanted: str) -> None:
    plain = [
        "".join(c for c in unicodedata.normalize("NFD", one) if not unicodedata.combining(c))
        for one in words(text)
    ]
    assert plain == words(text)
    cursor = _CURSOR.cursor()
    answers = [
        cursor.execute("SELECT regexp_matches(?, ?)", [text, pattern(word)]).fetchone() == (True,)
        for word in asked(wanted)
    ]
    assert all(answers) == found(text, wanted)


_CURSOR = Store.open()


def test_folding_leaves_no_accent() -> None:
    assert fold("Štěpánek, ÉMILIE Nguyễn Cœur") == "stepanek, emilie nguyen coeur"


@pytest.mark.parametrize("one", EXTENSIONS, ids=lambda one: one.name)
def test_every_extension_is_documented(root: Path, one: object) -> None:
    text = (root / "docs" / "functions.md").read_text("utf-8")
    assert f"`cgf:{one.name}(" in text  # type: ignore[attr-defined]
