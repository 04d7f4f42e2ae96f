"""Segments, targets, personas and look-alikes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pyshacl
import pytest
from rdflib import SH as SHACL
from rdflib import XSD, BNode, Graph, Literal, Namespace, URIRef

from kg.analysis import ANALYSES, segments, write_derived
from kg.errors import BrokenSegmentError, UsageError
from kg.lifecycle import Table, classify, explain
from kg.lifecycle.evaluation import snapshot
from kg.namespaces import CG, ORG, scheme
from kg.sparql import query as run_query
from kg.store import Cursor, Store
from tests.lifecycle.world import World, context, iri

T = "2025-06-30"


def people() -> World:
    """Return four parties: two of Lyon, of known and unknown income, one of them a client."""
    world = World()
    for key, values in {
        "A": {"residence": "Lyon", "annualPotential": 100},
        "B": {"residence": "Lyon"},
        "C": {"residence": "Nice", "annualPotential": 500},
        "D": {},
    }.items():
        world.party(key, **values)
    world.buys("A", "2025-01-10")
    return world


def segment(world: World, key: str, *criteria: tuple[str, str, Any], **values: Any) -> str:
    """Add a segment with criteria (property, operator, values)."""
    subject = world.add("segment", key, values.pop("type_name", "Segment"), sourceKey=key, **values)
    for number, (name, sign, value) in enumerate(criteria):
        world.property(
            subject,
            "hasCriterion",
            world.add(
                "criterion", f"{key}{number}", "Criterion", criterionProperty=str(CG[name]),
                operator=sign, criterionValue=value,
                criterionFamily=str(scheme("criterion", "geographic")),
            ),
        )  # fmt: skip
    return subject


def asked(world: World, analysis: Callable[..., Table], as_of: str = T, **options: Any) -> Any:
    with world.store() as store:
        return list(analysis(store.cursor(), context(as_of), **options).records())


def members(world: World, key: str = "S", as_of: str = T) -> list[str]:
    return [row["party_key"] for row in asked(world, segments.members, as_of, segment=key)]


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (("residence", "=", "Lyon"), ["A", "B"]),
        (("residence", "!=", "Lyon"), ["C"]),
        (("residence", "in", ["Lyon", "Nice"]), ["A", "B", "C"]),
        (("annualPotential", ">", 100), ["C"]),
        (("annualPotential", ">=", 100), ["A", "C"]),
        (("annualPotential", "<", 500), ["A"]),
        (("annualPotential", "<=", 500), ["A", "C"]),
        (("annualPotential", ">", "100"), []),
        (("stage", "=", "CURRENT"), ["A"]),
        (("stage", "=", str(scheme("stage", "unengaged"))), ["B", "C", "D"]),
        (("stage", "!=", "CURRENT"), ["B", "C", "D"]),
    ],
)
def test_a_criterion_compares_values_by_their_kind(
    criterion: tuple[str, str, Any], expected: list[str]
) -> None:
    world = people()
    segment(world, "S", criterion)
    assert members(world) == expected


def test_all_criteria_have_to_be_met() -> None:
    world = people()
    segment(world, "S", ("residence", "=", "Lyon"), ("annualPotential", ">", 50))
    assert members(world) == ["A"]


def test_each_criterion_tells_how_many_it_excludes() -> None:
    world = people()
    segment(world, "S", ("residence", "=", "Lyon"), ("annualPotential", ">", 50))
    rows = {
        row["property"]: (row["met"], row["failed"], row["unknown"], row["excludes_alone"])
        for row in asked(world, segments.criteria, segment="S")
    }
    assert rows == {str(CG.residence): (2, 1, 1, 1), str(CG.annualPotential): (2, 0, 2, 1)}


def test_a_select_finds_members_and_criteria_narrow_them() -> None:
    world = people()
    query = f"SELECT ?party WHERE {{ ?party <{CG.residence}> ?town FILTER(?town = 'Lyon') }}"
    segment(world, "S", selectQuery=query)
    segment(world, "R", ("annualPotential", ">", 50), selectQuery=query)
    assert members(world) == ["A", "B"]
    assert members(world, "R") == ["A"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("ASK { ?party ?p ?o }", "SELECT of .party"),
        ("SELECT ?other WHERE { ?other ?p ?o }", "SELECT of .party"),
        ("SELECT ?party { SERVICE <http://example.org/> { ?party ?p ?o } }", "cannot be evaluated"),
    ],
)
def test_other_queries_are_refused(query: str, message: str) -> None:
    world = people()
    segment(world, "S", selectQuery=query)
    with pytest.raises(UsageError, match=message):
        members(world)


def test_a_broken_query_leaves_the_other_segments_and_the_classes() -> None:
    world = people()
    segment(world, "BAD", selectQuery="SELECT ?party WHERE {")
    segment(world, "S", ("residence", "=", "Lyon"))
    for key in ("BAD", "S"):
        world.add("targeting", key, "Targeting", segment=iri("segment", key))
    listed = {row["segment_key"]: row for row in asked(world, segments.list_segments)}
    assert (listed["S"]["members"], listed["S"]["error"]) == (2, None)
    assert listed["BAD"]["members"] == 0
    assert iri("segment", "BAD") in listed["BAD"]["error"]
    with world.store() as store:
        table = classify(store.cursor(), context("2026-01-01"))
        alone = classify(store.cursor(), context("2026-01-01"), party="B")
    assert dict(zip(table.column("party_key"), table.column("stage"), strict=True))["B"] == (
        "POTENTIAL"
    )
    for found in (table, alone):
        (note,) = found.notes
        assert iri("segment", "BAD") in note.en
        assert iri("segment", "BAD") in note.fr
    assert alone.column("stage") == ["POTENTIAL"]


def test_a_targeted_party_has_its_targeting_as_evidence() -> None:
    world = people()
    segment(world, "S", ("residence", "=", "Lyon"))
    target = world.add("targeting", "T", "Targeting", segment=iri("segment", "S"),
                       startDate="2025-01-01")  # fmt: skip
    with world.store() as store:
        rows = explain(store.cursor(), context("2026-01-01"), party="B").records()
        found = [row for row in rows if row["kind"] == "evidence"]
    assert [(row["name"], row["en"], row["fr"]) for row in found] == [
        (target, "In a segment targeted since: 2025-01-01",
         "Dans un segment ciblé depuis : 2025-01-01"),
    ]  # fmt: skip


def test_closed_parties_are_in_no_segment() -> None:
    world = people()
    segment(world, "S", ("residence", "=", "Lyon"))
    world.property(iri("party", "B"), "closedOn", "2025-06-01")
    assert members(world) == ["A"]
    assert members(world, as_of="2025-05-31") == ["A", "B"]


def test_segments_overlap_and_may_be_empty() -> None:
    world = people()
    segment(world, "LYON", ("residence", "=", "Lyon"))
    segment(world, "RICH", ("annualPotential", ">=", 100))
    segment(world, "NONE", ("residence", "=", "Oslo"))
    listed = {row["segment_key"]: row["members"] for row in asked(world, segments.list_segments)}
    assert listed == {"LYON": 2, "NONE": 0, "RICH": 2}
    (row,) = asked(world, segments.overlap)
    assert (row["segment_key"], row["other_key"], row["both"]) == ("LYON", "RICH", 1)
    assert row["jaccard"] == pytest.approx(1 / 3)


def targeted(**values: Any) -> World:
    world = people()
    chosen = segment(world, "S", ("residence", "=", "Lyon"))
    world.add("targeting", "G", "Targeting", segment=chosen, startDate="2025-06-01",
              endDate="2025-07-01", withOrganization=iri("party", "ORG"), isCore=True)  # fmt: skip
    for key, status in values.items():
        world.event("ConsentRecord", key, "2025-06-10",
                    consentStatus=str(scheme("consent", status)))  # fmt: skip
    return world


def test_targets_leave_out_those_who_refused() -> None:
    def told(world: World, as_of: str = T) -> dict[str, Any]:
        return {r["party_key"]: r["excluded"] for r in asked(world, segments.targets, as_of)}

    assert told(targeted()) == {"A": None, "B": None}
    assert told(targeted(A="objected", B="given")) == {"A": "objected", "B": None}
    assert told(targeted(A="objected"), "2025-06-09") == {"A": None, "B": None}
    assert told(targeted(), "2025-07-01") == {}


def test_being_targeted_is_a_sign_of_engagement() -> None:
    world = targeted()
    for as_of, stage in (("2025-05-31", "UNENGAGED"), ("2025-06-01", "POTENTIAL"),
                         ("2025-06-30", "POTENTIAL"), ("2025-07-01", "UNENGAGED")):  # fmt: skip
        rows = world.classified(as_of)
        assert (rows["B"]["stage"], rows["C"]["stage"]) == (stage, "UNENGAGED"), as_of
    assert world.classified("2025-06-15")["B"]["pipeline"] == "SUSPECT"


def test_the_targets_of_another_organisation_are_not_ours() -> None:
    world = people()
    world.party("OTHER", "LegalEntity")
    chosen = segment(world, "S", ("residence", "=", "Lyon"))
    world.add("targeting", "G", "Targeting", segment=chosen, startDate="2025-06-01",
              withOrganization=iri("party", "OTHER"))  # fmt: skip
    assert world.classified(T)["B"]["stage"] == "UNENGAGED"


def test_personas_match_by_known_criteria() -> None:
    world = people()
    segment(world, "H", ("residence", "=", "Lyon"), ("annualPotential", ">", 200),
            type_name="BuyerPersona")  # fmt: skip
    rows = {
        row["party_key"]: (row["score"], row["coverage"], row["matched"], row["known"])
        for row in asked(world, segments.personas, persona="H")
    }
    assert rows == {"A": (0.5, 1.0, 1, 2), "B": (1.0, 0.5, 1, 1), "C": (0.5, 1.0, 1, 2)}


def test_look_alikes_share_what_some_have_in_common() -> None:
    world = people()
    for key in "ABC":
        world.property(iri("party", key), "sex", "F")
    rows = asked(world, segments.look_alikes, parties="A,B")
    assert [(r["party_key"], r["shared"], r["attributes"]) for r in rows] == [
        ("C", 2, 3), ("D", 1, 3),
    ]  # fmt: skip
    assert rows[0]["score"] == pytest.approx(2 / 3)


def test_look_alikes_of_a_segment_are_those_of_its_members() -> None:
    world = people()
    for key in "ABC":
        world.property(iri("party", key), "sex", "F")
    segment(world, "LYON", ("residence", "=", "Lyon"))
    segment(world, "OSLO", ("residence", "=", "Oslo"))
    by_keys = asked(world, segments.look_alikes, parties="A,B")
    assert asked(world, segments.look_alikes, segment="LYON") == by_keys
    assert asked(world, segments.look_alikes, segment="LYON", parties="B") == by_keys
    with pytest.raises(UsageError, match="Name at least one"):
        asked(world, segments.look_alikes, segment="OSLO")


def test_an_unknown_segment_is_refused() -> None:
    with pytest.raises(UsageError, match="NOWHERE"):
        members(people(), "NOWHERE")


EX = Namespace("https://example.org/")
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix cg: <https://w3id.org/clientgraph/ns#> .
@prefix : <https://example.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:town sh:path cg:residence ; sh:hasValue "Lyon" .
:rich sh:path cg:annualPotential ; sh:minCount 1 ; sh:minInclusive 200 .
:lyon a sh:NodeShape ; sh:property :town ; sh:targetClass cg:Refund .
:rich-person a sh:NodeShape ; sh:class cg:NaturalPerson ; sh:property :rich .
:either a sh:NodeShape ; sh:or ( :lyon :rich-person ) .
:neither a sh:NodeShape ; sh:not :either ; sh:property [ sh:path cg:residence ; sh:maxCount 0 ] .
:both a sh:NodeShape ; sh:property :town, [ sh:path cg:annualPotential ; sh:minExclusive 50 ],
    [ sh:path [ sh:inversePath cg:client ] ; sh:minCount 1 ] .
:client a sh:NodeShape ; sh:sparql [ sh:message "No client." ;
    sh:select "SELECT $this WHERE { FILTER NOT EXISTS { ?x <https://w3id.org/clientgraph/ns#client> $this } }" ] .
:off a sh:NodeShape ; sh:deactivated true ; sh:property :town .
:wrong a sh:NodeShape ; sh:property [ sh:path cg:residence ; sh:minCount "many" ] .
"""  # noqa: E501


