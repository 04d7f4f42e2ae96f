"""The demo organisation keeps its promises: reproducible, consistent, and varied enough to show."""

from __future__ import annotations

import csv
import filecmp
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import networkx as nx
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
AS_OF = date(2026, 11, 1)
HEADERS = {
    "parties": "key,kind,name,given_name,family_name,email,phone,street,postal_code,city,country,"
    "birth_date,sex,registration_id,parent,first_contact_date,closed_on,declared_type,"
    "annual_potential,acquisition_source",
    "products": "key,name,brand,category",
    "purchases": "order,client,date,payment_date,delivery_date,product,quantity,amount,currency,"
    "seller,acting_buyer,payer,recipient,point_of_sale,channel,price_basis,purpose,recorded_at",
    "refunds": "key,order,date,amount,currency,recorded_at",
    "recommendations": "key,recommender,referred,addressee,date,product,channel,stated_outcome,"
    "notified_on,recorded_at",
    "memberships": "member,organization,role,start,end",
    "supplies": "supplier,client,service,start,end,share,critical,recorded_at",
    "contracts": "key,client,start,end,product,recorded_at",
    "uses": "user,date,product,order,recorded_at",
    "requests": "key,requester,date,specifier,product,status,handler,technical_review,"
    "commercial_review,resulting_order,recorded_at",
    "interactions": "party,date,direction,channel,advisor,recorded_at",
    "incidents": "key,party,date,severity,resolved_on,recorded_at",
    "refusals": "party,date,recorded_at",
    "satisfaction": "party,date,score,scale,no_alternative,recorded_at",
    "qualifications": "party,date,level,budget,need,timing,assessor,recorded_at",
    "merges": "duplicate,canonical,date,reason,recorded_at",
    "designations": "party,kind,start,end,by,recorded_at",
    "costs": "key,party,date,kind,amount,currency,recorded_at",
    "segments": "key,label_en,label_fr,query",
    "criteria": "segment,persona,family,property,operator,value",
    "targetings": "segment,start,end,product,core,direct_marketing,party,recorded_at",
    "personas": "key,persona,age_band,occupation,residence,income_band,life_value,persona_need,"
    "study,study_date",
    "communications": "key,date,sender,receiver,kind,tool,goal,information,recorded_at",
    "information": "key,product,topic,level,statement",
    "grants": "information,grantee,start,end,recorded_at",
    "consents": "party,date,status,recorded_at",
    "client_requests": "key,requester,date,due,priority,status,product,handler,recorded_at",
    "profiles": "party,date,profile,assessor,expires_on,confidence,incident,recorded_at",
}
REFERENCES = {
    "parties": ["parent"],
    "purchases": ["client", "seller", "acting_buyer", "payer", "recipient"],
    "recommendations": ["recommender", "referred", "addressee"],
    "memberships": ["member", "organization"],
    "supplies": ["supplier", "client"],
    "contracts": ["client"],
    "uses": ["user"],
    "requests": ["requester", "specifier", "handler"],
    "interactions": ["party", "advisor"],
    "incidents": ["party"],
    "refusals": ["party"],
    "satisfaction": ["party"],
    "qualifications": ["party", "assessor"],
    "merges": ["duplicate", "canonical"],
    "designations": ["party", "by"],
    "costs": ["party"],
    "targetings": ["party"],
    "communications": ["sender", "receiver"],
    "grants": ["grantee"],
    "consents": ["party"],
    "client_requests": ["requester", "handler"],
    "profiles": ["party", "assessor"],
}
Tables = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def tables() -> Tables:
    found = {}
    for name in HEADERS:
        with (DATA / "demo" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def latest_day(text: str) -> date:
    """Return the last day that a date, a month or a year may mean."""
    if len(text) == 4:
        return date(int(text), 12, 31)
    if len(text) == 7:
        after = date.fromisoformat(text + "-28") + timedelta(days=4)
        return after.replace(day=1) - timedelta(days=1)
    return date.fromisoformat(text)


def occasions(tables: Tables) -> dict[str, list[date]]:
    """Return the days of the purchases that were not refunded in full, per client."""
    refunded: dict[str, Decimal] = defaultdict(Decimal)
    for row in tables["refunds"]:
        refunded[row["order"]] += Decimal(row["amount"])
    orders: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in tables["purchases"]:
        if row["client"] != "ORG":
            orders[row["order"], row["client"], row["date"]] += Decimal(row["amount"])
    days: dict[str, set[date]] = defaultdict(set)
    for (order, client, day), gross in orders.items():
        if day and latest_day(day) <= AS_OF and refunded[order] < gross:
            days[client].add(latest_day(day))
    return {client: sorted(found) for client, found in days.items()}


def test_generating_again_gives_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DATA / "generate_demo.py", tmp_path], check=True)
    names = [f"{name}.csv" for name in HEADERS]
    same, different, missing = filecmp.cmpfiles(tmp_path, DATA / "demo", names, shallow=False)
    assert (sorted(same), different, missing) == (sorted(names), [], [])


def test_size_stays_small() -> None:
    assert sum(path.stat().st_size for path in (DATA / "demo").iterdir()) < 400_000


@pytest.mark.parametrize("name", HEADERS)
def test_headers_are_those_of_the_templates(name: str) -> None:
    first = (DATA / "demo" / f"{name}.csv").read_text(encoding="utf-8").split("\n")[0]
    assert first == HEADERS[name]


@pytest.mark.parametrize("name", REFERENCES)
def test_references_name_parties_of_the_demo(tables: Tables, name: str) -> None:
    keys = {row["key"] for row in tables["parties"]}
    named = {row[column] for row in tables[name] for column in REFERENCES[name]} - {""}
    assert named <= keys


