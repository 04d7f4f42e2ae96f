"""The network of referrals as a networkx graph, and as documents for graph tools."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any

import networkx as nx

from kg.analysis.forest import primary_forest
from kg.analysis.gexf import Spell, gexf_document, xml_text
from kg.analysis.names import names_of
from kg.analysis.referrals import build_stages, evaluate_referrals
from kg.errors import UsageError
from kg.lifecycle import Context
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.periods import build_stage_periods
from kg.store import Cursor


def referral_network(
    cursor: Cursor, context: Context, *, over_time: bool = False
) -> nx.DiGraph[str]:
    """Return who referred whom at T: nodes are IRIs of parties, edges lead from the referrer.

    Nodes have `key` (text), `stage`, `depth` (whole number, in the primary forest) and `start`
    (ISO date, the first referral that names the party); `over_time` also `stages`, the `Spell` of
    each stage from then on. Edges have `referrals` (how many there are), `keys`, `outcome` (the
    best of them), `valid`, `primary`, `start` and `last` (ISO dates). Referrals without a referrer
    are left out.
    """
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context)
        forest = primary_forest(evaluation)
        places = forest.places
        links = evaluation.run(_LINKS).fetchall()
        build_stages(evaluation)
        stages = dict(evaluation.run("SELECT party, stage FROM referral_party").fetchall())
        periods = _periods(evaluation) if over_time else {}
        names = names_of(evaluation, {end for link in links for end in link[:2]})
    graph: nx.DiGraph[str] = nx.DiGraph(mode="dynamic")
    graph.graph.update(context.told())
    for number, name in names.items():
        depth = places[number][0] if number in places else 0
        graph.add_node(name.iri, key=str(name.order), stage=stages.get(number, ""), depth=depth)
    primary = {(edge.referrer, edge.referred) for edge in forest.edges.values()}
    for giver, receiver, count, keys, outcome, valid, first, last in links:
        start, end = names[giver].iri, names[receiver].iri
        graph.add_edge(
            start, end, referrals=count, keys=keys, outcome=outcome, valid=valid,
            primary=(giver, receiver) in primary, **_dated(first, last),
        )  # fmt: skip
        for node in (start, end):
            if first is not None:
                known = graph.nodes[node].get("start", first.isoformat())
                graph.nodes[node]["start"] = min(known, first.isoformat())
    for number, found in periods.items():
        if number in names:
            values = graph.nodes[names[number].iri]
            values["stages"] = _spells(found, values.get("start", ""))
    return graph


_Period = tuple[str, date, date]
"""A stage, with its first day and the day on which it ends."""


def _periods(evaluation: Evaluation) -> dict[int, list[_Period]]:
    """Return the periods of each party in referrals; that of a closed one goes on up to T."""
    build_stage_periods(evaluation)
    found: dict[int, list[_Period]] = defaultdict(list)
    for party, *period in evaluation.run(_PERIODS).fetchall():
        found[party].append(tuple(period))
    return found


# A stage ends where the next one begins, so that tools show no day between them.
_PERIODS = """
SELECT party, stage, since,
    coalesce(lead(since) OVER (PARTITION BY party ORDER BY since), $as_of)
FROM period ORDER BY party, since
"""


def _spells(periods: list[_Period], start: str) -> list[Spell]:
    """Return the spells of the stages of a node, from its start on."""
    *before, last = (
        Spell(stage, max(since.isoformat(), start), until.isoformat())
        for stage, since, until in periods
    )
    return [*(spell for spell in before if spell.start < spell.end), last]


_OUTCOMES = "['converted', 'pending', 'declined', 'expired', 'invalid']"
_LINKS = f"""
SELECT giver, receiver, count(*), string_agg(key, ' ' ORDER BY day, key),
    {_OUTCOMES}[min(list_position({_OUTCOMES}, outcome))], bool_or(valid), min(day), max(day)
FROM referral WHERE giver IS NOT NULL
GROUP BY giver, receiver ORDER BY giver, receiver
"""


def _dated(first: date | None, last: date | None) -> dict[str, str]:
    """Return the dates of an edge, none where they are not known."""
    if first is None or last is None:
        return {}
    return {"start": first.isoformat(), "last": last.isoformat()}


def network_document(graph: nx.DiGraph[str], name: str) -> bytes:
    """Return a network as a document: `graphml`, `gexf` (edges and nodes by date) or `json`.

    Raises:
        UsageError: the format is unknown.
    """
    if name not in FORMATS:
        raise UsageError(f"The format is {name!r}; choose among {', '.join(FORMATS)}.")
    return FORMATS[name](graph)


def _graphml(graph: nx.DiGraph[str]) -> bytes:
    target = io.BytesIO()
    clean = nx.DiGraph(graph)
    for holder in (*clean.nodes.values(), *clean.edges.values()):
        holder.update({k: xml_text(v) for k, v in holder.items() if isinstance(v, str)})
    nx.write_graphml_xml(clean, target)
    return target.getvalue()


def _json(graph: nx.DiGraph[str]) -> bytes:
    document: dict[str, Any] = nx.node_link_data(graph, edges="links")
    return json.dumps(document, ensure_ascii=False).encode()


FORMATS: dict[str, Callable[[nx.DiGraph[str]], bytes]] = {
    "graphml": _graphml,
    "gexf": gexf_document,
    "json": _json,
}
"""Formats of documents by name."""
OVER_TIME = frozenset({"gexf"})
"""Those in which what changes over time has a place."""
