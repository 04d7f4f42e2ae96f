"""Who belongs to the units of a crowd's organisation, and to the companies it trades with."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.crowd import ARRIVALS
from benchmarks.drawing import (
    chosen,
    concept,
    dated,
    day,
    draw,
    node,
    numbers,
    quads,
    thing,
    where,
)
from kg.namespaces import CG, ORG, XSD

UNITS = 1000
_STAFF = 200
_OFFICERS = 50
"""Those of the staff who procure, the first ones."""


def is_member() -> str:
    """Return the condition that a party is a member of a unit to this day."""
    return f"({draw('n', 'member', 50)} = 0 AND {draw('n', 'left', 5)} > 0)"


def hired() -> str:
    """Return the SQL of the place of the day on which a party became a member."""
    return draw("n", "hired", ARRIVALS)


def staff(number: str, what: str, parties: int) -> str:
    """Return the SQL of the IRI of one who has always been of the staff, and does not procure."""
    chosen_place = f"{_OFFICERS} + {draw(number, what, _STAFF - _OFFICERS)}"
    return node("party", f"({chosen_place}) * {parties // _STAFF}")


def officer(number: str, parties: int) -> str:
    """Return the SQL of the IRI of one who procures."""
    return node("party", f"{draw(number, 'officer', _OFFICERS)} * {parties // _STAFF}")


def statements(parties: int) -> Iterator[str]:
    """Yield the SELECTs of the quads of memberships: of one party of fifty, and of the staff."""
    left = where(f"{draw('n', 'left', 5)} = 0", day(f"{hired()} + {draw('n', 'stayed', 800)}"))
    joined = {
        ORG.member: node("party", "n"),
        ORG.organization: node("unit", draw("n", "unit", UNITS)),
        ORG.role: concept("membership", chosen("n", "role", ("employee", "manager", "contractor"))),
        CG.startDate: dated(hired()),
        CG.endDate: (left, str(XSD.date)),
    }
    yield quads(
        numbers(0, parties, f"{draw('n', 'member', 50)} = 0"),
        *thing(node("membership", "n"), ORG.Membership, joined),
    )
    role = f"CASE WHEN n < {_OFFICERS} THEN 'procurement-officer' ELSE 'employee' END"
    posted = {
        ORG.member: node("party", f"n * {parties // _STAFF}"),
        ORG.organization: node("unit", f"n * {UNITS // _STAFF}"),
        ORG.role: concept("membership", role),
        CG.startDate: dated("0"),
    }
    yield quads(numbers(0, _STAFF), *thing(node("post", "n"), ORG.Membership, posted))
