"""The internal supply graph at T, projected to networkx (rules-and-metrics, section 8)."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx

from kg.lifecycle.context import Context
from kg.lifecycle.evaluation import NEVER, Evaluation
from kg.lifecycle.records import build_records
from kg.store import Cursor


@dataclass(frozen=True)
class SupplyGraph:
    """Units and external clients; an edge s → c has `weight` and `flag` (how it was made up).

    `overloaded` are clients whose stated shares sum to more than 1.
    """

    graph: nx.DiGraph[int]
    external: frozenset[int]
    overloaded: frozenset[int]

    @property
    def units(self) -> list[int]:
        """The nodes that are not external clients."""
        return [node for node in self.graph if node not in self.external]

    def between_units(self) -> nx.DiGraph[int]:
        """Return the graph without external clients."""
        return self.graph.subgraph(self.units).copy()


def supply_graph(cursor: Cursor, context: Context) -> tuple[Evaluation, SupplyGraph]:
    """Return the supply graph at T with its evaluation.

    Call it inside `kg.lifecycle.evaluation.snapshot`.
    """
    evaluation = Evaluation(cursor, context)
    build_records(evaluation)
    build_supply(evaluation)
    evaluation.table("place", _places(evaluation))
    evaluation.table("edge", _EDGES)
    graph: nx.DiGraph[int] = nx.DiGraph()
    # Units without any relation are part of the picture: they are listed as isolated.
    graph.add_nodes_from(_ids(evaluation, "SELECT id FROM house EXCEPT SELECT id FROM self"))
    rows = evaluation.run("SELECT supplier, client, weight, flag FROM edge ORDER BY ALL").fetchall()
    for supplier, client, weight, flag in rows:
        graph.add_edge(supplier, client, weight=weight, flag=flag)
    external = _ids(evaluation, "SELECT client FROM edge EXCEPT SELECT id FROM insider")
    return evaluation, SupplyGraph(graph, external, _ids(evaluation, _OVERLOADED))


def build_supply(evaluation: Evaluation) -> None:
    """Make the tables `insider`, `insider_membership` and `supply`, after `build_records`."""
    _insiders(evaluation)
    evaluation.table("supply", _supply(evaluation))


def _ids(evaluation: Evaluation, sql: str) -> frozenset[int]:
    """Return the only column of a SELECT."""
    return frozenset(row[0] for row in evaluation.run(sql).fetchall())


def _insiders(evaluation: Evaluation) -> None:
    """Keep who is INTERNAL at T, and the units of each member at T."""
    evaluation.table(
        "insider_membership",
        """
        SELECT DISTINCT member, organization FROM membership
        WHERE start <= $as_of AND $as_of < finish AND organization IN (SELECT id FROM house)
            AND (NOT contractor OR $contractorIsInternal)
        """,
    )
    evaluation.table("insider", "SELECT id FROM house UNION SELECT member FROM insider_membership")


def _supply(evaluation: Evaluation) -> str:
    """Return the SELECT of the supply relations active at T, from suppliers inside f."""
    return f"""
    SELECT e.s AS relation, coalesce(a.canonical, x.o) AS supplier,
        coalesce(b.canonical, y.o) AS client, k.o AS service, w.dbl AS share,
        coalesce(q.num = 1, FALSE) AS critical
    FROM {evaluation.instances("SupplyRelation")} AS e
    JOIN {evaluation.triples("supplierUnit")} AS x ON x.s = e.s
    JOIN {evaluation.triples("clientUnit")} AS y ON y.s = e.s
    LEFT JOIN {evaluation.triples("service")} AS k ON k.s = e.s
    LEFT JOIN {evaluation.triples("dependencyShare")} AS w ON w.s = e.s
    LEFT JOIN {evaluation.triples("critical")} AS q ON q.s = e.s
    LEFT JOIN {evaluation.dates("startDate")} AS f ON f.s = e.s
    LEFT JOIN {evaluation.dates("endDate")} AS t ON t.s = e.s
    LEFT JOIN merged AS a ON a.id = x.o
    LEFT JOIN merged AS b ON b.id = y.o
    WHERE e.s NOT IN (SELECT s FROM unknown)
        AND coalesce(f.day, DATE '-infinity') <= $as_of AND $as_of < coalesce(t.day, {NEVER})
        AND coalesce(a.canonical, x.o) IN (SELECT id FROM insider)
    """


def _places(evaluation: Evaluation) -> str:
    """Return the SELECT (party, node, part): where each end stands in the graph."""
    ends = "(SELECT supplier AS party FROM supply UNION SELECT client FROM supply)"
    if evaluation.context.parameters.granularity == "person":
        return f"SELECT party, party AS node, 1.0::DOUBLE AS part FROM {ends}"
    return f"""
    SELECT e.party, coalesce(m.organization, e.party) AS node,
        1.0::DOUBLE / count(*) OVER (PARTITION BY e.party) AS part
    FROM {ends} AS e
    LEFT JOIN insider_membership AS m ON m.member = e.party
        AND m.organization <> (SELECT id FROM self)
        AND e.party NOT IN (SELECT id FROM house)
    """


_EDGES = """
WITH pair AS (
    SELECT a.node AS supplier, b.node AS client, sum(s.share * a.part * b.part) AS given
    FROM supply AS s
    JOIN place AS a ON a.party = s.supplier
    JOIN place AS b ON b.party = s.client
    WHERE a.node <> b.node
    GROUP BY a.node, b.node
), weighed AS (
    SELECT *, coalesce(sum(given) OVER by_client, 0) AS total,
        count(*) FILTER (given IS NULL) OVER by_client AS missing
    FROM pair WINDOW by_client AS (PARTITION BY client)
)
SELECT supplier, client,
    CASE WHEN given IS NULL THEN greatest(1 - total, 0) / missing
         WHEN total > 1 + 1e-9 THEN given / total
         ELSE given END AS weight,
    CASE WHEN given IS NULL THEN 'missing share' WHEN total > 1 + 1e-9 THEN 'scaled' END AS flag
FROM weighed
"""

_OVERLOADED = "SELECT client FROM supply GROUP BY client HAVING sum(share) > 1 + 1e-9"
