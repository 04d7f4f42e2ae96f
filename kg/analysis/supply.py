"""The internal supply graph at T, projected to networkx (rules-and-metrics, section 8)."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx

from kg.errors import UsageError
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


@dataclass(frozen=True, slots=True)
class Change:
    """What is imagined to be otherwise: units removed, pairs (supplier, client) cut, shares."""

    removed: tuple[int, ...] = ()
    cut: tuple[tuple[int, int], ...] = ()
    shares: tuple[tuple[int, int, float], ...] = ()


def supply_graph(
    cursor: Cursor, context: Context, change: Change | None = None
) -> tuple[Evaluation, SupplyGraph]:
    """Return the supply graph at T with its evaluation, as it is or under an imagined change.

    Call it inside `kg.lifecycle.evaluation.snapshot`.

    Raises:
        UsageError: a changed share is one of a relation that is not there.
    """
    change = change or Change()
    evaluation = Evaluation(cursor, context)
    build_records(evaluation)
    build_supply(evaluation)
    evaluation.table("place", _places(evaluation))
    _imagine(evaluation, change)
    evaluation.table("edge", _EDGES)
    graph: nx.DiGraph[int] = nx.DiGraph()
    # Units without any relation are part of the picture: they are listed as isolated.
    graph.add_nodes_from(_ids(evaluation, "SELECT id FROM house EXCEPT SELECT id FROM self"))
    rows = evaluation.run("SELECT supplier, client, weight, flag FROM edge ORDER BY ALL").fetchall()
    for supplier, client, weight, flag in rows:
        graph.add_edge(supplier, client, weight=weight, flag=flag)
    graph.remove_nodes_from(change.removed)
    external = _ids(evaluation, "SELECT client FROM edge EXCEPT SELECT id FROM insider")
    return evaluation, SupplyGraph(graph, external, _ids(evaluation, _OVERLOADED))


def _imagine(evaluation: Evaluation, change: Change) -> None:
    """Take removed units out of the places, keep what is left, and the pairs cut or changed."""
    evaluation.run(
        "DELETE FROM place WHERE node IN (SELECT unnest($removed::BIGINT[]))",
        removed=list(change.removed),
    )
    evaluation.table(
        "cut",
        "SELECT unnest($suppliers::BIGINT[]) AS supplier, unnest($clients::BIGINT[]) AS client",
        suppliers=[one[0] for one in change.cut],
        clients=[one[1] for one in change.cut],
    )
    evaluation.table(
        "imagined",
        "SELECT unnest($suppliers::BIGINT[]) AS supplier, unnest($clients::BIGINT[]) AS client,"
        " unnest($shares::DOUBLE[]) AS share",
        suppliers=[one[0] for one in change.shares],
        clients=[one[1] for one in change.shares],
        shares=[one[2] for one in change.shares],
    )
    evaluation.table("placed", _PLACED)
    missing = evaluation.run(
        "SELECT count(*) FROM (SELECT supplier, client FROM imagined UNION ALL FROM cut) AS i"
        " ANTI JOIN placed AS p ON p.supplier = i.supplier AND p.client = i.client"
    ).fetchone()
    if missing and missing[0]:
        raise UsageError(
            "A relation to cut or to give another share is not active at the date; `chains edges`"
            " lists those that are."
        )


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


_PLACED = """
SELECT supplier, client, service, share, critical FROM (
    SELECT a.node AS supplier, b.node AS client, s.service, s.share * a.part * b.part AS share,
        s.critical
    FROM supply AS s
    JOIN place AS a ON a.party = s.supplier
    JOIN place AS b ON b.party = s.client
) WHERE supplier <> client
"""
"""Relations between the nodes of their ends; those within one node vanish."""

_EDGES = """
WITH pair AS (
    SELECT p.supplier, p.client, coalesce(min(i.share), sum(p.share)) AS given
    FROM placed AS p
    LEFT JOIN imagined AS i ON i.supplier = p.supplier AND i.client = p.client
    ANTI JOIN cut ON cut.supplier = p.supplier AND cut.client = p.client
    GROUP BY p.supplier, p.client
), summed AS (
    SELECT client, coalesce(sum(given), 0) AS total, count(*) FILTER (given IS NULL) AS missing
    FROM pair GROUP BY client
), weighed AS (
    SELECT pair.*, s.total, s.missing FROM pair JOIN summed AS s ON s.client = pair.client
)
SELECT supplier, client,
    CASE WHEN given IS NULL THEN greatest(1 - total, 0) / missing
         WHEN total > 1 + 1e-9 THEN given / total
         ELSE given END AS weight,
    CASE WHEN given IS NULL THEN 'missing share' WHEN total > 1 + 1e-9 THEN 'scaled' END AS flag
FROM weighed
"""

_OVERLOADED = """
SELECT client FROM supply GROUP BY client HAVING sum(share) > 1 + 1e-9
UNION
SELECT client FROM edge WHERE client IN (SELECT client FROM imagined)
GROUP BY client HAVING sum(weight) > 1 + 1e-9 OR bool_or(flag = 'scaled')
"""
