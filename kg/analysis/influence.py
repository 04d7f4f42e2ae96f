"""Influence of units on clients along the supply graph (rules-and-metrics, section 8.7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import networkx as nx

from kg.analysis.elimination import Eliminated
from kg.analysis.supply import SupplyGraph
from kg.errors import UsageError

Influences = dict[int, dict[int, float]]
"""Influence by external client, then by unit."""


def default_alpha(supply: SupplyGraph) -> float:
    """Return the attenuation per hop when none is given: 1.0 without loops, else 0.85."""
    return 1.0 if nx.is_directed_acyclic_graph(supply.graph) else 0.85


def influences(supply: SupplyGraph, alpha: float) -> Influences:
    """Return I(u, e), the sum over paths from u to e of alpha^length times the weights.

    Raises:
        UsageError: the sum is not finite, or the shares of a client sum to more than 1.
    """
    solver = _solver(supply, alpha)
    reaching: dict[int, dict[int, float]] = {}
    result: Influences = {}
    for client in supply.external:
        total: dict[int, float] = defaultdict(float)
        for unit in supply.graph.predecessors(client):
            if unit not in reaching:
                reaching[unit] = solver.flow_into(unit)
            weight = alpha * supply.graph[unit][client]["weight"]
            for origin, flow in reaching[unit].items():
                total[origin] += flow * weight
        result[client] = dict(total)
    return result


def spread(supply: SupplyGraph, alpha: float, given: Mapping[int, float]) -> dict[int, float]:
    """Return Σ I(u, e)·given(u) of each external client e, without listing any I(u, e).

    Raises:
        UsageError: the sum is not finite, or the shares of a client sum to more than 1.
    """
    solver = _solver(supply, alpha)
    flow = solver.downstream(given)
    return {
        client: alpha * sum(
            supply.graph[unit][client]["weight"] * flow[unit]
            for unit in supply.graph.predecessors(client)
        )
        for client in supply.external
    }  # fmt: skip


def at_stake(supply: SupplyGraph, alpha: float, worth: Mapping[int, float]) -> dict[int, float]:
    """Return Σ I(u, e)·worth(e) of each unit u, without listing any I(u, e).

    Raises:
        UsageError: the sum is not finite, or the shares of a client sum to more than 1.
    """
    direct = {
        unit: alpha * sum(
            edge["weight"] * worth.get(client, 0.0)
            for client, edge in supply.graph[unit].items() if client in supply.external
        )
        for unit in supply.units
    }  # fmt: skip
    return _solver(supply, alpha).upstream(direct)


def _solver(supply: SupplyGraph, alpha: float) -> _Solver:
    """Return what solves for the units, where influence has a meaning."""
    if supply.overloaded:
        raise UsageError(
            f"The shares of {len(supply.overloaded)} clients sum to more than 1, so that no"
            " influence can be computed. Correct the shares (rule S04)."
        )
    return _Solver(supply.between_units(), alpha)


class _Solver:
    """Solves x = M·x + [unit] with M = alpha·W, one component after the other.

    Between strongly connected components the system is triangular; only inside a loop is a
    linear system left, which is eliminated once.
    """

    def __init__(self, units: nx.DiGraph[int], alpha: float) -> None:
        self._units = units
        self._alpha = alpha
        self._components = [sorted(members) for members in nx.strongly_connected_components(units)]
        self._component_of = {
            unit: place for place, members in enumerate(self._components) for unit in members
        }
        self._loops = {
            place: self._eliminated(members)
            for place, members in enumerate(self._components) if len(members) > 1
        }  # fmt: skip

    def flow_into(self, target: int) -> dict[int, float]:
        """Return, for each unit that reaches `target`, the weighted sum of paths to it."""
        sources = nx.ancestors(self._units, target) | {target}
        flow: dict[int, float] = {}
        # networkx yields components in reverse topological order: clients before suppliers.
        for place in sorted({self._component_of[unit] for unit in sources}):
            members = self._components[place]
            given = [self._received(unit, flow) + (unit == target) for unit in members]
            loop = self._loops.get(place)
            flow.update(zip(members, loop.solved(given) if loop else given, strict=True))
        return flow

    def upstream(self, given: Mapping[int, float]) -> dict[int, float]:
        """Return x of x = M·x + given: what units pass on comes to their suppliers."""
        flow: dict[int, float] = {}
        for place, members in enumerate(self._components):
            own = [given.get(unit, 0.0) + self._received(unit, flow) for unit in members]
            loop = self._loops.get(place)
            flow.update(zip(members, loop.solved(own) if loop else own, strict=True))
        return flow

    def downstream(self, given: Mapping[int, float]) -> dict[int, float]:
        """Return x of x = Mᵀ·x + given: what units receive goes on to their clients."""
        flow: dict[int, float] = {}
        for place, members in reversed(list(enumerate(self._components))):
            own = [
                given.get(unit, 0.0) + self._alpha * sum(
                    edge["weight"] * flow.get(supplier, 0.0)
                    for supplier, edge in self._units.pred[unit].items()
                )
                for unit in members
            ]  # fmt: skip
            loop = self._loops.get(place)
            flow.update(zip(members, loop.solved_transposed(own) if loop else own, strict=True))
        return flow

    def _received(self, unit: int, flow: dict[int, float]) -> float:
        """Return what the clients of a unit pass on that are already solved."""
        clients = self._units[unit].items()
        passed = (edge["weight"] * flow.get(client, 0.0) for client, edge in clients)
        return self._alpha * float(sum(passed))

    def _eliminated(self, members: Sequence[int]) -> Eliminated:
        """Return the eliminated system of a loop, refusing one whose powers do not fade."""
        places = {unit: place for place, unit in enumerate(members)}
        entries = {
            (places[supplier], places[client]): self._alpha * edge["weight"]
            for supplier in members
            for client, edge in self._units[supplier].items() if client in places
        }  # fmt: skip
        try:
            return Eliminated(len(members), entries)
        except ZeroDivisionError:
            raise UsageError(
                f"A supply loop of {len(members)} units passes everything on, so that influence"
                f" is not finite with alpha = {self._alpha}. Give a smaller alpha."
            ) from None