def add_shapes(world: World, text: str) -> None:
    """Add the triples of shapes to a world."""
    for s, p, o in Graph().parse(data=text, format="turtle"):
        literal = isinstance(o, Literal)
        kind = str(o.datatype or XSD.string) if literal else None
        subject, value = (f"_:{x}" if isinstance(x, BNode) else str(x) for x in (s, o))
        world.triple(subject, str(p), value, kind)


def shaped(*names: str) -> World:
    """Return the four parties, and a segment for each of some shapes."""
    world = people()
    add_shapes(world, SHAPES)
    for name in names:
        shape = f"https://example.org/{name}"
        world.add("segment", name, "Segment", sourceKey=name, memberShape=shape)
    return world


CONFORMING = ("lyon", "rich-person", "either", "neither", "both", "client")


def test_a_member_shape_has_the_parties_that_an_independent_validator_lets_pass() -> None:
    world = shaped(*CONFORMING)
    data = Graph()
    for s, p, o, kind in world.triples:
        plain = kind in (None, str(XSD.string))
        literal = Literal(o) if plain else Literal(o, datatype=kind)
        if not s.startswith("_:") and not o.startswith("_:"):
            data.add((URIRef(s), URIRef(p), literal if kind else URIRef(o)))
    with world.store() as store:
        found = {
            name: {
                row["party_key"]
                for row in segments.members(store.cursor(), context(T), segment=name).records()
            }
            for name in CONFORMING
        }
    for name in CONFORMING:
        shapes = Graph().parse(data=SHAPES, format="turtle")
        shapes.remove((None, SHACL.targetClass, None))
        for key in "ABCD":
            shapes.add((EX[name], SHACL.targetNode, URIRef(iri("party", key))))
        _, report, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=False)
        failing = {str(node) for node in report.objects(None, SHACL.focusNode)}
        assert found[name] == {k for k in "ABCD" if iri("party", k) not in failing}, name
    assert {len(members) for members in found.values()} == {1, 2, 3}


