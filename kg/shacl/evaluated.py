"""Queries that are not compiled: evaluated for one focus node after the other.

That is slow, and rare: what the typed columns cannot hold exactly (a share with 16 decimals), or
a function that SQL lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from kg.shacl.session import Session
from kg.sparql.compiled import GraphChoice
from kg.sparql.fallback import run_fallback
from kg.store import RawTerm, Store, to_rdflib

_PAIRS = """
SELECT p.focus, p.value, f.kind, f.lex, f.dt, f.lang, v.kind, v.lex, v.dt, v.lang
FROM {pairs} AS p JOIN shacl_known AS f ON f.id = p.focus JOIN shacl_known AS v ON v.id = p.value
"""
_TERM_COLUMNS = {
    "id": "BIGINT",
    "k": "UTINYINT",
    "lex": "VARCHAR",
    "dt": "VARCHAR",
    "lang": "VARCHAR",
}
Solution = tuple[RawTerm | None, ...]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The answers of a query: a table, and the variables of a SELECT.

    The table has the columns `focus` and `value`, `answer` for ASK, and for the variable of a
    SELECT at position i `c<i>_id` (NULL), `c<i>_k`, `c<i>_lex`, `c<i>_dt` and `c<i>_lang`.
    """

    table: str
    variables: list[str]


def evaluate(
    session: Session, parsed: Query, pairs: str, names: Sequence[str], bindings: Mapping[str, Node]
) -> Evaluated:
    """Evaluate a query for each pair of a table (focus, value).

    `names` are those of `this` and `value` that are bound in it, beside `bindings`.
    """
    select = parsed.algebra.name == "SelectQuery"
    variables = [str(variable) for variable in parsed.algebra.PV] if select else []
    rows: list[tuple[object, ...]] = []
    for focus, value, *raw in session.cursor.execute(_PAIRS.format(pairs=pairs)).fetchall():
        ends = {"this": to_rdflib(_term(raw[:4])), "value": to_rdflib(_term(raw[4:]))}
        answer = _answer(session, parsed, {**bindings, **{name: ends[name] for name in names}})
        if isinstance(answer, bool):
            rows.append((focus, value, answer))
        else:
            rows += [(focus, value, *_cells(solution)) for solution in answer]
    columns = {"focus": "BIGINT", "value": "BIGINT"}
    if select:
        for i in range(len(variables)):
            columns |= {f"c{i}_{name}": kind for name, kind in _TERM_COLUMNS.items()}
    else:
        columns["answer"] = "BOOLEAN"
    return Evaluated(session.table_of([*columns], [*columns.values()], rows), variables)


def _answer(
    session: Session, parsed: Query, bindings: Mapping[str, Node]
) -> bool | Iterator[Solution]:
    """Return the answer of a query with terms bound in it."""
    _, _, answer = run_fallback(
        Store(session.cursor),
        session.cursor,
        parsed,
        bindings=bindings,  # type: ignore[arg-type]
        graphs=GraphChoice(),
        deadline=session.deadline,
    )
    return answer


def _term(raw: Sequence[object]) -> RawTerm:
    kind, lex, dt, lang = raw
    return (kind, lex, dt, lang)  # type: ignore[return-value]


def _cells(solution: Solution) -> list[object]:
    """Return the columns of the terms of a solution."""
    nothing = (None, None, None, None)
    return list(chain.from_iterable((None, *(term or nothing)) for term in solution))
