"""What a crowd's parties buy, use and give back, beside amounts and dates, and what they cost.

Products have prices, and staff pay less; a few products are made to measure, each for one company.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.crowd import chunks, ordered, paid, purchases, turns
from benchmarks.drawing import (
    amount,
    chosen,
    concept,
    dated,
    draw,
    node,
    numbers,
    quads,
    text,
    thing,
    where,
)
from benchmarks.members import hired, is_member
from kg.namespaces import CG, FOAF, RDFS, XSD

PRODUCTS = 300
_BRANDS = 12
_PARTIES_TO_A_COMPANY = 100
CHANNELS = ("shop", "web", "phone", "fair")


def companies(parties: int) -> int:
    """Return how many companies there are beside so many parties."""
    return parties // _PARTIES_TO_A_COMPANY


def statements(parties: int) -> Iterator[str]:
    """Yield the SELECTs of the quads of all trade of a crowd."""
    yield from _products(parties)
    for first, end in chunks(parties):
        yield from _purchases(first, end, parties)
        yield from _after_purchases(first, end, parties)


def product(number: str, what: str = "item") -> str:
    """Return the SQL of the number of a product: those of low numbers are liked most."""
    return f"CAST(floor({PRODUCTS} * ({draw(number, what, 1000)} / 1000.0) ** 2) AS INTEGER)"


def _price(item: str) -> str:
    """Return the SQL of the price of a product in cents."""
    return f"({draw(item, 'price', 9_900)} + 100)"


def _products(parties: int) -> Iterator[str]:
    described = {
        CG.sourceKey: text("'A' || n"),
        RDFS.label: text("'Product ' || n"),
        CG.category: text(chosen("n", "category", ("lamps", "shades", "parts", "books"))),
        CG.brand: node("brand", f"n % {_BRANDS}"),
    }
    yield quads(numbers(0, PRODUCTS), *thing(node("product", "n"), CG.ProductOrService, described))
    yield quads(
        numbers(0, _BRANDS),
        *thing(node("brand", "n"), CG.Brand, {RDFS.label: text("'Brand ' || n")}),
    )
    measured = {CG.sourceKey: text("'M' || n"), RDFS.label: text("'Made to measure ' || n")}
    yield quads(
        numbers(0, companies(parties), "n % 20 = 0"),
        *thing(node("measured", "n"), CG.ProductOrService, measured),
    )


def _purchases(first: int, end: int, parties: int) -> Iterator[str]:
    """Yield what else is known of the purchases that a crowd has."""
    number = "n * 8 + i"
    other = node("party", f"(n + 1) % {parties}")
    household = node("household", draw(number, "household", max(1, parties // 100)))
    given = (
        f"CASE WHEN {_gives()} THEN {other}"
        f" WHEN {draw(number, 'to others', 20)} = 0 THEN {household} END"
    )
    known = {
        CG.orderNumber: text("'P' || n || '-' || i"),
        CG.channel: text(where(f"{draw(number, 'told', 2)} = 0", chosen(number, "by", CHANNELS))),
        CG.purchasePurpose: text(where(f"{draw(number, 'purpose', 2)} = 0", "'personal'")),
        CG.recipient: given,
        CG.payer: where(f"{draw(number, 'paid by others', 50)} = 0", other),
    }
    item = product(number)
    as_staff = f"{is_member()} AND {hired()} <= {ordered()}"
    price = f"{_price(item)} * CASE WHEN {as_staff} THEN 0.8 ELSE 1 END"
    basis = (
        f"CASE WHEN {as_staff} THEN 'staff' WHEN {draw(number, 'basis', 3)} = 0 THEN 'public' END"
    )
    sold = {
        CG.item: node("product", item),
        CG.quantity: (
            f"CAST(greatest(1, CAST(round({paid()} / ({price})) AS INTEGER)) AS VARCHAR)",
            str(XSD.decimal),
        ),
        CG.priceBasis: text(basis),
    }
    yield quads(
        turns(first, end),
        *thing(node("purchase", "n, i"), None, known),
        *thing(node("line", "n, i"), None, sold),
    )


def _gives() -> str:
    """Return the condition that a party buys for others only."""
    return f"{draw('n', 'gives', 200)} = 0"


def _after_purchases(first: int, end: int, parties: int) -> Iterator[str]:
    """Yield uses, refunds and costs."""
    party, bought = node("party", "n"), f"{purchases()} > 0"
    own = {
        CG.user: party,
        CG.item: node("product", product("n * 8")),
        CG.acquiredThrough: node("purchase", "n, 0"),
        CG.date: dated(f"{ordered('n', '0')} + {draw('n', 'used', 400)}"),
    }
    yield quads(
        numbers(first, end, f"{bought} AND NOT ({_gives()}) AND {draw('n', 'uses', 3)} = 0"),
        *thing(node("use", "n"), CG.Use, own),
    )
    lent = {
        CG.user: party,
        CG.item: node("product", product("n", "lent")),
        CG.date: dated(f"600 + {draw('n', 'used', 800)}"),
    }
    yield quads(
        numbers(first, end, f"NOT {bought} AND {draw('n', 'uses', 3)} = 0"),
        *thing(node("use", "n"), CG.Use, lent),
    )
    back = {
        CG.sourceKey: text("'RF' || n"),
        CG.refunds: node("purchase", "n, 0"),
        CG.date: dated(f"{ordered('n', '0')} + {draw('n', 'given back after', 60)}"),
        CG.amount: amount(f"{paid('n', '0')} // 2"),
        CG.currency: text("'EUR'"),
    }
    yield quads(
        numbers(first, end, f"{bought} AND {draw('n', 'given back', 10)} = 0"),
        *thing(node("refund", "n"), CG.Refund, back),
    )
    cost = {
        CG.sourceKey: text("'CO' || n"),
        CG.party: party,
        CG.date: dated(f"600 + {draw('n', 'cost on', 800)}"),
        CG.costKind: concept("cost", chosen("n", "cost", ("goods", "marketing", "service"))),
        CG.amount: amount(f"{draw('n', 'costs', 6_000)} + 100"),
        CG.currency: text("'EUR'"),
    }
    yield quads(
        numbers(first, end, f"{draw('n', 'costs something', 10)} = 0"),
        *thing(node("cost", "n"), CG.CostAllocation, cost),
    )
    household = {CG.sourceKey: text("'H' || n"), FOAF.name: text("'Household ' || n")}
    yield quads(
        numbers(first // 100, end // 100),
        *thing(node("household", "n"), CG.Household, household),
    )