def test_each_condition_of_a_member_shape_tells_how_many_it_excludes() -> None:
    rows = asked(shaped("both"), segments.criteria, segment="both")
    told = {
        (row["property"], row["operator"], row["met"], row["failed"], row["excludes_alone"])
        for row in rows
    }
    assert told == {
        (str(CG.residence), "conforms", 2, 2, 0),
        (str(CG.annualPotential), "conforms", 4, 0, 0),
        (None, "conforms", 1, 3, 1),
    }
    assert {row["unknown"] for row in rows} == {0}


def test_member_shapes_overlap_and_are_targeted_like_other_segments() -> None:
    world = shaped("lyon", "client")
    world.add("targeting", "G", "Targeting", segment=iri("segment", "lyon"))
    world.event("ConsentRecord", "B", "2025-06-10",
                consentStatus=str(scheme("consent", "withdrawn")))  # fmt: skip
    with world.store() as store:
        (row,) = segments.overlap(store.cursor(), context(T)).records()
        told = segments.targets(store.cursor(), context(T)).records()
        assert {r["party_key"]: r["excluded"] for r in told} == {"A": None, "B": "withdrawn"}
        stages = classify(store.cursor(), context("2026-07-01"))
        alone = classify(store.cursor(), context("2026-07-01"), party="B").column("stage")
    assert (row["members"], row["other_members"], row["both"]) == (1, 2, 1)
    by_key = dict(zip(stages.column("party_key"), stages.column("stage"), strict=True))
    assert (by_key["B"], by_key["C"], alone) == ("POTENTIAL", "UNENGAGED", ["POTENTIAL"])


