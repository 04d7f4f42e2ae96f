"""Satisfaction of units as internal clients, and what follows from it (section 8.8, 8.9)."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from kg.analysis.chains import reach
from kg.analysis.influence import spread
from kg.analysis.supply import SupplyGraph
from kg.lifecycle.evaluation import Evaluation
from kg.lifecycle.events import build_scores


class Exposure(NamedTuple):
    """Exposure of an external client to the dissatisfaction of units; see section 8.8."""

    exposure: float
    normal: float | None
    coverage: float | None


def satisfactions(evaluation: Evaluation) -> dict[int, float]:
    """Return s(u) of each unit at T: its own latest score, else the mean of its members'.

    A mean needs `minRespondents` members with a score.
    """
    build_scores(evaluation)
    rows = evaluation.run(
        """
        WITH latest AS (
            SELECT party, max_by(score, (day, measurement)) AS score
            FROM score WHERE day <= $as_of GROUP BY party
        ), answered AS (
            SELECT m.organization AS party, avg(l.score) AS score
            FROM insider_membership AS m JOIN latest AS l ON l.party = m.member
            GROUP BY m.organization HAVING count(*) >= $minRespondents
        )
        SELECT party, score FROM latest
        UNION ALL SELECT party, score FROM answered ANTI JOIN latest USING (party)
        """
    ).fetchall()
    return dict(rows)


def exposures(
    supply: SupplyGraph, alpha: float, satisfied: Mapping[int, float]
) -> dict[int, Exposure]:
    """Return the exposure of each external client; units that are not measured are left out.

    `normal` is None when no unit with influence is measured, `coverage` when none has influence.

    Raises:
        UsageError: influence is not finite, or the shares of a client sum to more than 1.
    """
    everyone = dict.fromkeys(supply.units, 1.0)
    measured = {unit: 1.0 for unit in everyone if unit in satisfied}
    lacking = {unit: 1 - satisfied[unit] for unit in measured}
    total, covered, exposed = (
        spread(supply, alpha, given) for given in (everyone, measured, lacking)
    )
    return {
        client: Exposure(
            exposed[client],
            exposed[client] / covered[client] if covered[client] else None,
            covered[client] / total[client] if total[client] else None,
        )
        for client in supply.external
    }


def inside_and_outside(
    supply: SupplyGraph, satisfied: Mapping[int, float]
) -> list[tuple[float, float]]:
    """Return the satisfaction of each measured unit beside the mean of the clients it reaches.

    A unit that reaches no measured external client is in no pair (section 8.8).
    """
    clients: defaultdict[int, list[float]] = defaultdict(list)
    for unit, client, _ in reach(supply):
        if unit in satisfied and client in satisfied:
            clients[unit].append(satisfied[client])
    return [(satisfied[unit], statistics.fmean(scores)) for unit, scores in clients.items()]


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Spearman's coefficient, in [-1, 1], equal values sharing the mean of their ranks.

    It is None where it says nothing: fewer than two pairs, or a side that does not vary.
    """
    sides = [_ranks(side) for side in zip(*pairs, strict=True)]
    if sides and all(len(set(side)) > 1 for side in sides):
        return statistics.correlation(*sides)
    return None


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, from 1."""
    places = sorted(range(len(values)), key=values.__getitem__)
    ranks, before = [0.0] * len(values), 0
    for _, same in groupby(places, key=values.__getitem__):
        tied = list(same)
        for place in tied:
            ranks[place] = before + (len(tied) + 1) / 2
        before += len(tied)
    return ranks
