"""All figures of the referral network from one evaluation, and their summary (section 7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kg.analysis.credit import (
    Amounts,
    credited_by_model,
    downstream,
    money,
    upstream_shared,
)
from kg.analysis.forest import Forest, primary_forest, rings
from kg.analysis.referrals import evaluate_referrals
from kg.analysis.values import Value, party_values, undated_notes
from kg.lifecycle import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.store import Cursor

SUMMARY_COLUMNS = ("figure", "value", "currency", "as_of", "knowledge", "params")
_MODELS = ("first", "last", "linear", "decay")


@dataclass(frozen=True)
class NetworkFigures:
    """Figures by the ids of parties; amounts are cents by (party, currency), None for nobody."""

    outcomes: Counter[str]
    forest: Forest
    places: Mapping[int, tuple[int, int]]
    """Depth and root of each party of the forest."""
    branching: Counter[int]
    descendants: dict[int, int]
    downstream: dict[str, dict[int, int]]
    """By currency; a party without descendants is left out, here and in `descendants`."""
    credit: dict[str, Amounts]
    """By model; `upstream` shares value up the chain."""
    rings: list[set[int]]
    values: list[Value]


def network_figures(evaluation: Evaluation) -> NetworkFigures:
    """Return the figures of the referrals of an evaluation (see `evaluate_referrals`)."""
    values = party_values(evaluation)
    forest = primary_forest(evaluation)
    below, descendants = downstream(values, forest)
    credit = credited_by_model(evaluation, _MODELS)
    credit["upstream"] = upstream_shared(values, forest, evaluation.context.parameters.lambda_up)
    outcomes = evaluation.run("SELECT outcome, count(*) FROM referral GROUP BY outcome").fetchall()
    return NetworkFigures(
        outcomes=Counter(dict(outcomes)),
        forest=forest,
        places=forest.places,
        branching=Counter(edge.referrer for edge in forest.edges.values()),
        descendants=descendants,
        downstream=below,
        credit=credit,
        rings=rings(evaluation),
        values=values,
    )


def summary(cursor: Cursor, context: Context) -> Table:
    """Return the figures of the whole network: counts, extents, and value by model and currency."""
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context, all_parties=True)
        figures = network_figures(evaluation)
        (cold,) = evaluation.run(
            "SELECT count(*) FROM referral WHERE outcome = 'converted' AND giver_stage = 'FORMER'"
        ).fetchone() or (0,)
        notes = undated_notes(evaluation)
    under = (context.as_of, evaluation.value("knowledge"), context.parameters.iri)
    counts = {
        "referrals": figures.outcomes.total(),
        **{name: figures.outcomes[name] for name in sorted(figures.outcomes)},
        "cold links": int(cold),
        "parties in the forest": len(figures.places),
        "longest chain": max((depth for depth, _ in figures.places.values()), default=0),
        "greatest branching": max(figures.branching.values(), default=0),
        "most descendants": max(figures.descendants.values(), default=0),
        "rings": len(figures.rings),
        "removed edges": len(figures.forest.removed),
    }
    rows: list[tuple[Any, ...]] = [(name, Decimal(n), None, *under) for name, n in counts.items()]
    for model, credited in figures.credit.items():
        totals: Counter[tuple[bool, str]] = Counter()
        for (party, currency), cents in credited.items():
            totals[party is None, currency] += cents
        for (nobody, currency), cents in sorted(totals.items(), key=lambda item: item[0][::-1]):
            name = f"unattributed, {model}" if nobody else f"credited, {model}"
            rows.append((name, money(cents), currency, *under))
    return Table(SUMMARY_COLUMNS, rows, notes)