def test_a_merged_record_that_conforms_brings_its_party() -> None:
    world = shaped("lyon")
    world.merged("A", "D")
    assert members(world, "lyon") == ["B", "D"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("off", "sets no condition"), ("wrong", "minCount"), ("nowhere", "holds nothing")],
)
def test_a_shape_that_judges_nobody_leaves_its_segment_empty(name: str, message: str) -> None:
    world = shaped(name, "lyon")
    listed = {row["segment_key"]: row for row in asked(world, segments.list_segments)}
    assert (listed[name]["members"], listed["lyon"]["members"]) == (0, 2)
    assert message in listed[name]["error"]
    with pytest.raises(UsageError, match=message):
        members(world, name)


def test_a_query_that_fails_while_it_runs_leaves_out_its_own_segment_alone() -> None:
    world = people()
    query = f"SELECT ?party WHERE {{ ?party <{CG.residence}> ?t FILTER(REGEX(?t, 'L.on')) }}"
    segment(world, "BAD", selectQuery=query)
    segment(world, "S", ("residence", "=", "Lyon"))
    for key in ("BAD", "S"):
        world.add("targeting", key, "Targeting", segment=iri("segment", key))
    listing, here = ANALYSES["segments list"], context("2026-07-01")
    with world.store() as store:
        assert listing.run(store.cursor(), here).column("members") == [2, 2]
        with store.cursor() as cursor:
            cursor.execute("CREATE TEMP MACRO regexp_matches(text, pattern) AS error('no engine')")
            table = listing.run(cursor, here)
            assert table.column("members") == [0, 2]
            broken, sound = table.column("error")
            assert sound is None
            assert iri("segment", "BAD") in broken
            assert "no engine" in broken
            stages = ANALYSES["classify"].run(cursor, here)
            assert stages.column("stage").count("POTENTIAL") == 1
            assert [iri("segment", "BAD") in note.fr for note in stages.notes] == [True]
            with snapshot(cursor), pytest.raises(BrokenSegmentError, match="no engine"):
                listing.run(cursor, here)


