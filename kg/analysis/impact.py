"""The figures by which people judge a change before it is made: stages and referrals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from kg.analysis.referral_tables import broken, outcomes, rings
from kg.lifecycle import Context, classify
from kg.store import Cursor

Figures = dict[str, int]
"""Number of parties by `stage:NAME`, of referrals by `outcome:NAME`, of `rings` and `broken`."""


def figures(cursor: Cursor, context: Context) -> Figures:
    """Return how many parties are in each stage and how referrals stand, as the cursor sees it."""
    stages = Counter(classify(cursor, context).column("stage"))
    found = Counter(outcomes(cursor, context).column("outcome"))
    return {
        **{f"stage:{stage}": count for stage, count in sorted(stages.items())},
        **{f"outcome:{outcome}": count for outcome, count in sorted(found.items())},
        "rings": len(set(rings(cursor, context).column("ring"))),
        "broken": len(broken(cursor, context)),
    }


def figures_under(context: Context) -> Callable[[Cursor], Figures]:
    """Return the function that gives the figures under a context."""
    return partial(figures, context=context)
