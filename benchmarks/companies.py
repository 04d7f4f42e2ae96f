"""What the companies of a crowd buy from the organisation, and it from them.

Companies buy through a few of their members, and the organisation upon requests of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.crowd import FOCAL, FOCAL_KEY
from benchmarks.drawing import (
    amount,
    chosen,
    concept,
    dated,
    day,
    draw,
    node,
    numbers,
    quads,
    text,
    thing,
    where,
)
from benchmarks.members import UNITS, officer, staff
from benchmarks.trade import CHANNELS, companies, product
from kg.namespaces import CG, FOAF, ORG, XSD

_AGENTS = 3
_STATES = (
    "draft", "submitted", "submitted", "technically-reviewed", "commercially-reviewed",
    "ordered", "ordered", "done", "rejected", "withdrawn",
)  # fmt: skip


def statements(parties: int) -> Iterator[str]:
    """Yield the SELECTs of the quads of companies beside those of the supply network."""
    yield from _described(companies(parties))
    yield from _sales(companies(parties), parties)
    yield from _procurement(parties)


def _described(count: int) -> Iterator[str]:
    company = node("company", "n")
    described = {
        FOAF.name: text("'Company ' || n"),
        CG.registrationId: text("'RC-' || n"),
        CG.annualPotential: amount(f"{draw('n', 'potential', 15_000)} * 1000"),
    }
    yield quads(numbers(0, count), *thing(company, None, described))
    focal = {FOAF.name: text("'Organisation'"), CG.registrationId: text(f"'RC-{FOCAL_KEY}'")}
    yield quads(numbers(0, 1), *thing(f"'{FOCAL}'", None, focal))


def _agent(turn: str, count: int, parties: int) -> str:
    """Return the SQL of the IRI of a member of a company who buys for it."""
    return node("party", f"n * {parties // count} + 13 + {turn} % {_AGENTS}")


def _sales(count: int, parties: int) -> Iterator[str]:
    """Yield the quads of what companies buy, and of the members who act for them."""
    company, agent = node("company", "n"), _agent("i", count, parties)
    everyone = numbers(0, count)
    joined = {
        ORG.member: agent,
        ORG.organization: company,
        ORG.role: concept("membership", chosen("n + i", "post", ("employee", "manager", "owner"))),
        CG.startDate: dated("0"),
    }
    yield quads(
        f"SELECT n, i FROM ({everyone}), range({_AGENTS}) AS turn(i)",
        *thing(node("agency", "n, i"), ORG.Membership, joined),
    )
    # The purchase that each company of the supply network has; some made to measure for it alone.
    first = {
        CG.seller: f"'{FOCAL}'",
        CG.actingBuyer: _agent("0", count, parties),
        CG.orderNumber: text("'C' || n || '-0'"),
    }
    item = (
        f"CASE n % 20 WHEN 0 THEN {node('measured', 'n')}"
        f" ELSE {node('product', product('n', 'first'))} END"
    )
    line = {CG.item: item, CG.quantity: ("'1'", str(XSD.decimal))}
    yield quads(
        everyone, *thing(node("order", "n"), None, first), *thing(node("line", "n"), None, line)
    )
    number = "n * 12 + i"
    bought = {
        CG.client: company,
        CG.seller: f"'{FOCAL}'",
        CG.actingBuyer: agent,
        CG.orderNumber: text("'C' || n || '-' || (i + 1)"),
        CG.orderDate: dated(draw(number, "traded", 1400)),
        CG.purchasePurpose: text("'professional'"),
        CG.channel: text(chosen(number, "traded by", CHANNELS)),
        CG.hasLine: node("traded", "n, i"),
    }
    sold = {
        CG.item: node("product", product(number, "traded")),
        CG.netAmount: amount(f"{draw(number, 'traded for', 500_000)} + 5000"),
        CG.currency: text(f"CASE {draw('n', 'currency', 10)} WHEN 0 THEN 'CHF' ELSE 'EUR' END"),
        CG.quantity: (f"CAST(1 + {draw(number, 'many', 9)} AS VARCHAR)", str(XSD.decimal)),
    }
    yield quads(
        f"SELECT n, i FROM ({everyone}), range(12) AS turn(i) WHERE i < {draw('n', 'trades', 12)}",
        *thing(node("trade", "n, i"), CG.Purchase, bought),
        *thing(node("traded", "n, i"), CG.PurchaseLine, sold),
    )
    held = {
        CG.sourceKey: text("'CT' || n"),
        CG.client: company,
        CG.seller: f"'{FOCAL}'",
        CG.item: node("product", product("n", "contracted")),
        CG.startDate: dated(draw("n", "contracted", 700)),
        CG.endDate: dated(f"700 + {draw('n', 'contracted until', 1400)}"),
    }
    yield quads(numbers(0, count, "n % 4 = 0"), *thing(node("contract", "n"), CG.Contract, held))


def _procurement(parties: int) -> Iterator[str]:
    """Yield the requests of the organisation's units and staff, and what it bought upon them."""
    asked, state = draw("n", "asked", 1200), chosen("n", "state", _STATES)
    reviewed = f"{state} IN ('ordered', 'commercially-reviewed', 'done')"
    done = f"{state} IN ('ordered', 'done')"
    requester = (
        f"CASE n % 2 WHEN 0 THEN {node('unit', draw('n', 'requesting unit', UNITS))}"
        f" ELSE {staff('n', 'requester', parties)} END"
    )
    item = node("product", product("n", "requested"))
    request = {
        CG.sourceKey: text("'PR' || n"),
        CG.requester: requester,
        CG.onBehalfOf: f"'{FOCAL}'",
        CG.internalSpecifier: where("n % 3 > 0", staff("n", "specifier", parties)),
        CG.date: dated(asked),
        CG.dueDate: (where("n % 4 > 0", day(f"{asked} + 90")), str(XSD.date)),
        CG.status: concept("request-status", state),
        CG.item: item,
        CG.handledBy: officer("n", parties),
        CG.technicalReview: (where(reviewed, day(f"{asked} + 30")), str(XSD.date)),
        CG.commercialReview: (where(reviewed, day(f"{asked} + 60")), str(XSD.date)),
        CG.resultedIn: where(done, node("procurement", "n")),
    }
    count = parties // 10
    yield quads(numbers(0, count), *thing(node("request", "n"), CG.PurchaseRequest, request))
    bought = {
        CG.client: f"'{FOCAL}'",
        CG.seller: node("company", draw("n", "vendor", companies(parties))),
        CG.actingBuyer: officer("n", parties),
        CG.orderNumber: text("'PO' || n"),
        CG.orderDate: dated(f"{asked} + 70"),
        CG.purchasePurpose: text("'professional'"),
        CG.hasLine: node("procured", "n"),
    }
    sold = {
        CG.item: item,
        CG.quantity: ("'1'", str(XSD.decimal)),
        CG.netAmount: amount(f"{draw('n', 'procured for', 90_000)} + 1000"),
        CG.currency: text("'EUR'"),
    }
    yield quads(
        numbers(0, count, done),
        *thing(node("procurement", "n"), CG.Purchase, bought),
        *thing(node("procured", "n"), CG.PurchaseLine, sold),
    )
