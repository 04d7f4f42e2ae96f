"""Write the demo organisation as CSV templates: `python data/generate_demo.py [FOLDER]`.

Everything is invented. The same script gives the same bytes on every run.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import demo_words as words
from demo_audiences import complete, draw_audiences
from demo_chance import Chance
from demo_parties import AS_OF, Demo, Row, add_parties
from demo_purchases import Order, draw_orders
from demo_referrals import draw_recommendations
from demo_relations import SEED as RELATIONS_SEED
from demo_relations import draw_relations
from demo_supplies import draw_supplies

SEED = 7
AUDIENCES_SEED = 13
HEADERS = {
    "parties": "key kind name given_name family_name email phone street postal_code city country "
    "birth_date sex registration_id parent first_contact_date closed_on declared_type "
    "annual_potential acquisition_source",
    "products": "key name brand category",
    "purchases": "order client date payment_date delivery_date product quantity amount currency "
    "seller acting_buyer payer recipient point_of_sale channel price_basis purpose recorded_at",
    "refunds": "key order date amount currency recorded_at",
    "recommendations": "key recommender referred addressee date product channel stated_outcome "
    "notified_on recorded_at",
    "memberships": "member organization role start end",
    "supplies": "supplier client service start end share critical recorded_at",
    "contracts": "key client start end product recorded_at",
    "uses": "user date product order recorded_at",
    "requests": "key requester date specifier product status handler technical_review "
    "commercial_review resulting_order recorded_at",
    "interactions": "party date direction channel advisor recorded_at",
    "incidents": "key party date severity resolved_on recorded_at",
    "refusals": "party date recorded_at",
    "satisfaction": "party date score scale no_alternative recorded_at",
    "qualifications": "party date level budget need timing assessor recorded_at",
    "merges": "duplicate canonical date reason recorded_at",
    "designations": "party kind start end by recorded_at",
    "costs": "key party date kind amount currency recorded_at",
    "segments": "key label_en label_fr query",
    "criteria": "segment persona family property operator value",
    "targetings": "segment start end product core direct_marketing party recorded_at",
    "personas": "key persona age_band occupation residence income_band life_value persona_need "
    "study study_date",
    "communications": "key date sender receiver kind tool goal information recorded_at",
    "information": "key product topic level statement",
    "grants": "information grantee start end recorded_at",
    "consents": "party date status recorded_at",
    "client_requests": "key requester date due priority status product handler recorded_at",
    "profiles": "party date profile assessor expires_on confidence incident recorded_at",
}


def build() -> dict[str, list[Row]]:
    """Return the rows of each template."""
    demo = Demo(Chance(SEED))
    add_parties(demo)
    orders = draw_orders(demo)
    recommendations = draw_recommendations(demo, orders)
    supplies = draw_supplies(demo)
    _declare_types(demo)
    tables = {
        "parties": demo.parties,
        "products": _products(),
        "purchases": [row for order in orders for row in _lines(demo.chance, order)],
        "refunds": _refunds(demo.chance, orders),
        "recommendations": recommendations,
        "memberships": demo.memberships,
        "supplies": supplies,
    }
    for row in recommendations:
        row["recorded_at"] = _recorded(demo.chance, date.fromisoformat(row["date"]))
    for row in supplies:
        start = row["start"] or "2023-01-01"
        row["recorded_at"] = _recorded(demo.chance, date.fromisoformat(start))
    relations = draw_relations(demo, orders)
    _dated(relations, Chance(RELATIONS_SEED))
    tables |= relations
    complete(tables, demo, orders)
    tables |= draw_audiences()
    _dated(tables, Chance(AUDIENCES_SEED))
    return tables


def _dated(tables: dict[str, list[Row]], chance: Chance) -> None:
    """Say when each event came in that does not yet say it."""
    for name, rows in tables.items():
        for row in rows if "recorded_at" in HEADERS[name].split() else ():
            if "recorded_at" not in row:
                day = date.fromisoformat(row["start"] if "start" in row else row["date"])
                row["recorded_at"] = _recorded(chance, day)


def _declare_types(demo: Demo) -> None:
    """State what the former system said: mostly right, and wrong now and then."""
    for key, profile in demo.profile.items():
        if profile in ("loyal", "regular") and demo.chance.happens(0.5):
            demo.party(key)["declared_type"] = "client"
    demo.party("P0021")["declared_type"] = "prospect"
    demo.party("P0182")["declared_type"] = "client"


def _products() -> list[Row]:
    sold = [
        {"key": key, "name": name, "brand": brand, "category": category}
        for key, name, brand, category, _ in words.PRODUCTS
    ]
    bought = [
        {"key": key, "name": name, "category": "fournitures / supplies"}
        for key, name, _ in words.SUPPLIES_BOUGHT
    ]
    return sold + bought


def _lines(chance: Chance, order: Order) -> list[Row]:
    """Return the rows of one order, one per line."""
    recorded = _recorded(chance, order.day)
    shared = {
        "order": order.key,
        "client": order.client,
        "date": order.day.isoformat(),
        "currency": "EUR",
        "price_basis": "staff" if order.staff else "public",
        "recorded_at": recorded,
        **order.columns,
    }
    shared["date"] = shared["date"].strip("-")
    return [
        {**shared, "product": product, "quantity": str(quantity), "amount": _money(cents)}
        for product, quantity, cents in order.lines
    ]


def _refunds(chance: Chance, orders: list[Order]) -> list[Row]:
    """Return refunds of orders that a date places, numbered by date."""
    dated = sorted(
        (day, order.key, cents)
        for order in orders
        if "date" not in order.columns
        for day, cents in order.refunds
    )
    return [
        {
            "key": f"AV-{number:03d}",
            "order": order,
            "date": day.isoformat(),
            "amount": _money(cents),
            "currency": "EUR",
            "recorded_at": _recorded(chance, day),
        }
        for number, (day, order, cents) in enumerate(dated, start=1)
    ]


def _recorded(chance: Chance, day: date) -> str:
    """Return when a fact came in: within days, now and then months late."""
    delay = chance.number(60, 200) if chance.happens(0.02) else chance.number(0, 3)
    known = min(day + timedelta(days=delay), max(day, AS_OF))
    time = timedelta(hours=chance.number(8, 18), minutes=chance.number(0, 59))
    return (datetime(known.year, known.month, known.day) + time).isoformat() + "Z"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def write(folder: Path) -> None:
    """Write the templates to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in build().items():
        text = io.StringIO()
        table = csv.DictWriter(text, HEADERS[name].split(), restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        (folder / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "demo")
