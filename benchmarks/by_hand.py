"""Our SQL beside SQL written by hand for the same question, over the same tables and cursor."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rdflib import URIRef

from benchmarks.queries import QUESTIONS, Question
from benchmarks.servers import store_path
from kg.sparql.compiled import Compiled, GraphChoice, compile_query
from kg.sparql.parse import parse
from kg.sparql.steps import run_steps
from kg.store import Cursor, Store, lookup_nodes
from kg.store.property_table import PropertyTable

HEADER = """
| question, SQL alone | compiled min | median | by hand min | median | ratio |
|---|---|---|---|---|---|"""
PAIRS = tuple(question for question in QUESTIONS if question.sql is not None)


def compare_with_hand(folder: Path, runs: int) -> None:
    """Print the times of both statements of each pair, and the ratio of the least ones."""
    print(HEADER)
    with Store.open(store_path(folder, "clientgraph")) as store:
        cursor, properties = store.cursor(), store.properties_at(store.head)
        for question in PAIRS:
            compiled, by_hand = statements(cursor, question, properties)
            ours, theirs = _times(
                runs,
                partial(answered, cursor, compiled),
                partial(answered, cursor, Compiled("select", [], by_hand)),
            )
            ratio = min(ours) / min(theirs)
            cells = (question.name, *_figures(ours), *_figures(theirs), f"{ratio:.2f}")
            print(f"| {' | '.join(cells)} |", flush=True)


def statements(
    cursor: Cursor, question: Question, properties: PropertyTable | None
) -> tuple[Compiled, str]:
    """Return the compiled statements and the handwritten one of a question."""
    parsed = parse(question.text(0))
    compiled = compile_query(
        cursor, parsed, {}, GraphChoice(), in_two_steps=True, properties=properties
    )
    if compiled.before is None:
        # Few solutions hold ids, which are decoded outside of SQL.
        compiled = compile_query(cursor, parsed, {}, GraphChoice(), properties=properties)
    terms = question.terms()
    ids = lookup_nodes(cursor, [URIRef(term) for term in terms])
    known = {term: -1 if found is None else found for term, found in zip(terms, ids, strict=True)}
    return compiled, question.by_hand(known)


def answered(cursor: Cursor, compiled: Compiled) -> list[tuple[object, ...]]:
    """Run compiled statements; return all rows."""
    cursor.begin()
    try:
        run_steps(cursor, compiled.steps)
        if compiled.before is not None:
            cursor.execute(compiled.before)
        return cursor.execute(compiled.sql).fetchall()
    finally:
        cursor.rollback()


def _times(runs: int, *readers: Callable[[], object]) -> list[list[float]]:
    """Return the seconds of each reader's runs, taken in turns so that both bear the same noise."""
    times: list[list[float]] = [[] for _ in readers]
    for _ in range(runs):
        for reader, seconds in zip(readers, times, strict=True):
            start = time.perf_counter()
            reader()
            seconds.append(time.perf_counter() - start)
    return times


def _figures(seconds: list[float]) -> tuple[str, str]:
    return f"{min(seconds):.4f}", f"{statistics.median(seconds):.4f}"
