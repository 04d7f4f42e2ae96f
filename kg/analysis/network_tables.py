"""The figures of the whole referral network as tables, set-wise (sections 7.3 to 7.6).

Where chains are short, all ancestors of each party are listed, and figures are sums over the list.
Longer ones are followed by doubling: a table leads from each party to its ancestor 1, 2, 4, 8 ...
links up, so that the work grows with the number of parties, and with the logarithm of the longest
chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from kg.analysis.credit import add_credit, upstream_shared, whole_weights
from kg.analysis.forest import (
    Forest,
    PrimaryEdge,
    broken_at_rings,
    build_touches,
    inner_edges,
    primary_edges,
)
from kg.analysis.values import Value
from kg.lifecycle.evaluation import Evaluation


def build_forest(evaluation: Evaluation) -> tuple[PrimaryEdge, ...]:
    """Make the acyclic table `primary_edge` (giver, receiver, day, key); return what it lost.

    The table `touch` is made on the way.
    """
    build_touches(evaluation)
    evaluation.table("primary_edge", primary_edges(evaluation))
    rows = inner_edges(evaluation, "FROM primary_edge", "day, key")
    removed = broken_at_rings(map(PrimaryEdge._make, rows)).removed
    evaluation.run(
        "DELETE FROM primary_edge WHERE receiver IN (SELECT unnest($receivers::BIGINT[]))",
        receivers=[edge.referred for edge in removed],
    )
    return removed


def build_ancestry(evaluation: Evaluation) -> bool:
    """Make the table `ancestry` (party, step, above) of ancestors, the primary referrer at step 0.

    Those beyond `_LISTED` are left out; returns whether there are none.
    """
    new = evaluation.table(
        "ancestry", "SELECT receiver AS party, 0 AS step, giver AS above FROM primary_edge"
    )
    for step in range(_LISTED):
        if not new:
            return True
        ((new,),) = evaluation.run(_NEXT, step=step).fetchall()
    return not new


_LISTED = 48
"""Ancestors of a party that are listed: more than have an upstream share that is worth it."""
_NEXT = """
INSERT INTO ancestry
SELECT a.party, a.step + 1, e.giver FROM ancestry AS a
JOIN primary_edge AS e ON e.receiver = a.above WHERE a.step = $step
"""


def build_places(evaluation: Evaluation, *, listed: bool) -> None:
    """Make the table `place` (party, depth, root) of every party of the forest.

    `listed` says that the table `ancestry` has all ancestors.
    """
    if listed:
        climb = "SELECT party, arg_max(above, step) AS above, max(step) + 1 AS steps FROM ancestry"
        evaluation.table("climb", f"{climb} GROUP BY party")
    else:
        _climb(evaluation)
    evaluation.table("place", _PLACES)


def _climb(evaluation: Evaluation) -> None:
    """Make the table `climb` (party, above, steps) from each party to its root, by doubling."""
    evaluation.table(
        "climb", "SELECT receiver AS party, giver AS above, 1 AS steps FROM primary_edge"
    )
    while _any(evaluation, "climb AS c SEMI JOIN climb AS d ON d.party = c.above"):
        evaluation.table("climbed", _CLIMBED)
        evaluation.run("CREATE OR REPLACE TEMP TABLE climb AS FROM climbed")


_CLIMBED = """
SELECT c.party, coalesce(d.above, c.above) AS above, c.steps + coalesce(d.steps, 0) AS steps
FROM climb AS c LEFT JOIN climb AS d ON d.party = c.above
"""
_PLACES = """
SELECT party, steps AS depth, above AS root FROM climb
UNION ALL
SELECT DISTINCT giver, 0, giver FROM primary_edge ANTI JOIN climb ON climb.party = giver
"""


def build_descent(evaluation: Evaluation, *, listed: bool) -> None:
    """Make the tables `descent` (party, n) and `downstream` (party, code, cents).

    A party without descendants is in neither. `listed` as for `build_places`.
    """
    if listed:
        evaluation.table("descent", _LISTED_DESCENT)
        evaluation.table("downstream", _LISTED_DOWNSTREAM)
        return
    evaluation.table("below", _CHILDREN)
    for _ in _hops(evaluation):
        evaluation.table("further_below", _FURTHER)
        evaluation.run("CREATE OR REPLACE TEMP TABLE below AS FROM further_below")
    evaluation.table("descent", "SELECT party, n FROM below WHERE code IS NULL")
    evaluation.table(
        "downstream", "SELECT party, code, n AS cents FROM below WHERE code IS NOT NULL"
    )


_LISTED_DESCENT = "SELECT above AS party, count(*) AS n FROM ancestry GROUP BY above"
_LISTED_DOWNSTREAM = """
SELECT a.above AS party, v.code, CAST(sum(v.cents) AS BIGINT) AS cents
FROM ancestry AS a JOIN party_value AS v ON v.party = a.party GROUP BY a.above, v.code
"""


def _hops(evaluation: Evaluation) -> Iterator[int]:
    """Yield 1, 2, 4 ... while the table `hop` (party, above) leads so many links up."""
    hop = "SELECT receiver AS party, giver AS above FROM primary_edge"
    for power in count():
        if not evaluation.table("hop", hop):
            return
        yield 1 << power
        evaluation.run("CREATE OR REPLACE TEMP TABLE former_hop AS FROM hop")
        hop = (
            "SELECT h.party, i.above FROM former_hop AS h JOIN former_hop AS i ON i.party = h.above"
        )


_CHILDREN = """
SELECT giver AS party, NULL::VARCHAR AS code, count(*) AS n FROM primary_edge GROUP BY giver
UNION ALL
SELECT e.giver, v.code, CAST(sum(v.cents) AS BIGINT)
FROM primary_edge AS e JOIN party_value AS v ON v.party = e.receiver GROUP BY e.giver, v.code
"""
"""How many each party brought itself, and what these are worth."""
_FURTHER = """
SELECT party, code, CAST(sum(n) AS BIGINT) AS n FROM (
    FROM below
    UNION ALL SELECT h.above, b.code, b.n FROM below AS b JOIN hop AS h ON h.party = b.party
) GROUP BY party, code
"""
"""The same of descendants twice as far down, for a `hop` as long as `below` is deep."""


def build_upstream(evaluation: Evaluation) -> None:
    """Add the model `upstream` to the table `credited`, after `ancestry` and `place` (section 7.5).

    Where the weights of all ancestors are small whole numbers, all clients are shared out at once;
    below so many ancestors that they are not, one after the other.
    """
    weights = _weights(evaluation)
    evaluation.table("upstream_weight", _GIVEN, **weights)
    deepest = max(weights["depths"], default=0)
    evaluation.run(_UPSTREAM, deepest=deepest)
    _share_one_by_one(evaluation, deepest)


def _weights(evaluation: Evaluation) -> dict[str, list[int]]:
    """Return depths, steps, weights and their totals, for depths at which these are small."""
    (most, depth) = evaluation.run(
        "SELECT (SELECT coalesce(max(abs(cents)), 0) FROM party_value),"
        " (SELECT coalesce(max(depth), 0) FROM place)"
    ).fetchone() or (0, 0)
    factor = evaluation.context.parameters.lambda_up
    found: dict[str, list[int]] = {"depths": [], "steps": [], "weights": [], "totals": []}
    for ancestors in range(1, min(depth, _LISTED) + 1):
        weights = whole_weights([factor**step for step in range(ancestors)])
        if sum(weights) * most > _WHOLE:
            break
        for step, weight in enumerate(weights):
            row = (ancestors, step, weight, sum(weights))
            for column, value in zip(found.values(), row, strict=True):
                column.append(value)
    return found


_WHOLE = 2**62
"""Products beyond this are no whole numbers of the engine."""
_GIVEN = """
SELECT unnest($depths::BIGINT[]) AS depth, unnest($steps::BIGINT[]) AS step,
    unnest($weights::BIGINT[]) AS weight, unnest($totals::BIGINT[]) AS total
