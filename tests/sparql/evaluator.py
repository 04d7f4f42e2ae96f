"""The evaluator alone: the answer of a query as it is given where nothing is compiled."""

from __future__ import annotations

from collections.abc import Mapping

from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Identifier

from kg.sparql.compiled import GraphChoice
from kg.sparql.deadline import Deadline
from kg.sparql.fallback import Row, run_fallback
from kg.store import Store

NOTHING: Mapping[str, Identifier] = {}


def evaluated(
    store: Store,
    query: Query,
    graphs: GraphChoice,
    seconds: float | None,
    bindings: Mapping[str, Identifier] = NOTHING,
) -> tuple[str, list[str], bool | list[Row]]:
    """Return the form of a query, its variables, and its boolean, solutions or triples."""
    cursor = store.cursor()
    cursor.begin()
    try:
        with Deadline(cursor, seconds) as deadline:
            form, variables, answer = run_fallback(
                store, cursor, query, bindings=bindings, graphs=graphs, deadline=deadline
            )
            return form, variables, answer if isinstance(answer, bool) else list(answer)
    finally:
        cursor.close()
