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
_OF_GROUPS = {"any_value", "bool_and", "count", "list", "max", "min", "sum"}
"""Set functions by name; beside GROUP BY they decide nothing but their own values."""


def statement(query: exp.Query) -> str:
    """Return the text of a statement, the query losing the columns that nothing reads."""
    prune(query)
    return sql.text(query)


def prune(query: exp.Query) -> None:
    """Take the columns out of the derived tables of a query that nothing in it reads."""
    nodes = _nodes(query)
    sources = _sources(nodes)
    reads = _Reads(nodes)
    # What a query reads is known once those around it are done: the outer ones come first.
    while sum(source.prune(reads) for source in sources):
        pass


def _nodes(expression: sql.Expr) -> list[sql.Expr]:
    """Return the nodes of an expression, the outer ones first; one that stands twice comes twice.

    A statement has thousands, and what sqlglot finds them with takes three times as long.
    """
    found: list[sql.Expr] = [expression]
    for node in found:
        for part in node.args.values():
            if isinstance(part, exp.Expr):
                found.append(part)
            elif isinstance(part, list):
                found.extend([each for each in part if isinstance(each, exp.Expr)])
    return found


def _sources(nodes: list[sql.Expr]) -> list[_Source]:
    """Return the queries whose rows another one reads, the outer ones first."""
    places = Counter(id(node) for node in nodes if isinstance(node, exp.Select))
    found = []
    for node in nodes:
        if not isinstance(node, exp.Subquery | exp.CTE):
            continue
        selects = _branches(node.this)
        # What stands at several places may be read differently there.
        if node.alias and selects and all(places[id(select)] == 1 for select in selects):
            renamed = node.args["alias"].columns
            found += [] if renamed else [_Source(node.alias, selects)]
    return found


class _Reads:
    """How often each column is read in a query of some nodes, by the alias of its source."""

    def __init__(self, nodes: list[sql.Expr]) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._renamed: dict[str, set[str]] = {}
        self._whole = False
        for node in nodes:
            if isinstance(node, exp.Table):
                self._renamed.setdefault(node.name, set()).add(node.alias_or_name)
            elif isinstance(node, exp.Select):
                self._whole |= any(isinstance(column, exp.Star) for column in node.expressions)
        self._count(nodes, 1)

    def has(self, alias: str, column: str) -> bool:
        """Return whether a column of a source may be read."""
        names = {"", alias, *self._renamed.get(alias, ())}
        return self._whole or any(self._counts[name, column] > 0 for name in names)

    def leave_out(self, expression: sql.Expr) -> None:
        """Count what an expression reads no more."""
        self._count(_nodes(expression), -1)

    def _count(self, nodes: list[sql.Expr], by: int) -> None:
        for node in nodes:
            if isinstance(node, exp.Column):
                self._counts[node.table, node.name] += by


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
        return not any(
            isinstance(node, _KEPT) and not (grouped and _is_of_group(node))
            for select in self.selects
            for grouped in [select.args.get("group") is not None]
            for node in _nodes(select.expressions[position])
        )


def _is_of_group(node: sql.Expr) -> bool:
    """Return whether an expression is the value of a set function."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in _OF_GROUPS
    return isinstance(node, exp.AggFunc | exp.Star)


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
