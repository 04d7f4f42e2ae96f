"""All figures of the referral network from one evaluation, and their summary (section 7)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kg.analysis.credit import build_credit, money
from kg.analysis.forest import PrimaryEdge, rings
from kg.analysis.network_tables import (
    build_ancestry,
    build_descent,
    build_forest,
    build_places,
    build_upstream,
)
from kg.analysis.referrals import COLD, build_stages, evaluate_referrals
from kg.analysis.values import build_values, value_notes
from kg.lifecycle import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.store import Cursor

SUMMARY_COLUMNS = ("figure", "value", "currency", "as_of", "knowledge", "params")


@dataclass(frozen=True)
class NetworkFigures:
    """Figures of the referrals of an evaluation: tables of its cursor, and what is no table.

    `place` (party, depth, root), `descent` (party, n descendants), `downstream` (party, code,
    cents), `credited` (model, party, code, cents; NULL is nobody), `party_value` (party, code,
    cents), `primary_edge` (giver, receiver, day, key); and what tells cold links (see `COLD`).
    """

    outcomes: Counter[str]
    removed: tuple[PrimaryEdge, ...]
    """Primary edges that closed a ring."""
    rings: list[set[int]]


def network_figures(evaluation: Evaluation) -> NetworkFigures:
    """Leave the figures of the referrals of an evaluation (see `evaluate_referrals`) in tables."""
    build_stages(evaluation, cold_only=True)
    build_values(evaluation)
    removed = build_forest(evaluation)
    listed = build_ancestry(evaluation)
    build_places(evaluation, listed=listed)
    build_descent(evaluation, listed=listed)
    build_credit(evaluation)
    build_upstream(evaluation)
    outcomes = evaluation.run("SELECT outcome, count(*) FROM referral GROUP BY outcome").fetchall()
    return NetworkFigures(Counter(dict(outcomes)), removed, rings(evaluation))


def summary(cursor: Cursor, context: Context) -> Table:
    """Return the figures of the whole network: counts, extents, and value by model and currency."""
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context, all_parties=True)
        figures = network_figures(evaluation)
        extents = evaluation.run(_EXTENTS).fetchone() or ()
        credited = evaluation.run(_CREDITED).fetchall()
        notes = value_notes(evaluation)
    under = (context.as_of, evaluation.value("knowledge"), context.parameters.iri)
    counts = {
        "referrals": figures.outcomes.total(),
        **{name: figures.outcomes[name] for name in sorted(figures.outcomes)},
        **dict(zip(_COUNTED, extents, strict=True)),
        "rings": len(figures.rings),
        "removed edges": len(figures.removed),
    }
    rows: list[tuple[Any, ...]] = [(name, Decimal(n), None, *under) for name, n in counts.items()]
    rows += [(name, money(cents), currency, *under) for name, currency, cents in credited]
    return Table(SUMMARY_COLUMNS, rows, notes)


_COUNTED = (
    "cold links", "parties in the forest", "longest chain", "greatest branching",
    "most descendants",
)  # fmt: skip
_EXTENTS = f"""
SELECT
    (SELECT count(*) FROM referral WHERE {COLD}),
    (SELECT count(*) FROM place), (SELECT coalesce(max(depth), 0) FROM place),
    (SELECT coalesce(max(n), 0)
        FROM (SELECT count(*) AS n FROM primary_edge GROUP BY giver)),
    (SELECT coalesce(max(n), 0) FROM descent)
"""
_CREDITED = """
SELECT CASE WHEN party IS NULL THEN 'unattributed, ' ELSE 'credited, ' END || model AS figure, code,
    CAST(sum(cents) AS BIGINT)
FROM credited GROUP BY ALL
HAVING count(*) > 0
ORDER BY list_position(['first', 'last', 'linear', 'decay', 'upstream'], any_value(model)), code,
    figure
"""
