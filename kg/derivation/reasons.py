"""Why something is derived: the rule that concludes it, and the facts that it concludes it from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rdflib import Variable
from rdflib.term import Node

from kg.derivation.joins import Known, premises
from kg.derivation.levels import open_level, personal_level
from kg.derivation.rules import Rule, load_rules
from kg.namespaces import PERSONAL_RULES_GRAPH, RULES_GRAPH
from kg.store import Cursor, RawTerm, decode, lookup

_LISTED = 10
"""Ways to a conclusion that are told for each rule."""

Triple = tuple[RawTerm, RawTerm, RawTerm]


@dataclass(frozen=True, slots=True)
class Reason:
    """One way to a conclusion: the rule, and the triples that it took."""

    rule: Rule
    premises: tuple[Triple, ...]


def is_conclusion(graph: str | None) -> bool:
    """Tell whether a graph holds what is derived by rules."""
    return graph in (RULES_GRAPH, PERSONAL_RULES_GRAPH)


def reasons(cursor: Cursor, triple: Triple, graph: str, commit: int) -> list[Reason]:
    """Return the ways to a triple of a graph of conclusions, as things were at a commit.

    There are ten of each clause of a rule at most.
    """
    keys = [(term[1], term[2], term[3]) for term in triple]
    s, p, o = lookup(cursor, keys)
    if s is None or p is None or o is None:
        return []
    level = (open_level if graph == RULES_GRAPH else personal_level)(cursor)
    source = (
        f"(SELECT s, p, o, k FROM quad WHERE born <= {commit:d}"
        f" AND (died IS NULL OR died > {commit:d}) AND {level.seen})"
    )
    rules = load_rules()
    known = Known.of(cursor, (clause for rule in rules for clause in rule.clauses))
    return [
        Reason(rule, found)
        for rule in rules
        for found in _ways(cursor, known, rule, (s, p, o), source)
    ]


def _ways(
    cursor: Cursor, known: Known, rule: Rule, triple: tuple[int, int, int], source: str
) -> Iterator[tuple[Triple, ...]]:
    """Yield the premises of each way of a rule to a triple, given by its ids."""
    for clause in rule.clauses:
        head: dict[Node, int] = {}
        for node, number in zip(clause.head, triple, strict=True):
            if head.setdefault(node, number) != number:
                break
            if not isinstance(node, Variable) and known.ids[node] != number:
                break
        else:
            given = {node: number for node, number in head.items() if isinstance(node, Variable)}
            asked = premises(known, clause, given, source)
            for row in cursor.execute(f"{asked} ORDER BY ALL LIMIT {_LISTED}").fetchall():
                terms = decode(cursor, row)
                yield tuple(
                    (terms[row[i]], terms[row[i + 1]], terms[row[i + 2]])
                    for i in range(0, len(row), 3)
                )
