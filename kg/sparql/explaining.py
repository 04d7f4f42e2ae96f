"""How a query is answered: its SQL, and the engine's plan."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rdflib.term import Identifier
from sqlglot import parse_one

from kg.sparql.compiled import GraphChoice, compile_query
from kg.sparql.parse import parse
from kg.sparql.steps import run_steps
from kg.sparql.values import NotCompiledError
from kg.store import Cursor, Store

_TERM = re.compile(r"\b[spo] = \(?(\d+)\b")
"""A term of the query as the SQL names it: by its number in the dictionary."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a query is answered: by `statements` of SQL, or evaluated because of `reason`.

    `plan` is that of the statement that finds the answer, as the engine tells it: a `name`,
    `children` and `extra_info`.
    `terms` are the lexical forms of the numbers that stand for terms in the SQL and the plan.
    """

    reason: str | None = None
    statements: list[str] = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=dict)
    terms: dict[int, str] = field(default_factory=dict)
    compiling_seconds: float = 0.0
    planning_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Statements:
    """The statements of a query in their order; `main` is the one that finds the answer."""

    statements: list[str]
    main: str


def explain(
    store: Store,
    text: str,
    *,
    bindings: Mapping[str, Identifier] | None = None,
    base: str | None = None,
    hidden_graphs: Collection[str] = (),
) -> str:
    """Return the SQL of a query and the engine's plan, or why it is not compiled.

    `hidden_graphs` are rules of the graphs that are not there for who asks.
    """
    try:
        with _compiled(store, text, bindings or {}, base, hidden_graphs) as (cursor, sql):
            rows = cursor.execute(f"EXPLAIN {sql.main}").fetchall()
    except NotCompiledError as error:
        return f"-- engine: rdflib\n-- not compiled: {error}"
    plan = "\n".join(str(row[1]) for row in rows)
    return "-- engine: sql\n{}\n\n{}".format(";\n".join(sql.statements), plan)


def explained(
    store: Store,
    text: str,
    *,
    bindings: Mapping[str, Identifier] | None = None,
    base: str | None = None,
    hidden_graphs: Collection[str] = (),
) -> Explanation:
    """Return how a query is answered, in parts; the SQL is written in lines.

    `hidden_graphs` are rules of the graphs that are not there for who asks.
    """
    started = time.perf_counter()
    try:
        with _compiled(store, text, bindings or {}, base, hidden_graphs) as (cursor, sql):
            compiled = time.perf_counter()
            (row,) = cursor.execute(f"EXPLAIN (FORMAT json) {sql.main}").fetchall()
            planned = time.perf_counter()
            terms = _terms(cursor, sql.statements)
    except NotCompiledError as error:
        return Explanation(str(error))
    return Explanation(
        statements=[_in_lines(one) for one in sql.statements],
        plan=json.loads(row[1])[0],
        terms=terms,
        compiling_seconds=compiled - started,
        planning_seconds=planned - compiled,
    )


@contextmanager
def _compiled(
    store: Store,
    text: str,
    bindings: Mapping[str, Identifier],
    base: str | None,
    hidden_graphs: Collection[str],
) -> Iterator[tuple[Cursor, _Statements]]:
    """Give a cursor with the tables of a query, empty, and its statements.

    Raises:
        NotCompiledError: the query is evaluated instead.
    """
    parsed = parse(text, base)
    cursor = store.cursor(hidden_graphs)
    cursor.begin()
    try:
        compiled = compile_query(
            cursor,
            parsed,
            bindings,
            GraphChoice(),
            in_two_steps=True,
            properties=None if hidden_graphs else store.properties_at(store.head),
        )
        run_steps(cursor, (step.without_data() for step in compiled.steps))
        last = [step for step in (compiled.before, compiled.sql) if step is not None]
        yield cursor, _Statements([*(step.sql for step in compiled.steps), *last], last[0])
    finally:
        cursor.rollback()
        cursor.close()


def _in_lines(sql: str) -> str:
    return parse_one(sql, dialect="duckdb").sql("duckdb", pretty=True)


def _terms(cursor: Cursor, statements: list[str]) -> dict[int, str]:
    """Return the terms that some statements name by their numbers."""
    found = sorted({int(one) for sql in statements for one in _TERM.findall(sql)})
    rows = cursor.execute(
        "SELECT id, lex FROM term WHERE id IN (SELECT unnest($found::BIGINT[]))", {"found": found}
    ).fetchall()
    return dict(rows)
