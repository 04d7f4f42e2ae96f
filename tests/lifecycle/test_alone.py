"""One party alone: the same rules over few quads give what they give over all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.lifecycle import classify, explain, periods, surroundings
from kg.lifecycle.alone import PartyEvaluation
from kg.lifecycle.classify import of_party
from kg.lifecycle.evaluation import snapshot
from kg.store import Store
from tests.lifecycle.reference import History
from tests.lifecycle.test_properties import (
    ASKED,
    FAST,
    MANY_RUNS,
    RUNS,
    VARIANTS,
    days,
    histories,
    loose_days,
    world_of,
)
from tests.lifecycle.world import World, context

PARTIES = 8
LINKS = st.lists(
    st.tuples(
        st.sampled_from(["refers", "merged", "member", "recorded", "unit", "foreign", "potential"]),
        st.integers(0, PARTIES - 1),
        st.integers(0, PARTIES - 1),
        days(),
    ),
    min_size=4,
    max_size=12,
)
CROWD = st.lists(histories(loose_days()), min_size=PARTIES, max_size=PARTIES)
KNOWN = datetime(2024, 4, 1)
# An example is eight parties, each alone and two of them day by day: seconds, not milliseconds.
MANY = settings(MANY_RUNS, max_examples=20)


@contextmanager
def over_all() -> Iterator[None]:
    """Let every party count as too large to be evaluated alone."""
    most = surroundings._MOST
    surroundings._MOST = -1
    try:
        yield
    finally:
        surroundings._MOST = most


def link(world: World, kind: str, one: str, other: str, day: str) -> None:
    """Tie two parties of a world together."""
    if kind == "refers":
        world.refers(one, other, day)
    elif kind == "merged" and one < other:
        world.merged(other, one, date=day, recordedAt=datetime.fromisoformat(day))
    elif kind == "member":
        world.member(one, other, day)
    elif kind == "recorded":
        world.event("Refusal", one, day, recordedAt=datetime.fromisoformat(day))
    elif kind == "unit" and one < other:
        world.party(one, "OrganizationalUnit", unitOf="ORG" if day > "2024-03" else other)
    elif kind == "foreign":
        world.buys(one, day, seller=other)
    elif kind == "potential":
        world.party(one, annualPotential=200_000)


def assert_equal_alone(
    found: list[History], links: list[tuple[Any, ...]], at: date, rules: dict[str, Any]
) -> None:
    world = world_of(found)
    for kind, one, other, day in links:
        link(world, kind, f"P{one:03}", f"P{other:03}", day)
    world.merged("P000", "P001")
    asked = context(at.isoformat(), KNOWN, **rules)
    with world.store() as store:
        rows = {row[0]: row for row in classify(store.cursor(), asked).rows}
        for number in range(PARTIES):
            for row in classify(store.cursor(), asked, party=f"P{number:03}").rows:
                assert row == rows[row[0]]
        assert_equal_stories(store, asked)


def assert_equal_stories(store: Store, asked: Any) -> None:
    """Compare explanation and history of a merged and of another party."""
    for party in ("P001", "P004"):
        for story in (explain, periods):
            alone = story(store.cursor(), asked, party=party).rows
            with over_all():
                assert alone == story(store.cursor(), asked, party=party).rows


@pytest.mark.parametrize(
    "variant", ["strict", pytest.param("uses and undated", marks=pytest.mark.slow)]
)
def test_a_party_alone_has_the_class_it_has_among_all(variant: str) -> None:
    rules = st.just(FAST | VARIANTS[variant])
    RUNS(given(CROWD, LINKS, ASKED, rules)(assert_equal_alone))()


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_many_parties_alone_have_the_class_they_have_among_all(variant: str) -> None:
    rules = st.just(FAST | VARIANTS[variant])
    MANY(given(CROWD, LINKS, ASKED, rules)(assert_equal_alone))()


def test_an_order_of_two_merged_records_of_one_key_counts_once() -> None:
    world = World()
    world.party("P")
    other = world.add("party", "Q", "NaturalPerson", sourceKey="P")
    world.merged("Q", "P")
    world.buys("P", "2025-01-05", key="one", orderNumber="N1")
    world.buys("Q", "2025-01-05", key="two", orderNumber="N1")
    with world.store() as store:
        asked = context("2025-02-01", occasionGranularity="order")
        (row,) = classify(store.cursor(), asked, party="P").records()
        (among,) = (r for r in classify(store.cursor(), asked).records() if r["party_key"] == "P")
    assert (row["n"], among["n"]) == (1, 1)
    assert row["party"] != other


def test_amounts_beyond_whole_numbers_are_judged_over_all() -> None:
    world = World()
    world.party("P")
    order = world.buys("P", "2025-01-05", "123456789012345.6789")
    world.refund(order, "2025-01-20", "123456789012345.6788")
    with world.store() as store:
        asked = context("2025-02-01")
        (row,) = classify(store.cursor(), asked, party="P").records()
    assert row["stage"] == "CURRENT"


@pytest.mark.parametrize(("share", "stage"), [("6.99", "CURRENT"), ("7.00", "POTENTIAL")])
def test_a_threshold_is_met_to_the_cent(share: str, stage: str) -> None:
    # In floating point 0.07 times 100 is more than 7.
    world = World()
    world.party("P")
    world.refund(world.buys("P", "2025-01-05"), "2025-01-20", share)
    with world.store() as store:
        asked = context("2025-02-01", voidThreshold=0.07)
        (row,) = classify(store.cursor(), asked, party="P").records()
    assert row["stage"] == stage


def test_a_party_is_seen_as_the_cursor_sees_it() -> None:
    world, more = World(), World()
    world.party("P")
    more.buys("P", "2025-01-05", seller="P")
    other = "https://example.org/other"
    with world.store() as store:
        add(store, more, other)
        found = [
            classify(store.cursor(hidden), context("2025-02-01"), party="P").column("stage")
            for hidden in ((other,), (), (other,))
        ]
    assert found == [["UNENGAGED"]] * 3


def test_what_a_write_sees_is_not_kept() -> None:
    world, more = World(), World()
    world.party("P")
    more.buys("P", "2025-01-05", seller="P")
    asked = context("2025-02-01")
    with world.store() as store:
        with store.write() as tx:
            tx.insert_few([(*triple, None, "https://example.org/g") for triple in more.triples])
            assert classify(tx.cursor, asked, party="P").column("stage") == ["UNENGAGED"]
            tx.rollback()
        more = World()
        more.buys("P", "2025-01-05")
        add(store, more, "https://example.org/g")
        assert classify(store.cursor(), asked, party="P").column("stage") == ["CURRENT"]


def test_one_party_is_read_alone() -> None:
    world = World()
    world.party("P")
    with world.store() as store, snapshot(cursor := store.cursor()):
        assert isinstance(of_party(cursor, context("2025-02-01"), "P"), PartyEvaluation)


def add(store: Store, world: World, graph: str) -> None:
    with store.write() as tx:
        tx.insert_few([(*triple, None, graph) for triple in world.triples])


def test_a_change_is_seen_at_once() -> None:
    world = World()
    world.party("P")
    asked = context("2025-02-01")
    more = World()
    more.buys("P", "2025-01-05", 0)
    with world.store() as store:
        before = classify(store.cursor(), asked, party="P").column("stage")
        add(store, more, "https://example.org/g")
        assert before == ["UNENGAGED"]
        assert classify(store.cursor(), asked, party="P").column("stage") == ["USER_ONLY"]


_FIRST = """
import sys
from concurrent.futures import ThreadPoolExecutor
from kg.lifecycle.dialect import translated

sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(16) as pool:
    print({text.partition("(")[0] for text in pool.map(
        translated, [f"SELECT bool_and(a = {n}) FROM t" for n in range(200)]
    )})
"""


def test_statements_translated_at_once_by_the_first_requests_are_right(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FIRST], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "{'SELECT MIN'}\n"
