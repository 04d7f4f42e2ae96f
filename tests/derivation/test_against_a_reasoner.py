"""The rules conclude what axioms of OWL 2 RL entail, but for differences that are told: `owlrl`.

Each rule is said once more in `rules-as-axioms.ttl`. RL cannot ask for the type of a node in the
middle of a chain, nor that two ends differ: there the rules conclude less, on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import owlrl
import pytest
from closure import Triple, conclusions
from rdflib import ORG, OWL, RDF, RDFS, Dataset, Graph, Literal
from test_kept_conclusions import graphs_of

from kg.derivation import derive_in, load_rules
from kg.ingest import ImportOptions, run_import
from kg.namespaces import CG, PERSONAL_RULES_GRAPH, PROVENANCE_GRAPH, RULES_GRAPH
from kg.resources import folder
from kg.store import Store

# rdflib's own TriG reader calls what rdflib has deprecated.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:(Dataset|ConjunctiveGraph)\b.* is deprecated:DeprecationWarning"
)
HERE = Path(__file__).parent
EXAMPLES = ("organisation", "dealings", "relations")
MORE = """
@prefix cg: <https://w3id.org/clientgraph/ns#> .
@prefix ex: <https://example.org/> .
@prefix org: <http://www.w3.org/ns/org#> .
ex:tie a cg:Acquaintance ; cg:acquainted ex:ann, ex:ben .
ex:double cg:mergedInto ex:dan . ex:older cg:mergedInto ex:double .
ex:use a cg:Use ; cg:user ex:older .
ex:visit a cg:InternalServiceEvent ; cg:client ex:eve ; cg:seller ex:org .
ex:team org:unitOf ex:desk . ex:desk org:unitOf ex:sales .
"""


def examples() -> set[Triple]:
    """Return the facts of the tea house that link things, and a few more: for each rule some."""
    facts = Dataset()
    for name in EXAMPLES:
        facts.parse(HERE.parent / "ontology" / f"{name}.trig", format="trig")
    linked = {(s, p, o) for s, p, o, _ in facts.quads() if not isinstance(o, Literal)}
    return linked | set(Graph().parse(data=MORE, format="turtle"))


def entailed(facts: set[Triple], axioms: Graph) -> set[Triple]:
    """Return what a reasoner of OWL 2 RL adds to facts."""
    graph = sum_of(facts | set(axioms))
    owlrl.OWLRL_Semantics(graph, axioms=False, daxioms=False, rdfs=False).closure()
    return set(graph) - facts - set(axioms)


def rules_as_axioms() -> Graph:
    return Graph().parse(HERE / "rules-as-axioms.ttl")


def of_the_rules(triples: set[Triple]) -> set[Triple]:
    """Keep the triples that the rules could conclude, by their predicate or class."""
    heads = [clause.head for rule in load_rules() for clause in rule.clauses]
    predicates = {p for _, p, _ in heads if p != RDF.type}
    classes = {o for _, p, o in heads if p == RDF.type}
    return {
        (s, p, o)
        for s, p, o in triples
        if p in predicates or (p == RDF.type and o in classes)
        if not isinstance(s, Literal)
    }


def told(facts: set[Triple]) -> set[Triple]:
    """Return what RL entails and the rules leave out: both differences that they mean."""
    kinds = {s for s, p, o in facts if p == RDF.type and o in (CG.Purchase, CG.Contract)}
    ends = {(s, o) for s, p, o in facts if p == CG.client and s not in kinds}
    others = {
        (client, seller)
        for event, client in ends
        for s, p, seller in facts
        if s == event and p == CG.seller
    }
    clients = {(one, CG.clientOf, other) for one, other in others}
    sellers = {(other, CG.hasClient, one) for one, other in others}
    known = {(o, CG.isAcquaintedWith, o) for _, p, o in facts if p == CG.acquainted}
    return clients | sellers | known


def test_the_rules_conclude_what_axioms_entail_but_for_what_is_told() -> None:
    facts = examples()
    concluded = conclusions(facts)
    reasoned = of_the_rules(entailed(facts, rules_as_axioms()))
    assert reasoned - concluded == told(facts) - concluded != set()
    assert concluded - reasoned == set()


def test_the_examples_have_work_for_each_rule() -> None:
    graph = sum_of(examples())
    graph += sum_of(conclusions(examples()))
    assert [rule.name for rule in load_rules() if not len(graph.query(rule.text))] == []


def sum_of(triples: Iterable[Triple]) -> Graph:
    graph = Graph()
    for triple in triples:
        graph.add(triple)
    return graph


def vocabulary() -> Graph:
    """Return the axioms of the vocabulary and of its alignments on classes and properties."""
    kept = {RDFS.subClassOf, RDFS.subPropertyOf, OWL.equivalentClass, OWL.inverseOf, RDFS.range}
    paths = [
        *(folder("ontology") / "vocabulary").glob("*.ttl"),
        folder("ontology") / "alignments.ttl",
    ]
    return sum_of(triple for path in paths for triple in Graph().parse(path) if triple[1] in kept)


def test_what_else_the_vocabulary_entails_of_facts_are_classes() -> None:
    """These are read through the vocabulary by shapes and questions, and not written."""
    facts, axioms = examples(), vocabulary()
    things = {s for s, _, _ in facts}
    rest = entailed(facts, axioms) - conclusions(facts)
    left = {
        (p, o)
        for s, p, o in rest
        if s in things and (p, s) != (OWL.sameAs, o) and o not in (OWL.Thing, RDFS.Resource)
    }
    above = {*axioms.objects(None, RDFS.subClassOf), *axioms.objects(None, RDFS.range)}
    above.add(ORG.OrganizationalUnit)
    assert {p for p, _ in left} == {RDF.type}
    assert {o for _, o in left} <= above


@pytest.mark.slow
def test_the_conclusions_kept_from_the_demo_are_those_of_a_reasoner(root: Path) -> None:
    with Store.open() as store:
        derive_in(store)
        run_import(store, [root / "data" / "demo"], ImportOptions())
        graphs = graphs_of(store)
    kept = graphs.pop(RULES_GRAPH) | graphs.pop(PERSONAL_RULES_GRAPH, set())
    graphs.pop(str(PROVENANCE_GRAPH))
    read = {p for rule in load_rules() for clause in rule.clauses for _, p, _ in clause.body}
    facts = {(s, p, o) for graph in graphs.values() for s, p, o in graph if p in read}
    reasoned = of_the_rules(entailed(facts, rules_as_axioms()))
    assert len(kept) > 1000
    assert (reasoned - kept, kept - reasoned) == (told(facts) - kept, set())
