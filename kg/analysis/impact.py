"""The figures by which people judge a change before it is made: stages and referrals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kg.analysis.forest import rings
from kg.analysis.referral_tables import broken_links
from kg.analysis.referrals import build_referrals
from kg.lifecycle import Context
from kg.lifecycle.classify import classified
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.store import Cursor

Figures = dict[str, int]
"""Number of parties by `stage:NAME`, of referrals by `outcome:NAME`, of `rings` and `broken`."""


def figures(cursor: Cursor, context: Context) -> Figures:
    """Return how many parties are in each stage and how referrals stand, as the cursor sees it."""
    with snapshot(cursor):
        evaluation = classified(cursor, context)
        build_referrals(evaluation)
        return {
            **_counted(evaluation, "stage", "classification"),
            **_counted(evaluation, "outcome", "referral"),
            "rings": len(rings(evaluation)),
            "broken": len(broken_links(evaluation)),
        }


def _counted(evaluation: Evaluation, column: str, table: str) -> Figures:
    """Return how many rows of a table have each value of a column."""
    found = evaluation.run(f"SELECT {column}, count(*) FROM {table} GROUP BY 1 ORDER BY 1")
    return {f"{column}:{value}": count for value, count in found.fetchall()}


def figures_under(context: Context) -> Callable[[Cursor], Figures]:
    """Return the function that gives the figures under a context."""
    return partial(figures, context=context)
