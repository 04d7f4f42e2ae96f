"""One party is told the same from the look-up index, from statements, and from all rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.analysis.roles import roles
from kg.errors import UsageError
from kg.lifecycle import Context, alone, classify, explain, periods
from kg.lifecycle.alone import PartyEvaluation
from kg.lifecycle.evaluation import snapshot
from kg.lifecycle.quads import IndexedQuads, ScannedQuads
from kg.namespaces import CG, XSD
from kg.store import Store, lookup_index
from kg.store.lookup_building import build
from tests.lifecycle.reference import History
from tests.lifecycle.test_alone import CROWD, KNOWN, LINKS, MANY, PARTIES, add, link
from tests.lifecycle.test_properties import ASKED, FAST, RUNS, VARIANTS, world_of
from tests.lifecycle.world import Triple, World, context, iri

HIDDEN = "https://example.org/hidden"
KEYS = tuple(f"P{number:03}" for number in range(PARTIES))


@contextmanager
def only(source: type) -> Iterator[None]:
    """Let parties be read from one source of quads alone."""
    other = ScannedQuads if source is IndexedQuads else IndexedQuads
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alone, other.__name__, None)
        yield


def told(store: Store, asked: Context, party: str, hidden: tuple[str, ...] = ()) -> list[Any]:
    """Return what is told about a party, as one sees it who sees no hidden graph."""
    found: list[Any] = []
    for analysis in (classify, explain, periods, roles):
        try:
            found.append(analysis(store.cursor(hidden), asked, party=party).rows)
        except UsageError as error:
            found.append(str(error))
    return found


def assert_same_told(
    store: Store, asked: Context, parties: Iterable[str], hidden: tuple[str, ...] = ()
) -> None:
    """Compare what is told with and without the look-up index."""
    index = store.index_at(store.head)
    assert index is not None
    rows = {row[0]: row for row in classify(store.cursor(hidden), asked).rows}
    for party in parties:
        with only(IndexedQuads):
            indexed = told(store, asked, party, hidden)
        store.lookup_index = None
        with only(ScannedQuads):
            assert indexed == told(store, asked, party, hidden)
        store.lookup_index = index
        assert all(rows[row[0]] == row for row in indexed[0])


def triples_of(links: list[tuple[Any, ...]]) -> list[Triple]:
    """Return the triples that tie parties together."""
    world = World()
    for kind, one, other, day in links:
        link(world, kind, f"P{one:03}", f"P{other:03}", day)
    return world.triples


def assert_equal_indexed(
    found: list[History],
    links: list[tuple[Any, ...]],
    at: date,
    gone: list[int],
    variant: str,
    parties: Iterable[str],
) -> None:
    world, asked = world_of(found), context(at.isoformat(), KNOWN, **FAST, **VARIANTS[variant])
    world.merged("P000", "P001")
    with world.store() as store:
        build(store)
        assert_same_told(store, asked, parties)
        with store.write() as tx:
            # These lie over the index from now on; what both graphs have is seen once.
            half = len(links) // 2
            for triples, graph in ((links[:half], "https://example.org/new"), (links, HIDDEN)):
                tx.insert_few([(*one, None, graph) for one in triples_of(triples)])
            graph = "https://example.org/graph/0"
            left = [world.triples[number % len(world.triples)] for number in gone]
            tx.delete_few([(*one, None, graph) for one in left])
        for hidden in ((), (HIDDEN,)):
            assert_same_told(store, asked, parties, hidden)


GONE = st.lists(st.integers(0, 10_000), max_size=10)
VARIANT = st.sampled_from(sorted(VARIANTS))


def test_a_party_is_told_the_same_from_the_index() -> None:
    some = st.sampled_from(KEYS).map(lambda key: {"P001", key})
    RUNS(given(CROWD, LINKS, ASKED, GONE, VARIANT, some)(assert_equal_indexed))()


@pytest.mark.slow
def test_many_parties_are_told_the_same_from_the_index() -> None:
    MANY(given(CROWD, LINKS, ASKED, GONE, VARIANT, st.just(KEYS))(assert_equal_indexed))()


def test_values_that_are_not_plain_are_read_as_they_are_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.party("P")
    order = world.buys("P", None, 100)
    line = world.add("line", "L", "PurchaseLine", currency="EUR", priceBasis="public")
    world.property(iri("purchase", order), "hasLine", line)
    world.triple(iri("purchase", order), str(CG.orderDate), "2025-01-05Z", str(XSD.date))
    world.triple(line, str(CG.netAmount), "1e2", str(XSD.double))
    refund = world.refund(order, "2025-01-20", 170)
    world.triple(refund, str(CG.amount), "29.9999999999", str(XSD.float))
    talk = world.event("Interaction", "P", None, direction="in")
    world.triple(talk, str(CG.date), "2025-01-06T23:30:00Z", str(XSD.dateTime))
    asked = context("2025-02-01", KNOWN.replace(year=2026), voidThreshold=1)
    read: list[Any] = []
    stored = IndexedQuads._stored
    monkeypatch.setattr(
        IndexedQuads, "_stored", lambda *given: read.extend(given[1]) or stored(*given)
    )
    with world.store() as store:
        expected = told(store, asked, "P")
        build(store)
        with only(IndexedQuads):
            assert told(store, asked, "P") == expected
    assert {amount for _, amount in read} == {False, True}
    # In single precision the refunds are all that was paid.
    assert expected[0][0][2] == "POTENTIAL"


def test_what_the_index_does_not_give_is_read_by_statements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.party("P")
    for day in range(1, 6):
        world.buys("P", f"2025-01-0{day}")
    with world.store() as store:
        build(store)
        cursor, asked = store.cursor(), context("2025-02-01", KNOWN.replace(year=2026))

        def source() -> type:
            with snapshot(cursor) as settled:
                return type(PartyEvaluation(cursor, asked, "P", settled=settled)._around.source)

        assert source() is IndexedQuads
        expected = told(store, asked, "P")
        monkeypatch.setattr(lookup_index, "MOST", 3)
        assert source() is ScannedQuads
        assert told(store, asked, "P") == expected


def test_what_is_not_committed_is_not_read_from_the_index() -> None:
    world, more = World(), World()
    world.party("P")
    more.buys("P", "2025-01-05")
    asked = context("2025-02-01")
    with world.store() as store:
        build(store)
        with store.write() as tx:
            tx.insert_few([(*triple, None, HIDDEN) for triple in more.triples])
            assert classify(tx.cursor, asked, party="P").column("stage") == ["CURRENT"]
            tx.rollback()
        assert classify(store.cursor(), asked, party="P").column("stage") == ["UNENGAGED"]
        add(store, more, HIDDEN)
        assert classify(store.cursor(), asked, party="P").column("stage") == ["CURRENT"]
        assert classify(store.cursor([HIDDEN]), asked, party="P").column("stage") == ["UNENGAGED"]


def test_a_key_that_no_party_has_is_refused() -> None:
    world = World()
    world.buys("ORG", "2025-01-05", key="N1", sourceKey="S1")
    with world.store() as store:
        build(store)
        for name in ("S1", "S2", "urn:x:absent"):
            with only(IndexedQuads), pytest.raises(UsageError, match="No party has the key"):
                classify(store.cursor(), context("2025-02-01"), party=name)
