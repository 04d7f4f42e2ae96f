"""The demo's recommendations: chains five deep, one ring, and every outcome of a referral."""

from __future__ import annotations

from datetime import date, timedelta

from demo_chance import Chance
from demo_parties import AS_OF, Demo, Row
from demo_purchases import GOODS, RING, Order

BUYING = ("loyal", "regular", "occasional", "dormant", "former")
RING_DAYS = (date(2026, 1, 10), date(2026, 2, 5), date(2026, 3, 1))
DEEPEST = 5
OF_A_PRODUCT = 3
"""One referral in so many names what was recommended."""


def draw_recommendations(demo: Demo, orders: list[Order]) -> list[Row]:
    """Return the rows of recommendations.csv, numbered by date."""
    first = first_purchases(demo, orders)
    rows = [*_ring(), *_forest(demo, first), *_around_prospects(demo, first), *_general(demo)]
    rows.sort(key=lambda row: (row["date"], row.get("recommender", ""), row.get("referred", "")))
    for number, row in enumerate(rows, start=1):
        row["key"] = f"R{number:04d}"
        if row.get("referred") and number % OF_A_PRODUCT == 0:
            row["product"] = GOODS[number // OF_A_PRODUCT % len(GOODS)]
        if row.get("referred") and demo.chance.happens(0.8):
            told = date.fromisoformat(row["date"]) + timedelta(days=demo.chance.number(1, 15))
            row["notified_on"] = told.isoformat()
    return rows


def first_purchases(demo: Demo, orders: list[Order]) -> dict[str, date]:
    """Return the first purchase of each external client that kept one, oldest first."""
    first: dict[str, date] = {}
    for order in orders:
        kept = sum(cents for _, cents in order.refunds) < order.gross
        if kept and demo.profile.get(order.client) in BUYING and "date" not in order.columns:
            first.setdefault(order.client, order.day)
    return first


def _ring() -> list[Row]:
    pairs = zip(RING, (*RING[1:], RING[0]), RING_DAYS, strict=True)
    return [_referral(a, b, day, "word of mouth") for a, b, day in pairs]


def _forest(demo: Demo, first: dict[str, date]) -> list[Row]:
    """Return referrals of clients by earlier clients: no cycle, depth at most `DEEPEST`."""
    chance, rows = demo.chance, []
    depth: dict[str, int] = {}
    for number, (referred, day) in enumerate(first.items()):
        if referred in RING:
            continue
        if number < 6 or not chance.happens(0.45):
            depth[referred] = 0
            rows += _unconverted(demo, list(depth), referred, day)
            continue
        referrer = _referrer(chance, depth, first, demo.contact.get(referred, ""))
        depth[referred] = depth[referrer] + 1
        earliest = max(first[referrer], day - timedelta(days=85))
        met = chance.day(earliest, day)
        rows.append(_referral(referrer, referred, met, _channel(chance)))
        if chance.happens(0.6):
            demo.party(referred)["acquisition_source"] = "recommendation"
        if chance.happens(0.25):
            rows[-1]["stated_outcome"] = "converted"
        if chance.happens(0.12):
            rows += _second_referrer(chance, depth, first, referrer, referred)
    return rows


def _referrer(chance: Chance, depth: dict[str, int], first: dict[str, date], excluded: str) -> str:
    """Return an earlier client: often an assiduous prescriber, sometimes a referred one."""
    open_ends = [key for key in depth if depth[key] < DEEPEST and key != excluded]
    if chance.happens(0.35):
        return open_ends[chance.number(0, 4)]
    if chance.happens(0.45):
        return chance.one([key for key in open_ends if depth[key] >= 1] or open_ends)
    return chance.one(open_ends)


def _second_referrer(
    chance: Chance, depth: dict[str, int], first: dict[str, date], referrer: str, referred: str
) -> list[Row]:
    others = [key for key in depth if key not in (referrer, referred) and depth[key] == 0]
    day = first[referred] - timedelta(days=chance.number(0, 5))
    return [_referral(chance.one(others), referred, day, _channel(chance))]


def _unconverted(demo: Demo, earlier: list[str], referred: str, day: date) -> list[Row]:
    """Return now and then an expired or a late referral, or one whose referrer is unknown."""
    chance = demo.chance
    referrer = chance.one(earlier)
    kind = chance.number(1, 12)
    if kind == 1 and referrer != referred:
        met = day - timedelta(days=chance.number(100, 200))
        return [_referral(referrer, referred, met, _channel(chance))]
    if kind == 2 and referrer != referred:
        met = day + timedelta(days=chance.number(5, 60))
        return [_referral(referrer, referred, min(met, AS_OF), _channel(chance))]
    if kind == 3:
        return [_referral("", referred, day - timedelta(days=10), "word of mouth")]
    if kind == 4:
        demo.party(referred)["acquisition_source"] = "recommendation"
    elif kind > 7:
        source = chance.one(("advertising", "event", "search", "social", "partner", "walk-in"))
        demo.party(referred)["acquisition_source"] = source
    return []


def _around_prospects(demo: Demo, first: dict[str, date]) -> list[Row]:
    """Return referrals of prospects: pending, expired and declined; others had a contact only."""
    chance, rows = demo.chance, []
    prospects = [key for key, profile in demo.profile.items() if profile == "prospect"]
    clients = [key for key in first if demo.kind[key] == "person"]
    for number, prospect in enumerate(prospects):
        demo.party(prospect)["declared_type"] = "prospect"
        if number % 3 == 0:
            met = chance.day(AS_OF - timedelta(days=80), AS_OF - timedelta(days=1))
            rows.append(_referral(chance.one(clients), prospect, met, _channel(chance)))
        elif number % 5 == 1:
            met = chance.day(date(2025, 1, 10), date(2026, 5, 1))
            rows.append(_referral(chance.one(clients), prospect, met, _channel(chance)))
            rows[-1]["stated_outcome"] = ("declined", "converted", "")[number % 2]
        else:
            contacted = chance.day(date(2025, 3, 1), date(2026, 10, 20))
            demo.party(prospect)["first_contact_date"] = contacted.isoformat()
    return rows


def _general(demo: Demo) -> list[Row]:
    """Return recommendations that name no referred party: advice, articles, remarks."""
    chance, rows = demo.chance, []
    speakers = ("P0003", "P0011", "P0036", "L002", "L014", "E004", "E026", "C005", "P0160")
    for number, speaker in enumerate(speakers):
        row = _referral(speaker, "", chance.day(date(2024, 2, 1), AS_OF), "social")
        row["product"] = chance.one(GOODS)
        if number % 4:
            row["addressee"] = f"P{chance.number(95, 190):04d}"
        rows.append(row)
    return rows


def _referral(recommender: str, referred: str, day: date, channel: str) -> Row:
    return {
        "recommender": recommender,
        "referred": referred,
        "date": day.isoformat(),
        "channel": channel,
    }


def _channel(chance: Chance) -> str:
    return chance.one(("word of mouth", "word of mouth", "e-mail", "social", "fair", "letter"))
