"""Takes the columns out of a statement that nothing in it reads.

The compiler lets a relation carry every column that may be asked for. To read and bind a statement
takes the engine longer than to run it where the answer is small, and most of that goes by columns.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlglot import exp

from kg.sparql import sql

_KEPT = (exp.AggFunc, exp.Anonymous, exp.Window, exp.UDTF, exp.Query, exp.Star)
"""What makes a column more than a value: it may decide how many rows there are."""


def statement(query: exp.Query) -> str:
    """Return the text of a statement, the query losing the columns that nothing reads."""
    prune(query)
    return sql.text(query)


def prune(query: exp.Query) -> None:
    """Take the columns out of the derived tables of a query that nothing in it reads."""
    sources = _sources(query)
    reads = _Reads(query)
    # What a query reads is known once those around it are done: the outer ones come first.
    while sum(source.prune(reads) for source in sources):
        pass


def _sources(query: exp.Query) -> list[_Source]:
    """Return the queries whose rows another one reads, the outer ones first."""
    places = Counter(id(select) for select in query.find_all(exp.Select))
    found = []
    for node in query.find_all(exp.Subquery, exp.CTE):
        selects = _branches(node.this)
        # What stands at several places may be read differently there.
        if node.alias and selects and all(places[id(select)] == 1 for select in selects):
            renamed = node.args["alias"].columns
            found += [] if renamed else [_Source(node.alias, selects)]
    return found


class _Reads:
    """How often each column is read in a query, by the alias of its source."""

    def __init__(self, query: exp.Query) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._renamed: dict[str, set[str]] = {}
        self._whole = False
        for table in query.find_all(exp.Table):
            self._renamed.setdefault(table.name, set()).add(table.alias_or_name)
        for select in query.find_all(exp.Select):
            self._whole |= any(isinstance(column, exp.Star) for column in select.expressions)
        self._count(query, 1)

    def has(self, alias: str, column: str) -> bool:
        """Return whether a column of a source may be read."""
        names = {"", alias, *self._renamed.get(alias, ())}
        return self._whole or any(self._counts[name, column] > 0 for name in names)

    def leave_out(self, expression: sql.Expr) -> None:
        """Count what an expression reads no more."""
        self._count(expression, -1)

    def _count(self, expression: sql.Expr, by: int) -> None:
        for column in expression.find_all(exp.Column):
            self._counts[column.table, column.name] += by


@dataclass(frozen=True, slots=True)
class _Source:
    """A query whose rows another one reads: a derived table, or one of WITH."""

    alias: str
    selects: list[exp.Select]
    """Those whose rows it concatenates."""

    def prune(self, reads: _Reads) -> int:
        """Take out what nothing reads; return how many columns that were."""
        unread = [
            position
            for position, name in enumerate(_names(self.selects[0]))
            if not reads.has(self.alias, name) and self._is_free(position)
        ]
        if len(unread) == len(self.selects[0].expressions):
            unread = unread[1:]
        for select in self.selects:
            for position in reversed(unread):
                reads.leave_out(select.expressions.pop(position))
        return len(unread)

    def _is_free(self, position: int) -> bool:
        """Return whether a column decides nothing but its own values."""
        return all(select.expressions[position].find(*_KEPT) is None for select in self.selects)


def _names(select: exp.Select) -> list[str]:
    return [column.alias_or_name for column in select.expressions]


def _branches(query: sql.Expr) -> list[exp.Select]:
    """Return the selects whose rows a query concatenates; none where columns make rows differ."""
    match query:
        case exp.Select() if not query.args.get("distinct"):
            return [query]
        case exp.Union() if not query.args.get("distinct"):
            left, right = _branches(query.this), _branches(query.expression)
            return left + right if left and right else []
        case exp.Subquery():
            return _branches(query.this)
    return []
