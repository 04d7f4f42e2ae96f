"""The network of referrals as a graph, its figures against networkx, and its documents."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import networkx as nx
import pytest

from benchmarks.network_peer import Figures, figures
from kg.analysis.link import link
from kg.analysis.names import names_of
from kg.analysis.network import network_document, referral_network
from kg.analysis.referral_figures import breakdown, shape
from kg.analysis.referrals import evaluate_referrals
from kg.analysis.summary import network_figures, summary
from kg.errors import UsageError
from kg.ingest import ImportOptions, run_import
from kg.lifecycle.evaluation import snapshot
from kg.store import Store
from tests.lifecycle.world import World, context, iri

AT = date(2025, 12, 31)
START = date(2025, 1, 1)


def drawn(seed: int, group: int) -> tuple[World, list[Any], dict[str, date], dict[str, int]]:
    """Return random networks side by side in one world, with what networkx reads of them.

    Few parties and many referrals: rings, several referrals of a pair, ties of dates.
    """
    chance, world = random.Random(seed), World()
    referrals, first, value = [], {}, {}
    for network in range(group):
        parties = [f"{network:03}-{n}" for n in range(chance.randint(2, 6))]
        for key in parties:
            world.party(key)
            if chance.random() < 0.8:
                first[key] = START + timedelta(chance.randint(30, 100))
                value[key] = chance.randint(1, 99_999)
                world.buys(key, first[key].isoformat(), f"{value[key] / 100:.2f}")
        for number in range(chance.randint(1, 14)):
            giver, receiver = chance.choice(parties), chance.choice(parties)
            day = START + timedelta(chance.choice([0, 10, 10, 20, 40, 80]))
            key = f"R{network:03}-{number:02}"
            world.refers(giver, receiver, day.isoformat(), key=key)
            referrals.append((giver, receiver, day, key))
    return world, referrals, first, value


def without_zeros(credit: dict[str | None, int]) -> dict[str | None, int]:
    return {party: cents for party, cents in credit.items() if cents}


def our_figures(store: Store) -> Figures:
    with snapshot(cursor := store.cursor()):
        evaluation = evaluate_referrals(cursor, context(AT.isoformat()), all_parties=True)
        found = network_figures(evaluation)
        ids = {*found.places, *(p for c in found.credit.values() for p, _ in c if p is not None)}
        ids |= {member for ring in found.rings for member in ring}
        key = {one: name.order for one, name in names_of(evaluation, ids).items()}
    return Figures(
        converted=found.outcomes["converted"],
        depth={key[p]: depth for p, (depth, _) in found.places.items()},
        branching={key[p]: n for p, n in found.branching.items()},
        descendants={key[p]: n for p, n in found.descendants.items() if n},
        downstream={
            key[p]: found.downstream["EUR"].get(p, 0) for p, n in found.descendants.items() if n
        },
        credit={
            model: without_zeros({None if p is None else key[p]: n for (p, _), n in credit.items()})
            for model, credit in found.credit.items()
        },
        rings={frozenset(key[m] for m in ring) for ring in found.rings},
        removed={edge.key for edge in found.forest.removed},
    )


@pytest.mark.parametrize("seed", range(2))
def test_figures_of_random_networks_are_those_of_networkx(seed: int) -> None:
    world, referrals, first, value = drawn(seed, 50)
    with world.store() as store:
        ours = our_figures(store)
    theirs = figures(referrals, first, value, AT)
    theirs.credit = {model: without_zeros(credit) for model, credit in theirs.credit.items()}
    assert ours == theirs
    assert len(theirs.rings) >= 10
    assert len(theirs.removed) >= 5


def small() -> World:
    world = World()
    for key in ("A", "B", "C", "D"):
        world.party(key)
    product = world.add("product", "X", "ProductOrService", sourceKey="X")
    world.refers("A", "B", "2025-01-01", key="R1", channel="phone", recommendsItem=product)
    world.refers("A", "B", "2025-01-05", key="R2", channel="mail")
    world.refers("B", "C", "2025-02-01", key="R3", channel="phone")
    world.refers(None, "D", "2025-02-01", key="R4")
    world.buys("B", "2025-01-20")
    world.buys("C", "2025-02-20")
    return world


def network() -> nx.DiGraph[str]:
    with small().store() as store:
        return referral_network(store.cursor(), context("2025-06-01"))


def test_the_network_has_typed_attributes() -> None:
    graph = network()
    a, b, c = (iri("party", key) for key in "ABC")
    assert set(graph.edges) == {(a, b), (b, c)}
    assert graph.edges[a, b] == {
        "referrals": 2, "keys": "R1 R2", "outcome": "converted", "valid": True, "primary": True,
        "start": "2025-01-01", "last": "2025-01-05",
    }  # fmt: skip
    assert graph.nodes[c] == {"key": "C", "stage": "CURRENT", "depth": 2, "start": "2025-02-01"}
    assert graph.nodes[a]["stage"] == "POTENTIAL"


def test_documents_are_read_back_with_their_attributes() -> None:
    graph = network()
    graphml = nx.read_graphml(io.BytesIO(network_document(graph, "graphml")))
    assert dict(graphml.nodes(data=True)) == dict(graph.nodes(data=True))
    assert list(graphml.edges(data=True)) == list(graph.edges(data=True))
    found = json.loads(network_document(graph, "json"))
    assert {node["id"] for node in found["nodes"]} == set(graph)
    assert [link["keys"] for link in found["links"]] == ["R1 R2", "R3"]
    with pytest.raises(UsageError, match="choose among"):
        network_document(graph, "dot")


def test_gexf_carries_the_dates_as_time() -> None:
    text = network_document(network(), "gexf").decode()
    assert 'mode="dynamic"' in text
    assert 'timeformat="date"' in text
    assert 'start="2025-01-01"' in text
    read = nx.read_gexf(io.BytesIO(text.encode()))
    assert {data["label"] for _, data in read.nodes(data=True)} == {"A", "B", "C"}


def test_breakdown_counts_each_group() -> None:
    with small().store() as store:
        found = {
            by: {
                row["group_key"]: (row["referrals"], row["converted"], row["invalid"],
                                   row["conversion"])
                for row in breakdown(store.cursor(), context("2025-06-01"), by=by).records()
            }
            for by in ("channel", "product", "month")
        }  # fmt: skip
    assert found["channel"] == {
        "phone": (2, 2, 0, 1.0), "mail": (1, 1, 0, 1.0), None: (1, 0, 1, None),
    }  # fmt: skip
    assert found["product"] == {"X": (1, 1, 0, 1.0), None: (3, 2, 1, 1.0)}
    assert found["month"] == {"2025-01": (2, 2, 0, 1.0), "2025-02": (2, 1, 1, 1.0)}


def test_breakdown_is_bounded_by_its_period() -> None:
    with small().store() as store:
        table = breakdown(
            store.cursor(), context("2025-06-01"), by="year", start=date(2025, 1, 5),
            end=date(2025, 1, 31),
        )  # fmt: skip
    assert [(row[1], row[2]) for row in table.rows] == [("2025", 1)]


def test_shape_of_a_chain() -> None:
    with small().store() as store:
        table = shape(store.cursor(), context("2025-06-01"))
    assert [row[1:] for row in table.rows] == [
        ("A", 0, 1, 2, 2, "A"), ("B", 1, 1, 1, 1, "A"), ("C", 2, 0, 0, 0, "A"),
    ]  # fmt: skip


def test_summary_credits_and_leaves_unattributed_the_whole_value() -> None:
    with small().store() as store:
        rows = list(summary(store.cursor(), context("2025-06-01")).records())
    values = {row["figure"]: row["value"] for row in rows}
    assert (values["referrals"], values["converted"], values["longest chain"]) == (4, 3, 2)
    totals = Counter[str]()
    for row in rows:
        if row["currency"]:
            totals[row["figure"].split(", ")[1]] += row["value"]
    assert set(totals.values()) == {200}


def test_a_link_tells_file_row_and_date_of_each_edge(tmp_path: Any) -> None:
    (tmp_path / "parties.csv").write_text("key,kind\nA,person\nB,person\nC,person\nORG,legal\n")
    (tmp_path / "recommendations.csv").write_text(
        "key,recommender,referred,date\nR1,A,B,2025-01-01\nR2,A,C,2025-01-02\n"
    )
    with Store.open(None, threads=1) as store:
        report = run_import(store, [tmp_path], ImportOptions(source="crm", as_of=AT))
        assert report.status == "committed"
        found = link(store.cursor(), context("2025-06-01"), party="B", other="C")
    assert [
        (r["referrer_key"], r["referred_key"], str(r["date"]), r["upwards"], r["source"],
         r["file"], r["row"])
        for r in found.records()
    ] == [
        ("A", "B", "2025-01-01", True, "crm", "recommendations.csv", 2),
        ("A", "C", "2025-01-02", False, "crm", "recommendations.csv", 3),
    ]  # fmt: skip


def test_parties_that_nothing_links_have_no_path() -> None:
    with small().store() as store:
        assert len(link(store.cursor(), context("2025-06-01"), party="A", other="D")) == 0
        steps = link(store.cursor(), context("2025-06-01"), party="A", other="C").records()
        assert [row["recommendation_key"] for row in steps] == ["R1", "R3"]
