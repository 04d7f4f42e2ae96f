"""Every named question over a crowd, beside pyoxigraph: `python -m benchmarks.questions`.

Options: `--parties 1000000`, `--runs 3`, `--limit 30` (seconds), `--only C8,G2`, `--page 100` (the
first rows of each answer, besides all of them), `--engines clientgraph,pyoxigraph`,
`--folder FOLDER --keep` (use and keep stores that are there).

The parameters have their examples, where these are keys of the demo organisation a key of the
crowd. Engines answer over HTTP, as in `benchmarks.sparql`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from rdflib.term import Node

from benchmarks import audiences, chains, companies, dealings, members, trade
from benchmarks.crowd import FOCAL, FOCAL_KEY, everybody, fill
from benchmarks.drawing import DERIVED, FACTS, LAST_DAY, PERSONAL
from benchmarks.load import folder_for, load_all
from benchmarks.measuring import Measure, asking, machine
from benchmarks.servers import store_path
from benchmarks.sparql import Found, compared, figures
from kg.catalog import NamedQuery, find_query, load_catalog
from kg.derivation import complete
from kg.namespaces import BASE, PROV, PROVENANCE_GRAPH, XSD
from kg.store import Store
from kg.store.export import dump

_KEYS = {"U-": "U7", "L0": "C7"}
"""Keys of the crowd by how those of the demo begin: of units, of companies."""
_PARTY = "P97"
_OF_CROWD = {"party": FOCAL, "limit": "2024-01-01", "product": "A0", "order": "P97-0"}
"""Values of parameters whose examples only the demo organisation has."""


def drawn(parties: int) -> Iterator[str]:
    """Yield the SELECTs of all quads of a crowd with whom and what it deals."""
    clients = trade.companies(parties)
    yield from everybody(parties)
    yield from chains.statements(members.UNITS, clients)
    yield from chains.agreements(members.UNITS, clients)
    yield from members.statements(parties)
    for part in (trade, companies, dealings, audiences):
        yield from part.statements(parties)
    yield _sources()


def _sources() -> str:
    """Return the SELECT of the quads that say where each graph comes from, as imports do."""
    said = (
        (PROV.wasDerivedFrom, f"{BASE}id/source/crowd", None),
        (PROV.generatedAtTime, f"{LAST_DAY}T12:00:00Z", str(XSD.dateTime)),
        (PROV.wasAttributedTo, f"{BASE}id/agent/crowd", None),
    )
    rows = ", ".join(
        f"('{graph}', '{p}', '{o}', {'NULL' if datatype is None else repr(datatype)},"
        f" NULL::VARCHAR, '{PROVENANCE_GRAPH}')"
        for graph in (FACTS, PERSONAL, DERIVED)
        for p, o, datatype in said
    )
    return f"SELECT * FROM (VALUES {rows}) AS q(s, p, o, odt, olang, g)"


def text_of(question: NamedQuery) -> str:
    """Return a question as SPARQL in which the values of its parameters stand."""
    return filled(question.text, values_of(question))


def values_of(question: NamedQuery) -> Mapping[str, Node]:
    """Return the values of the parameters of a question."""
    given = {one.name: _value(question, one.name, one.example) for one in question.parameters}
    return question.bind(
        {name: text for name, text in given.items() if text},
        today=LAST_DAY,
        organization=FOCAL_KEY,
    )


def page_of(question: NamedQuery, rows: int) -> str:
    """Return the address of the first rows of the answer of a question."""
    values = {name: str(term) for name, term in values_of(question).items()}
    return f"/api/queries/{question.id}?{urlencode({**values, 'rows': rows})}"


def filled(text: str, values: Mapping[str, Node]) -> str:
    """Return a query in which terms stand in place of its parameters."""
    for name, term in values.items():
        text = re.sub(rf"\${name}\b", lambda _, term=term: term.n3(), text)  # type: ignore[misc]
    return text


def _value(question: NamedQuery, name: str, example: str | None) -> str | None:
    """Return the text of a parameter: of the crowd where the example is of the demo."""
    if name == "key":
        return _KEYS.get((example or "")[:2], _PARTY)
    return _OF_CROWD.get(name, example)


def write(folder: Path, parties: int, engines: Sequence[str]) -> None:
    """Write the store of a crowd with its units, and load the peers with the same quads."""
    path = store_path(folder, "clientgraph")
    if not path.exists():
        fill(path, drawn(parties))
        with Store.open(path) as store:
            complete(store)
    peers = [engine for engine in engines if engine != "clientgraph"]
    file = folder / "graph.nq"
    if peers and not file.exists():
        with Store.open(path) as store, file.open("wb") as out:
            dump(store.cursor(), out)
    load_all(folder, file, peers)


def ask(
    folder: Path, engine: str, questions: Sequence[NamedQuery], runs: int, limit: float
) -> dict[str, Measure]:
    """Ask an engine every question; a comment numbers the runs, so that none is remembered."""
    with asking(engine, folder, limit) as asker:
        return {
            one.id: asker.measure([f"{text_of(one)}\n# {run}\n" for run in range(runs)])
            for one in questions
        }


def turn_pages(
    folder: Path, questions: Sequence[NamedQuery], rows: int, runs: int, limit: float
) -> dict[str, Measure]:
    """Ask for the first page of every answer; a row more each time, so that none is remembered."""
    with asking("clientgraph", folder, limit) as asker:
        return {
            one.id: asker.measure_addresses([page_of(one, rows + run) for run in range(runs)])
            for one in questions
        }


def print_pages(
    questions: Sequence[NamedQuery], found: Mapping[str, Measure], rows: int, limit: float
) -> None:
    """Print the least and the median time of each first page."""
    print(f"\n| question | first {rows} rows: min, s | median |\n|---|---|---|")
    for one in questions:
        print(f"| {one.id} | {figures(found[one.id], limit)} |", flush=True)


def print_table(questions: Sequence[NamedQuery], found: Found, limit: float) -> None:
    """Print the least and the median of each question, and whether the answers are the same."""
    heads = " | ".join(f"{engine} min, s | median" for engine in found)
    print(f"\n| question | | rows | {heads} | answers |\n{'|---' * (4 + 2 * len(found))}|")
    for one in questions:
        measures = {engine: measured[one.id] for engine, measured in found.items()}
        rows = max(measure.rows for measure in measures.values())
        cells = [one.id, one.titles["en"], f"{rows:,}"]
        cells += [figures(measure, limit) for measure in measures.values()]
        print(f"| {' | '.join(cells)} | {compared(measures)} |", flush=True)


def main() -> None:
    """Write the crowd, ask everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=30.0)
    parser.add_argument("--engines", default="clientgraph,pyoxigraph")
    parser.add_argument("--only", default="")
    parser.add_argument("--page", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    catalog = load_catalog()
    names = given.only.split(",") if given.only else sorted(one.id for one in catalog.values())
    questions = [find_query(name, catalog) for name in names]
    engines = given.engines.split(",")
    folder = folder_for(given.folder, f"crowd-{given.parties}", keep=given.keep)
    print(machine())
    write(folder, given.parties, engines)
    found = {engine: ask(folder, engine, questions, given.runs, given.limit) for engine in engines}
    print_table(questions, found, given.limit)
    if given.page:
        pages = turn_pages(folder, questions, given.page, given.runs, given.limit)
        print_pages(questions, pages, given.page, given.limit)


if __name__ == "__main__":
    main()
