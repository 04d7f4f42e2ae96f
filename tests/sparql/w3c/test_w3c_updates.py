"""Every update test of the W3C's SPARQL 1.1 suite, through the public function."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import pyoxigraph as ox
import pytest
from w3c_manifest import ROOT, iri_of
from w3c_updates import Graphs, UpdateCase, update_cases

from kg.errors import QuerySyntaxError
from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import parse_update, update
from kg.store import Store
from kg.store.export import dump
from kg.store.rdf import load_file

pytestmark = pytest.mark.skipif(
    not ROOT.is_dir(), reason="the W3C suites are not there: see CLIENTGRAPH_SUITES"
)

ALL = update_cases()


def _named(*kinds: str) -> list[object]:
    return [pytest.param(case, id=case.short) for case in ALL if case.kind in kinds]


def test_the_suite_is_whole() -> None:
    kinds = [case.kind for case in ALL]
    assert kinds.count("UpdateEvaluationTest") >= 90
    assert len(kinds) >= 150


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as opened:
        yield opened


@pytest.mark.parametrize("case", _named("UpdateEvaluationTest"))
def test_update_evaluation(case: UpdateCase, store: Store) -> None:
    with store.write() as tx:
        tx.clear()
        for path, graph in case.before:
            load_file(tx, path, base=iri_of(path), graph=graph)
    update(
        store,
        case.request.read_text(encoding="utf-8"),
        base=case.base,
        union_default_graph=False,
        hidden_graphs=[str(PROVENANCE_GRAPH)],
    )
    found = _stored(store)
    assert _canonical(found) == _canonical(_wanted(case.after)), f"\nfound {found}"


@pytest.mark.parametrize("case", _named("PositiveUpdateSyntaxTest11"))
def test_positive_syntax(case: UpdateCase) -> None:
    parse_update(case.request.read_text(encoding="utf-8"), case.base)


@pytest.mark.parametrize("case", _named("NegativeUpdateSyntaxTest11", "NegativeSyntaxTest11"))
def test_negative_syntax(case: UpdateCase) -> None:
    with pytest.raises(QuerySyntaxError):
        parse_update(case.request.read_text(encoding="utf-8"), case.base)


def _stored(store: Store) -> list[ox.Quad]:
    """Return all quads but those of the graph of commits."""
    lines = io.BytesIO()
    dump(store.cursor(), lines, hidden_graphs=[str(PROVENANCE_GRAPH)])
    return list(ox.parse(lines.getvalue(), ox.RdfFormat.N_QUADS))


def _wanted(graphs: Graphs) -> list[ox.Quad]:
    return [
        ox.Quad(*quad.triple, ox.NamedNode(graph) if graph else ox.DefaultGraph())
        for path, graph in graphs
        for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=iri_of(path))
    ]


def _canonical(quads: Iterable[ox.Quad]) -> set[ox.Quad]:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)
