"""The network of referrals as a graph, its figures against networkx, and its documents."""

from __future__ import annotations

import io
import json
import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest

from benchmarks.network_peer import Figures, figures
from kg.analysis import forest
from kg.analysis.credit import Touch, attributed, downstream, upstream_shared
from kg.analysis.forest import primary_forest
from kg.analysis.link import link
from kg.analysis.names import names_of
from kg.analysis.network import network_document, referral_network
from kg.analysis.referral_figures import breakdown, shape
from kg.analysis.referrals import evaluate_referrals
from kg.analysis.summary import network_figures, summary
from kg.analysis.values import party_values
from kg.errors import UsageError
from kg.ingest import ImportOptions, run_import
from kg.lifecycle import classify
from kg.lifecycle.evaluation import snapshot
from kg.store import Store
from tests.lifecycle.world import World, context, iri

AT = date(2025, 12, 31)
START = date(2025, 1, 1)


@pytest.fixture(autouse=True)
def links_are_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take off the ends of chains as in large networks, and leave the rest of the longer ones."""
    monkeypatch.setattr(forest, "_FEW", 0)


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


def our_figures(store: Store, **parameters: Any) -> Figures:
    with snapshot(cursor := store.cursor()):
        here = context(AT.isoformat(), **parameters)
        evaluation = evaluate_referrals(cursor, here, all_parties=True)
        found = network_figures(evaluation)
        ids = [row[0] for row in evaluation.run("SELECT id FROM term").fetchall()]
        key: dict[int | None, Any] = {n: x.order for n, x in names_of(evaluation, ids).items()}
        key[None] = None

        def by_key(sql: str) -> dict[Any, int]:
            return {key[row[0]]: row[1] for row in evaluation.run(sql).fetchall()}

        descendants = by_key("SELECT party, n FROM descent")
        credited = "SELECT party, sum(cents) FROM credited WHERE model = $model GROUP BY party"
        worth = by_key("SELECT party, cents FROM downstream WHERE code = 'EUR'")
        return Figures(
            converted=found.outcomes["converted"],
            depth=by_key("SELECT party, depth FROM place"),
            branching=by_key("SELECT giver, count(*) FROM primary_edge GROUP BY giver"),
            descendants=descendants,
            downstream={party: worth.get(party, 0) for party in descendants},
            credit={
                model: without_zeros(
                    {
                        key[party]: int(cents)
                        for party, cents in evaluation.run(credited, model=model).fetchall()
                    }
                )
                for model in ("first", "last", "linear", "decay", "upstream")
            },
            rings={frozenset(key[m] for m in ring) for ring in found.rings},
            removed={edge.key for edge in found.removed},
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


def network(*, over_time: bool = False) -> nx.DiGraph[str]:
    with small().store() as store:
        return referral_network(store.cursor(), context("2025-06-01"), over_time=over_time)


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


GEXF = "{http://gexf.net/1.3}"
ALLOWED = {
    "gexf": ({"version"}, ["meta", "graph"]),
    "meta": ({"lastmodifieddate"}, ["creator", "description"]),
    "creator": (set(), []),
    "description": (set(), []),
    "graph": (
        {"defaultedgetype", "idtype", "mode", "timeformat", "timerepresentation"},
        ["attributes", "attributes", "attributes", "nodes", "edges"],
    ),
    "attributes": ({"class", "mode"}, None),
    "attribute": ({"id", "title", "type"}, []),
    "nodes": ({"count"}, None),
    "edges": ({"count"}, None),
    "node": ({"id", "label", "start"}, None),
    "edge": ({"id", "source", "target", "start"}, None),
    "attvalues": (set(), None),
    "attvalue": ({"for", "value", "start", "end"}, []),
}
"""Attributes that we use of those the schema of GEXF 1.3 knows, and children in its order."""
PARSED = {"long": int, "double": float, "string": str, "boolean": ["false", "true"].index}


def gexf(graph: nx.DiGraph[str]) -> ElementTree.Element:
    """Return a network's document, held to the rules of the specification."""
    root = ElementTree.fromstring(network_document(graph, "gexf"))  # noqa: S314 - our own
    assert root.get("version") == "1.3"
    for element in root.iter():
        name = element.tag.removeprefix(GEXF)
        attributes, children = ALLOWED[name]
        assert {key for key in element.attrib if "}" not in key} <= attributes
        if children is not None:
            assert [child.tag.removeprefix(GEXF) for child in element] == children
        for name in {"start", "end"} & set(element.attrib):
            date.fromisoformat(element.get(name, ""))
        assert element.get("start", "") <= element.get("end", "9999")
    declared = [(kind, one) for kind in root.iter(f"{GEXF}attributes") for one in kind]
    types = {(kind.get("class"), one.get("id")): one.get("type") for kind, one in declared}
    assert len(types) == len(declared)
    dynamic = {one.get("id") for kind, one in declared if kind.get("mode") == "dynamic"}
    nodes = {node.get("id") for node in root.iter(f"{GEXF}node")}
    for kind in ("node", "edge"):
        found = list(root.iter(GEXF + kind))
        assert len({one.get("id") for one in found}) == len(found)
        for one in found:
            assert {one.get(end, one.get("id")) for end in ("source", "target")} <= nodes or (
                kind == "node"
            )
            for value in one.iter(f"{GEXF}attvalue"):
                PARSED[types[kind, value.get("for")] or ""](value.get("value", ""))
                assert (value.get("for") in dynamic) == ("start" in value.attrib)
    return root