"""
_UPSTREAM = """
INSERT INTO credited
WITH divided AS (
    SELECT v.party, v.code, v.cents, a.above, a.step,
        abs(v.cents) * w.weight // w.total AS part, abs(v.cents) * w.weight % w.total AS rest
    FROM party_value AS v
    JOIN place AS p ON p.party = v.party
    JOIN upstream_weight AS w ON w.depth = p.depth
    JOIN ancestry AS a ON a.party = v.party AND a.step = w.step
    WHERE p.depth > 1
), ranked AS (
    SELECT *, abs(cents) - sum(part) OVER (PARTITION BY party, code) AS over,
        row_number() OVER (PARTITION BY party, code ORDER BY rest DESC, step) AS rank
    FROM divided
)
SELECT 'upstream', above, code, CAST(sum(cents) AS BIGINT) FROM (
    SELECT above, code, sign(cents) * (part + (rank <= over)::INTEGER) AS cents FROM ranked
    UNION ALL
    SELECT e.giver, v.code, v.cents FROM party_value AS v
    JOIN place AS p ON p.party = v.party AND p.depth = 1 AND $deepest > 0
    JOIN primary_edge AS e ON e.receiver = v.party
) GROUP BY above, code HAVING sum(cents) <> 0
UNION ALL
SELECT 'upstream', NULL, code, CAST(sum(cents) AS BIGINT) FROM party_value
WHERE party NOT IN (SELECT receiver FROM primary_edge) GROUP BY code
"""


def _share_one_by_one(evaluation: Evaluation, deepest: int) -> None:
    """Share the values of the clients with more than so many ancestors."""
    rows = evaluation.run(
        "SELECT v.party, v.code, v.cents FROM party_value AS v"
        " JOIN place AS p ON p.party = v.party WHERE p.depth > $deepest",
        deepest=deepest,
    ).fetchall()
    if not rows:
        return
    edges = evaluation.run("SELECT giver, receiver, day, key FROM primary_edge").fetchall()
    forest = Forest({row[1]: PrimaryEdge._make(row) for row in edges}, ())
    factor = evaluation.context.parameters.lambda_up
    shared = upstream_shared(map(Value._make, rows), forest, factor)
    add_credit(evaluation, "upstream", shared)


def _any(evaluation: Evaluation, relation: str) -> bool:
    """Say whether a relation has rows."""
    return evaluation.run(f"SELECT 1 FROM {relation} LIMIT 1").fetchone() is not None
