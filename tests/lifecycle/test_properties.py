"""The properties of section 5.4, and SQL against the plain Python rules on random histories."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.lifecycle import parameters_from
from tests.drawing import examples
from tests.lifecycle.reference import History, Sale, classification
from tests.lifecycle.world import World

START = date(2023, 11, 1)
SPAN = 240
# The default rules in a year as short as a tenth: a history then meets every limit.
FAST: dict[str, Any] = {
    "D_act": 36, "D_lost": 73, "M_loyal": 36, "D_loyal": 18, "W_reg": 36, "D_new": 9,
    "D_dis": 18, "V_qual": 18,
}  # fmt: skip
COMPARED = ("stage", "depth", "former_kind", "pipeline", "position", "tier", "flags", "first",
            "last", "n")  # fmt: skip
RUNS = settings(
    max_examples=examples(2, 10),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
MANY_RUNS = settings(RUNS, max_examples=60, derandomize=False)


def days(low: int = 0) -> st.SearchStrategy[str]:
    return st.integers(low, SPAN).map(lambda n: (START + timedelta(n)).isoformat())


def loose_days() -> st.SearchStrategy[str | None]:
    """Days, a few of them known by month or year only, or not at all."""
    exact = days()
    return st.one_of(exact, exact, exact, exact, exact.map(lambda d: d[:7]), st.just("2024"),
                     st.none())  # fmt: skip


def few(values: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=most).map(tuple)


def sales(when: st.SearchStrategy[Any]) -> st.SearchStrategy[Sale]:
    refunds = few(st.tuples(when, st.sampled_from([30, 70, 100])), 2)
    return st.builds(Sale, when, st.sampled_from([100, 100, 100, 0]), refunds, st.booleans())


def histories(when: st.SearchStrategy[Any]) -> st.SearchStrategy[History]:
    severities = st.sampled_from(["minor", "major", "critical"])
    unique = st.lists(days(), max_size=3, unique=True)
    scores = st.sampled_from([0.1, 0.4, 0.5, 0.9])
    return st.builds(
        History,
        sales=few(sales(when), 6),
        contracts=st.one_of(st.just(()), few(st.tuples(when, when), 2)),
        refusals=st.one_of(st.just(()), few(when, 2)),
        incidents=st.one_of(
            st.just(()), few(st.tuples(when, severities, st.one_of(days(), st.none())), 2)
        ),
        scores=unique.flatmap(lambda d: st.tuples(*(st.tuples(st.just(one), scores) for one in d))),
        uses=st.one_of(st.just(()), few(when, 2)),
        interactions=few(st.tuples(when, st.sampled_from(["in", "out", "both"])), 2),
        qualifications=unique.flatmap(
            lambda d: st.tuples(*(st.tuples(st.just(one), st.integers(0, 3)) for one in d))
        ),
        memberships=few(st.tuples(st.one_of(days(), st.none()), st.one_of(days(), st.none())), 1),
        closed=st.one_of(st.none(), st.none(), days(SPAN // 2)),
    )


def record(world: World, key: str, history: History) -> None:
    """Write a history into a world, as one record."""
    world.party(key, closedOn=history.closed)
    for sale in history.sales:
        order = world.buys(key, sale.day, sale.amount, staff=sale.staff)
        for day, amount in sale.refunds:
            world.refund(order, day, amount)
    for start, end in history.contracts:
        world.contract(key, start, end)
    for start, end in history.memberships:
        world.member(key, "ORG", start, end)
    for day in history.uses:
        world.uses(key, day)
    record_events(world, key, history)


def record_events(world: World, key: str, history: History) -> None:
    for day in history.refusals:
        world.event("Refusal", key, day)
    for day, severity, resolved in history.incidents:
        world.event("BadExperience", key, day, severity=severity, resolvedOn=resolved)
    for day, score in history.scores:
        world.event("SatisfactionMeasurement", key, day, score=score)
    for day, direction in history.interactions:
        world.event("Interaction", key, day, direction=direction)
    for day, positive in history.qualifications:
        fits = dict.fromkeys(("budgetFit", "needFit", "timingFit")[:positive], "yes")
        world.event("Qualification", key, day, level="sales", **fits)


def world_of(found: list[History]) -> World:
    world = World()
    for number, history in enumerate(found):
        record(world, f"P{number:03}", history)
    return world


def compared(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in COMPARED}


def classified(world: World, at: date, **options: Any) -> dict[str, dict[str, Any]]:
    rows = world.classified(at.isoformat(), **options)
    return {key: compared(row) for key, row in rows.items()}


ASKED = st.integers(SPAN // 3, SPAN + 90).map(lambda n: START + timedelta(n))
CROWD = st.lists(histories(loose_days()), min_size=15, max_size=25)


VARIANTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "uses and undated": {"undatedPolicy": "assumeEarliest", "currentBasis": "purchaseOrUse"},
    "strict": {
        "countStaffPurchases": False, "occasionGranularity": "order", "voidThreshold": 0.6,
        "S_sev": "minor", "loyaltyMinSatisfaction": 0.5, "Q_min": 2,
    },
}  # fmt: skip


def assert_agreement(found: list[History], at: date, rules: dict[str, Any]) -> None:
    rows = classified(world_of(found), at, **rules)
    for number, history in enumerate(found):
        expected = classification(history, at, parameters_from(rules), START - timedelta(400))
        assert rows[f"P{number:03}"] == expected


@pytest.mark.parametrize("variant", VARIANTS)
def test_statements_agree_with_the_rules_in_plain_python(variant: str) -> None:
    RUNS(given(CROWD, ASKED, st.just(FAST | VARIANTS[variant]))(assert_agreement))()


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_statements_agree_with_the_rules_on_many_histories(variant: str) -> None:
    MANY_RUNS(given(CROWD, ASKED, st.just(FAST | VARIANTS[variant]))(assert_agreement))()


@RUNS
@given(CROWD, ASKED)
def test_each_party_has_one_stage_and_only_the_columns_of_it(
    found: list[History], at: date
) -> None:
    rows = world_of(found).classified(at.isoformat(), **FAST)
    assert len(rows) == len(found)
    for row in rows.values():
        assert (row["depth"] is not None) == (row["stage"] == "CURRENT")
        assert (row["former_kind"] is not None) == (row["stage"] == "FORMER")
        assert (row["pipeline"] is not None) == (row["stage"] in {"POTENTIAL", "USER_ONLY"})


@RUNS
@given(st.lists(histories(days()), min_size=10, max_size=20), st.integers(1, 60))
def test_time_alone_only_moves_towards_former(found: list[History], step: int) -> None:
    order = ["CURRENT", "DORMANT", "FORMER"]
    settled = [
        replace(history, contracts=(), closed=None, refusals=(), incidents=(), scores=())
        for history in found
    ]
    world = world_of(settled)
    before = START + timedelta(SPAN)
    rows, later = (classified(world, at, **FAST) for at in (before, before + timedelta(step)))
    for key, row in rows.items():
        stages = row["stage"], later[key]["stage"]
        if row["stage"] in order:
            assert order.index(stages[0]) <= order.index(stages[1])
        else:
            assert stages[0] == stages[1]


@RUNS
@given(st.lists(histories(days()), min_size=10, max_size=20), ASKED)
def test_events_after_t_change_nothing(found: list[History], at: date) -> None:
    world = world_of(found)
    before = classified(world, at, **FAST)
    tomorrow = (at + timedelta(1)).isoformat()
    for key in before:
        world.buys(key, tomorrow)
        world.event("Refusal", key, tomorrow)
        world.event("BadExperience", key, tomorrow, severity="critical")
        world.contract(key, tomorrow)
        world.uses(key, tomorrow)
        world.event("Interaction", key, tomorrow, direction="in")
    assert classified(world, at, **FAST) == before


@RUNS
@given(CROWD, ASKED, st.randoms(use_true_random=False))
def test_order_and_copies_of_triples_change_nothing(
    found: list[History], at: date, random: Any
) -> None:
    world = world_of(found)
    expected = classified(world, at, **FAST)
    random.shuffle(world.triples)
    assert classified(world, at, graphs=2, **FAST) == expected


@RUNS
@given(CROWD, CROWD, ASKED)
def test_merged_records_have_the_class_of_their_union(
    one: list[History], other: list[History], at: date
) -> None:
    apart = World()
    pairs = [
        (replace(a, closed=None), replace(b, closed=None)) for a, b in zip(one, other, strict=False)
    ]
    for number, (a, b) in enumerate(pairs):
        record(apart, f"P{number:03}", a)
        record(apart, f"Q{number:03}", b)
        apart.merged(f"Q{number:03}", f"P{number:03}")
    together = world_of([a + b for a, b in pairs])
    assert classified(apart, at, **FAST) == classified(together, at, **FAST)


@RUNS
@given(CROWD, ASKED, st.integers(1, 30))
def test_raising_the_recency_limit_keeps_current_parties(
    found: list[History], at: date, more: int
) -> None:
    world = world_of(found)
    low, high = (classified(world, at, **FAST | {"D_act": 36 + n}) for n in (0, more))
    for key, row in low.items():
        assert row["stage"] != "CURRENT" or high[key]["stage"] == "CURRENT"
