"""The statements of the rules for SQLite, which plans and runs a small one in microseconds.

The rules are written once, in the engine's SQL. For one party the engine spends nearly all of its
time on planning; SQLite then runs the same statements, read and written anew by sqlglot. Days are
whole numbers (days since 1970-01-01), times are microseconds, amounts are whole numbers of the
smallest unit in use, truth values are 0 and 1.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.dialects import SQLite

from kg.lifecycle.days import day_number, day_of, microseconds
from kg.store.signals import WANTED

_FAR = 4_000_000
"""Days beyond every date: what `infinity` is here."""
_NO_CASTS = {
    exp.DataType.Type.DATE,
    exp.DataType.Type.DECIMAL,
    exp.DataType.Type.TIMESTAMP,
}
"""Types of which values are plain numbers here."""

# Names of columns by which results are given back as days and as truth values.
_DAYS = frozenset({
    "first", "last", "asked", "day", "from", "to", "first_buy", "last_buy", "refused_on",
    "first_bad", "bad_since", "started", "qualified", "as_of", "since", "until",
})  # fmt: skip
_TRUTHS = frozenset({
    "active", "ever_client", "ever_user", "notice", "unresolved", "signalled", "two_way",
    "internal", "key_account", "suggested", "excluded", "explicit", "inferred",
})  # fmt: skip


def bound(value: Any) -> Any:
    """Return a value as statements take it."""
    if isinstance(value, datetime):
        return microseconds(value)
    return day_number(value) if isinstance(value, date) else value


def given_back(name: str, value: Any) -> Any:
    """Return a value of a result column as the engine would give it."""
    if value is None:
        return None
    if name in _DAYS:
        return day_of(value)
    if name in _TRUTHS or name.startswith(("rule_", "depth_")):
        return bool(value)
    return value


@lru_cache(maxsize=4096)
def translated(sql: str) -> str:
    """Return a statement of the rules as SQLite takes it."""
    # Nobody waits for a small statement, so that none has to be told to end.
    unguarded = sql.replace(WANTED, "TRUE")
    return parse_one(unguarded, read="duckdb").transform(_replaced).sql(dialect=SQLite)


def _replaced(node: exp.Expression) -> exp.Expression:
    """Return what stands for a node of a statement."""
    if isinstance(node, exp.Cast) and node.to.this in _NO_CASTS:
        inner = node.this
        return _day_literal(inner.name) if isinstance(inner, exp.Literal) else inner
    if isinstance(node, exp.Table) and node.db == "temp":
        return exp.to_table(node.name)
    if isinstance(node, exp.EndsWith):
        return exp.Anonymous(this="ends_with", expressions=[node.this, node.expression])
    if isinstance(node, exp.ArgMax):
        order = node.expression
        keys = order.expressions if isinstance(order, exp.Tuple) else [order]
        return exp.Anonymous(this="max_by", expressions=[node.this, *keys])
    return node


def _day_literal(text: str) -> exp.Expression:
    """Return the number of a day written as a literal; other numbers stay."""
    if text.endswith("infinity"):
        return exp.Literal.number(-_FAR) if text.startswith("-") else exp.Literal.number(_FAR)
    if text.isdigit():
        return exp.Literal.number(text)
    return exp.Literal.number(day_number(date.fromisoformat(text)))


class _MaxBy:
    """The aggregate `max_by(value, key, ...)`: the value of the row with the greatest keys."""

    def __init__(self) -> None:
        self._found: tuple[Any, tuple[Any, ...]] | None = None

    def step(self, value: Any, *keys: Any) -> None:
        """Take in a row; one without value or keys is left out."""
        if value is None or None in keys:
            return
        if self._found is None or keys > self._found[1]:
            self._found = value, keys

    def finalize(self) -> Any:
        """Return the value found."""
        return self._found[0] if self._found else None


def _is_finite(day: int) -> bool:
    return abs(day) < _FAR


def _ends_with(text: str | None, end: str | None) -> bool | None:
    return None if text is None or end is None else text.endswith(end)


def _joined(separator: str, *texts: str | None) -> str:
    return separator.join(text for text in texts if text is not None)


class SmallTables:
    """Tables in memory that are filled again and again by the same statements.

    A statement is planned once for as long as the tables keep their form.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=1024)
        self._connection.create_function("concat_ws", -1, _joined, deterministic=True)
        self._connection.create_function("isfinite", 1, _is_finite, deterministic=True)
        self._connection.create_function("ends_with", 2, _ends_with, deterministic=True)
        self._connection.create_aggregate("max_by", -1, _MaxBy)
        self._made: dict[str, str] = {}

    def run(self, sql: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
        """Execute a statement of the rules; `values` are bound by name."""
        return self._connection.execute(translated(sql), values)

    def fill(self, name: str, sql: str, values: Mapping[str, Any]) -> int:
        """Make a table of the rows of a SELECT of the rules; return how many there are."""
        if self._made.get(name) == sql:
            self._connection.execute(f"DELETE FROM {name}")
            filled = self._connection.execute(f"INSERT INTO {name} {translated(sql)}", values)
            return filled.rowcount
        self._forget(name)
        self._connection.execute(f"CREATE TABLE {name} AS {translated(sql)}", values)
        self._made[name] = sql
        return int(self._connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])

    def give(self, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """Make a table of rows; its first two columns are indexed where there are more."""
        if self._made.get(name) == columns:
            self._connection.execute(f"DELETE FROM {name}")
        else:
            self._forget(name)
            self._connection.execute(f"CREATE TABLE {name} ({columns})")
            if columns.count(",") > 1:
                first = ", ".join(columns.split(", ")[:2])
                self._connection.execute(f"CREATE INDEX of_{name} ON {name} ({first})")
            self._made[name] = columns
        self.add(name, rows)

    def _forget(self, name: str) -> None:
        """Let go of a table, for one of another form."""
        self._made.pop(name, None)
        self._connection.execute(f"DROP TABLE IF EXISTS {name}")

    def add(self, name: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows to a table."""
        marks = ", ".join("?" for _ in self._made[name].split(", "))
        self._connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)


class _OfThread(threading.local):
    """The tables of a thread: SQLite gives a connection to one thread only."""

    def __init__(self) -> None:
        self.tables = SmallTables()


_OF_THREAD = _OfThread()


def small_tables() -> SmallTables:
    """Return the tables of this thread, for one evaluation at a time."""
    return _OF_THREAD.tables
