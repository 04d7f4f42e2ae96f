"""Satisfaction of units as internal clients, and what follows from it (section 8.8, 8.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

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
