"""The internal chains as a picture: units, clients and relations at T, as they are or without some.

Nothing is written: units are switched off in the temporary tables of one evaluation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.analysis import chains
from kg.analysis.influence import default_alpha
from kg.analysis.parties import one_party
from kg.analysis.satisfaction import Exposure, exposures, satisfactions
from kg.analysis.supply import Change, SupplyGraph, supply_graph
from kg.errors import UsageError
from kg.lifecycle import Context
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.store import Cursor


@dataclass(frozen=True, slots=True)
class Node:
    """A unit or an external client; `exposure` is that of clients, None where it has none.

    `reached` are the external clients that a unit reaches, `failing` those for which it is a
    single point of failure; `loop` numbers its loop, from 1, 0 for none; `points` are the single
    points of failure of a client.
    """

    term: int
    external: bool
    place: str
    role: str
    reached: int
    satisfaction: float | None
    failing: int
    loop: int
    exposure: Exposure | None
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A supplier and a client with the share of the client's dependency that it covers.

    `flag` says how the share was made up; `services` are ids; `inside` tells of a loop.
    """

    supplier: int
    client: int
    weight: float
    flag: str
    services: tuple[int, ...]
    critical: bool
    inside: bool


@dataclass(frozen=True)
class ChainMap:
    """The nodes by id and the relations between them; `refusal` says why there is no exposure."""

    nodes: Mapping[int, Node]
    relations: Sequence[Relation]
    refusal: str = ""


def chain_map(cursor: Cursor, context: Context, off: Sequence[str] = ()) -> tuple[ChainMap, ...]:
    """Return the internal chains at T; with units switched off, also what they would be without.

    Source: rules-and-metrics, section 8.

    Raises:
        UsageError: a unit is unknown.
    """
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        satisfied = satisfactions(evaluation)
        real = _mapped(evaluation, supply, satisfied)
        if not off:
            return (real,)
        gone = tuple(one_party(evaluation, key) for key in off)
        evaluation, supply = supply_graph(cursor, context, Change(removed=gone))
        return real, _mapped(evaluation, supply, satisfied)


def _mapped(
    evaluation: Evaluation, supply: SupplyGraph, satisfied: Mapping[int, float]
) -> ChainMap:
    reached = Counter(unit for unit, _, _ in chains.reach(supply))
    points: dict[int, list[int]] = {}
    for client, unit in chains.points_of_failure(supply):
        points.setdefault(client, []).append(unit)
    failing = Counter(unit for units in points.values() for unit in units)
    loops = sorted(chains.loops(supply), key=min)
    loop = {unit: number for number, members in enumerate(loops, 1) for unit in members}
    exposed, refusal = _exposures(evaluation, supply, satisfied)
    nodes = {}
    for term in supply.graph:
        external = term in supply.external
        place, role = ("", "") if external else chains.place_of(supply, term, reached[term])
        nodes[term] = Node(
            term, external, place, role, reached[term], satisfied.get(term), failing[term],
            loop.get(term, 0), exposed.get(term), tuple(sorted(points.get(term, ()))),
        )  # fmt: skip
    services = {
        (row[0], row[1]): (tuple(row[2] or ()), row[3])
        for row in evaluation.run(_SERVICES).fetchall()
    }
    relations = []
    for supplier, client, edge in supply.graph.edges(data=True):
        named, critical = services.get((supplier, client), ((), False))
        inside = bool(loop.get(supplier)) and loop.get(supplier) == loop.get(client)
        relations.append(
            Relation(supplier, client, edge["weight"], edge["flag"] or "", named, critical, inside)
        )
    return ChainMap(nodes, relations, refusal)


_SERVICES = """
SELECT a.node, b.node, list_sort(list(DISTINCT s.service) FILTER (s.service IS NOT NULL)),
    bool_or(s.critical)
FROM supply AS s
JOIN place AS a ON a.party = s.supplier
JOIN place AS b ON b.party = s.client
GROUP BY a.node, b.node
"""


def _exposures(
    evaluation: Evaluation, supply: SupplyGraph, satisfied: Mapping[int, float]
) -> tuple[dict[int, Exposure], str]:
    """Return the exposure of each client, or why none can be computed."""
    alpha = evaluation.context.parameters.alpha or default_alpha(supply)
    try:
        return exposures(supply, alpha, satisfied), ""
    except UsageError as error:
        return {}, str(error)


def members_of(cursor: Cursor, context: Context, unit: str) -> tuple[int, list[int]]:
    """Return the id of a unit and those of its members at T.

    Raises:
        UsageError: the unit is unknown.
    """
    with snapshot(cursor):
        evaluation, _ = supply_graph(cursor, context)
        term = one_party(evaluation, unit)
        rows = evaluation.run(
            "SELECT DISTINCT member FROM insider_membership WHERE organization = $unit"
            " ORDER BY member",
            unit=term,
        ).fetchall()
    return term, [row[0] for row in rows]
