"""The demo's parties: the organisation, its units and staff, its clients and its prospects."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta

import demo_words as words
from demo_chance import Chance

Row = dict[str, str]
AS_OF = date(2026, 11, 1)
PROFILES = (  # (profile, persons, legal entities, households)
    ("loyal", 34, 8, 3),
    ("regular", 20, 5, 1),
    ("occasional", 40, 6, 2),
    ("dormant", 28, 5, 2),
    ("former", 24, 4, 1),
    ("refunded", 4, 0, 0),
    ("sample", 4, 1, 0),
    ("prospect", 26, 4, 1),
    ("unengaged", 10, 1, 0),
)


@dataclass
class Demo:
    """The tables under construction, and what the events need to know of the parties."""

    chance: Chance
    parties: list[Row] = field(default_factory=list)
    memberships: list[Row] = field(default_factory=list)
    profile: dict[str, str] = field(default_factory=dict)
    kind: dict[str, str] = field(default_factory=dict)
    contact: dict[str, str] = field(default_factory=dict)
    employed: dict[str, tuple[date, date | None]] = field(default_factory=dict)

    def add_party(self, key: str, kind: str, **columns: str) -> None:
        """Add one row of parties.csv."""
        self.kind[key] = kind
        self.parties.append({"key": key, "kind": kind, **columns})

    def party(self, key: str) -> Row:
        """Return the row of a party."""
        return next(row for row in self.parties if row["key"] == key)

    def add_membership(
        self, member: str, organization: str, role: str, start: date | None, end: date | None = None
    ) -> None:
        """Add one row of memberships.csv."""
        self.memberships.append(
            {
                "member": member,
                "organization": organization,
                "role": role,
                "start": start.isoformat() if start else "",
                "end": end.isoformat() if end else "",
            }
        )


def add_parties(demo: Demo) -> None:
    """Fill the parties and memberships of the demo."""
    _add_organization(demo)
    _add_staff(demo)
    _add_clientele(demo)
    _add_suppliers(demo)
    _spoil(demo)


def _add_organization(demo: Demo) -> None:
    demo.add_party(
        "ORG",
        "legal",
        name="Manufacture Ondelune",
        email="bonjour@example.org",
        phone="+33199000000",
        street="1 quai de l'Anse",
        postal_code="00680",
        city="Clairanse",
        country="France",
        registration_id="DEMO-000001",
    )
    for number, (key, name, parent) in enumerate(words.UNITS):
        demo.add_party(
            key,
            "unit",
            name=name,
            email=f"{key.lower()}@example.org",
            phone=f"+3319900{number + 10:04d}",
            parent=parent,
        )


def _add_staff(demo: Demo) -> None:
    chance = demo.chance
    for number, (unit, role) in enumerate(words.STAFF_ROLES, start=1):
        key = f"E{number:03d}"
        demo.add_party(key, "person", **_person(chance, key), **_address(chance))
        start = chance.day(date(2018, 1, 8), date(2023, 9, 1))
        end = chance.day(date(2025, 1, 15), date(2026, 9, 30)) if number % 7 == 0 else None
        demo.employed[key] = (start, end)
        demo.add_membership(key, unit, role, start, end)
    moved = demo.memberships[7]
    moved["end"] = "2025-03-01"
    demo.add_membership(moved["member"], "U-FOR", "trainer", date(2025, 3, 1))


def _add_clientele(demo: Demo) -> None:
    persons = iter(range(1, 1000))
    companies = iter(enumerate(words.COMPANIES, start=1))
    households = iter(enumerate(words.HOUSEHOLDS, start=1))
    for profile, people, firms, homes in PROFILES:
        for _ in range(people):
            key = f"P{next(persons):04d}"
            demo.add_party(key, "person", **_person(demo.chance, key), **_address(demo.chance))
            demo.profile[key] = profile
        for _ in range(firms):
            _add_company(demo, *next(companies), profile)
        for _ in range(homes):
            number, name = next(households)
            key = f"H{number:02d}"
            contact = {"name": name, "email": f"foyer.{key.lower()}@example.net"}
            demo.add_party(key, "household", **contact, **_address(demo.chance))
            demo.profile[key] = profile


def _add_company(demo: Demo, number: int, name: str, profile: str) -> None:
    chance = demo.chance
    key = f"L{number:03d}"
    potential = chance.number(5, 60) * 1000 if number % 6 else chance.number(100, 260) * 1000
    demo.add_party(
        key,
        "legal",
        name=name,
        email=f"contact.{key.lower()}@example.com",
        phone=_phone(chance),
        registration_id=f"DEMO-{chance.number(100000, 999999)}",
        annual_potential=str(potential),
        **_address(chance),
    )
    demo.profile[key] = profile
    contact = f"C{number:03d}"
    demo.add_party(contact, "person", **_person(chance, contact))
    demo.contact[key] = contact
    ended = date(2026, 6, 1) if number % 9 == 0 else None
    role = chance.one(("manager", "buyer", "employee"))
    demo.add_membership(contact, key, role, chance.day(date(2019, 1, 1), date(2022, 12, 1)), ended)


def _add_suppliers(demo: Demo) -> None:
    for number, name in enumerate(words.SUPPLIERS, start=1):
        demo.add_party(
            f"F{number:02d}",
            "legal",
            name=name,
            email=f"ventes.f{number:02d}@example.com",
            registration_id=f"DEMO-{demo.chance.number(100000, 999999)}",
            **_address(demo.chance),
        )


def _spoil(demo: Demo) -> None:
    """Leave a few gaps that the shapes answer with warnings, as in any real register."""
    demo.party("P0015")["given_name"] = ""
    demo.party("P0044").update(email="", phone="", street="", postal_code="", city="", country="")
    demo.party("P0061")["phone"] = "01990043"
    demo.party("L009")["registration_id"] = ""
    twin, original = demo.party("P0120"), demo.party("P0070")
    for column in ("name", "given_name", "family_name", "email"):
        twin[column] = original[column]
    for key, day in (("P0098", "2025-12-04"), ("L020", "2025-11-30"), ("P0130", "2026-02-11")):
        demo.party(key)["closed_on"] = day
    demo.memberships[11]["start"] = ""


def _person(chance: Chance, key: str) -> Row:
    female = chance.happens(0.5)
    given = chance.one(words.GIVEN_F if female else words.GIVEN_M)
    family = chance.one(words.FAMILY)
    born = chance.day(date(1945, 1, 1), date(2004, 12, 31)) if chance.happens(0.6) else None
    return {
        "name": f"{given} {family}",
        "given_name": given,
        "family_name": family,
        "email": f"{_ascii(given)}.{_ascii(family)}.{key.lower()}@example.org",
        "phone": _phone(chance) if chance.happens(0.7) else "",
        "birth_date": born.isoformat() if born else "",
        "sex": ("F" if female else "M") if chance.happens(0.5) else "",
    }


def _address(chance: Chance) -> Row:
    postal_code, city, country = chance.one(words.TOWNS)
    street = f"{chance.number(1, 140)} {chance.one(words.STREETS)}"
    return {"street": street, "postal_code": postal_code, "city": city, "country": country}


def _phone(chance: Chance) -> str:
    """Return a number of the French ranges reserved for fiction."""
    return f"{chance.one(('+3319900', '+3363998'))}{chance.number(1000, 9999)}"


def _ascii(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if char.isascii() and char.isalpha())


def first_contact(chance: Chance, before: date) -> str:
    """Return a day of first contact in the two months before `before`, or nothing."""
    if not chance.happens(0.4):
        return ""
    return (before - timedelta(days=chance.number(0, 60))).isoformat()
