"""Results in RDF: the same facts as the table, as a document and as a derived graph."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from rdflib import OWL, PROV, RDF, RDFS, Graph, Literal, URIRef

from kg.analysis import ANALYSES, result_document, write_derived
from kg.analysis.facts import writer_of
from kg.analysis.result_terms import CONCEPTS, KEYED, LITERALS, LITERALS_OF, THINGS, THINGS_OF
from kg.errors import UsageError
from kg.lifecycle import Context
from kg.namespaces import CG, DERIVED_GRAPHS, scheme
from kg.sparql import query
from kg.store import Store, to_rdflib
from tests.analysis.test_registry import OPTIONS as GIVEN
from tests.lifecycle.world import World, context, iri
from tests.ontology.rulebook import vocabulary

SAMPLE = (
    "classify", "explain", "referrals outcomes", "referrals tree", "referrals credit",
    "referrals breakdown", "chains critical", "chains exposure", "segments members",
    "value parties",
)  # fmt: skip
"""Analyses of each kind and of each way to write a column."""
REST = [pytest.param(name, marks=pytest.mark.slow) for name in ANALYSES if name not in SAMPLE]
PREFIX = "PREFIX cg: <https://w3id.org/clientgraph/ns#>\n"
HERE = context("2025-06-01")
KNOWN = datetime(2025, 7, 1)


def options_of(name: str) -> dict[str, Any]:
    """Return options of an analysis, those that change nothing left out."""
    return {one.name: GIVEN[one.name] for one in ANALYSES[name].options if one.name != "role"}


def world() -> World:
    made = World()
    for key in ("A", "B", "C", "D"):
        made.party(key, annualPotential=100)
    for giver, receiver, day in (("A", "B", "2025-01-01"), ("B", "C", "2025-02-01"),
                                 ("C", "A", "2025-03-01"), (None, "D", "2025-01-05")):  # fmt: skip
        made.refers(giver, receiver, day)
    for key in ("A", "B", "C"):
        made.buys(key, "2025-03-25", key="O" + key)
    made.event("Refusal", "C", "2025-04-01")
    made.party("U", "OrganizationalUnit", unitOf="ORG")
    made.party("V", "OrganizationalUnit", unitOf="ORG")
    made.supplies("V", "U", 1.0, critical=True)
    made.supplies("U", "V", 0.5)
    made.supplies("U", "B", 0.5)
    made.event("SatisfactionMeasurement", "U", "2025-01-01", score=0.5)
    for kind, key in (("Segment", "S"), ("Segment", "R"), ("BuyerPersona", "H")):
        made.property(
            made.add(kind.lower(), key, kind, sourceKey=key), "hasCriterion",
            made.add("criterion", key, "Criterion", criterionProperty=str(CG.annualPotential),
                     operator=">", criterionValue=50),
        )  # fmt: skip
    made.add("targeting", "G", "Targeting", segment=iri("segment", "S"))
    return made


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """A store that the tests add derived graphs to: these change no later result."""
    with world().store() as opened:
        yield opened


def document(store: Store, name: str, here: Context = HERE) -> Graph:
    analysis, cursor = ANALYSES[name], store.cursor()
    options = options_of(name)
    table = analysis.run(cursor, here, options)
    pieces = result_document(cursor, analysis, here, options, table, KNOWN, "turtle")
    return Graph().parse(data=b"".join(pieces), format="turtle")


def derived_graph(store: Store, graph: str) -> Graph:
    found = query(store, f"CONSTRUCT {{?s ?p ?o}} {{GRAPH <{graph}> {{?s ?p ?o}}}}")
    return Graph().parse(data="\n".join(_lines(found)), format="nt")


@pytest.mark.parametrize("name", [*SAMPLE, *REST])
def test_the_derived_graph_holds_what_the_document_says(store: Store, name: str) -> None:
    said = document(store, name)
    derived = write_derived(store, ANALYSES[name], HERE, options_of(name))
    assert derived.graph.startswith(DERIVED_GRAPHS.removesuffix("*"))
    kept = derived_graph(store, derived.graph)
    # K is now in each, so that it differs from one answer to the next.
    for graph in (said, kept):
        graph.remove((None, CG.knownAt, None))
    assert set(said) == set(kept)
    assert derived.quads == len(kept) + 1
    (run,) = kept.subjects(RDF.type, CG.AnalysisRun)
    assert kept.value(run, CG.analysisName) == Literal(name)
    assert kept.value(run, CG.asOf) == Literal(date(2025, 6, 1))
    assert kept.value(run, CG.parameterSet) == URIRef(HERE.parameters.iri)
    assert kept.value(run, CG.ruleVersion) is not None


@pytest.mark.parametrize("name", [name for name in ANALYSES if name != "explain"])
def test_every_column_has_a_property_of_the_vocabulary(name: str) -> None:
    columns = ANALYSES[name].columns
    assert any(writer_of(name, column, columns) for column in columns)


def test_the_properties_of_columns_are_of_the_kind_that_the_vocabulary_says() -> None:
    things = [*THINGS.values(), *KEYED.values(), *(p for p, _ in CONCEPTS.values())]
    things += [p for one in THINGS_OF.values() for p in one.values()]
    literals = [*LITERALS.values(), *(p for one in LITERALS_OF.values() for p in one.values())]
    for kind, predicates in ((OWL.ObjectProperty, things), (OWL.DatatypeProperty, literals)):
        for predicate in predicates:
            assert (predicate, RDF.type, kind) in vocabulary(), predicate


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("chains reach", "cg:aboutUnit ?a ; cg:aboutClient ?b ; cg:distance ?n",
         {"U B 1", "V B 2"}),
        ("chains spof", "cg:aboutClient ?a ; cg:aboutUnit ?b BIND('' AS ?n)", set()),
        ("chains exposure", "cg:aboutClient ?a ; cg:coverage ?n BIND('' AS ?b)", set()),
        ("segments members", "cg:aboutSegment ?a ; cg:about ?b BIND('' AS ?n)",
         {"S A ", "S B ", "S C ", "S D "}),
        ("value parties", "cg:about ?a ; cg:netValue ?n BIND('' AS ?b)", set()),
    ],
)  # fmt: skip
def test_sparql_joins_figures_with_the_keys_of_things(
    store: Store, name: str, pattern: str, expected: set[str]
) -> None:
    write_derived(store, ANALYSES[name], HERE, options_of(name))
    text = f"""{PREFIX} SELECT ?x ?y ?n WHERE {{
        ?run cg:analysisName '{name}' . ?r <{PROV.wasGeneratedBy}> ?run ; {pattern}
        OPTIONAL {{ ?a cg:sourceKey ?x }} OPTIONAL {{ ?b cg:sourceKey ?y }}
    }}"""
    rows = {" ".join(term[1] if term else "" for term in row) for row in query(store, text).rows()}
    assert rows
    assert not expected or rows == expected


def test_a_run_that_fails_leaves_the_earlier_answer(store: Store) -> None:
    analysis = ANALYSES["segments members"]
    before = write_derived(store, analysis, HERE, {"segment": "S"})
    head, size = store.head, len(derived_graph(store, before.graph))
    assert size > before.rows > 0
    with pytest.raises(UsageError):
        write_derived(store, analysis, HERE, {"segment": "NOWHERE"})
    assert store.head == head
    assert len(derived_graph(store, before.graph)) == size


def test_what_figures_leave_out_is_said_of_their_run() -> None:
    made = world()
    made.buys("A", None)
    with made.store() as opened:
        graph = document(opened, "referrals credit")
    (run,) = graph.subjects(RDF.type, CG.AnalysisRun)
    assert {one.language for one in graph.objects(run, RDFS.comment)} == {"en", "fr"}


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


@pytest.mark.parametrize(
    "names", [SAMPLE, pytest.param(tuple(ANALYSES), marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_results_in_the_graph_change_no_later_result(names: tuple[str, ...]) -> None:
    here = context("2025-06-01", KNOWN)
    with world().store() as opened:

        def results() -> list[Any]:
            cursor = opened.cursor()
            return [ANALYSES[name].run(cursor, here, options_of(name)).rows for name in names]

        before = results()
        for name in names:
            write_derived(opened, ANALYSES[name], here, options_of(name))
        assert results() == before


def test_an_explanation_names_evidence_and_failed_conditions() -> None:
    with world().store() as store:
        graph = document(store, "explain")
    (run,) = graph.subjects(RDF.type, CG.AnalysisRun)
    (result,) = graph.subjects(RDF.type, CG.Classification)
    assert (result, CG.evidence, URIRef(iri("purchase", "OB"))) in graph
    assert (run, PROV.used, URIRef(iri("purchase", "OB"))) in graph
    assert (run, PROV.used, URIRef(HERE.parameters.iri)) in graph
    loyal = {
        (str(graph.value(one, CG.foundValue)), str(graph.value(one, CG.neededValue)))
        for one in graph.objects(result, CG.shortfall)
        if graph.value(one, CG.ofClass) == scheme("depth", "loyal")
    }
    assert loyal == {("1", "3"), ("0", "365")}
    told = {str(one) for one in graph.objects(result, CG.failedCondition)}
    assert "LOYAL: 1 occasion of 3" in told
    assert graph.value(result, CG.decidingRule) == Literal(3)
