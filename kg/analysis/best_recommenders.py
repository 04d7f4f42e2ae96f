"""The parties whose recommendations brought most, of all of them the first alone (section 7.5)."""

from __future__ import annotations

from kg.analysis.credit import money
from kg.analysis.names import names_of
from kg.analysis.network_tables import build_ancestry, build_descent, build_forest
from kg.analysis.referrals import evaluate_referrals
from kg.analysis.values import build_values
from kg.lifecycle import Context, Table
from kg.lifecycle.evaluation import snapshot
from kg.store import Cursor

BEST_COLUMNS = ("party", "party_key", "downstream", "descendants", "currency")


def best_recommenders(cursor: Cursor, context: Context, most: int) -> Table:
    """Return the first rows of `downstream_values` by value, whatever the currency, then by key.

    Parties whose descendants are worth nothing are left out.
    """
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context, all_parties=True)
        build_values(evaluation)
        build_forest(evaluation)
        build_descent(evaluation, listed=build_ancestry(evaluation))
        found = evaluation.run(_BEST, most=most).fetchall()
        names = names_of(evaluation, (row[0] for row in found))
    rows = [(*names[party], money(cents), n, code) for party, cents, n, code in found]
    rows.sort(key=lambda row: (-row[2], row[1] or "", row[0], row[4]))
    return Table(BEST_COLUMNS, rows[:most])


# Those that are worth as much as the last of them are there, as their keys decide.
_BEST = """
SELECT party, cents, n, code FROM downstream JOIN descent USING (party)
WHERE cents <> 0
QUALIFY rank() OVER (ORDER BY cents DESC) <= $most
"""