def test_refunds_and_lines_name_orders_and_products(tables: Tables) -> None:
    products = {row["key"] for row in tables["products"]} | {""}
    assert {row["product"] for row in tables["purchases"]} <= products
    assert {row["product"] for row in tables["recommendations"]} <= products
    orders = {row["order"] for row in tables["purchases"]}
    assert {row["order"] for row in tables["refunds"]} <= orders


def test_refunds_come_after_their_purchase_and_stay_below_it(tables: Tables) -> None:
    gross: dict[str, Decimal] = defaultdict(Decimal)
    day = {}
    for row in tables["purchases"]:
        gross[row["order"]] += Decimal(row["amount"])
        day[row["order"]] = row["date"]
    refunded: dict[str, Decimal] = defaultdict(Decimal)
    for row in tables["refunds"]:
        refunded[row["order"]] += Decimal(row["amount"])
        assert Decimal(row["amount"]) > 0
        assert row["date"] >= day[row["order"]]
    assert all(refunded[order] <= gross[order] for order in refunded)
    assert {refunded[order] == gross[order] for order in refunded} == {True, False}


def test_contact_details_are_reserved_for_fiction(tables: Tables) -> None:
    for row in tables["parties"]:
        domain = row["email"].partition("@")[2]
        assert domain in ("", "example.org", "example.com", "example.net")
        assert row["phone"].startswith(("+3319900", "+3363998", "019900")) or not row["phone"]


def test_dependency_shares_of_a_client_never_exceed_one(tables: Tables) -> None:
    days = {row["start"] for row in tables["supplies"]}
    for day in days:
        total: dict[str, Decimal] = defaultdict(Decimal)
        for row in tables["supplies"]:
            if row["start"] <= day and (not row["end"] or day < row["end"]):
                total[row["client"]] += Decimal(row["share"] or 0)
        assert max(total.values()) <= 1


def test_staff_prices_go_to_members_of_the_day(tables: Tables) -> None:
    periods = defaultdict(list)
    for row in tables["memberships"]:
        periods[row["member"]].append((row["start"], row["end"] or "9999"))
    staff = [row for row in tables["purchases"] if row["price_basis"] == "staff"]
    assert len(staff) > 20
    for row in staff:
        assert any(start <= row["date"] < end for start, end in periods[row["client"]])


def test_there_is_exactly_one_ring_of_referrals(tables: Tables) -> None:
    named = [row for row in tables["recommendations"] if row["recommender"] and row["referred"]]
    graph = nx.DiGraph((row["recommender"], row["referred"]) for row in named)
    assert nx.number_of_selfloops(graph) == 0
    rings = [found for found in nx.strongly_connected_components(graph) if len(found) > 1]
    assert rings == [{"P0057", "P0058", "P0059"}]


def converted_referrals(tables: Tables) -> list[tuple[date, str, str, str]]:
    bought = occasions(tables)
    return sorted(
        (date.fromisoformat(row["date"]), row["key"], row["recommender"], row["referred"])
        for row in tables["recommendations"]
        if row["recommender"]
        and row["referred"] in bought
        and 0 <= (bought[row["referred"]][0] - date.fromisoformat(row["date"])).days <= 90
    )


def test_chains_of_converted_referrals_are_five_deep(tables: Tables) -> None:
    primary: dict[str, str] = {}
    for _, _, referrer, referred in converted_referrals(tables):
        primary.setdefault(referred, referrer)
    forest = nx.DiGraph((referrer, referred) for referred, referrer in primary.items())
    forest.remove_nodes_from(["P0057", "P0058", "P0059"])
    assert nx.dag_longest_path_length(forest) == 5


def test_referrals_have_every_outcome(tables: Tables) -> None:
    converted = {key for _, key, _, _ in converted_referrals(tables)}
    rest = [row for row in tables["recommendations"] if row["key"] not in converted]
    named = [row for row in rest if row["referred"]]
    assert len(converted) > 50
    assert Counter(row["stated_outcome"] for row in named)["declined"] >= 2
    pending = [row for row in named if (AS_OF - date.fromisoformat(row["date"])).days <= 90]
    assert len(pending) >= 5
    assert len(named) - len(pending) >= 10
    assert sum(not row["recommender"] for row in named) >= 1
    assert sum(not row["referred"] for row in rest) >= 5


def test_every_stage_has_parties(tables: Tables) -> None:
    stages: Counter[str] = Counter()
    for days in occasions(tables).values():
        silence = (AS_OF - days[-1]).days
        recent = sum((AS_OF - day).days < 365 for day in days)
        if silence > 730:
            stages["former"] += 1
        elif silence > 365:
            stages["dormant"] += 1
        elif len(days) >= 3 and (days[-1] - days[0]).days >= 365 and silence <= 180:
            stages["loyal"] += 1
        elif recent >= 3:
            stages["regular"] += 1
        else:
            stages["occasional"] += 1
    assert all(stages[s] >= 15 for s in ("former", "dormant", "loyal", "regular", "occasional"))
    assert len(tables["parties"]) - sum(stages.values()) > 60


def test_supply_relations_reach_external_clients_without_a_present_loop(tables: Tables) -> None:
    units = {row["key"] for row in tables["parties"] if row["kind"] == "unit"}
    active = [row for row in tables["supplies"] if not row["end"]]
    graph = nx.DiGraph((row["supplier"], row["client"]) for row in active)
    assert nx.is_directed_acyclic_graph(graph)
    reached = nx.descendants(graph, "U-ACH")
    assert len(reached - units) > 10
