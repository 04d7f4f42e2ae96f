"""Which quads a reader sees: those of a moment, in the graphs that are open to it.

Graphs are hidden by rules: the IRI of a graph, or the start of IRIs followed by `*`. A rule is
looked up for each reading, so that it holds for a graph that the last commit made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import NamedTuple

import duckdb
from sqlglot import exp

from kg.store.opening import OPENED


def hidden_ids(cursor: duckdb.DuckDBPyConnection, rules: Collection[str]) -> tuple[int, ...]:
    """Return the ids of the graphs that some rules hide, in the state that a cursor sees."""
    if not rules:
        return ()
    return tuple(row[0] for row in cursor.execute(_hidden(rules)).fetchall())


def hides(rules: Collection[str], iri: str) -> bool:
    """Tell whether some rules hide the graph of a name."""
    return any(iri == rule or (rule.endswith("*") and iri.startswith(rule[:-1])) for rule in rules)


def hide(cursor: duckdb.DuckDBPyConnection, rules: Collection[str]) -> None:
    """Put graphs out of the reach of a cursor that only reads, whatever statement it is given.

    For this cursor views take the names of the tables, also within what is made of these.
    """
    hidden = _hidden(rules, _table(cursor, "graph"))
    _narrow(cursor, f"g NOT IN ({hidden})")


def narrow(cursor: duckdb.DuckDBPyConnection, graph: int) -> None:
    """Leave one graph only in the reach of a cursor that only reads, as `hide` does for others."""
    _narrow(cursor, f"g = {int(graph)}")


def rewind(cursor: duckdb.DuckDBPyConnection, commit: int) -> None:
    """Let a cursor that only reads see the quads as they were after a commit, as `hide` does.

    What is out of its reach already stays so.
    """
    row = cursor.execute("SELECT getvariable('narrowed')").fetchone()
    reach = f" AND {row[0]}" if row and row[0] else ""
    died = f"CASE WHEN died <= {int(commit)} THEN died END AS died"
    table = _table(cursor, "quad")
    cursor.execute(
        f"CREATE OR REPLACE TEMP VIEW quad AS SELECT * REPLACE ({died}) FROM {table}"
        f" WHERE born <= {int(commit)}{reach}"
    )
    _tell(cursor, f"born <= {int(commit)}")


@contextlib.contextmanager
def seeing_only(cursor: duckdb.DuckDBPyConnection, condition: str) -> Iterator[None]:
    """Let a cursor see, while this is open, only the quads that meet a condition on their columns.

    What is out of its reach already stays so. Not for statements that write quads.
    """
    hidden = is_narrowed(cursor)
    if hidden:
        cursor.execute(f"ALTER VIEW temp.quad RENAME TO {_WIDER}")
    seen = f"temp.{_WIDER}" if hidden else _table(cursor, "quad")
    cursor.execute(f"CREATE TEMP VIEW quad AS SELECT * FROM {seen} WHERE {condition}")
    told = _told(cursor)
    _tell(cursor, f"{told} AND {condition}" if told else condition)
    try:
        yield
    finally:
        # After an error nothing works in the transaction, and its views end with it.
        with contextlib.suppress(duckdb.Error):
            cursor.execute("DROP VIEW temp.quad")
            if hidden:
                cursor.execute(f"ALTER VIEW temp.{_WIDER} RENAME TO quad")
            _tell(cursor, told)


_WIDER = "wider_quad"


def is_narrowed(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Say whether some quads are out of the reach of a cursor."""
    found = cursor.execute(
        "SELECT 1 FROM duckdb_views() WHERE database_name = 'temp' AND view_name = 'quad'"
    )
    return found.fetchone() is not None


def _narrow(cursor: duckdb.DuckDBPyConnection, condition: str) -> None:
    for name in ("quad", "graph"):
        table = _table(cursor, name)
        cursor.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {table} WHERE {condition}")
    cursor.execute("SET VARIABLE narrowed = ?", [condition])


class State(NamedTuple):
    """What tells apart what cursors see, outside of writes."""

    opened: int
    """The number of the opening of the store."""
    commit: int
    """The last commit."""
    reach: str
    """The condition on the graphs that are not out of reach, "" for all."""
    seen: str
    """What else limits the quads that are seen, "" for nothing."""


def state_of(cursor: duckdb.DuckDBPyConnection) -> State:
    """Return what tells apart what a cursor sees from what others do."""
    row = cursor.execute(
        f"SELECT {OPENED}(), max(number), getvariable('narrowed'), getvariable('seen')"
        ' FROM "commit"'
    ).fetchone()
    opened, commit, narrowed, seen = row or (0, None, None, None)
    return State(opened, commit or 0, narrowed or "", seen or "")


def within_reach(
    cursor: duckdb.DuckDBPyConnection, graphs: Collection[int], state: State
) -> frozenset[int]:
    """Return those of some graphs that are not out of the reach of a cursor."""
    if not state.reach:
        return frozenset(graphs)
    given = "SELECT unnest($graphs::BIGINT[]) AS g"
    rows = cursor.execute(
        f"SELECT g FROM ({given}) WHERE {state.reach}", {"graphs": list(graphs)}
    ).fetchall()
    return frozenset(row[0] for row in rows)


def _tell(cursor: duckdb.DuckDBPyConnection, seen: str) -> None:
    """Keep for `state_of` what limits the quads that a cursor sees."""
    cursor.execute("SET VARIABLE seen = ?", [seen])


def _told(cursor: duckdb.DuckDBPyConnection) -> str:
    row = cursor.execute("SELECT getvariable('seen')").fetchone()
    return str(row[0] or "") if row else ""


def _table(cursor: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return the full name of a table, which no view of a cursor takes."""
    row = cursor.execute("SELECT current_database()").fetchone()
    table = exp.table_(name, db="main", catalog=row[0] if row else "", quoted=True)
    return table.sql("duckdb")


def visible(
    *,
    as_of_commit: int | None = None,
    graphs: Collection[int] | None = None,
    hidden: Collection[int] = (),
) -> str:
    """Return the SQL condition on `quad` of what is live at a commit (None: now) in some graphs.

    `graphs` holds the ids that are open (None: all), of which those in `hidden` are closed.
    """
    conditions = ["died IS NULL"]
    if as_of_commit is not None:
        moment = int(as_of_commit)
        conditions = [f"born <= {moment}", f"(died IS NULL OR died > {moment})"]
    if graphs is not None:
        open_graphs = set(graphs) - set(hidden)
        conditions.append(f"g IN ({_ids(open_graphs)})" if open_graphs else "false")
    elif hidden:
        conditions.append(f"g NOT IN ({_ids(hidden)})")
    return " AND ".join(conditions)


def _hidden(rules: Collection[str], table: str = "graph") -> str:
    """Return the SELECT of the ids of the graphs that some rules hide."""
    conditions = ["false"]
    for rule in sorted(str(rule) for rule in rules):
        conditions.append(f"iri = {_literal(rule)}")
        if rule.endswith("*"):
            conditions.append(f"starts_with(iri, {_literal(rule[:-1])})")
    return f"SELECT g FROM {table} WHERE {' OR '.join(conditions)}"


def _literal(text: str) -> str:
    return exp.Literal.string(text).sql("duckdb")


def _ids(ids: Collection[int]) -> str:
    return ", ".join(str(int(graph)) for graph in sorted(ids))