def test_a_result_is_kept_without_a_segment_that_fails_while_it_runs() -> None:
    world = people()
    query = f"SELECT ?party WHERE {{ ?party <{CG.residence}> ?t FILTER(UCASE(?t) = 'LYON') }}"
    segment(world, "BAD", selectQuery=query)
    segment(world, "S", ("residence", "=", "Lyon"))

    @contextmanager
    def failing(cursor: Cursor) -> Iterator[None]:
        cursor.execute("CREATE OR REPLACE TEMP MACRO upper(text) AS error('no engine')")
        yield

    with world.store() as store:
        derived = write_derived(store, ANALYSES["segments list"], context(T), guard=failing)
        text = f"SELECT ?why {{ GRAPH <{derived.graph}> {{ ?r <{CG.reason}> ?why }} }}"
        ((why,),) = run_query(store, text).rows()
    assert derived.rows == 2
    assert why is not None
    assert "no engine" in why[1]


HISTORY = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix cg: <https://w3id.org/clientgraph/ns#> .
@prefix org: <http://www.w3.org/ns/org#> . @prefix : <https://example.org/> .
:house a sh:NodeShape ; sh:property [ sh:minCount 1 ;
    sh:path ( [ sh:inversePath org:member ] org:organization ) ] .
:buyer a sh:NodeShape ; sh:property [ sh:path [ sh:inversePath cg:client ] ; sh:minCount 1 ] .
:met a sh:NodeShape ; sh:property [ sh:path cg:firstContactDate ; sh:minCount 1 ] .
:user a sh:NodeShape ; sh:property [ sh:path [ sh:inversePath cg:user ] ; sh:minCount 1 ] .
"""
PATTERNS = {
    "house": f"?m <{ORG.member}> ?party ; <{ORG.organization}> ?o",
    "buyer": f"?x <{CG.client}> ?party",
    "met": f"?party <{CG.firstContactDate}> ?day",
    "user": f"?x <{CG.user}> ?party",
}


@pytest.fixture(scope="module")
def changes() -> Iterator[Store]:
    """Yield parties that join, leave, buy and use over time, and segments without a date."""
    world = World()
    add_shapes(world, HISTORY)
    for key in "ABC":
        world.party(key)
    world.member("A", "ORG", "2024-01-01", "2025-01-01")
    world.member("B", "ORG", "2025-03-01")
    world.property(world.member("C", "ORG"), "recordedAt", datetime(2025, 9, 1))
    world.buys("A", "2025-05-01")
    world.buys("B", "2024-02-01", recordedAt=datetime(2025, 9, 1))
    world.property(iri("party", "B"), "firstContactDate", "2025-02-01")
    user = iri("party", "C")
    world.add("use", "U", "Use", user=user, startDate="2024-01-01", endDate="2024-02-01")
    for name, pattern in PATTERNS.items():
        kinds = {
            name: {"memberShape": f"https://example.org/{name}"},
            f"{name}?": {"selectQuery": f"SELECT ?party {{ {pattern} }}"},
        }
        for key, kind in kinds.items():
            place = world.add("segment", key, "Segment", sourceKey=key, **kind)
            world.add("targeting", key, "Targeting", segment=place)
    with world.store() as store:
        yield store


CHANGING = (
    ("2023-12-31", "2025-08-01", {}),
    ("2024-06-30", "2025-08-01", {"house": "A", "user": "C"}),
    ("2024-06-30", "2025-10-01", {"house": "AC", "user": "C", "buyer": "B"}),
    ("2025-01-01", "2025-08-01", {"user": "C"}),
    ("2025-06-30", "2025-08-01", {"house": "B", "user": "C", "buyer": "A", "met": "B"}),
    ("2025-06-30", "2025-10-01", {"house": "BC", "user": "C", "buyer": "AB", "met": "B"}),
)


@pytest.mark.parametrize(
    ("as_of", "known", "expected", "narrowed"),
    [
        *((*one, False) for one in CHANGING),
        # What is out of reach is so at any date: two of them tell in the default run.
        *(pytest.param(*one, True, marks=[pytest.mark.slow] * (n % 3 != 2))
          for n, one in enumerate(CHANGING)),
    ],
)  # fmt: skip
def test_shapes_and_selects_judge_what_is_known_and_valid(
    changes: Store, as_of: str, known: str, expected: dict[str, str], narrowed: bool
) -> None:
    hidden = ["https://example.org/hidden"] if narrowed else []
    cursor = changes.cursor(hidden)
    quads = cursor.execute("SELECT count(*) FROM quad").fetchall()
    found: dict[str, str] = {}
    targeted = segments.targets(cursor, context(as_of, datetime.fromisoformat(known)))
    for row in targeted.records():
        key = row["segment_key"]
        found[key] = "".join(sorted(found.get(key, "") + row["party_key"]))
    assert found == expected | {f"{key}?": members for key, members in expected.items()}
    assert cursor.execute("SELECT count(*) FROM quad").fetchall() == quads


@pytest.mark.parametrize(("known", "expected"), [("2025-08-01", []), ("2025-10-01", ["A"])])
def test_a_select_sees_a_merge_from_its_recording_on(known: str, expected: list[str]) -> None:
    world = World()
    for key in "AB":
        world.party(key)
    world.merged("B", "A", recordedAt=datetime(2025, 9, 1))
    query = f"SELECT ?party {{ ?duplicate <{CG.mergedInto}> ?party }}"
    place = world.add("segment", "S", "Segment", sourceKey="S", selectQuery=query)
    world.add("targeting", "S", "Targeting", segment=place)
    with world.store() as store:
        asked_at = context("2025-12-31", datetime.fromisoformat(known))
        assert segments.targets(store.cursor(), asked_at).column("party_key") == expected
