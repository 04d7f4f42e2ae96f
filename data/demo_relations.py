"""What the demo's parties live through beside purchases: contracts, contacts, incidents, opinions.

Drawn with a seed of its own, so that the other tables do not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from demo_chance import Chance
from demo_parties import AS_OF, Demo, Row
from demo_purchases import GOODS, Order

SEED = 11
ADVISERS = ("E003", "E004")
DUPLICATE, CANONICAL = "D001", "P0005"
REQUESTS = """
DA-01 U-ATE 2024-03-04 E017 M-CARTON  ordered              E016 2024-03-11 2024-03-18
DA-02 U-ATE 2024-05-02 E018 M-VERRE   ordered              E016 2024-05-13 2024-05-20
DA-03 U-IT  2026-07-06 E010 -         rejected             E015 2026-07-15 2026-07-22
DA-04 U-BTQ 2026-09-07 -    -         technically_reviewed E015 2026-09-21 -
DA-05 U-SUP 2026-10-05 E007 -         submitted            E015 -          -
DA-06 U-LOG 2026-10-19 -    M-CARTON  draft                -    -          -
"""
RESULTS = {"DA-01": "M-CARTON", "DA-02": "M-VERRE"}


def draw_relations(demo: Demo, orders: list[Order]) -> dict[str, list[Row]]:
    """Return the rows of the templates about contracts, contacts, incidents and opinions."""
    chance = Chance(SEED)
    return {
        "contracts": _contracts(demo, chance),
        "uses": _uses(demo, chance),
        "requests": _requests(orders),
        "interactions": _interactions(demo, chance),
        "incidents": _incidents(demo, chance),
        "refusals": _refusals(demo, chance),
        "satisfaction": _satisfaction(demo, chance),
        "qualifications": _qualifications(demo, chance),
        "merges": _merges(demo),
        "designations": _designations(demo),
        "costs": _costs(demo, chance),
    }


def _of(demo: Demo, *profiles: str, kind: str = "") -> list[str]:
    """Return the keys of the parties with a profile, of one kind where one is given."""
    return [
        key
        for key, profile in demo.profile.items()
        if profile in profiles and kind in ("", demo.kind[key])
    ]


def _contracts(demo: Demo, chance: Chance) -> list[Row]:
    rows = []
    for number, client in enumerate(_of(demo, "loyal", "regular", kind="legal")[:9], start=1):
        start = chance.day(date(2023, 3, 1), date(2026, 2, 1))
        end = start + timedelta(days=730) if number % 3 else None
        rows.append(
            {
                "key": f"CT-{number:02d}",
                "client": client,
                "start": start.isoformat(),
                "end": end.isoformat() if end else "",
                "product": chance.one(GOODS),
            }
        )
    return rows


def _uses(demo: Demo, chance: Chance) -> list[Row]:
    users = [*_of(demo, "sample"), *chance.some(_of(demo, "loyal", kind="household"), 2)]
    return [
        {
            "user": user,
            "date": chance.day(date(2025, 6, 1), AS_OF).isoformat(),
            "product": chance.one(GOODS),
        }
        for user in users
    ]


def _requests(orders: Iterable[Order]) -> list[Row]:
    bought = sorted((o.day, o.key, o.lines[0][0]) for o in orders if o.client == "ORG")
    rows = []
    for line in REQUESTS.strip().split("\n"):
        key, requester, day, specifier, product, status, handler, technical, commercial = (
            text.strip("-") if text == "-" else text for text in line.split()
        )
        result = next(
            (
                order
                for ordered, order, item in bought
                if item == RESULTS.get(key) and ordered.isoformat() >= day
            ),
            "",
        )
        rows.append(
            {
                "key": key,
                "requester": requester,
                "date": day,
                "specifier": specifier,
                "product": product,
                "status": status,
                "handler": handler,
                "technical_review": technical,
                "commercial_review": commercial,
                "resulting_order": result,
            }
        )
    return rows


def _interactions(demo: Demo, chance: Chance) -> list[Row]:
    parties = chance.some(_of(demo, "prospect"), 18) + chance.some(_of(demo, "regular"), 10)
    return [
        {
            "party": party,
            "date": chance.day(date(2025, 9, 1), AS_OF).isoformat(),
            "direction": chance.one(("in", "out", "both")),
            "channel": chance.one(("phone", "mail", "shop", "web")),
            "advisor": chance.one(ADVISERS) if chance.happens(0.7) else "",
        }
        for party in parties
        for _ in range(chance.number(1, 2))
    ]


def _incidents(demo: Demo, chance: Chance) -> list[Row]:
    rows = []
    for number, party in enumerate(chance.some(_of(demo, "regular", "occasional"), 8), start=1):
        day = chance.day(date(2025, 3, 1), date(2026, 9, 1))
        settled = chance.happens(0.7)
        rows.append(
            {
                "key": f"INC-{number:02d}",
                "party": party,
                "date": day.isoformat(),
                "severity": chance.one(("minor", "minor", "major", "critical")),
                "resolved_on": (day + timedelta(days=chance.number(1, 30))).isoformat()
                if settled
                else "",
            }
        )
    return rows


def _refusals(demo: Demo, chance: Chance) -> list[Row]:
    parties = [*chance.some(_of(demo, "former"), 3), *chance.some(_of(demo, "unengaged"), 2)]
    return [
        {"party": party, "date": chance.day(date(2025, 11, 1), AS_OF).isoformat()}
        for party in parties
    ]


def _satisfaction(demo: Demo, chance: Chance) -> list[Row]:
    units = [key for key, kind in demo.kind.items() if kind == "unit"]
    rows = []
    for party in units + chance.some(_of(demo, "loyal", "regular", "occasional"), 20):
        answer = chance.number(1, 5) if party not in units else chance.number(3, 5)
        rows.append(
            {
                "party": party,
                "date": chance.day(date(2026, 1, 5), AS_OF).isoformat(),
                "score": f"{(answer - 1) / 4:.2f}",
                "scale": "1-5",
                "no_alternative": "true" if answer == 2 and chance.happens(0.5) else "",
            }
        )
    return rows


def _qualifications(demo: Demo, chance: Chance) -> list[Row]:
    answers = ("yes", "yes", "no", "unknown")
    return [
        {
            "party": party,
            "date": chance.day(date(2026, 4, 1), AS_OF).isoformat(),
            "level": chance.one(("marketing", "sales")),
            "budget": chance.one(answers),
            "need": chance.one(answers),
            "timing": chance.one(answers),
            "assessor": ADVISERS[number % 2],
        }
        for number, party in enumerate(chance.some(_of(demo, "prospect"), 10))
    ]


def _merges(demo: Demo) -> list[Row]:
    """Enter a second record of one person, and the decision that they are one."""
    original = demo.party(CANONICAL)
    same = {name: original[name] for name in ("name", "given_name", "family_name", "email")}
    demo.add_party(DUPLICATE, "person", **same)
    reason = "même personne, saisie deux fois / same person, entered twice"
    return [
        {"duplicate": DUPLICATE, "canonical": CANONICAL, "date": "2026-05-12", "reason": reason}
    ]


def _designations(demo: Demo) -> list[Row]:
    accounts = _of(demo, "loyal", kind="legal")[:2]
    chosen = [(key, "key_account", "2025-01-01") for key in accounts]
    chosen += [(_of(demo, "loyal", kind="person")[0], "ambassador", "2025-06-01")]
    chosen += [("E004", "adviser", "2024-01-01")]
    return [
        {"party": party, "kind": kind, "start": start, "end": "", "by": "E003"}
        for party, kind, start in chosen
    ]


def _costs(demo: Demo, chance: Chance) -> list[Row]:
    parties = chance.some(_of(demo, "loyal", "regular", "occasional"), 24)
    return [
        {
            "key": f"CO-{number:02d}",
            "party": party,
            "date": chance.day(date(2025, 1, 6), AS_OF).isoformat(),
            "kind": chance.one(("goods", "marketing", "service")),
            "amount": f"{chance.number(300, 9000) / 100:.2f}",
            "currency": "EUR",
        }
        for number, party in enumerate(parties, start=1)
    ]
