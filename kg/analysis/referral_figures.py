"""Figures of referrals: the shape of the forest, and outcomes by what was recommended and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from kg.analysis.forest import Forest, primary_forest
from kg.analysis.names import names_of
from kg.analysis.referrals import evaluate_referrals, undated_notes
from kg.errors import UsageError
from kg.lifecycle import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.store import Cursor

SHAPE_COLUMNS = (
    "party", "party_key", "depth", "branching", "descendants", "chain_below", "root_key",
)  # fmt: skip
BREAKDOWN_COLUMNS = (
    "group", "group_key", "referrals", "valid", "converted", "declined", "expired", "pending",
    "invalid", "referred", "converted_parties", "conversion",
)  # fmt: skip
GROUPS = ("product", "channel", "origin", "month", "year")


def shape(cursor: Cursor, context: Context) -> Table:
    """Return depth, branching, descendants and longest chain below of each party (section 7.3).

    The longest chain of all is the greatest `depth`.
    """
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context)
        forest = primary_forest(evaluation)
        places = forest.places
        names = names_of(evaluation, places)
    branching = Counter(edge.referrer for edge in forest.edges.values())
    descendants, below = _below(forest, places)
    rows = [
        (*names[party], depth, branching[party], descendants[party], below[party], names[root].key)
        for party, (depth, root) in places.items()
    ]
    return Table(SHAPE_COLUMNS, sorted(rows, key=lambda row: (row[1] or row[0], row[0])))


def _below(
    forest: Forest, places: Mapping[int, tuple[int, int]]
) -> tuple[Counter[int], dict[int, int]]:
    """Return the number of descendants of each party, and its longest chain down."""
    descendants: Counter[int] = Counter()
    below = dict.fromkeys(places, 0)
    for party in reversed(list(places)):
        parent = forest.parent(party)
        if parent is not None:
            descendants[parent] += descendants[party] + 1
            below[parent] = max(below[parent], below[party] + 1)
    return descendants, below


def breakdown(
    cursor: Cursor,
    context: Context,
    *,
    by: str,
    start: date | None = None,
    end: date | None = None,
) -> Table:
    """Return the outcomes of the referrals dated in a period, by product, channel, origin or time.

    A referral of several products counts in each of their groups, so that rows by product do not
    add up. What says nothing of the group stands in the row without one. `conversion` is converted
    parties over validly referred ones, as in section 7.2.

    Raises:
        UsageError: the grouping is unknown.
    """
    if by not in GROUPS:
        raise UsageError(f"by is {by!r}; choose among {', '.join(GROUPS)}.")
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context)
        found = evaluation.run(
            _BREAKDOWN.format(grouped=_grouped(evaluation, by)), start=start, end=end
        ).fetchall()
        notes = undated_notes(evaluation) if start or end else ()
        ids = [row[0] for row in found if isinstance(row[0], int)]
        names = {one: (name.iri, name.key) for one, name in names_of(evaluation, ids).items()}
    rows = [(*names.get(row[0], (row[0], row[0])), *row[1:]) for row in found]
    ordered = sorted(rows, key=lambda row: (row[0] is None, row[1] or ""))
    return Table(BREAKDOWN_COLUMNS, ordered, notes)


_PROPERTIES = {"product": "recommendsItem", "channel": "channel", "origin": "recommenderOrigin"}


def _grouped(evaluation: Evaluation, by: str) -> str:
    """Return the relation (s, place) of the groups of each referral."""
    if by in ("month", "year"):
        letters = {"month": 7, "year": 4}[by]
        return f"(SELECT referral AS s, CAST(day AS VARCHAR)[:{letters}] AS place FROM referral)"
    triples = evaluation.triples(_PROPERTIES[by])
    if by == "channel":
        return f"(SELECT q.s, t.lex AS place FROM {triples} AS q JOIN term AS t ON t.id = q.o)"
    return f"(SELECT s, o AS place FROM {triples})"


_BREAKDOWN = """
SELECT g.place, count(*), count(*) FILTER (valid),
    count(*) FILTER (outcome = 'converted'), count(*) FILTER (outcome = 'declined'),
    count(*) FILTER (outcome = 'expired'), count(*) FILTER (outcome = 'pending'),
    count(*) FILTER (outcome = 'invalid'),
    count(DISTINCT receiver) FILTER (valid) AS referred,
    count(DISTINCT receiver) FILTER (outcome = 'converted') AS converted,
    converted / nullif(referred, 0)
FROM referral AS r LEFT JOIN {grouped} AS g ON g.s = r.referral
WHERE coalesce(r.day >= $start::DATE, $start IS NULL)
    AND coalesce(r.day <= $end::DATE, $end IS NULL)
GROUP BY g.place
"""
