"""Clauses as SQL: a join of relations of triples for the body, and the head as its columns.

A relation of triples has the columns s, p and o of ids, and k, the kind of the object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rdflib import Variable
from rdflib.term import Node

from kg.derivation.rules import Clause, Pattern
from kg.store import Cursor, Kind, add_iris, counted, lookup_nodes, temporary

_NODE = int(Kind.IRI)
"""What is no literal has this kind or one before it."""

FRONT = "rule_front"
_FOUND = "rule_found"


@dataclass(frozen=True, slots=True)
class Known:
    """The clauses and the ids of their terms, a negative number for one that is not stored."""

    clauses: tuple[Clause, ...]
    ids: Mapping[Node, int]

    @classmethod
    def of(cls, cursor: Cursor, clauses: Iterable[Clause]) -> Known:
        """Look the terms of clauses up."""
        clauses = tuple(clauses)
        nodes = sorted(set().union(*(clause.terms() for clause in clauses)), key=str)
        found = lookup_nodes(cursor, nodes)
        return cls(
            clauses, {n: id_ or -i for i, (n, id_) in enumerate(zip(nodes, found, strict=True), 1)}
        )

    def complete(self, cursor: Cursor) -> Known:
        """Return the same with the terms of all heads added to the dictionary."""
        heads = {node for clause in self.clauses for node in clause.head}
        missing = sorted(str(node) for node in heads if self.ids.get(node, 1) < 0)
        if not missing:
            return self
        add_iris(cursor, missing)
        return Known.of(cursor, self.clauses)

    @property
    def predicates(self) -> frozenset[int]:
        """Ids of the predicates of all patterns."""
        patterns = (p for one in self.clauses for p in (one.head, *one.body))
        return frozenset(self.ids[predicate] for _, predicate, _ in patterns)


def conclusions(known: Known, clause: Clause, sources: Sequence[str]) -> str:
    """Return the SELECT of the heads of a clause; `sources` are the relations of its patterns."""
    columns, tables, conditions = _body(known, clause, sources)
    head = [columns[n][0] if isinstance(n, Variable) else str(known.ids[n]) for n in clause.head]
    subject, _, value = clause.head
    if isinstance(subject, Variable) and (kind := columns[subject][1]):
        conditions.append(f"{kind} <= {_NODE}")
    kind = columns[value][1] if isinstance(value, Variable) else None
    s, p, o = head
    return (
        f"SELECT {s}::BIGINT AS s, {p}::BIGINT AS p, {o}::BIGINT AS o,"
        f" {kind or _NODE}::UTINYINT AS k FROM {tables} WHERE {' AND '.join(conditions)}"
    )


def premises(known: Known, clause: Clause, head: Mapping[Variable, int], source: str) -> str:
    """Return the SELECT of the ids of the triples of a body, three columns for each pattern.

    `head` gives the variables of the head their values.
    """
    columns, tables, conditions = _body(known, clause, [source] * len(clause.body))
    conditions += [f"{columns[variable][0]} = {number}" for variable, number in head.items()]
    shown = ", ".join(
        columns[node][0] if isinstance(node, Variable) else str(known.ids[node])
        for pattern in clause.body
        for node in pattern
    )
    return f"SELECT DISTINCT {shown} FROM {tables} WHERE {' AND '.join(conditions)}"


_Columns = dict[Node, tuple[str, str | None]]
"""The column of each variable, and that of its kind where it may be a literal."""


def _body(known: Known, clause: Clause, sources: Sequence[str]) -> tuple[_Columns, str, list[str]]:
    """Return the columns of variables, the joined relations and what they have to meet."""
    columns: _Columns = {}
    tables: list[str] = []
    conditions = ["true"]
    for number, (pattern, source) in enumerate(zip(clause.body, sources, strict=True)):
        tables.append(f"{_matching(known, pattern, source)} AS b{number}")
        for name, node in zip("so", (pattern[0], pattern[2]), strict=True):
            if not isinstance(node, Variable):
                continue
            here = f"b{number}.{name}"
            if node in columns:
                conditions.append(f"{here} = {columns[node][0]}")
            if node not in columns or name == "s":
                columns[node] = (here, f"b{number}.k" if name == "o" else None)
    conditions += [f"{columns[a][0]} <> {columns[b][0]}" for a, b in clause.unlike]
    return columns, ", ".join(tables), conditions


def _matching(known: Known, pattern: Pattern, source: str) -> str:
    """Return the relation of the triples that a pattern alone matches."""
    named = [
        f"{name} = {known.ids[node]}"
        for name, node in zip("spo", pattern, strict=True)
        if not isinstance(node, Variable)
    ]
    return f"(SELECT s, o, k FROM {source} WHERE {' AND '.join(named)})"


def restored(known: Known, clause: Clause, candidates: str, source: str) -> str:
    """Return the SELECT of those heads of a clause that are among some triples."""
    asked = replace(clause, body=(clause.head, *clause.body))
    return conclusions(known, asked, [candidates, *[source] * len(clause.body)])


def rows_of(cursor: Cursor, table: str) -> int:
    """Return the number of rows of a table."""
    return counted(cursor.execute(f"SELECT count(*) FROM {table}"))


def saturate(
    cursor: Cursor,
    known: Known,
    front: str,
    others: str,
    add: Callable[[str], bool],
    *,
    all_first: bool = False,
) -> None:
    """Draw conclusions from the new triples of the table `front` until nothing follows any more.

    The other patterns of a body are matched with the relation `others`. `add` takes the name of a
    table of conclusions, leaves those that are new in `front`, and tells whether there are any.
    With `all_first`, the first conclusions are those of all triples of `others`.
    """
    while True:
        if all_first:
            drawn = [_whole(known, clause, others) for clause in known.clauses]
        else:
            drawn = list(_from_new(cursor, known, front, others))
        if not drawn:
            return
        all_first = False
        united = " UNION ALL ".join(drawn)
        with temporary(cursor, _FOUND, f"SELECT s, p, o, min(k) AS k FROM ({united}) GROUP BY ALL"):
            if not add(_FOUND):
                return


def _whole(known: Known, clause: Clause, source: str) -> str:
    return conclusions(known, clause, [source] * len(clause.body))


def _from_new(cursor: Cursor, known: Known, front: str, others: str) -> Iterable[str]:
    """Yield the conclusions that need one of the new triples, pattern by pattern."""
    named = sorted({known.ids[o] for o in _named_objects(known)}) or [0]
    rows = cursor.execute(
        f"SELECT DISTINCT p, CASE WHEN o IN ({', '.join(map(str, named))}) THEN o END FROM {front}"
    ).fetchall()
    new, predicates = set(rows), {row[0] for row in rows}
    for clause in known.clauses:
        for place, (_, predicate, value) in enumerate(clause.body):
            number = known.ids[predicate]
            if isinstance(value, Variable):
                matched = number in predicates
            else:
                matched = (number, known.ids[value]) in new
            if matched:
                sources = [front if n == place else others for n in range(len(clause.body))]
                yield conclusions(known, clause, sources)


def _named_objects(known: Known) -> Iterable[Node]:
    """Return the objects that patterns of bodies name."""
    objects = (pattern[2] for clause in known.clauses for pattern in clause.body)
    return (node for node in objects if not isinstance(node, Variable))
