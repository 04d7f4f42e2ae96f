"""The vocabulary is within OWL 2 RL and contradicts nothing that its neighbours say.

The reasoner is `owlrl`; the axioms of others are those of `external-axioms.ttl`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import owlrl
import pytest
from rdflib import DCTERMS, FOAF, ORG, OWL, RDF, RDFS, SKOS, XSD, Dataset, Graph, Literal, URIRef
from rdflib.term import Node
from rulebook import ONTOLOGY, vocabulary
from test_ontology_terms import CG, FACTS, GR, pytestmark

EXTERNAL = Path(__file__).with_name("external-axioms.ttl")
EX = "https://example.org/"
AXIOMS = {
    RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, OWL.disjointWith,
    OWL.equivalentClass, OWL.inverseOf, OWL.members, RDF.first, RDF.rest,
}  # fmt: skip
KINDS = {
    OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, OWL.Ontology,
    OWL.SymmetricProperty, OWL.AllDisjointClasses, SKOS.Concept, SKOS.ConceptScheme, CG.RoleType,
    CG.Run, ORG.Role,
}  # fmt: skip
ANNOTATIONS = {
    RDFS.label, RDFS.isDefinedBy, SKOS.prefLabel, SKOS.altLabel, SKOS.definition, SKOS.scopeNote,
    SKOS.example, SKOS.notation, SKOS.inScheme, SKOS.topConceptOf, SKOS.broader, SKOS.closeMatch,
    SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch, DCTERMS.source, DCTERMS.license,
    DCTERMS.created, DCTERMS.modified, DCTERMS.isReplacedBy, OWL.versionIRI, OWL.versionInfo,
    OWL.deprecated, CG.ontologicalNature, CG.ruleReference, CG.derivedBy,
    URIRef("https://schema.org/domainIncludes"), URIRef("https://schema.org/rangeIncludes"),
}  # fmt: skip

assert pytestmark


def test_only_constructs_of_the_profile_are_used() -> None:
    for subject, predicate, value in vocabulary():
        if predicate == RDF.type:
            assert value in KINDS, (subject, value)
        elif predicate in AXIOMS:
            if predicate not in {OWL.members, RDF.first, RDF.rest}:
                assert isinstance(subject, URIRef), (subject, predicate)
                assert isinstance(value, URIRef), (subject, predicate)
        else:
            assert predicate in ANNOTATIONS, predicate


def test_a_name_stands_for_one_kind_of_thing() -> None:
    kinds = (
        {OWL.Class}, {OWL.ObjectProperty}, {OWL.DatatypeProperty}, {OWL.AnnotationProperty},
        {SKOS.Concept, CG.RoleType}, {SKOS.ConceptScheme},
    )  # fmt: skip
    for term in set(vocabulary().subjects(RDF.type)):
        types = set(vocabulary().objects(term, RDF.type))
        assert sum(bool(types & kind) for kind in kinds) <= 1, term


@cache
def _schema() -> Graph:
    """Return what takes part in reasoning: our axioms, and those of others."""
    graph = Graph().parse(EXTERNAL)
    for triple in vocabulary():
        typed = triple[1] == RDF.type and triple[2] in {OWL.AllDisjointClasses}
        if triple[1] in AXIOMS or typed:
            graph.add(triple)
    return graph


@cache
def _facts() -> Graph:
    """Return the facts of the small tea house that link things, without their texts."""
    facts = Dataset()
    facts.parse(data=FACTS.read_text("utf-8"), format="trig")
    graph = Graph()
    for subject, predicate, value, _ in facts.quads():
        if not isinstance(value, Literal):
            graph.add((subject, predicate, value))
    return graph


def reasoned(more: str, *, facts: bool = False) -> tuple[Graph, list[str]]:
    """Return the closure of the axioms and of some facts, and the contradictions met."""
    graph = Graph()
    for triple in _schema():
        graph.add(triple)
    if facts:
        graph += _facts()
    graph.parse(data=_PREFIXES + more, format="turtle")
    reasoner = owlrl.OWLRL_Semantics(graph, axioms=False, daxioms=False, rdfs=False)
    reasoner.closure()
    return graph, list(reasoner.error_messages)


_PREFIXES = f"""
@prefix cg: <{CG}> .
@prefix ex: <{EX}> .
@prefix foaf: <{FOAF}> .
@prefix gr: <{GR}> .
@prefix org: <{ORG}> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
"""


def test_reasoning_over_facts_finds_no_contradiction() -> None:
    graph, errors = reasoned("", facts=True)
    assert errors == []
    assert (URIRef(EX + "r1"), RDF.type, CG.Event) in graph
    assert (URIRef(EX + "org"), RDF.type, FOAF.Organization) in graph


@pytest.mark.parametrize(
    "contradiction",
    [
        "ex:a a cg:NaturalPerson, cg:LegalEntity .",
        "ex:a a cg:NaturalPerson, cg:BuyerPersona .",
        "ex:a a cg:Purchase, cg:Party .",
        "ex:a a cg:RoleType, cg:LegalEntity ; a org:Role .",
    ],
)
def test_reasoning_finds_a_contradiction(contradiction: str) -> None:
    _, errors = reasoned(contradiction)
    assert errors


def same(graph: Graph) -> set[tuple[Node, Node]]:
    """Return the pairs of different things that reasoning took for one."""
    return {(a, b) for a, b in graph.subject_objects(OWL.sameAs) if a != b}


def test_a_person_typed_as_business_entity_is_a_contradiction_so_the_term_is_absent() -> None:
    _, errors = reasoned("ex:ann a cg:NaturalPerson, gr:BusinessEntity .")
    assert errors
    assert GR.BusinessEntity not in set(vocabulary().all_nodes())


def test_a_shared_mailbox_makes_one_of_two_by_foaf_only() -> None:
    people = "ex:ann {0} <mailto:x@example.org> . ex:ben {0} <mailto:x@example.org> ."
    merged, _ = reasoned(people.format("foaf:mbox"))
    assert (URIRef(EX + "ann"), URIRef(EX + "ben")) in same(merged)
    apart, errors = reasoned(people.format("vcard:hasEmail"))
    assert (same(apart), errors) == (set(), [])
    assert FOAF.mbox not in set(vocabulary().all_nodes())


def test_two_members_of_a_membership_become_one_so_shapes_come_before_reasoning() -> None:
    merged, _ = reasoned("ex:m a org:Membership ; org:member ex:ann, ex:ben .")
    assert (URIRef(EX + "ann"), URIRef(EX + "ben")) in same(merged)


def test_amounts_are_exact_decimals() -> None:
    for name in ("amount", "netAmount", "annualPotential", "score", "dependencyShare"):
        ranges = {
            *vocabulary().objects(CG[name], RDFS.range),
            *vocabulary().objects(CG[name], URIRef("https://schema.org/rangeIncludes")),
        }
        assert ranges == {XSD.decimal}, name
    assert GR.hasCurrencyValue not in set(vocabulary().all_nodes())


def test_dates_of_birth_are_whole_dates() -> None:
    assert FOAF.birthday not in set(vocabulary().all_nodes())


def test_a_person_who_is_served_is_not_taken_for_an_organisation() -> None:
    served = "ex:it a cg:OrganizationalUnit ; cg:suppliesTo ex:ann . ex:ann a cg:NaturalPerson ."
    _, errors = reasoned(served)
    assert errors == []
    _, errors = reasoned(served.replace("cg:suppliesTo", "org:linkedTo"))
    assert errors


def test_a_persona_is_no_person_of_any_vocabulary() -> None:
    graph, errors = reasoned("ex:helen a cg:BuyerPersona .")
    kinds = {str(kind) for kind in graph.objects(URIRef(EX + "helen"), RDF.type)}
    assert errors == []
    assert not [kind for kind in kinds if kind.endswith(("Person", "Agent", "Party"))]


@pytest.mark.parametrize("place", sorted(ONTOLOGY.rglob("*.ttl")), ids=lambda path: path.stem)
def test_addresses_of_vocabularies_are_written_one_way(place: Path) -> None:
    text = place.read_text("utf-8")
    assert "http://schema.org/" not in text
    assert "//www.w3.org/ns/locn" not in text.replace("http://www.w3.org/ns/locn#", "")


def test_the_version_is_dated_by_the_last_change() -> None:
    ontology = URIRef(str(CG).rstrip("#"))
    version = str(vocabulary().value(ontology, OWL.versionIRI))
    assert version == f"{ontology}/{vocabulary().value(ontology, DCTERMS.modified)}"
