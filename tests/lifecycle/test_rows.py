"""What the property table says of things is what their quads say, whatever it leaves out."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from kg.analysis.summary import summary
from kg.analysis.value import values
from kg.lifecycle import classify, rows
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.rows import Things, rows_of
from kg.namespaces import CG, RDF
from kg.sparql.update import update
from kg.store import Store
from kg.store.property_steps import Worth
from kg.store.property_table import drop
from kg.store.upkeep import build
from kg.store.visibility import seeing_only
from tests.lifecycle.world import FOCAL, World, context, iri

WORTHS = [Worth(quads=1, once=0.0), Worth(quads=1, once=0.8), Worth(quads=25, once=0.8)]
"""All columns; those that things hardly have twice; those alone that many things have."""
ASKED = [
    Things(("Purchase",), "client", dates=("purchaseDate",)),
    Things(("Purchase",), "client", dates=("purchaseDate",), within="half"),
    Things(("Recommendation", "Referral"), "referred", ("recommender", "statedOutcome"), ("date",)),
    Things(("Recommendation", "Referral"), "referred", ("recommender",), ("date",), keyed=True),
    Things(("Recommendation", "Referral"), None, ("recommender", "referred", "addressee")),
    Things(("Referral",), "addressee", ("referred",)),
    Things(("Contract",), "client", dates=("startDate", "endDate")),
]


def world() -> World:
    """Return a world in which some say things twice, or not at all, or in another way."""
    chance, found = random.Random(3), World()
    parties = [f"P{number:02}" for number in range(30)]
    for key in parties:
        found.party(key)
    day = (date(2024, 1, 1) + timedelta(n) for n in iter(lambda: chance.randrange(700), -1))
    for number in range(120):
        order = found.buys(chance.choice(parties), next(day).isoformat(), chance.randint(1, 999))
        if number % 20 == 0:
            found.property(iri("purchase", order), "client", iri("party", chance.choice(parties)))
        if number % 17 == 0:
            found.property(iri("purchase", order), "orderDate", next(day).isoformat()[:7])
    for number in range(60):
        giver = chance.choice(parties) if number % 7 else None
        key = found.refers(
            giver, chance.choice(parties), next(day).isoformat()[: (10, 7, 4)[number % 3]]
        )
        referral = iri("recommendation", key)
        if number % 10 == 0:
            found.property(referral, "sourceKey", f"B{number}")
            found.property(referral, "addressee", iri("party", chance.choice(parties)))
        if number % 4 == 0:
            found.triple(referral, str(RDF.type), str(CG.Recommendation))
    for number in range(8):
        alone = found.add("recommendation", f"A{number}", "Recommendation")
        if number % 2:
            found.property(alone, "referred", iri("party", chance.choice(parties)))
    found.contract("P00", "2024-01-01", "2024-06")
    unusual_sales(found)
    return found


def unusual_sales(found: World) -> None:
    """Add sales of several lines, undated, foreign, of the house itself, and told twice."""
    found.buys("P01", "2024-03-01", lines=[(20, "public"), (30, "staff")])
    found.buys("P02", None, 40)
    found.buys("P03", "2024-03-01", 50, seller="P04")
    found.buys(FOCAL, "2024-03-01", 60)
    found.merged("P05", "P06")
    for record in ("P05", "P06"):
        found.buys(record, "2024-03-01", 70, orderNumber="SAME")


def told(evaluation: Evaluation, things: Things) -> Counter[Any]:
    """Return the rows of things, by column; those that say nothing are left out where none need."""
    cursor = evaluation.run(f"SELECT * FROM {rows_of(evaluation, things)}")
    names = [column[0] for column in cursor.description]
    found = Counter(tuple(sorted(zip(names, row, strict=True))) for row in cursor.fetchall())
    if things.needed is None:
        empty = [row for row in found if all(v is None for name, v in row if name != "s")]
        for row in empty:
            del found[row]
    return found


def all_told(store: Store) -> tuple[list[Counter[Any]], int]:
    """Return the rows of all things asked for, and how many parts of a table were read."""
    with snapshot(cursor := store.cursor()):
        evaluation = Evaluation(cursor, context("2025-06-01"))
        half = evaluation.instances("Purchase", among="s % 2 = 0")
        evaluation.table("half", f"SELECT s FROM {half}")
        read = [rows_of(evaluation, things).count(" FROM property_") for things in ASKED]
        return [told(evaluation, things) for things in ASKED], sum(read)


@pytest.mark.parametrize("worth", WORTHS)
@pytest.mark.parametrize("graphs", [1, 2])
def test_rows_are_what_the_quads_say(worth: Worth, graphs: int) -> None:
    store = world()._filled(graphs)
    expected, read = all_told(store)
    assert not read
    assert min(map(len, expected)) > 0
    built = build(store, worth)
    found, read = all_told(store)
    assert found == expected
    # What lies in two graphs is said twice, so that the table leaves out every thing.
    assert (built and read > 0) == (graphs == 1)
    store.close()


def test_what_was_written_since_is_read_too() -> None:
    with world().store() as store:
        assert build(store, WORTHS[1])
        update(
            store,
            f"INSERT {{ ?p <{CG.client}> <{iri('party', 'P01')}> }} WHERE"
            f" {{ ?p <{CG.orderNumber}> '000007' }}",
        )
        assert store.properties_at(store.head)
        found, read = all_told(store)
        assert read
        store.property_table = None
        with store.write() as tx:
            drop(tx.cursor)
        assert (found, 0) == all_told(store)


def test_a_cursor_that_sees_less_or_more_reads_no_property_table() -> None:
    with world().store() as store:
        assert build(store, WORTHS[1])
        seen = Evaluation(store.cursor(), context("2025-06-01"))
        assert seen.properties()
        with seeing_only(seen.cursor, "s <> 0"):
            assert seen.properties() is None
        assert seen.properties()
        assert Evaluation(store.cursor(["urn:x:*"]), context("2025-06-01")).properties() is None
        with store.write() as tx:
            within = Evaluation(tx.cursor, context("2025-06-01"))
            assert within.properties()
            tx.insert_few([(iri("party", "P01"), str(CG.sourceKey), "other", None, None, None)])
            assert within.properties() is None
            tx.rollback()


def test_analyses_are_the_same_with_and_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = context("2025-06-01")

    def answers(store: Store) -> list[Any]:
        return [
            [row[:3] for row in summary(store.cursor(), asked).rows],
            values(store.cursor(), asked).rows,
            [row[:12] for row in classify(store.cursor(), asked).rows],
        ]

    with world().store() as store:
        expected = answers(store)
        assert build(store, WORTHS[1])
        assert answers(store) == expected
        parts: list[str] = []
        part_of = rows._of_part
        monkeypatch.setattr(
            rows, "_of_part", lambda *given: parts.append(part := part_of(*given)) or part
        )
        answers(store)
        assert len(parts) > len(expected)