def test_gexf_keeps_to_its_specification_and_carries_the_dates_as_time() -> None:
    graph = network(over_time=True)
    root = gexf(graph)
    body = root.find(f"{GEXF}graph")
    assert body is not None
    assert (body.get("mode"), body.get("timeformat")) == ("dynamic", "date")
    starts = {e.get("source"): e.get("start") for e in root.iter(f"{GEXF}edge")}
    assert starts == {iri("party", "A"): "2025-01-01", iri("party", "B"): "2025-02-01"}
    told = root.findtext(f"{GEXF}meta/{GEXF}description") or ""
    for name in ("as_of", "knowledge", "params", "rule_version"):
        assert f"{name}: {graph.graph[name]}" in told


def test_gexf_tells_the_stages_of_each_party_as_they_were_on_each_day() -> None:
    world = small()
    world.event("Refusal", "B", "2025-03-01")
    world.buys("B", "2025-04-01")
    world.party("C", closedOn="2025-05-01")
    last = date(2027, 6, 1)
    with world.store() as store:
        graph = referral_network(store.cursor(), context(last.isoformat()), over_time=True)
        turns = {spell.start for _, spells in graph.nodes(data="stages") for spell in spells}
        days = {date.fromisoformat(turn) - timedelta(n) for turn in turns for n in (0, 1)}
        judged = {
            day.isoformat(): {
                row["party"]: row["stage"]
                for row in classify(store.cursor(), context(day.isoformat())).records()
            }
            for day in {*days, last}
        }
    (titled,) = [
        one.attrib for kind in gexf(graph).iter(f"{GEXF}attributes") for one in kind
        if kind.get("mode") == "dynamic"
    ]  # fmt: skip
    assert (titled["title"], titled["type"]) == ("stages", "string")
    read = nx.read_gexf(io.BytesIO(network_document(graph, "gexf")), version="1.3")
    seen = set()
    for party, values in read.nodes(data=True):
        spells = values["stages"]
        assert spells[0][1] == values["start"]
        assert [spell[2] for spell in spells] == [*(s[1] for s in spells[1:]), last.isoformat()]
        for day, stages in judged.items():
            if day >= values["start"]:
                *_, stage = (spell[0] for spell in spells if spell[1] <= day <= spell[2])
                assert stage == stages[party], (party, day)
                seen.add(stage)
    assert seen == {"CURRENT", "DORMANT", "FORMER", "POTENTIAL"}


