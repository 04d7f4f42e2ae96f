"""Every query test of the W3C's SPARQL 1.0 and 1.1 suites, through the public function."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from evaluator import evaluated
from other_constants import compare, with_other_constants
from w3c_manifest import ROOT, Case, cases, iri_of, path_of
from w3c_results import Table, expected_of, same_csv, same_graph, same_table

from kg.errors import QueryEvaluationError, QuerySyntaxError
from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import Result, parse, query
from kg.sparql.compiled import GraphChoice
from kg.sparql.diagnosis import query_diagnosis
from kg.sparql.fallback import Row
from kg.sparql.lifting import read
from kg.sparql.plans import Plans
from kg.sparql.results import write_bindings
from kg.sparql.tokens import plain
from kg.store import Kind, RawTerm, Store, lookup_building
from kg.store.property_steps import Worth
from kg.store.rdf import load_file
from kg.store.upkeep import build

pytestmark = pytest.mark.skipif(
    not ROOT.is_dir(), reason="the W3C suites are not there: see CLIENTGRAPH_SUITES"
)

KNOWN_FAILURES: dict[str, str] = {}
"""Tests by their short name, with the reason why they fail."""

ALL = cases()


def _named(kinds: set[str]) -> list[object]:
    return [
        pytest.param(
            case,
            id=case.short,
            marks=[pytest.mark.xfail(reason=KNOWN_FAILURES[case.short], strict=True)]
            if case.short in KNOWN_FAILURES
            else [],
        )
        for case in ALL
        if case.kind in kinds
    ]


@lru_cache(maxsize=4)
def _store(
    data: tuple[Path, ...],
    named: tuple[Path, ...],
    worth: Worth | None = None,
    *,
    indexed: bool = False,
) -> Store:
    """Return a store with data in the unnamed graph and in graphs named by their files.

    With `worth` it has a property table, if `indexed` a look-up index.
    """
    store = Store.open()
    with store.write() as tx:
        for path in data:
            load_file(tx, path, base=iri_of(path))
        for path in named:
            load_file(tx, path, base=iri_of(path), graph=iri_of(path))
    if worth is not None:
        build(store, worth)
    if indexed:
        lookup_building.build(store)
    return store


def _asked(case: Case, worth: Worth | None = None, *, indexed: bool = False) -> tuple[str, Store]:
    """Return the query of a test and its data."""
    text = case.query.read_text(encoding="utf-8")
    data, named = case.data, case.named
    clauses = parse(text, case.base).algebra.datasetClause or []
    if clauses:
        asked = {path_of(str(clause.default or clause.named)) for clause in clauses}
        named = tuple(sorted({*named, *(path for path in asked if path.is_file())}))
    return text, _store(data, named, worth, indexed=indexed)


def _answer(case: Case, worth: Worth | None = None, *, indexed: bool = False) -> Result:
    """Return the answer of a test's query on its data."""
    text, store = _asked(case, worth, indexed=indexed)
    return query(
        store,
        text,
        base=case.base,
        union_default_graph=False,
        hidden_graphs=[PROVENANCE_GRAPH],
    )


@pytest.mark.parametrize("case", _named({"QueryEvaluationTest"}))
def test_query_evaluation(case: Case, record_property: pytest.RecordProperty) -> None:
    result = _answer(case)
    record_property("engine", result.engine)
    record_property("reason", result.reason or "")
    _compare(case, result.variables, result.boolean, result.rows())
    if result.form == "select":
        # A query whose solutions are known to be few is answered in another way.
        again = _answer(case)
        _compare(case, again.variables, None, again.rows())


def _compare(case: Case, variables: list[str], boolean: bool | None, answer: Iterable[Row]) -> None:
    """Compare an answer with what a test expects."""
    assert case.result is not None
    wanted = expected_of(case.result)
    if isinstance(wanted, bool):
        assert boolean is wanted
    elif isinstance(wanted, Table):
        rows = tuple(tuple(_term(term) for term in row) for row in answer)
        found = Table(tuple(variables), rows)
        assert same_table(found, wanted, lax=case.lax), f"\nfound  {found}\nwanted {wanted}"
    else:
        triples = [ox.Triple(*map(_term, triple)) for triple in answer]  # type: ignore[arg-type]
        assert same_graph(triples, wanted), f"\nfound  {triples}\nwanted {wanted}"


