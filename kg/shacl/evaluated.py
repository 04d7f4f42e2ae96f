"""Queries that are not compiled: evaluated for one focus node after the other.

That is slow, and rare: what the typed columns cannot hold exactly (a share with 16 decimals), or
a function that SQL lacks.
"""

from __future__ import annotations

from itertools import chain

from kg.shacl.prebinding import query_of_run
from kg.shacl.session import Session
from kg.sparql.compiled import GraphChoice
from kg.sparql.deadline import Deadline
from kg.sparql.fallback import run_fallback
from kg.store import RawTerm, Store, to_rdflib

_FOCUS = """
SELECT n.node, t.kind, t.lex, t.dt, t.lang FROM {nodes} AS n JOIN shacl_known AS t ON t.id = n.node
"""
_TERM_COLUMNS = {
    "id": "BIGINT",
    "k": "UTINYINT",
    "lex": "VARCHAR",
    "dt": "VARCHAR",
    "lang": "VARCHAR",
}


def evaluate(session: Session, text: str, nodes: str) -> tuple[str, list[str]]:
    """Evaluate a query for each node of a table; return a table of solutions, and the variables.

    The table has the columns `node` and, for the variable at position i, `c<i>_id` (NULL),
    `c<i>_k`, `c<i>_lex`, `c<i>_dt` and `c<i>_lang`.
    """
    parsed = query_of_run(text, session.as_of)
    variables = [str(variable) for variable in parsed.algebra.PV]
    rows: list[tuple[object, ...]] = []
    for node, *raw in session.cursor.execute(_FOCUS.format(nodes=nodes)).fetchall():
        term: RawTerm = (raw[0], raw[1], raw[2], raw[3])
        _, _, answer = run_fallback(
            Store(session.cursor),
            session.cursor,
            parsed,
            bindings={"this": to_rdflib(term)},
            graphs=GraphChoice(),
            deadline=Deadline(session.cursor, None),
        )
        assert not isinstance(answer, bool)  # noqa: S101
        rows += [(node, *_cells(solution)) for solution in answer]
    names = [f"c{i}_{name}" for i in range(len(variables)) for name in _TERM_COLUMNS]
    types = [kind for _ in variables for kind in _TERM_COLUMNS.values()]
    return session.table_of(["node", *names], ["BIGINT", *types], rows), variables


def _cells(solution: tuple[RawTerm | None, ...]) -> list[object]:
    """Return the columns of the terms of a solution."""
    nothing = (None, None, None, None)
    return list(chain.from_iterable((None, *(term or nothing)) for term in solution))
