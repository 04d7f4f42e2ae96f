"""The store from Python: every example of the documentation runs, and answers keep their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import kg
from kg.analysis.notebook import OpenGraph
from kg.config import Settings
from kg.derivation import derive_in
from kg.errors import UsageError
from kg.library import keep_query
from kg.store import Store
from kg.store.rdf import load_bytes

DATA = """
@prefix cg: <https://w3id.org/clientgraph/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <https://example.org/> .
GRAPH ex:facts {
    ex:anna a cg:NaturalPerson ; cg:sourceKey "A" .
    ex:bo a cg:NaturalPerson ; cg:sourceKey "B" .
    ex:o1 a cg:Purchase ; cg:client ex:anna ; cg:orderDate "2026-03-05"^^xsd:date ;
        cg:seller ex:shop ; cg:hasLine [ cg:netAmount 12.50 ; cg:currency "EUR" ] .
    ex:r1 a cg:Referral ; cg:recommender ex:anna ; cg:referred ex:bo .
    ex:shop a cg:LegalEntity ; cg:sourceKey "ORG" .
}
"""
EXAMPLES = re.findall(
    r"```python\n(.*?)```",
    (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8"),
    re.DOTALL,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder whose `var` is the data folder of a small store."""
    with Store.open(Settings(data_dir=tmp_path / "var").store_path) as store:
        derive_in(store)
        with store.write(agent="test", activity="import") as tx:
            load_bytes(tx, DATA.encode(), format="trig")
        keep_query(store, "mine", owner="local", text="SELECT (1 AS ?n) {}")
    return tmp_path


@pytest.fixture
def graph(folder: Path) -> Iterator[OpenGraph]:
    with kg.open(folder / "var", organization="ORG") as graph:
        yield graph


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_run(number: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    exec(compile(EXAMPLES[number], f"example {number}", "exec"), {})  # noqa: S102


def test_values_are_those_of_python(graph: OpenGraph) -> None:
    (row,) = graph.query("top-customers").records()
    assert (row["key"], row["net"], row["purchases"]) == ("A", Decimal("12.5"), 1)
    (found,) = graph.query("customers-without-purchase-since", since=date(2026, 4, 1))
    assert found[0] == "https://example.org/anna"


def test_frames_hold_the_rows(graph: OpenGraph) -> None:
    answer = graph.query("A2")
    assert answer.to_pandas().to_numpy().tolist() == [list(row) for row in answer]
    assert answer.to_polars().rows() == list(answer)


def test_an_answer_shows_its_first_rows(graph: OpenGraph) -> None:
    text = "SELECT ?n ?t { VALUES ?n { " + "1 " * 25 + "} OPTIONAL { ?s <urn:none> ?t } }"
    answer = graph.query(text)
    assert repr(answer) == f"<Answer: 25 rows of n, t; commit {answer.commit}>"
    shown = answer._repr_html_()
    assert shown.count("<tr><td>1</td><td></td></tr>") == 20
    assert shown.endswith("<p>... 5 more rows</p>")
    shown = graph.query("SELECT ?x { BIND ('<b>&' AS ?x) }")._repr_html_()
    assert "<td>&lt;b&gt;&amp;</td>" in shown


def test_edges_lead_from_column_to_column(graph: OpenGraph) -> None:
    text = "SELECT ?f ?w ?t { ?r <https://w3id.org/clientgraph/ns#recommender> ?f ;"
    text += " <https://w3id.org/clientgraph/ns#referred> ?t . BIND (2 AS ?w) }"
    edges = graph.query(text).to_networkx("f", "t").edges(data=True)
    ends = ("https://example.org/anna", "https://example.org/bo")
    assert list(edges) == [(*ends, {"w": 2})]
    with pytest.raises(UsageError, match="no column 'x'"):
        graph.query(text).to_networkx("f", "x")


def test_what_is_asked_is_found_or_refused(graph: OpenGraph, tmp_path: Path) -> None:
    assert [tuple(row) for row in graph.query("mine")] == [(1,)]
    with pytest.raises(UsageError, match="no question named"):
        graph.query("nothing-of-that-name")
    with pytest.raises(UsageError, match="no parameter"):
        graph.query("A2", colour="blue")
    with pytest.raises(UsageError, match="There is no commit 99; the last one is"):
        graph.query("A2", as_of_commit=99)
    with pytest.raises(UsageError, match="There is no commit -1"):
        graph.query("A2", as_of_commit=-1)
    with pytest.raises(UsageError, match="There is no store"):
        kg.open(tmp_path / "elsewhere")
