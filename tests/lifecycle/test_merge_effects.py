"""What merges change is what the same records are classified as with and without them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kg.lifecycle import classify, merge_effects
from kg.namespaces import CG
from tests.lifecycle.world import FOCAL, World, context

AT = "2025-06-01"


def drawn() -> World:
    """Return a world of records of which some are merged, in chains too, with all their acts."""
    chance, world = random.Random(11), World()
    keys = [f"P{number:02}" for number in range(40)]
    for key in keys:
        world.party(key)

    def day() -> str:
        return (date(2022, 1, 1) + timedelta(chance.randrange(1300))).isoformat()

    for _ in range(60):
        key, other = chance.sample(keys, 2)
        act = chance.choice(["buys", "buys", "event", "refers", "member", "contract"])
        if act == "buys":
            world.buys(key, day(), orderNumber=chance.choice(["N1", None]) or world.number())
        elif act == "event":
            world.event(chance.choice(["Refusal", "Interaction"]), key, day())
        elif act == "refers":
            world.refers(key, other, day())
        elif act == "member":
            world.member(key, FOCAL, day())
        else:
            world.contract(key, day())
    for number in range(14):
        if number not in (3, 7):
            world.merged(keys[number], keys[number + 1])
    world.party("ORG-2", "LegalEntity")
    world.merged("ORG-2", FOCAL)
    world.buys("P20", "2025-05-01", seller="ORG-2")
    return world


def stages(world: World) -> dict[str, tuple[Any, ...]]:
    with world.store() as store:
        rows = classify(store.cursor(), context(AT)).records()
        return {row["party_key"]: (row["stage"], row["depth"]) for row in rows}


def parted(world: World) -> World:
    """Return the same world without the merges, that of the focal organisation aside."""
    found = World()
    house = {s for s, _, o, _ in world.triples if s.endswith("ORG-2") or o.endswith("ORG-2")}
    found.triples = [
        one for one in world.triples if one[1] != str(CG.mergedInto) or one[0] in house
    ]
    return found


def test_effects_are_the_differences_between_classifications_with_and_without_merges() -> None:
    world = drawn()
    together, alone = stages(world), stages(parted(world))
    with world.store() as store:
        found = list(merge_effects(store.cursor(), context(AT)).records())
    read_as = {f"P{n:02}": f"P{next(i for i in (3, 7, 14) if i >= n):02}" for n in range(15)}
    expected = {
        (record, alone[record], party, together[party])
        for record, party in read_as.items()
        if alone[record] != together[party]
    }
    assert {
        (row["record_key"], (row["alone_stage"], row["alone_depth"]), row["party_key"],
         (row["stage"], row["depth"]))
        for row in found
    } == expected  # fmt: skip
    assert len(found) == len(expected) >= 6
    assert any(row["record_key"] == row["party_key"] for row in found)


def test_a_merge_that_was_recorded_later_changes_nothing_yet() -> None:
    world = World()
    for key in ("A", "B"):
        world.party(key)
    world.buys("B", "2025-05-01")
    world.merged("B", "A", recordedAt=datetime(2025, 7, 1, tzinfo=UTC))
    with world.store() as store:
        cursor = store.cursor()
        rows = merge_effects(cursor, context(AT)).records()
        before = merge_effects(cursor, context(AT, datetime(2025, 6, 15, tzinfo=UTC)))
    (row,) = rows
    assert (row["record_key"], row["alone_stage"]) == ("A", "UNENGAGED")
    assert (row["party_key"], row["stage"]) == ("A", "CURRENT")
    assert before.rows == []
