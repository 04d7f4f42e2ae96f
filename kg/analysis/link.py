"""Why two parties are linked: the shortest path of referrals between them, with its sources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import networkx as nx

from kg.analysis.forest import primary_forest
from kg.analysis.names import names_of
from kg.analysis.parties import one_party
from kg.analysis.referrals import evaluate_referrals
from kg.lifecycle import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.namespaces import CG
from kg.store import Cursor, lookup_nodes, place_of

LINK_COLUMNS = (
    "step", "referrer", "referrer_key", "referred", "referred_key", "recommendation_key", "date",
    "outcome", "primary", "upwards", "import_id", "source", "file", "row",
)  # fmt: skip


class _Edge(NamedTuple):
    """A valid referral: ids of the referral and its ends, key, day and outcome."""

    referral: int
    giver: int
    receiver: int
    key: str
    day: date
    outcome: str


def link(cursor: Cursor, context: Context, *, party: str, other: str) -> Table:
    """Return the shortest path of valid referrals from one party to another, edge by edge.

    Edges are followed both ways; `upwards` is true where the path goes from the referred to the
    referrer. Among several referrals of a pair the first by date and key is told, among paths of
    one length a converted and earlier one is preferred. No row: there is no path. Each edge leads
    to the file and row that stated it, where an import did.

    Raises:
        UsageError: a party is unknown.
    """
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context)
        start, end = one_party(evaluation, party), one_party(evaluation, other)
        edges = _edges(evaluation)
        path = _path(edges, start, end)
        primary = {(e.referrer, e.referred) for e in primary_forest(evaluation).edges.values()}
        names = names_of(evaluation, {node for edge, _ in path for node in edge[1:3]})
        sources = sources_of(cursor, [edge.referral for edge, _ in path])
    rows = [
        (step, *names[edge.giver], *names[edge.receiver], edge.key, edge.day, edge.outcome,
         (edge.giver, edge.receiver) in primary, upwards, *sources.get(edge.referral, _UNKNOWN))
        for step, (edge, upwards) in enumerate(path, 1)
    ]  # fmt: skip
    return Table(LINK_COLUMNS, rows)


_UNKNOWN = (None, None, None, None)


def _edges(evaluation: Evaluation) -> list[_Edge]:
    """Return the valid referrals, converted ones first, then by date and key."""
    rows = evaluation.run(
        "SELECT referral, giver, receiver, key, day, outcome FROM referral WHERE valid"
        " ORDER BY outcome <> 'converted', day, key"
    ).fetchall()
    return [_Edge(*row) for row in rows]


def _path(edges: Iterable[_Edge], start: int, end: int) -> list[tuple[_Edge, bool]]:
    """Return the edges of the shortest path, each with whether it is walked upwards."""
    graph: nx.Graph[int] = nx.Graph()
    for edge in edges:
        if not graph.has_edge(edge.giver, edge.receiver):
            graph.add_edge(edge.giver, edge.receiver, edge=edge)
    if start not in graph or end not in graph or not nx.has_path(graph, start, end):
        return []
    nodes = nx.shortest_path(graph, start, end)
    found = [(node, graph.edges[node, after]["edge"]) for node, after in pairwise(nodes)]
    return [(edge, edge.receiver == node) for node, edge in found]


def sources_of(
    cursor: Cursor, referrals: Sequence[int]
) -> dict[int, tuple[str, str, str | None, int | None]]:
    """Return import, source, file and row of the statement of each referral that has one."""
    (referred,) = lookup_nodes(cursor, [CG.referred])
    rows = cursor.execute(
        """
        SELECT q.s, r.id, r.source, q.origin, r.report
        FROM quad AS q JOIN import_run AS r ON r.number = q.born
        WHERE q.p = $referred AND q.s IN (SELECT unnest($referrals::BIGINT[]))
            AND q.origin IS NOT NULL
        ORDER BY q.s, q.died IS NULL, q.born DESC
        """,
        {"referred": referred, "referrals": list(referrals)},
    ).fetchall()
    found: dict[int, tuple[str, str, str | None, int | None]] = {}
    for referral, run, source, origin, report in rows:
        number, row = place_of(origin)
        files = json.loads(report)["files"]
        name = files[number]["name"] if number < len(files) else None
        found[referral] = (run, source, name, row or None)
    return found
