"""Results in RDF: the same facts as the table, as a document and as a derived graph."""

from __future__ import annotations

from typing import Any

import pytest
from rdflib import PROV, RDF, Graph, Literal, URIRef

from kg.analysis import ANALYSES, result_document, write_derived
from kg.analysis.facts import WRITTEN
from kg.errors import UsageError
from kg.lifecycle import Context
from kg.namespaces import CG, DERIVED_GRAPHS, scheme
from kg.sparql import query
from kg.store import Store, to_rdflib
from tests.lifecycle.world import World, context, iri

OPTIONS = {"explain": {"party": "B"}, "referrals credit": {"model": "linear"}}
PREFIX = "PREFIX cg: <https://w3id.org/clientgraph/ns#>\n"


def world() -> World:
    made = World()
    for key in ("A", "B", "C", "D"):
        made.party(key)
    for giver, receiver, day in (("A", "B", "2025-01-01"), ("B", "C", "2025-02-01"),
                                 ("C", "A", "2025-03-01"), (None, "D", "2025-01-05")):  # fmt: skip
        made.refers(giver, receiver, day)
    for key in ("A", "B", "C"):
        made.buys(key, "2025-03-25", key="O" + key)
    made.event("Refusal", "C", "2025-04-01")
    return made


def document(store: Store, name: str, here: Context) -> Graph:
    analysis, cursor = ANALYSES[name], store.cursor()
    options: dict[str, Any] = OPTIONS.get(name, {})
    table = analysis.run(cursor, here, options)
    pieces = result_document(cursor, analysis, here, options, table, "turtle")
    return Graph().parse(data=b"".join(pieces), format="turtle")


@pytest.mark.parametrize("name", WRITTEN)
def test_the_derived_graph_holds_what_the_document_says(name: str) -> None:
    here = context("2025-06-01")
    with world().store() as store:
        said = document(store, name, here)
        derived = write_derived(store, ANALYSES[name], here, OPTIONS.get(name, {}))
        assert derived.graph.startswith(DERIVED_GRAPHS.removesuffix("*"))
        found = query(store, f"CONSTRUCT {{?s ?p ?o}} {{GRAPH <{derived.graph}> {{?s ?p ?o}}}}")
        kept = Graph().parse(data="\n".join(_lines(found)), format="nt")
    # K is now in each, so that it differs from one answer to the next.
    for graph in (said, kept):
        graph.remove((None, CG.knownAt, None))
    assert set(said) == set(kept)
    assert derived.rows > 0
    assert derived.quads == len(kept) + 1


def _lines(found: Any) -> list[str]:
    return [" ".join(to_rdflib(term).n3() for term in triple) + " ." for triple in found.triples()]


def test_sparql_joins_stages_with_everything_else() -> None:
    text = (
        PREFIX
        + """
    SELECT ?order ?notation WHERE {
      ?result a cg:Classification ; cg:about ?party ; cg:stage ?stage .
      ?purchase cg:client ?party ; cg:orderNumber ?order .
      BIND(STRAFTER(STR(?stage), "/stage/") AS ?notation)
    } ORDER BY ?order
    """
    )
    with world().store() as store:
        write_derived(store, ANALYSES["classify"], context("2025-06-01"))
        rows = [tuple(term[1] for term in row if term) for row in query(store, text).rows()]
    assert rows == [("OA", "current"), ("OB", "current"), ("OC", "former")]


def test_the_same_question_has_one_graph_and_another_one_its_own() -> None:
    with world().store() as store:
        first = write_derived(store, ANALYSES["classify"], context("2025-06-01"))
        again = write_derived(store, ANALYSES["classify"], context("2025-06-01"))
        other = write_derived(store, ANALYSES["classify"], context("2025-06-01", D_act=300,
                                                                   W_reg=300))  # fmt: skip
        text = "SELECT (COUNT(DISTINCT ?g) AS ?n) {GRAPH ?g {?c a cg:Classification}}"
        ((number,),) = query(store, PREFIX + text).rows()
    assert first.graph == again.graph != other.graph
    assert number is not None
    assert number[1] == "2"


def test_results_in_the_graph_change_no_later_result() -> None:
    with world().store() as store:
        here = context("2025-06-01")
        before = [ANALYSES[n].run(store.cursor(), here, OPTIONS.get(n, {})) for n in WRITTEN]
        for name in WRITTEN:
            write_derived(store, ANALYSES[name], here, OPTIONS.get(name, {}))
        after = [ANALYSES[n].run(store.cursor(), here, OPTIONS.get(n, {})) for n in WRITTEN]
    for one, two in zip(before, after, strict=True):
        skip = [one.columns.index(c) for c in ("knowledge",) if c in one.columns]
        assert [[c for i, c in enumerate(row) if i not in skip] for row in one.rows] == [
            [c for i, c in enumerate(row) if i not in skip] for row in two.rows
        ]


def test_an_explanation_names_evidence_and_failed_conditions() -> None:
    here = context("2025-06-01")
    with world().store() as store:
        graph = document(store, "explain", here)
    (run,) = graph.subjects(RDF.type, CG.AnalysisRun)
    (result,) = graph.subjects(RDF.type, CG.Classification)
    assert (result, CG.evidence, URIRef(iri("purchase", "OB"))) in graph
    assert (run, PROV.used, URIRef(iri("purchase", "OB"))) in graph
    assert (run, PROV.used, URIRef(here.parameters.iri)) in graph
    loyal = {
        (str(graph.value(one, CG.foundValue)), str(graph.value(one, CG.neededValue)))
        for one in graph.objects(result, CG.shortfall)
        if graph.value(one, CG.ofClass) == scheme("depth", "loyal")
    }
    assert loyal == {("1", "3"), ("0", "365")}
    told = {str(one) for one in graph.objects(result, CG.failedCondition)}
    assert "LOYAL: 1 occasion of 3" in told
    assert graph.value(result, CG.decidingRule) == Literal(3)


def test_an_analysis_without_a_form_in_rdf_is_refused() -> None:
    with world().store() as store, pytest.raises(UsageError, match="no form in RDF"):
        write_derived(store, ANALYSES["chains reach"], context("2025-06-01"))
    assert not ANALYSES["chains reach"].in_rdf
