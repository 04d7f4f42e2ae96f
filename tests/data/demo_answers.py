"""What the named questions answer over the demo: `python -m tests.data.demo_answers` writes it.

Each question is asked with the examples and defaults of its parameters, on 1 November 2026. What
is written is clientgraph's answer, and only where pyoxigraph gives the same over the N-Quads that
the store exports. Parts that differ from one import to the next stand for themselves: `IMPORT`,
`TIME`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyoxigraph as ox
from rdflib import Literal, URIRef

from benchmarks.answers import canonical
from benchmarks.questions import filled
from kg.analysis import ANALYSES, write_derived
from kg.catalog import NamedQuery, load_catalog
from kg.ingest import ImportOptions, ImportReport, run_import
from kg.library import settled
from kg.lifecycle import Context
from kg.minting import mint
from kg.sparql import query
from kg.store import Store
from kg.store.export import dump

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
EXPECTED = Path(__file__).parent / "expected"
TODAY = date(2026, 11, 1)
QUESTIONS = tuple(load_catalog().values())
_SECRET = "0" * 32
_GIVEN = {"party": mint(_SECRET, "party", "default", "C001")}
"""Values in place of examples: an IRI of a party is another one in each store."""
_CHANGING = (
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{8}\b"), "IMPORT"),
    (re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$"), "TIME"),
)


@contextmanager
def demo() -> Iterator[tuple[Store, ImportReport]]:
    """Yield a store with the demo and a classification, and the report of the import.

    The secret that IRIs are made with is set, so that they are always the same.
    """
    with Store.open() as store:
        with store.write(agent="tests", activity="settings") as tx:
            tx.recorded = False
            tx.set_setting("iri_secret", _SECRET)
        report = run_import(store, [DEMO], ImportOptions(agent="tests", as_of=TODAY))
        write_derived(store, ANALYSES["classify"], Context(TODAY), agent="tests")
        yield store, report


def values(question: NamedQuery) -> dict[str, URIRef | Literal]:
    """Return the values that a question is asked with."""
    given = {
        one.name: _GIVEN.get(one.name, one.example)
        for one in question.parameters
        if one.default is None and one.example is not None
    }
    return question.bind(
        {name: text for name, text in given.items() if text}, today=TODAY, organization="ORG"
    )


def answer(store: Store, question: NamedQuery) -> tuple[list[str], list[list[str]]]:
    """Return the variables and the rows of a question, in its order, then in that of terms."""
    found = settled(query(store, question.text, bindings=values(question)), question.text)
    rows = [[_shown(term[1] if term else "") for term in row] for row in found.rows()]
    return found.variables, rows


def peer_of(store: Store) -> ox.Store:
    """Return a store of pyoxigraph with the quads that ours exports."""
    document = io.BytesIO()
    dump(store.cursor(), document)
    peer = ox.Store()
    peer.load(document.getvalue(), format=ox.RdfFormat.N_QUADS)
    return peer


def answer_of_peer(peer: ox.Store, question: NamedQuery) -> Counter[tuple[str, ...]]:
    """Return the rows that pyoxigraph gives, which writes numbers in its own way."""
    text = filled(question.text, values(question))
    solutions = peer.query(text, use_default_graph_as_union=True)
    assert isinstance(solutions, ox.QuerySolutions)
    return Counter(
        tuple(canonical(_shown(term.value if term else "")) for term in row)  # type: ignore[union-attr]
        for row in solutions
    )


def by_value(rows: list[list[str]]) -> Counter[tuple[str, ...]]:
    """Return rows in any order, numbers by their value."""
    return Counter(tuple(canonical(cell) for cell in row) for row in rows)


def expected(question: NamedQuery) -> tuple[list[str], list[list[str]]]:
    """Return the variables and the rows that are kept for a question."""
    with (EXPECTED / f"{question.id}.csv").open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    return names, rows


def _shown(text: str) -> str:
    """Return the text of a term, what changes from one import to the next replaced."""
    for pattern, name in _CHANGING:
        text = pattern.sub(name, text)
    return text


def main() -> None:
    """Write the answers that both engines give."""
    EXPECTED.mkdir(exist_ok=True)
    with demo() as (store, _):
        peer = peer_of(store)
        for question in QUESTIONS:
            names, rows = answer(store, question)
            assert by_value(rows) == answer_of_peer(peer, question), question.name
            with (EXPECTED / f"{question.id}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([names, *rows])


if __name__ == "__main__":
    main()
