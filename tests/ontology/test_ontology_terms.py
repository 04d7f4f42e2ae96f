"""The vocabulary: readable, stable, within OWL 2 RL, and free of the alignments that do harm."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
import pytest
from rdflib import DCTERMS, ORG, OWL, RDF, RDFS, SKOS, Graph, Namespace, URIRef
from rulebook import ONTOLOGY, QUERIES, shape_files, vocabulary, vocabulary_files

# rdflib's own TriG reader calls what rdflib has deprecated.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:(Dataset|ConjunctiveGraph)\b.* is deprecated:DeprecationWarning"
)

CG = Namespace("https://w3id.org/clientgraph/ns#")
SCHEME = Namespace("https://w3id.org/clientgraph/scheme/")
GR = Namespace("http://purl.org/goodrelations/v1#")
RELEASED = Path(__file__).with_name("released-terms.txt")
FACTS = Path(__file__).with_name("organisation.trig")


@pytest.mark.parametrize("path", vocabulary_files() + shape_files(), ids=lambda path: path.stem)
def test_every_file_is_read_alike_by_two_readers(path: Path) -> None:
    ours = Graph().parse(path)
    theirs = set(pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.TURTLE))
    assert len(ours) == len(theirs) > 0


def test_no_released_term_disappears() -> None:
    released = {URIRef(line) for line in RELEASED.read_text("utf-8").split()}
    defined = {term for term in vocabulary().subjects(SKOS.definition) if isinstance(term, URIRef)}
    assert released - defined == set(), "deprecate a term instead of removing it"
    assert defined - released == set(), f"add these to {RELEASED.name}"


def test_the_readme_maps_every_file() -> None:
    text = (ONTOLOGY / "README.md").read_text("utf-8")
    for path in ONTOLOGY.rglob("*.ttl"):
        place = path.relative_to(ONTOLOGY)
        assert f"`{place}`" in text or f"`{place.parent}/*.ttl`" in text, place


def test_the_header_states_version_and_licence() -> None:
    ontology = URIRef("https://w3id.org/clientgraph/ns")
    assert (ontology, RDF.type, OWL.Ontology) in vocabulary()
    for predicate in (OWL.versionIRI, OWL.versionInfo, DCTERMS.license):
        assert vocabulary().value(ontology, predicate), predicate


def test_every_class_is_reached_from_the_drawn_ones() -> None:
    tops = {
        CG.Party, CG.Event, CG.Relator, CG.ProductOrService, CG.Brand, CG.PointOfSale,
        CG.PurchaseLine, CG.Need, CG.Run, SKOS.Concept, ORG.Membership, CG.Offering, CG.Audience,
        CG.Segment, CG.Criterion, CG.Market, CG.Strategy, CG.Plan, CG.PersonaCard,
        CG.ProductInformation, CG.Classification, CG.Evidence, CG.ParameterSet,
        CG.ParameterSetting, CG.RuleVersion, CG.Result, CG.Shortfall, CG.SegmentExtension,
        CG.AttributionResult, CG.Credit,
    }  # fmt: skip
    for term in vocabulary().subjects(RDF.type, OWL.Class):
        assert tops & set(vocabulary().transitive_objects(term, RDFS.subClassOf)), term


@pytest.mark.parametrize(
    "construct",
    [
        OWL.unionOf, OWL.oneOf, OWL.complementOf, OWL.disjointUnionOf, OWL.someValuesFrom,
        OWL.minCardinality, OWL.cardinality, OWL.minQualifiedCardinality, OWL.hasSelf,
        OWL.FunctionalProperty, OWL.InverseFunctionalProperty, OWL.ReflexiveProperty,
        OWL.TransitiveProperty, OWL.sameAs, OWL.imports, OWL.allValuesFrom, OWL.hasKey,
    ],
)  # fmt: skip
def test_constructs_outside_the_profile_or_the_design_are_absent(construct: URIRef) -> None:
    assert (None, construct, None) not in vocabulary()
    assert (None, None, construct) not in vocabulary()


def test_participations_assert_no_type() -> None:
    participations = (
        "client seller actingBuyer payer recipient user recommender referred addressee party"
        " supplierUnit clientUnit service item"
    )
    for name in participations.split():
        assert vocabulary().value(CG[name], RDFS.domain) is None, name
        assert vocabulary().value(CG[name], RDFS.range) is None, name


def test_stages_of_the_rules_are_all_named() -> None:
    wanted = {
        "stage": "CURRENT DORMANT FORMER USER_ONLY REFUSING POTENTIAL UNENGAGED",
        "depth": "LOYAL REGULAR OCCASIONAL",
        "former-kind": "LOST DISLOYAL",
        "pipeline": "SUSPECT PROSPECT QUALIFIED DISQUALIFIED",
        "position": "INTERNAL EXTERNAL",
        "flag": "NEW WON_BACK NOTICE_GIVEN KEY_ACCOUNT AT_RISK INCOMPLETE_EVIDENCE CLOSED",
        "tier": "T1 T2 T3",
    }
    for scheme, notations in wanted.items():
        concepts = vocabulary().subjects(SKOS.inScheme, SCHEME[scheme])
        found = {str(vocabulary().value(concept, SKOS.notation)) for concept in concepts}
        assert found == set(notations.split()), scheme


@pytest.mark.parametrize("path", sorted((QUERIES / "checks").glob("*.rq")), ids=lambda p: p.stem)
def test_a_check_finds_nothing_in_the_vocabulary_and_shapes(path: Path) -> None:
    assert _rows(path, vocabulary_files() + shape_files()) == []


def test_a_graph_without_provenance_is_found() -> None:
    rows = _rows(QUERIES / "checks" / "graph-without-provenance.rq", [FACTS])
    assert rows == ["<https://w3id.org/clientgraph/graph/facts/2>"]


@pytest.mark.parametrize(
    ("check", "broken"),
    [
        ("term-without-label", f'<{CG}X> a <{OWL.Class}> ; <{RDFS.label}> "x"@fr .'),
        ("label-used-twice", f'<{CG}X> a <{OWL.Class}> ; <{RDFS.label}> "party"@en .'),
        ("subclass-of-undefined-term", f"<{CG}X> <{RDFS.subClassOf}> <{CG}Y> ."),
        ("concept-outside-its-scheme", f"<{CG}x> <{SKOS.inScheme}> <{SCHEME}stage> ."),
        (
            "shape-without-message",
            "@prefix sh: <http://www.w3.org/ns/shacl#> ."
            f'<{CG}X> sh:path <{CG}client> ; sh:severity sh:Info ; sh:message "x"@fr .',
        ),
    ],
)
def test_a_check_finds_what_it_is_for(check: str, broken: str, tmp_path: Path) -> None:
    extra = tmp_path / "broken.ttl"
    extra.write_text(broken, "utf-8")
    assert _rows(QUERIES / "checks" / f"{check}.rq", [*vocabulary_files(), extra])


def _rows(query: Path, files: list[Path]) -> list[str]:
    """Return the first column of a query over files."""
    store = pyoxigraph.Store()
    for path in files:
        store.load(path=path, format=pyoxigraph.RdfFormat.from_extension(path.suffix[1:]))
    solutions = store.query(query.read_text("utf-8"), use_default_graph_as_union=True)
    return [str(row[0]) for row in solutions]  # type: ignore[union-attr, index]
