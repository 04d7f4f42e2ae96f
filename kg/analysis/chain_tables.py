"""The internal supplier-client analyses as tables (columns: interfaces, section 5)."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping

import networkx as nx

from kg.analysis import chains
from kg.analysis.influence import at_stake, default_alpha, influences
from kg.analysis.names import names_of, ordered_pairs
from kg.analysis.parties import one_party
from kg.analysis.satisfaction import (
    exposures,
    inside_and_outside,
    rank_correlation,
    satisfactions,
)
from kg.analysis.supply import SupplyGraph, supply_graph
from kg.analysis.values import party_values, value_notes
from kg.errors import UsageError
from kg.lifecycle import Context, Note, Table
from kg.lifecycle.classify import build_facts
from kg.lifecycle.evaluation import snapshot
from kg.store import Cursor

MOST_PATHS = 10_000
"""Simple paths listed at most: their number may grow with every possible choice of units."""


def reach(cursor: Cursor, context: Context) -> Table:
    """Return which external clients each unit reaches, and by how many edges (section 8.1)."""
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        names = names_of(evaluation, supply.graph)
    rows = ordered_pairs(names, chains.reach(supply))
    return Table(("unit_key", "client_key", "distance"), rows)


def units(cursor: Cursor, context: Context) -> Table:
    """Return the place of each unit in the chain (sections 8.2, 8.3)."""
    columns = ("unit", "unit_key", "place", "role", "reached")
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        names = names_of(evaluation, supply.graph)
    reached = chains.reached(supply)
    rows = [
        (*names[unit], *chains.place_of(supply, unit, reached[unit]), reached[unit])
        for unit in supply.units
    ]
    return Table(columns, sorted(rows, key=lambda row: row[1] or row[0]))


def edges(cursor: Cursor, context: Context) -> Table:
    """Return the edges of the graph at T with their weight, and how it was made up."""
    columns = ("unit_key", "client_key", "weight", "flag")
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        names = names_of(evaluation, supply.graph)
    rows = [
        (names[unit].order, names[client].order, edge["weight"], edge["flag"] or "")
        for unit, client, edge in supply.graph.edges(data=True)
    ]
    return Table(columns, sorted(rows))


def spof(cursor: Cursor, context: Context) -> Table:
    """Return the structural single points of failure of each external client (section 8.4)."""
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        names = names_of(evaluation, supply.graph)
    rows = [
        (names[client].order, names[unit].order)
        for client, unit in chains.points_of_failure(supply)
    ]
    return Table(("client_key", "unit_key"), sorted(rows))


def critical(cursor: Cursor, context: Context) -> Table:
    """Return critical services with one active supplier, with its score (section 8.5)."""
    columns = ("client_key", "service", "unit_key", "score")
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        found = evaluation.run(_CRITICAL).fetchall()
        names = names_of(evaluation, {one for row in found for one in row} | set(supply.graph))
    dependent: dict[int, set[int]] = defaultdict(set)
    for client, _, supplier in found:
        below = nx.descendants(supply.graph, client) | {client}
        dependent[supplier] |= below & supply.external
    rows = [
        (names[c].order, names[service].iri, names[s].order, len(dependent[s]))
        for c, service, s in found
    ]
    return Table(columns, sorted(rows))


_CRITICAL = """
SELECT client, service, min(supplier) FROM placed
WHERE service IS NOT NULL
GROUP BY client, service
HAVING bool_or(critical) AND count(DISTINCT supplier) = 1
"""


def loops(cursor: Cursor, context: Context) -> Table:
    """Return the units of each supply loop, labelled by its smallest key (section 8.6)."""
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        found = chains.loops(supply)
        names = names_of(evaluation, (unit for members in found for unit in members))
    keys = [sorted(names[unit].order for unit in members) for members in found]
    return Table(("loop", "unit_key"), sorted((ring[0], key) for ring in keys for key in ring))


def cycles(cursor: Cursor, context: Context) -> Table:
    """Return the elementary cycles of up to `L_max` edges, each from its smallest key (8.6)."""
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        names = names_of(evaluation, supply.graph)
    found = nx.simple_cycles(supply.between_units(), length_bound=context.parameters.l_max)
    listed = sorted(_from_smallest([names[unit].order for unit in one]) for one in _few(found))
    rows = [(n, step, key) for n, ring in enumerate(listed, 1) for step, key in enumerate(ring)]
    return Table(("cycle", "step", "unit_key"), rows)


def path(cursor: Cursor, context: Context, *, unit: str, client: str) -> Table:
    """Return the simple paths from a unit to a client of up to `L_max` edges (section 8.1).

    Raises:
        UsageError: one end is unknown, or there are too many paths to list.
    """
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        start, end = one_party(evaluation, unit), one_party(evaluation, client)
        names = names_of(evaluation, {*supply.graph, start, end})
    if start not in supply.graph or end not in supply.graph:
        return Table(("path", "step", "party_key"), [])
    relevant = supply.graph.subgraph({*nx.ancestors(supply.graph, end), start, end})
    cutoff = context.parameters.l_max
    found = _few(nx.all_simple_paths(relevant, start, end, cutoff=cutoff))
    listed = sorted(found, key=lambda one: (len(one), [names[node].order for node in one]))
    rows = [
        (number, step, names[node].order)
        for number, nodes in enumerate(listed, 1)
        for step, node in enumerate(nodes)
    ]
    return Table(("path", "step", "party_key"), rows)


def influence(cursor: Cursor, context: Context) -> Table:
    """Return the influence of each unit on each external client (section 8.7)."""
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        names = names_of(evaluation, supply.graph)
    found = influences(supply, context.parameters.alpha or default_alpha(supply))
    pairs = (
        (unit, client, weight)
        for client, weights in found.items()
        for unit, weight in weights.items()
    )
    rows = ordered_pairs(names, pairs)
    return Table(("unit_key", "client_key", "influence"), rows, share_notes(supply))


def exposure(cursor: Cursor, context: Context) -> Table:
    """Return how exposed each external client is to dissatisfied units (section 8.8)."""
    columns = ("client", "client_key", "exposure", "exposure_norm", "coverage")
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        satisfied = satisfactions(evaluation)
        names = names_of(evaluation, supply.graph)
    alpha = context.parameters.alpha or default_alpha(supply)
    found = exposures(supply, alpha, satisfied)
    rows = [(*names[client], *exposed) for client, exposed in found.items()]
    notes = (*share_notes(supply), *unmeasured(supply, satisfied))
    return Table(columns, sorted(rows, key=lambda row: row[1] or row[0]), notes)


def contributions(cursor: Cursor, context: Context, *, client: str) -> Table:
    """Return what each unit adds to the exposure of an external client (section 8.8).

    `score` is the satisfaction of the unit, `exposure` its influence times what that lacks to 1;
    both are empty where the unit is not measured, which then adds nothing.

    Raises:
        UsageError: the party is unknown.
    """
    columns = ("unit", "unit_key", "client_key", "influence", "score", "exposure")
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        satisfied = satisfactions(evaluation)
        chosen = one_party(evaluation, client)
        names = names_of(evaluation, {*supply.graph, chosen})
    if chosen not in supply.external:
        outside = Note(
            f"{client} is no external client of the chain at the date.",
            f"{client} n'est pas un client externe de la chaîne à cette date.",
        )
        return Table(columns, [], (outside,))
    found = influences(supply, context.parameters.alpha or default_alpha(supply))[chosen]
    rows = [
        (*names[unit], names[chosen].order, weight, satisfied.get(unit),
         weight * (1 - satisfied[unit]) if unit in satisfied else None)
        for unit, weight in found.items()
    ]  # fmt: skip
    ordered = sorted(rows, key=lambda row: (-(row[5] or 0), -row[3], row[1] or row[0]))
    return Table(columns, ordered, share_notes(supply))


def correlation(cursor: Cursor, context: Context) -> Table:
    """Return whether units and the clients they reach are satisfied together (section 8.8).

    One row: Spearman's rank correlation, empty where it says nothing, and the number of units.
    """
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        satisfied = satisfactions(evaluation)
    pairs = inside_and_outside(supply, satisfied)
    caveat = Note(
        "A correlation that is observed is no proof of a cause, and says little of few units.",
        "Une corrélation observée ne prouve aucune cause, et dit peu de chose de peu d'unités.",
    )
    notes = (caveat, *unmeasured(supply, satisfied))
    return Table(("correlation", "pairs"), [(rank_correlation(pairs), len(pairs))], notes)


def priority(cursor: Cursor, context: Context) -> Table:
    """Return which internal clients to satisfy first, by the value at stake (section 8.9)."""
    columns = ("unit", "unit_key", "priority", "currency")
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        satisfied = satisfactions(evaluation)
        build_facts(evaluation)
        values = party_values(evaluation)
        names = names_of(evaluation, supply.graph)
        notes = (*share_notes(supply), *value_notes(evaluation))
    alpha = context.parameters.alpha or default_alpha(supply)
    rows = []
    for code in sorted({value.currency for value in values}):
        worth = {client: max(cents, 0) / 100 for client, own, cents in values if own == code}
        for unit, amount in at_stake(supply, alpha, worth).items():
            if unit in satisfied and amount:
                rows.append((*names[unit], amount * (1 - satisfied[unit]), code))
    ordered = sorted(rows, key=lambda row: (row[3], -row[2], row[1] or row[0]))
    return Table(columns, ordered, (*notes, *unmeasured(supply, satisfied)))


def share_notes(supply: SupplyGraph) -> tuple[Note, ...]:
    """Return how many links have no stated share, and so one that was made up."""
    count = sum(edge["flag"] == "missing share" for _, _, edge in supply.graph.edges(data=True))
    if not count:
        return ()
    return (
        Note(
            f"Links without a stated share, which take equal parts of what is left: {count}.",
            f"Liens sans part déclarée, qui prennent à parts égales ce qui reste : {count}.",
        ),
    )


def unmeasured(supply: SupplyGraph, satisfied: Mapping[int, float]) -> tuple[Note, ...]:
    """Return how many units have no satisfaction, and so are in no exposure and no priority."""
    count = sum(unit not in satisfied for unit in supply.units)
    if not count:
        return ()
    return (
        Note(
            f"Units without a known satisfaction, which are left out: {count}.",
            f"Unités sans satisfaction connue, laissées de côté : {count}.",
        ),
    )


def _few(found: Iterable[list[int]]) -> list[list[int]]:
    """Return paths, unless there are too many to be of use.

    Raises:
        UsageError: there are more than `MOST_PATHS`.
    """
    listed = list(itertools.islice(found, MOST_PATHS + 1))
    if len(listed) > MOST_PATHS:
        raise UsageError(f"There are more than {MOST_PATHS} paths; give a smaller L_max.")
    return listed


def _from_smallest(ring: list[str]) -> list[str]:
    """Return a cycle turned so that it starts at its smallest key."""
    start = ring.index(min(ring))
    return ring[start:] + ring[:start]
