"""Segments whose members are the parties that conform to a SHACL shape (section 3)."""

from __future__ import annotations

from rdflib import RDF, SH, Graph
from rdflib.term import IdentifiedNode, Node

from kg.errors import UsageError
from kg.lifecycle.evaluation import Evaluation
from kg.shacl import Condition, conditions
from kg.shacl.model import PredicatePath
from kg.store import lookup_nodes, to_rdflib
from kg.store.signals import WANTED


def build_conforming(evaluation: Evaluation, segment: int, shape: int) -> None:
    """Add each condition of a segment's shape to `criterion`, and who meets it to `met`.

    A party meets a condition where one of its records does. Nothing is unknown: a shape judges what
    is there. The relation `shaped_record` (node) has the records of all parties.

    Raises:
        ShapesError: the shape is not well-formed, or uses something that is not compiled.
        UsageError: the store has no such shape, or it sets no condition.
    """
    graph, ids = _shape_graph(evaluation, shape)
    node = next((node for node, number in ids.items() if number == shape), None)
    if not isinstance(node, IdentifiedNode):
        raise UsageError("The store holds nothing of its member shape: import the shape as RDF.")
    as_of, cursor = evaluation.context.as_of, evaluation.cursor
    with conditions(cursor, graph, node, as_of, "shaped_record") as found:
        if not found:
            raise UsageError("Its member shape sets no condition, or is deactivated.")
        for condition in found:
            about = ids[condition.node]
            evaluation.run(
                "INSERT INTO criterion SELECT $owner, $criterion, NULL, $property, 'conforms'",
                owner=segment,
                criterion=about,
                property=_predicate(evaluation, condition),
            )
            evaluation.run(
                _CONFORMING.format(failing=condition.failing), owner=segment, criterion=about
            )


_CONFORMING = """
INSERT INTO met
SELECT $owner, $criterion, p.party, count(r.node) > count(f.node)
FROM party AS p
LEFT JOIN (
    SELECT s.node, coalesce(m.canonical, s.node) AS party
    FROM shaped_record AS s LEFT JOIN merged AS m ON m.id = s.node
) AS r ON r.party = p.party
LEFT JOIN {failing} AS f ON f.node = r.node
GROUP BY p.party
"""

RECORDS = """
SELECT party AS node FROM party
UNION SELECT m.id FROM merged AS m SEMI JOIN party AS p ON p.party = m.canonical
"""
"""SQL of the records of all parties."""


def _predicate(evaluation: Evaluation, condition: Condition) -> int | None:
    """Return the id of the property that a condition is about, None where it is no single one."""
    if not isinstance(condition.path, PredicatePath):
        return None
    (found,) = lookup_nodes(evaluation.cursor, [condition.path.iri])
    return found


def _shape_graph(evaluation: Evaluation, shape: int) -> tuple[Graph, dict[Node, int]]:
    """Return what the store says of a shape and of all that it refers to, with the nodes' ids."""
    rows = evaluation.run(_DESCRIBED, shape=shape, sh=f"{SH}%", lists=[RDF.first, RDF.rest])
    graph, ids = Graph(), dict[Node, int]()
    for number, *raw in rows.fetchall():
        subject, predicate, value = (to_rdflib(tuple(raw[i : i + 4])) for i in (0, 4, 8))
        graph.add((subject, predicate, value))
        ids[subject] = number
    return graph, ids


_DESCRIBED = f"""
WITH RECURSIVE said AS (
    SELECT q.s, q.o, q.p FROM live AS q JOIN term AS t ON t.id = q.p
    WHERE t.lex LIKE $sh OR t.lex IN (SELECT unnest($lists::VARCHAR[]))
), reached(id) AS (
    SELECT $shape::BIGINT
    UNION SELECT said.o FROM reached AS r JOIN said ON said.s = r.id WHERE {WANTED}
)
SELECT DISTINCT d.s, a.kind, a.lex, a.dt, a.lang, p.kind, p.lex, p.dt, p.lang,
    b.kind, b.lex, b.dt, b.lang
FROM said AS d
JOIN term AS a ON a.id = d.s JOIN term AS p ON p.id = d.p JOIN term AS b ON b.id = d.o
WHERE d.s IN (SELECT id FROM reached)
"""
