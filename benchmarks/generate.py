"""Write a customer graph of a given size as N-Quads: `python -m benchmarks.generate 1M FILE`.

Persons with names, purchases with lines, referrals as a forest, departments that supply one
another; ten imports, each with a graph of facts and a graph of personal data. The same size gives
the same bytes: one seed, and only `random.random`, whose sequence Python guarantees.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from benchmarks.terms import CG, FOAF, ORG, RDFS, GraphNames, iri, literal, node, slug, typed

QUADS_PER_PERSON = 41.5
IMPORTS = 10
DEPARTMENTS = 200
PRODUCTS = 500
REFERRED_SHARE = 0.8
FIRST_DAY = date(2023, 1, 1)
DAYS = [(FIRST_DAY + timedelta(days=n)).isoformat() for n in range(1400)]
SYLLABLES = (
    *("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo"),
    *("lune", "roche", "val", "mont", "brin", "clair"),
)
SOURCES = ("recommendation", "advertising", "event", "search", "social", "walk-in")
SELLER = node("party", 0)


def persons_for(size: str) -> int:
    """Return how many persons make about `size` quads, for example `1M` or `250k`."""
    factor = {"k": 1_000, "M": 1_000_000}[size[-1]]
    return int(int(size[:-1]) * factor / QUADS_PER_PERSON)


def lines(persons: int) -> Iterator[str]:
    """Yield the N-Quads of a graph with so many persons, import after import."""
    chance = random.Random(persons)
    graphs = GraphNames(0)
    yield from _products(graphs)
    yield from _departments(chance, graphs)
    for number in range(1, persons + 1):
        graphs = GraphNames(number * IMPORTS // (persons + 1))
        yield from _person(chance, number, graphs)
        if number > 20 and chance.random() < REFERRED_SHARE:
            yield from _referral(chance, number, graphs)
        for order in range(int(chance.random() ** 2 * 9.5)):
            yield from _purchase(chance, number, number * 16 + order, graphs)


def _person(chance: random.Random, number: int, graphs: GraphNames) -> Iterator[str]:
    me = node("party", number)
    contact = DAYS[int(chance.random() * 200)]
    source = SOURCES[int(chance.random() * len(SOURCES))]
    yield f"{me} {iri('rdf:type')} {CG}NaturalPerson> {graphs.facts} .\n"
    yield f"{me} {CG}sourceKey> {literal(f'P{number}')} {graphs.facts} .\n"
    yield f"{me} {CG}firstContactDate> {typed(contact, 'date')} {graphs.facts} .\n"
    yield f"{me} {CG}acquisitionSource> {slug('acquisition-source', source)} {graphs.facts} .\n"
    yield f"{me} {FOAF}name> {literal(_name(chance))} {graphs.personal} .\n"
    if chance.random() < 0.02:
        role = node("membership", number)
        unit = node("unit", 1 + int(chance.random() * DEPARTMENTS))
        yield f"{role} {iri('rdf:type')} {ORG}Membership> {graphs.facts} .\n"
        yield f"{role} {ORG}member> {me} {graphs.facts} .\n"
        yield f"{role} {ORG}organization> {unit} {graphs.facts} .\n"
        yield f"{role} {CG}startDate> {typed(contact, 'date')} {graphs.facts} .\n"


def _name(chance: random.Random) -> str:
    """Return a name of five syllables."""
    parts = [SYLLABLES[int(chance.random() * len(SYLLABLES))] for _ in range(5)]
    return f"{''.join(parts[:2]).title()} {''.join(parts[2:]).title()}"


def _referral(chance: random.Random, referred: int, graphs: GraphNames) -> Iterator[str]:
    """Yield a referral by an earlier person, so that the referrals are a forest."""
    me = node("recommendation", referred)
    to = node("party", referred)
    by = node("party", 1 + int(chance.random() * (referred - 1)))
    day = DAYS[int(chance.random() * 300)]
    yield f"{me} {iri('rdf:type')} {CG}Referral> {graphs.facts} .\n"
    yield f"{me} {CG}recommender> {by} {graphs.facts} .\n"
    yield f"{me} {CG}referred> {to} {graphs.facts} .\n"
    yield f"{me} {CG}date> {typed(day, 'date')} {graphs.facts} .\n"
    yield f"{by} {CG}referredTo> {to} {graphs.facts} .\n"


def _purchase(chance: random.Random, client: int, number: int, graphs: GraphNames) -> Iterator[str]:
    me = node("purchase", number)
    day = DAYS[int(chance.random() * len(DAYS))]
    yield f"{me} {iri('rdf:type')} {CG}Purchase> {graphs.facts} .\n"
    yield f"{me} {CG}client> {node('party', client)} {graphs.facts} .\n"
    yield f"{me} {CG}orderDate> {typed(day, 'date')} {graphs.facts} .\n"
    yield f"{me} {CG}orderNumber> {literal(f'O-{number}')} {graphs.facts} .\n"
    yield f"{me} {CG}seller> {SELLER} {graphs.facts} .\n"
    for place in range(1 if chance.random() < 0.6 else 2):
        line = node("line", number * 2 + place)
        product = node("product", int(chance.random() * PRODUCTS))
        cents = 100 + int(chance.random() * 40_000)
        amount = typed(f"{cents // 100}.{cents % 100:02d}", "decimal")
        yield f"{me} {CG}hasLine> {line} {graphs.facts} .\n"
        yield f"{line} {iri('rdf:type')} {CG}PurchaseLine> {graphs.facts} .\n"
        yield f"{line} {CG}item> {product} {graphs.facts} .\n"
        yield f"{line} {CG}netAmount> {amount} {graphs.facts} .\n"
        yield f"{line} {CG}currency> {literal('EUR')} {graphs.facts} .\n"


def _products(graphs: GraphNames) -> Iterator[str]:
    for number in range(PRODUCTS):
        me = node("product", number)
        yield f"{me} {iri('rdf:type')} {CG}ProductOrService> {graphs.facts} .\n"
        yield f"{me} {RDFS}label> {literal(f'Article {number}')} {graphs.facts} .\n"


def _departments(chance: random.Random, graphs: GraphNames) -> Iterator[str]:
    """Yield the organisation, its departments and who supplies whom, without a loop."""
    yield f"{SELLER} {iri('rdf:type')} {CG}LegalEntity> {graphs.facts} .\n"
    for number in range(1, DEPARTMENTS + 1):
        me = node("unit", number)
        yield f"{me} {iri('rdf:type')} {CG}OrganizationalUnit> {graphs.facts} .\n"
        yield f"{me} {ORG}unitOf> {SELLER} {graphs.facts} .\n"
        yield f"{me} {FOAF}name> {literal(f'Service {number}')} {graphs.facts} .\n"
        if number == 1:
            continue
        supply = node("supply", number)
        supplier = node("unit", 1 + int(chance.random() * (number - 1)))
        yield f"{supply} {iri('rdf:type')} {CG}SupplyRelation> {graphs.facts} .\n"
        yield f"{supply} {CG}supplierUnit> {supplier} {graphs.facts} .\n"
        yield f"{supply} {CG}clientUnit> {me} {graphs.facts} .\n"
        yield f"{supply} {CG}service> {node('service', number % 20)} {graphs.facts} .\n"


def write(size: str, path: Path) -> int:
    """Write the graph of a size to a file; return its number of quads."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n", buffering=1 << 20) as file:
        for line in lines(persons_for(size)):
            file.write(line)
            count += 1
    return count


def main() -> None:
    """Write the graph that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", help="for example 250k, 1M or 10M")
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    print(f"{write(given.size, given.file):,} quads in {given.file}")


if __name__ == "__main__":
    main()