def test_gexf_is_read_by_another_reader() -> None:
    graph = network()
    read = nx.read_gexf(io.BytesIO(network_document(graph, "gexf")), version="1.3")
    assert {data["label"] for _, data in read.nodes(data=True)} == {"A", "B", "C"}
    for one, other, values in graph.edges(data=True):
        found = read.edges[one, other]
        assert {name: found[name] for name in values} == values


def test_documents_hold_no_letters_that_xml_forbids() -> None:
    graph = network(over_time=True)
    for values in graph.nodes.values():
        values["key"] = "a\x00b\x0b & <é>"
    labels = {node.get("label") for node in gexf(graph).iter(f"{GEXF}node")}
    assert labels == {"a\ufffdb\ufffd & <é>"}
    graph = network()
    for values in graph.nodes.values():
        values["key"] = "a\x00b\x0b & <é>"
    read = nx.read_graphml(io.BytesIO(network_document(graph, "graphml")))
    assert {key for _, key in read.nodes(data="key")} == labels


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


@pytest.mark.parametrize(
    "parameters", [{"H_half": 7.3, "lambda_up": 0.3}, {"lambda_up": 1.0, "primaryPolicy": "last"}]
)
def test_tables_of_figures_are_those_of_each_party_alone(parameters: dict[str, Any]) -> None:
    """Two currencies, refunds beyond the value, and chains too long for whole numbers."""
    world, _, _, _ = drawn(7, 12)
    chance = random.Random(7)
    for number in range(70):
        world.party(f"L{number:02}")
        world.buys(f"L{number:02}", "2025-03-01", chance.randint(1, 999), currency="EUR")
        if number:
            world.refers(f"L{number - 1:02}", f"L{number:02}", "2025-02-01", key=f"L{number:02}")
    for key in ("000-0", "000-1", "001-0", "001-1", "L40"):
        world.buys(key, "2025-04-01", chance.randint(1, 999), currency="USD")
        world.refund(world.buys(key, "2025-05-01", "10"), "2025-05-02", "9.99")
    here = context(AT.isoformat(), **parameters)
    with world.store() as store, snapshot(cursor := store.cursor()):
        evaluation = evaluate_referrals(cursor, here, all_parties=True)
        network_figures(evaluation)
        tables = {
            name: {tuple(row) for row in evaluation.run(sql).fetchall()}
            for name, sql in {
                "place": "FROM place", "descent": "FROM descent",
                "downstream": "SELECT code, party, cents FROM downstream WHERE cents <> 0",
                "credited": "FROM credited WHERE cents <> 0",
            }.items()
        }  # fmt: skip
        found, forest = party_values(evaluation), primary_forest(evaluation)
        touched: dict[int, list[Touch]] = defaultdict(list)
        for row in evaluation.run("FROM touch ORDER BY receiver, place").fetchall():
            touched[row[1]].append(Touch._make(row[:3]))
    assert tables["place"] == {(party, *place) for party, place in forest.places.items()}
    below, descendants = downstream(found, forest)
    assert tables["descent"] == set(descendants.items())
    assert tables["downstream"] == {
        (code, party, n) for code, worth in below.items() for party, n in worth.items() if n
    }
    rules = here.parameters
    credit = {
        model: attributed(found, touched, model, rules.h_half)
        for model in ("first", "last", "linear", "decay")
    }
    credit["upstream"] = upstream_shared(found, forest, rules.lambda_up)
    assert tables["credited"] == {
        (model, party, code, n)
        for model, amounts in credit.items() for (party, code), n in amounts.items() if n
    }  # fmt: skip
    assert {code for _, _, code, _ in tables["credited"]} == {"EUR", "USD"}
