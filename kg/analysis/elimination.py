"""Sparse elimination of the equations inside one supply loop, done once and used for many."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

_SMALLEST_PIVOT = 1e-12


class Eliminated:
    """Solves x = M·x + given and its transpose, for M ≥ 0 of which no column sums above 1.

    I - M then needs no exchange of rows: every pivot is the greatest of its column. The unknown
    with the fewest neighbours goes first, so that few new entries come to be.

    Source: rules-and-metrics, section 8.7; the order is that of least degree.
    """

    def __init__(self, size: int, entries: Mapping[tuple[int, int], float]) -> None:
        """Eliminate I - M, of which `entries` are those of M by (row, column), none (i, i).

        Raises:
            ZeroDivisionError: the sum of the powers of M is not finite.
        """
        self._size = size
        self._steps: list[tuple[int, float, dict[int, float], dict[int, float]]] = []
        rows: list[dict[int, float]] = [{place: 1.0} for place in range(size)]
        columns: list[set[int]] = [{place} for place in range(size)]
        for (row, column), weight in entries.items():
            rows[row][column] = -weight
            columns[column].add(row)
        waiting = [(len(rows[n]) + len(columns[n]), n) for n in range(size)]
        heapq.heapify(waiting)
        left = set(range(size))
        while waiting:
            degree, chosen = heapq.heappop(waiting)
            if chosen not in left or degree != len(rows[chosen]) + len(columns[chosen]):
                continue
            left.remove(chosen)
            for near in self._eliminate(chosen, rows, columns):
                heapq.heappush(waiting, (len(rows[near]) + len(columns[near]), near))

    def _eliminate(
        self, chosen: int, rows: list[dict[int, float]], columns: list[set[int]]
    ) -> set[int]:
        """Take one unknown out of the rows that are left; return which have changed."""
        own = rows[chosen]
        pivot = own.pop(chosen)
        # A matrix that passes on less than it gets, again and again, keeps all pivots above 0.
        if pivot <= _SMALLEST_PIVOT:
            raise ZeroDivisionError("the powers of the matrix do not fade")
        columns[chosen].remove(chosen)
        factors: dict[int, float] = {}
        for row in columns[chosen]:
            target = rows[row]
            factors[row] = factor = target.pop(chosen) / pivot
            for column, value in own.items():
                target[column] = target.get(column, 0.0) - factor * value
                columns[column].add(row)
        for column in own:
            columns[column].remove(chosen)
        self._steps.append((chosen, pivot, own, factors))
        return {*own, *factors}

    def solved(self, given: Sequence[float]) -> list[float]:
        """Return x of x = M·x + given."""
        x = list(given)
        for chosen, _, _, factors in self._steps:
            value = x[chosen]
            for row, factor in factors.items():
                x[row] -= factor * value
        for chosen, pivot, own, _ in reversed(self._steps):
            x[chosen] = (x[chosen] - sum(value * x[n] for n, value in own.items())) / pivot
        return x

    def solved_transposed(self, given: Sequence[float]) -> list[float]:
        """Return x of x = Mᵀ·x + given."""
        x = list(given)
        for chosen, pivot, own, _ in self._steps:
            value = x[chosen] = x[chosen] / pivot
            for column, other in own.items():
                x[column] -= other * value
        for chosen, _, _, factors in reversed(self._steps):
            x[chosen] -= sum(factor * x[n] for n, factor in factors.items())
        return x
