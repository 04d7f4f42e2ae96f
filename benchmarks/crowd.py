"""A crowd drawn by the engine itself, for what is measured at a million parties.

`python -m benchmarks.crowd 1000000 STORE` writes a store with so many parties, 3.5 purchases
each on average and one referral each, most of which convert; every draw is a hash of numbers, so
that the same size gives the same facts.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from kg.namespaces import BASE, CG, RDF, XSD
from kg.store import Store

LAST_DAY = date(2026, 10, 31)
_DAYS = 1400
_CHUNK = 100_000
_TYPE, _STRING, _DATE, _DECIMAL = str(RDF.type), str(XSD.string), str(XSD.date), str(XSD.decimal)
FOCAL = f"{BASE}id/party/organization"
FOCAL_KEY = "ORG"
_GRAPH = f"{BASE}graph/facts/crowd"


def node(kind: str, number: str) -> str:
    """Return the SQL of the IRI of a thing, as long as one of ours, which says nothing."""
    halves = f"hash({number}, '{kind}'), hash('{kind}', {number})"
    return f"'{BASE}id/{kind}/' || printf('%016x%016x', {halves})"


def draw(number: str, what: str, below: int) -> str:
    """Return the SQL of a whole number in [0, below) that `number` always gets for `what`."""
    return f"CAST(hash({number}, '{what}') % {below} AS INTEGER)"


def day(place: str) -> str:
    """Return the SQL of the text of a day, by its place among 1400."""
    return f"CAST(DATE '{LAST_DAY}' - {_DAYS} + {place} AS VARCHAR)"


def _arrival(number: str) -> str:
    """Return the SQL of the place of the day on which a party is first met."""
    return draw(number, "arrival", 600)


def _order() -> str:
    """Return the SQL of the place of an order's day: the first one soon after the party came."""
    soon, later = draw("n", "first", 150), draw("n * 8 + i", "order", 800)
    return f"({_arrival('n')} + CASE i WHEN 0 THEN {soon} ELSE {later} END)"


def statements(first: int, end: int, parties: int) -> Iterator[str]:
    """Yield the SELECTs of the quads about the parties from `first` to before `end`."""
    party = node("party", "n")
    yield quads(
        f"SELECT range AS n FROM range({first}, {end})",
        (party, _TYPE, f"'{CG.NaturalPerson}'", None),
        (party, str(CG.sourceKey), "'P' || n", _STRING),
    )
    referral, referred = node("recommendation", "n"), draw("n", "referred", parties)
    # Referrers come from all numbers, later ones included: a few rings close.
    yield quads(
        f"SELECT range AS n FROM range({first}, {end})",
        (referral, _TYPE, f"'{CG.Referral}'", None),
        (referral, str(CG.sourceKey), "'R' || n", _STRING),
        (referral, str(CG.recommender), node("party", draw("n", "referrer", parties)), None),
        (referral, str(CG.referred), node("party", referred), None),
        (referral, str(CG.date), day(_arrival(referred)), _DATE),
    )
    purchase, line = node("purchase", "n, i"), node("line", "n, i")
    yield quads(
        f"SELECT n, i FROM (SELECT range AS n FROM range({first}, {end})),"
        f" range(8) AS turn(i) WHERE i < {draw('n', 'purchases', 8)}",
        (purchase, _TYPE, f"'{CG.Purchase}'", None),
        (purchase, str(CG.client), party, None),
        (purchase, str(CG.orderDate), day(_order()), _DATE),
        (purchase, str(CG.seller), f"'{FOCAL}'", None),
        (purchase, str(CG.hasLine), line, None),
        (line, _TYPE, f"'{CG.PurchaseLine}'", None),
        (line, str(CG.netAmount), _price(), _DECIMAL),
        (line, str(CG.currency), "'EUR'", _STRING),
    )  # fmt: skip


def _price() -> str:
    """Return the SQL of the text of an amount from 1.00 on."""
    return f"printf('%.2f', ({draw('n * 8 + i', 'amount', 40_000)} + 100) / 100)"


def quads(things: str, *patterns: tuple[str, str, str, str | None]) -> str:
    """Return the SELECT of quads by patterns (subject, predicate, object, datatype) of things."""
    rows = ", ".join(
        f"({s}, '{p}', {o}, {'NULL' if datatype is None else repr(datatype)})"
        for s, p, o, datatype in patterns
    )
    return (
        "SELECT r.s, r.p, r.o, r.odt, NULL::VARCHAR AS olang, "
        f"'{_GRAPH}' AS g FROM ({things}) AS things, LATERAL (VALUES {rows}) AS r(s, p, o, odt)"
    )


def write(parties: int, path: Path) -> None:
    """Write the store of a crowd."""
    fill(path, everybody(parties))


def everybody(parties: int) -> Iterator[str]:
    """Yield the SELECTs of the quads of a whole crowd."""
    for first in range(0, parties, _CHUNK):
        yield from statements(first, min(first + _CHUNK, parties), parties)


def fill(path: Path, drawn: Iterable[str]) -> None:
    """Write the store of a focal organisation and of the quads that some SELECTs draw."""
    with Store.open(path) as store:
        with store.write(agent="benchmark", activity="import") as tx:
            tx.insert_few(
                [
                    (FOCAL, _TYPE, str(CG.LegalEntity), None, None, _GRAPH),
                    (FOCAL, str(CG.sourceKey), FOCAL_KEY, _STRING, None, _GRAPH),
                ]
            )
            with tx.insertion() as insertion:
                for statement in drawn:
                    tx.cursor.execute(f"CREATE OR REPLACE TEMP TABLE drawn AS {statement}")
                    insertion.add("drawn")
                insertion.finish()
        store.checkpoint()


def main() -> None:
    """Write the crowd that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parties", type=int)
    parser.add_argument("store", type=Path)
    given = parser.parse_args()
    write(given.parties, given.store)


if __name__ == "__main__":
    main()
