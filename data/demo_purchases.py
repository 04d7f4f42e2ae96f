"""The demo's purchases and refunds, drawn so that every stage of the lifecycle has parties."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import demo_words as words
from demo_chance import Chance
from demo_parties import AS_OF, Demo, Row, first_contact

OPENING = date(2023, 2, 1)
RING = ("P0057", "P0058", "P0059")
RING_DAY = date(2026, 3, 25)
PRICES = {key: price for key, _, _, _, price in words.PRODUCTS}
GOODS = tuple(PRICES)


@dataclass
class Order:
    """One order: its day, its client and its lines as (product, quantity, cents)."""

    client: str
    day: date
    lines: list[tuple[str, int, int]]
    staff: bool = False
    columns: Row = field(default_factory=dict)
    key: str = ""
    refunds: list[tuple[date, int]] = field(default_factory=list)

    @property
    def gross(self) -> int:
        """Total of the lines in cents."""
        return sum(cents for _, _, cents in self.lines)


def draw_orders(demo: Demo) -> list[Order]:
    """Return all orders, numbered by date, with their refunds."""
    orders = [order for key in demo.profile for order in _orders_of(demo, key)]
    _add_refunds(demo.chance, orders)
    orders += _staff_orders(demo)
    orders += _bought_by_the_organization(demo.chance)
    orders.sort(key=lambda order: (order.day, order.client))
    for number, order in enumerate(orders, start=1):
        order.key = f"CMD-{order.day.year}-{number:04d}"
    _spoil(orders)
    return orders


def _orders_of(demo: Demo, client: str) -> list[Order]:
    days = [RING_DAY] if client in RING else _days(demo.chance, demo.profile[client])
    orders = [_order(demo, client, day) for day in days]
    if demo.profile[client] == "sample":
        for order in orders:
            order.lines = [("C-AMP", 1, 0)]
    if demo.profile[client] == "refunded":
        refund_day = orders[0].day + timedelta(days=demo.chance.number(8, 25))
        orders[0].refunds.append((refund_day, orders[0].gross))
    if orders:
        demo.party(client)["first_contact_date"] = first_contact(demo.chance, orders[0].day)
    return orders


def _days(chance: Chance, profile: str) -> list[date]:
    """Return the order days that put a party in a stage as of `AS_OF`."""
    if profile == "loyal":
        return _spread(chance, chance.number(4, 9), OPENING, _ago(480), _ago(150), _ago(2))
    if profile == "regular":
        return _spread(chance, chance.number(3, 6), _ago(340), _ago(250), _ago(120), _ago(2))
    if profile == "occasional":
        if chance.happens(0.4):
            return _spread(chance, 2, OPENING, _ago(400), _ago(355), _ago(5))
        return [chance.day(_ago(355), _ago(5))]
    if profile == "dormant":
        return _spread(chance, chance.number(1, 5), OPENING, _ago(735), _ago(725), _ago(370))
    if profile == "former":
        return _spread(chance, chance.number(1, 4), OPENING, _ago(1000), _ago(990), _ago(740))
    if profile in ("refunded", "sample"):
        return [chance.day(_ago(500), _ago(60))]
    return []


def _spread(
    chance: Chance, count: int, first: date, first_end: date, last: date, last_end: date
) -> list[date]:
    """Return `count` sorted days, the first and the last one each in its own interval."""
    end = chance.day(last, last_end)
    if count == 1:
        return [end]
    start = chance.day(first, first_end)
    middle = [chance.day(start, end) for _ in range(count - 2)]
    return sorted([start, *middle, end])


def _ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def _order(demo: Demo, client: str, day: date) -> Order:
    chance, kind = demo.chance, demo.kind[client]
    most = 12 if kind == "legal" else 2
    products = chance.some(GOODS, 1 if chance.happens(0.62) else chance.number(2, 3))
    lines = [_line(chance, product, chance.number(1, most), 100) for product in products]
    return Order(client, day, lines, columns=_columns(demo, client, day))


def _line(chance: Chance, product: str, quantity: int, percent: int) -> tuple[str, int, int]:
    discounted = percent - 10 if chance.happens(0.15) else percent
    return product, quantity, quantity * PRICES[product] * discounted // 100


def _columns(demo: Demo, client: str, day: date) -> Row:
    """Return what is said of an order beside its date, client and lines."""
    chance, kind = demo.chance, demo.kind[client]
    channel = chance.one(("web", "web", "store", "store", "phone", "fair"))
    columns = {"channel": channel}
    if channel == "store":
        columns |= {"seller": "U-BTQ", "point_of_sale": "Boutique de Clairanse"}
    if channel == "web":
        columns["seller"] = "U-WEB"
        columns["delivery_date"] = (day + timedelta(days=chance.number(2, 9))).isoformat()
    if channel == "fair":
        columns["point_of_sale"] = "Salon des Lanternes"
    if kind == "legal":
        columns["purpose"] = "professional"
        columns["payment_date"] = (day + timedelta(days=chance.number(15, 45))).isoformat()
        columns["acting_buyer"] = demo.contact[client] if chance.happens(0.8) else ""
    if kind == "person":
        columns["purpose"] = "personal" if chance.happens(0.5) else ""
        columns["recipient"] = f"P{chance.number(155, 190):04d}" if chance.happens(0.06) else ""
    if kind == "household" and chance.happens(0.4):
        columns["payer"] = f"P{chance.number(1, 30):04d}"
    return columns


def _add_refunds(chance: Chance, orders: list[Order]) -> None:
    """Refund a few orders of clients who bought again later, in part or in full."""
    repeated = [
        order
        for order, following in pairwise(orders)
        if order.client == following.client and order.day < following.day
    ]
    for number, order in enumerate(chance.some(repeated, 24)):
        day = order.day + timedelta(days=chance.number(3, 40))
        if number < 5:
            order.refunds.append((day, order.gross))
        elif number < 21:
            order.refunds.append((day, order.gross * chance.number(10, 60) // 100))
        else:
            third = order.gross // 3
            order.refunds += [(day, third), (day + timedelta(days=20), third)]


def _staff_orders(demo: Demo) -> list[Order]:
    """Return purchases by members of the organisation, at staff price while they belong to it."""
    chance, orders = demo.chance, []
    for key in ("E002", "E004", "E007", "E010", "E014", "E017", "E020", "E021", "E024", "E026"):
        start, end = demo.employed[key]
        for _ in range(chance.number(2, 5)):
            day = chance.day(max(start, OPENING), (end or AS_OF) - timedelta(days=1))
            lines = [_line(chance, chance.one(GOODS), 1, 75)]
            columns = {"seller": "U-BTQ", "channel": "store", "purpose": "personal"}
            orders.append(Order(key, day, lines, staff=True, columns=columns))
        if end and end < _ago(40):
            day = end + timedelta(days=30)
            orders.append(Order(key, day, [_line(chance, chance.one(GOODS), 1, 100)]))
    return orders


def _bought_by_the_organization(chance: Chance) -> list[Order]:
    orders = []
    for number in range(9):
        product, _, price = words.SUPPLIES_BOUGHT[number % 3]
        quantity = chance.number(10, 80)
        columns = {
            "seller": f"F{number % 3 + 1:02d}",
            "acting_buyer": "E015" if number % 2 else "E016",
            "channel": "web",
            "purpose": "professional",
        }
        day = chance.day(date(2024, 1, 8), _ago(10))
        orders.append(Order("ORG", day, [(product, quantity, quantity * price)], columns=columns))
    return orders


def _spoil(orders: list[Order]) -> None:
    """Make a few orders incomplete or odd, which the shapes answer with warnings."""
    loyal = [order for order in orders if order.client < "P0035" and order.client[0] == "P"]
    for number, text in ((30, "2024-05"), (31, "2024-06"), (40, "2024")):
        loyal[number].columns |= {"date": text, "delivery_date": ""}
    for number in (33, 50, 61):
        loyal[number].columns |= {"date": "-", "delivery_date": ""}
    late = loyal[70]
    late.columns["delivery_date"] = (late.day - timedelta(days=2)).isoformat()
    orders[-1].columns |= {"date": "2026-12-15", "delivery_date": "", "payment_date": ""}
    for number in (80, 90):
        loyal[number].lines = [("", 1, cents) for _, _, cents in loyal[number].lines]
