"""Satisfaction of units as internal clients, and what follows from it (section 8.8, 8.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

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


def exposure(influence: Mapping[int, float], satisfied: Mapping[int, float]) -> Exposure:
    """Return the exposure of a client from the influence of units on it; unmeasured are left out.

    `normal` is None when no unit is measured, `coverage` when no unit has influence.
    """
    measured = {unit: weight for unit, weight in influence.items() if unit in satisfied}
    total, covered = sum(influence.values()), sum(measured.values())
    exposed = sum((weight * (1 - satisfied[unit]) for unit, weight in measured.items()), 0.0)
    return Exposure(
        exposed, exposed / covered if covered else None, covered / total if total else None
    )
