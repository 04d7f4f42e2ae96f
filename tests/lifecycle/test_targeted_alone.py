"""Whether one party is targeted, judged by the quads around it, is what is judged of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.lifecycle import classify, explain, periods
from kg.lifecycle.alone import PartyEvaluation
from kg.namespaces import CG, XSD
from kg.store import Store
from kg.store.lookup_building import build
from tests.lifecycle.test_alone import KNOWN, over_all
from tests.lifecycle.test_properties import ASKED, FAST, MANY_RUNS, RUNS, days, loose_days
from tests.lifecycle.world import World, context, iri

PARTIES = ("P0", "P1", "P2", "P3")
PLACES = [iri("place", key) for key in ("Lyon", "Nice")]
VALUES: dict[str, list[Any]] = {
    "residence": ["Lyon", "lyon", "Nice", "L%", *PLACES, "Place/Lyon", "place/Lyon"],
    "annualPotential": [100, 100.5, 7, "100", True],
    "firstContactDate": ["2024-01-05", "2024-01", "2023", "2024-03-01"],
    "stage": ["CURRENT"],
}
OPERATORS = ["=", "=", "!=", "in", "<", "<=", ">", ">=", None, "about"]
WHEN = st.one_of(st.none(), st.none(), st.none(), loose_days())
RECORDED = st.one_of(st.none(), st.none(), st.none(), days().map(datetime.fromisoformat))


def valued(name: str) -> st.SearchStrategy[tuple[str, list[Any]]]:
    values = st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=2, unique=True)
    return st.tuples(st.just(name), values)


NAMED = st.sampled_from(sorted(VALUES)).flatmap(valued)
TOLD = st.lists(st.tuples(st.sampled_from(PARTIES), NAMED), min_size=8, max_size=16)
CRITERIA = st.lists(
    st.tuples(NAMED, st.sampled_from(OPERATORS), RECORDED, WHEN), min_size=1, max_size=2
)
SEGMENTS = st.lists(CRITERIA, min_size=1, max_size=3)
ORGANIZATIONS = st.sampled_from([None, None, "ORG", "OTHER", "UNIT", "TWIN"])
TARGETINGS = st.lists(
    st.tuples(st.integers(0, 2), ORGANIZATIONS, WHEN, WHEN, RECORDED), min_size=1, max_size=4
)
HAPPENED = st.lists(
    st.tuples(st.sampled_from(PARTIES), st.sampled_from(["bought", "merged", "use"]), days()),
    max_size=2,
)
PLACED = st.lists(st.tuples(st.sampled_from([0, 1]), RECORDED, WHEN, WHEN), max_size=2)


def world_of(
    told: list[Any], segments: list[Any], targetings: list[Any], happened: list[Any],
    placed: list[Any],
) -> World:  # fmt: skip
    world = World()
    world.party("OTHER", "LegalEntity")
    world.party("UNIT", "OrganizationalUnit", unitOf="ORG")
    world.party("TWIN", "LegalEntity")
    world.merged("TWIN", "ORG")
    for party in PARTIES:
        world.party(party)
    for party, (name, values) in told:
        tell(world, iri("party", party), name, values[0])
    for number, recorded, start, end in placed:
        # A place that is known later, or is there for a while only.
        world.add("place", ("Lyon", "Nice")[number], "PointOfSale",
                  recordedAt=recorded, startDate=start, endDate=end)  # fmt: skip
    for number, criteria in enumerate(segments):
        targets(world, number, criteria)
    for segment, organization, start, end, recorded in targetings:
        world.add("targeting", world.number(), "Targeting", segment=iri("segment", str(segment)),
                  startDate=start, endDate=end, recordedAt=recorded, isCore=True,
                  withOrganization=organization and iri("party", organization))  # fmt: skip
    for party, what, day in happened:
        if what == "bought":
            world.buys(party, day)
        elif what == "use":
            world.uses(party, day)
        elif party != "P0":
            world.merged(party, "P0", date=day, recordedAt=datetime.fromisoformat(day))
    return world


def tell(world: World, subject: str, name: str, value: Any) -> None:
    """Say a value of a thing, of a criterion the same one twice."""
    if name == "firstContactDate":
        kind = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}[len(value)]
        world.triple(subject, str(CG.firstContactDate), value, str(kind))
    else:
        world.property(subject, name, value)


def targets(world: World, number: int, criteria: list[Any]) -> None:
    """Add a segment with criteria."""
    segment = world.add("segment", str(number), "Segment")
    for (name, values), operator, recorded, start in criteria:
        criterion = world.add("criterion", world.number(), "Criterion", operator=operator,
                              criterionProperty=str(CG[name]), recordedAt=recorded,
                              startDate=start)  # fmt: skip
        world.property(segment, "hasCriterion", criterion)
        for value in values:
            dated = name == "firstContactDate"
            kind = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}[len(value)] if dated else None
            if kind:
                world.triple(criterion, str(CG.criterionValue), value, str(kind))
            else:
                world.property(criterion, "criterionValue", value)


@contextmanager
def never_among_all() -> Iterator[None]:
    """Refuse to judge a party by all quads."""

    def refuse(_evaluation: PartyEvaluation) -> None:
        raise AssertionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PartyEvaluation, "_build_targeted_among_all", refuse)
        yield


def assert_equal_targets(
    told: list[Any], segments: list[Any], targetings: list[Any], happened: list[Any],
    placed: list[Any], at: date,
) -> None:  # fmt: skip
    world = world_of(told, segments, targetings, happened, placed)
    asked = context(at.isoformat(), KNOWN, **FAST)
    with world.store() as store:
        rows = {row[0]: row for row in classify(store.cursor(), asked).rows}
        with over_all():
            stories = told_of(store, asked)
        for indexed in (False, True):
            if indexed:
                build(store)
            with never_among_all():
                for party in PARTIES:
                    for row in classify(store.cursor(), asked, party=party).rows:
                        assert row == rows[row[0]]
                assert told_of(store, asked) == stories


def told_of(store: Store, asked: Any) -> list[Any]:
    """Return the explanation and the history of two parties."""
    stories: tuple[Callable[..., Any], ...] = (explain, periods)
    return [one(store.cursor(), asked, party=p).rows for one in stories for p in ("P0", "P1")]


DRAWN = (TOLD, SEGMENTS, TARGETINGS, HAPPENED, PLACED, ASKED)


def test_a_party_alone_is_targeted_as_among_all() -> None:
    RUNS(given(*DRAWN)(assert_equal_targets))()


@pytest.mark.slow
def test_many_parties_alone_are_targeted_as_among_all() -> None:
    MANY_RUNS(given(*DRAWN)(assert_equal_targets))()


def lyon() -> World:
    world = World()
    world.party("P0", residence="Lyon", annualPotential=5)
    targets(world, 0, [(("residence", ["Lyon"]), "=", None, None)])
    world.add("targeting", "T", "Targeting", segment=iri("segment", "0"))
    return world


def stage(world: World) -> str:
    asked = context("2024-06-01", KNOWN)
    with world.store() as store:
        build(store)
        (found,) = classify(store.cursor(), asked, party="P0").rows
        assert found in classify(store.cursor(), asked).rows
    return str(found[2])


def test_a_criterion_is_judged_by_what_is_around_the_party() -> None:
    with never_among_all():
        assert stage(lyon()) == "POTENTIAL"


LATE, EARLY = (datetime(2024, month, 1) for month in (5, 1))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "POTENTIAL"),
        ({"targeting": {"recordedAt": EARLY, "startDate": "2024-06"}}, "UNENGAGED"),
        ({"targeting": {"recordedAt": EARLY, "startDate": "2024-05"}}, "POTENTIAL"),
        ({"targeting": {"recordedAt": LATE}}, "UNENGAGED"),
        ({"targeting": {"endDate": "2024-05-31"}}, "UNENGAGED"),
        ({"targeting": {"withOrganization": iri("party", "UNIT")}}, "POTENTIAL"),
        ({"targeting": {"withOrganization": iri("party", "TWIN")}}, "POTENTIAL"),
        ({"targeting": {"withOrganization": iri("party", "OTHER")}}, "UNENGAGED"),
        ({"criterion": {"recordedAt": LATE}}, "UNENGAGED"),
        ({"criterion": {"recordedAt": EARLY}}, "POTENTIAL"),
        ({"criterion": {"startDate": "2024-07-01"}}, "UNENGAGED"),
        ({"place": {"recordedAt": LATE}}, "UNENGAGED"),
        ({"place": {"recordedAt": LATE}, "criterion": {"criterionValue": "Lyon"}}, "UNENGAGED"),
        ({"place": {"endDate": "2024-03-01"}}, "UNENGAGED"),
        ({"place": {"type_name": "Use", "endDate": "2024-03-01"}}, "POTENTIAL"),
        ({"place": {"startDate": "2024-01", "endDate": "2024-08"}}, "POTENTIAL"),
        ({"segment": {"type_name": "BuyerPersona"}}, "UNENGAGED"),
        ({"party": {"date": "2024-07-01"}}, "UNENGAGED"),
    ],
)
def test_what_counts_is_known_and_valid(values: dict[str, Any], expected: str) -> None:
    world = World()
    world.party("OTHER", "LegalEntity")
    world.party("UNIT", "OrganizationalUnit", unitOf="ORG")
    world.party("TWIN", "LegalEntity")
    world.merged("TWIN", "ORG")
    place = iri("place", "Lyon")
    world.party("P0", residence=place, **values.get("party", {}))
    segment = world.add("segment", "0", **{"type_name": "Segment"} | values.get("segment", {}))
    asked = {"criterionProperty": str(CG.residence), "criterionValue": place}
    criterion = world.add("criterion", "0", "Criterion", **asked | values.get("criterion", {}))
    world.property(segment, "hasCriterion", criterion)
    world.add("place", "Lyon", **{"type_name": "PointOfSale"} | values.get("place", {}))
    world.add("targeting", "T", "Targeting", segment=segment, **values.get("targeting", {}))
    with never_among_all():
        assert stage(world) == expected


@pytest.mark.parametrize(
    ("on", "expected"), [("2024-05-31", "POTENTIAL"), ("2024-06-02", "UNENGAGED")]
)
def test_what_has_not_happened_is_no_fact(on: str, expected: str) -> None:
    world = World()
    world.party("P0", orderDate=on)
    targets(world, 0, [(("orderDate", []), ">", None, None)])
    (criterion,) = (s for s, p, o, _ in world.triples if (p, o) == (str(CG.operator), ">"))
    world.triple(criterion, str(CG.criterionValue), "2024-05-01", str(XSD.date))
    world.add("targeting", "T", "Targeting", segment=iri("segment", "0"))
    with never_among_all():
        assert stage(world) == expected


@pytest.mark.parametrize(
    ("told", "asked", "met"),
    [
        ("https://example.org/a/Lyon", "Lyon", True), ("https://example.org/a/Lyon", "lyon", False),
        ("https://example.org/a/Lyon", "L%", False), ("https://example.org/a/Lyon", "a/Lyon", True),
        ("https://example.org/Lyon/a", "Lyon", False), ("Lyon", "Lyon", True), (5, 5.0, True),
        ("https://example.org/b", "https://example.org/b", True),
    ],
)  # fmt: skip
def test_a_text_is_that_of_a_thing_whose_iri_ends_so(told: Any, asked: Any, met: bool) -> None:
    world = World()
    world.party("P0", residence=told)
    targets(world, 0, [(("residence", [asked]), "=", None, None)])
    world.add("targeting", "T", "Targeting", segment=iri("segment", "0"))
    with never_among_all():
        assert stage(world) == ("POTENTIAL" if met else "UNENGAGED")


def test_a_query_that_is_targeted_is_evaluated_over_all() -> None:
    world = lyon()
    world.property(iri("segment", "0"), "selectQuery", f"SELECT ?party {{ ?party <{CG.no}> ?o }}")
    with never_among_all(), pytest.raises(AssertionError):
        stage(world)
    assert stage(world) == "UNENGAGED"


def test_a_query_that_is_not_targeted_is_not_evaluated() -> None:
    world = lyon()
    other = world.add("segment", "1", "Segment", selectQuery="SELECT ?party {")
    world.property(other, "label", "Other")
    with never_among_all():
        assert stage(world) == "POTENTIAL"


def test_what_is_no_number_is_compared_by_the_engine() -> None:
    world = lyon()
    targets(world, 1, [(("residence", []), ">=", None, None)])
    (criterion,) = (s for s, p, o, _ in world.triples if (p, o) == (str(CG.operator), ">="))
    for subject, name in ((iri("party", "P0"), "residence"), (criterion, "criterionValue")):
        world.triple(subject, str(CG[name]), "NaN", str(XSD.double))
    world.add("targeting", "U", "Targeting", segment=iri("segment", "1"))
    world.triples = [one for one in world.triples if one[2] != "Lyon"]
    with never_among_all(), pytest.raises(AssertionError):
        stage(world)
    assert stage(world) == "POTENTIAL"


@pytest.mark.parametrize("potential", ["NaN", "INF", "1e300"])
def test_a_potential_that_is_no_amount_is_none(potential: str) -> None:
    world = lyon()
    world.party("P1")
    world.triple(iri("party", "P1"), str(CG.annualPotential), potential, str(XSD.double))
    with world.store() as store:
        asked = context("2024-06-01", KNOWN)
        (alone,) = classify(store.cursor(), asked, party="P1").rows
        assert alone in classify(store.cursor(), asked).rows
        assert "KEY_ACCOUNT" not in alone[8]
