"""A crowd drawn by the engine itself, for what is measured at a million parties.

`python -m benchmarks.crowd 1000000 STORE` writes a store with so many parties, 3.5 purchases
each on average and one referral each, most of which convert; every draw is a hash of numbers, so
that the same size gives the same facts. What a whole organisation knows besides is told by
`benchmarks.trade`, `benchmarks.dealings` and `benchmarks.audiences`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.drawing import FACTS, amount, dated, draw, node, numbers, quads, text, thing
from kg.namespaces import BASE, CG, RDF, XSD
from kg.store import Cursor, Store

CHUNK = 100_000
"""Parties whose quads are drawn at a time."""
FOCAL = f"{BASE}id/party/organization"
FOCAL_KEY = "ORG"
_STAGED = 1_000_000
_STAGE = "CREATE OR REPLACE TEMP TABLE drawn"
ARRIVALS = 600
"""Days from the first one on, on one of which each party is first met."""


def arrival(number: str = "n") -> str:
    """Return the SQL of the place of the day on which a party is first met."""
    return draw(number, "arrival", ARRIVALS)


def purchases(number: str = "n") -> str:
    """Return the SQL of the number of purchases of a party, none for one of eight."""
    return draw(number, "purchases", 8)


def ordered(number: str = "n", turn: str = "i") -> str:
    """Return the SQL of the place of an order's day: the first one soon after the party came."""
    soon = draw(number, "first", 150)
    later = draw(f"{number} * 8 + {turn}", "order", 800)
    return f"({arrival(number)} + CASE {turn} WHEN 0 THEN {soon} ELSE {later} END)"


def paid(number: str = "n", turn: str = "i") -> str:
    """Return the SQL of the cents of a purchase, from 1.00 on."""
    return f"({draw(f'{number} * 8 + {turn}', 'amount', 40_000)} + 100)"


def statements(first: int, end: int, parties: int) -> Iterator[str]:
    """Yield the SELECTs of the quads about the parties from `first` to before `end`."""
    party = node("party", "n")
    yield quads(
        numbers(first, end),
        *thing(party, CG.NaturalPerson, {CG.sourceKey: text("'P' || n")}),
    )
    referred = draw("n", "referred", parties)
    # Referrers come from all numbers, later ones included: a few rings close.
    told = {
        CG.sourceKey: text("'R' || n"),
        CG.recommender: node("party", draw("n", "referrer", parties)),
        CG.referred: node("party", referred),
        CG.date: dated(arrival(referred)),
    }
    yield quads(numbers(first, end), *thing(node("recommendation", "n"), CG.Referral, told))
    line = node("line", "n, i")
    bought = {
        CG.client: party,
        CG.orderDate: dated(ordered()),
        CG.seller: f"'{FOCAL}'",
        CG.hasLine: line,
    }
    yield quads(
        turns(first, end),
        *thing(node("purchase", "n, i"), CG.Purchase, bought),
        *thing(line, CG.PurchaseLine, {CG.netAmount: amount(paid()), CG.currency: text("'EUR'")}),
    )


def turns(first: int, end: int) -> str:
    """Return the SELECT of the purchases of parties: `n` the party, `i` counts its purchases."""
    return f"SELECT n, i FROM ({numbers(first, end)}), range(8) AS turn(i) WHERE i < {purchases()}"


def write(parties: int, path: Path) -> None:
    """Write the store of a crowd."""
    fill(path, everybody(parties))


def everybody(parties: int) -> Iterator[str]:
    """Yield the SELECTs of the quads of a whole crowd."""
    for first, end in chunks(parties):
        yield from statements(first, end, parties)


def chunks(parties: int) -> Iterator[tuple[int, int]]:
    """Yield the first number of each chunk of parties, and the one after its last."""
    for first in range(0, parties, CHUNK):
        yield first, min(first + CHUNK, parties)


def fill(path: Path, drawn: Iterable[str]) -> None:
    """Write the store of a focal organisation and of the quads that some SELECTs draw."""
    with Store.open(path) as store:
        with store.write(agent="benchmark", activity="import") as tx:
            tx.insert_few(
                [
                    (FOCAL, str(RDF.type), str(CG.LegalEntity), None, None, FACTS),
                    (FOCAL, str(CG.sourceKey), FOCAL_KEY, str(XSD.string), None, FACTS),
                ]
            )
            with tx.insertion() as insertion:
                for table in _stages(tx.cursor, drawn):
                    insertion.add(table)
                insertion.finish()
        store.checkpoint()


def _stages(cursor: Cursor, drawn: Iterable[str]) -> Iterator[str]:
    """Yield a table each time that it holds a million quads: each stage reads the dictionary."""
    count = 0
    for statement in drawn:
        made = f"INSERT INTO drawn {statement}" if count else f"{_STAGE} AS {statement}"
        count += _count(cursor, made)
        if count >= _STAGED:
            yield "drawn"
            count = 0
    if count:
        yield "drawn"


def _count(cursor: Cursor, statement: str) -> int:
    """Execute a statement; return how many rows it made."""
    (rows,) = cursor.execute(statement).fetchone() or (0,)
    return int(rows)


def main() -> None:
    """Write the crowd that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parties", type=int)
    parser.add_argument("store", type=Path)
    given = parser.parse_args()
    write(given.parties, given.store)


if __name__ == "__main__":
    main()