def _evaluated() -> list[object]:
    """Return the evaluation tests; some folders stand for all in a short run."""
    few = ("open-world", "cast", "expr-ops", "expr-equals", "aggregates", "negation", "graph")
    slow = [pytest.mark.slow]
    return [
        pytest.param(case, id=case.short, marks=[] if case.query.parent.name in few else slow)
        for case in ALL
        if case.kind == "QueryEvaluationTest"
    ]


@pytest.mark.parametrize("case", _evaluated())
def test_the_evaluator_alone(case: Case) -> None:
    text, store = _asked(case)
    graphs = GraphChoice(hidden=[PROVENANCE_GRAPH], union=False)
    _, variables, answer = evaluated(store, parse(text, case.base), graphs, seconds=60)
    boolean, rows = (answer, []) if isinstance(answer, bool) else (None, answer)
    _compare(case, variables, boolean, rows)


_CASES = _named({"QueryEvaluationTest", "CSVResultFormatTest"})


def _few(part: int) -> list[object]:
    """Return the cases, of which a part stands for all in a short run."""
    return [
        one if n % part == 0 else pytest.param(*one.values, id=one.id, marks=(pytest.mark.slow,))
        for n, one in enumerate(_CASES)
    ]


@pytest.mark.parametrize("case", _few(20))
def test_a_property_table_makes_no_difference(case: Case) -> None:
    result = _answer(case, Worth(quads=1, once=0.5))
    if case.kind == "QueryEvaluationTest":
        _compare(case, result.variables, result.boolean, result.rows())


@pytest.mark.parametrize("case", _few(20))
def test_a_look_up_index_makes_no_difference(case: Case) -> None:
    result = _answer(case, indexed=True)
    if case.kind == "QueryEvaluationTest":
        _compare(case, result.variables, result.boolean, result.rows())


@pytest.mark.parametrize("case", _few(12))
def test_plans_are_shared_without_a_difference(case: Case) -> None:
    text = case.query.read_text(encoding="utf-8")
    cursor, plans = _store(case.data, case.named).cursor(), Plans()
    for one in (*(with_other_constants(text, case.base, seed) for seed in range(2)), text):
        compare(cursor, plans, one, case.base)


@pytest.mark.parametrize("case", _named({"CSVResultFormatTest"}))
def test_csv_results(case: Case) -> None:
    assert case.result is not None
    found = b"".join(write_bindings(_answer(case), "csv"))
    assert same_csv(found, case.result.read_bytes())


@pytest.mark.parametrize(
    "case",
    [p for p in _named({"QueryEvaluationTest"}) if "-res#" in str(p.id)],  # type: ignore[attr-defined]
)
def test_written_results(case: Case) -> None:
    """The formats that the suite tests by reading are written, too."""
    assert case.result is not None
    name, results = {
        ".tsv": ("tsv", ox.QueryResultsFormat.TSV),
        ".srj": ("json", ox.QueryResultsFormat.JSON),
    }[case.result.suffix]
    data = b"".join(write_bindings(_answer(case), name))
    found = ox.parse_query_results(data, results)
    wanted = expected_of(case.result)
    if isinstance(found, ox.QueryBoolean):
        assert bool(found) is wanted
    else:
        names = tuple(variable.value for variable in found.variables)
        rows = tuple(tuple(row[name] for name in names) for row in found)
        assert isinstance(wanted, Table)
        assert same_table(Table(names, rows), wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", _named({"PositiveSyntaxTest", "PositiveSyntaxTest11"}))
def test_positive_syntax(case: Case) -> None:
    text = case.query.read_text(encoding="utf-8")
    parse(text, case.base)
    assert query_diagnosis(plain(text), case.base) is None


@pytest.mark.parametrize("case", _named({"NegativeSyntaxTest", "NegativeSyntaxTest11"}))
def test_negative_syntax(case: Case) -> None:
    with pytest.raises((QuerySyntaxError, QueryEvaluationError)) as caught:
        parse(case.query.read_text(encoding="utf-8"), case.base)
    assert caught.type is QuerySyntaxError
    with pytest.raises(QuerySyntaxError) as again:
        read(case.query.read_text(encoding="utf-8"), case.base)
    assert str(again.value) == str(caught.value)


def _term(term: RawTerm | None) -> ox.NamedNode | ox.BlankNode | ox.Literal | None:
    if term is None:
        return None
    kind, lex, datatype, language = term
    if kind == Kind.IRI:
        return ox.NamedNode(lex)
    if kind == Kind.BLANK:
        return ox.BlankNode(lex.removeprefix("_:"))
    if language is not None:
        return ox.Literal(lex, language=language)
    return ox.Literal(lex, datatype=ox.NamedNode(datatype or ""))
