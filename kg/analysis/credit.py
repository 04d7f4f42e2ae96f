"""Who is credited with the value of referred clients (sections 7.4 and 7.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from kg.analysis.forest import Forest, build_touches
from kg.analysis.values import Value
from kg.lifecycle.evaluation import Evaluation

Amounts = dict[tuple[int | None, str], int]
"""Cents by (party, currency); None stands for nobody."""


class Touch(NamedTuple):
    """A converted referral of a client, `age` days before the first acquisition."""

    referrer: int
    client: int
    age: int


def credited_by_model(evaluation: Evaluation, models: Iterable[str]) -> dict[str, Amounts]:
    """Return the credit of each referrer under some models, over the table `party_value`.

    Nobody's is the value of clients without touch.
    """
    build_touches(evaluation)
    build_credit(evaluation)
    found: dict[str, Amounts] = {model: {} for model in models}
    for model, party, code, cents in evaluation.run("FROM credited").fetchall():
        if model in found:
            found[model][party, code] = cents
    return found


def build_credit(evaluation: Evaluation) -> None:
    """Make the table `credited` (model, party, code, cents) over `party_value` and `touch`.

    Models are those of section 7.4; nobody, who has the value of clients without touch, is NULL.
    Only where a part of `decay` is too close to the next cent are exact fractions needed.
    """
    evaluation.table("decayed", _DECAYED)
    evaluation.table("credited", _CREDITED)
    half_life = evaluation.context.parameters.h_half
    shared = attributed(_unsure_values(evaluation), _unsure(evaluation), "decay", half_life)
    add_credit(evaluation, "decay", shared)


def add_credit(evaluation: Evaluation, model: str, amounts: Amounts) -> None:
    """Add amounts to the table `credited`, beside what it has of the same parties."""
    if not amounts:
        return
    evaluation.run(_ADDED, model=model, **_columns(amounts))
    evaluation.table("summed_credit", _SUMMED)
    evaluation.run("CREATE OR REPLACE TEMP TABLE credited AS FROM summed_credit")


_ADDED = """
INSERT INTO credited
SELECT $model AS model, unnest($parties::BIGINT[]) AS party, unnest($codes::VARCHAR[]) AS code,
    unnest($cents::BIGINT[]) AS cents
"""
_SUMMED = """
SELECT model, party, code, CAST(sum(cents) AS BIGINT) AS cents FROM credited
GROUP BY ALL HAVING sum(cents) <> 0 OR party IS NULL
"""


def _columns(amounts: Amounts) -> dict[str, list[Any]]:
    return {
        "parties": [party for party, _ in amounts],
        "codes": [code for _, code in amounts],
        "cents": list(amounts.values()),
    }


_DECAYED = """
WITH client AS (
    SELECT receiver, min(age) AS youngest, min(age) = max(age) AS even
    FROM touch WHERE touches > 1 GROUP BY receiver
), weighed AS (
    SELECT t.receiver, t.giver, t.place, t.touches, c.even,
        pow(2.0, (c.youngest - t.age) / $H_half) AS weight
    FROM touch AS t JOIN client AS c ON c.receiver = t.receiver
), total AS (
    SELECT receiver, sum(weight) AS weight FROM weighed GROUP BY receiver
), divided AS (
    SELECT v.party, v.code, v.cents, w.giver, w.place, w.touches, w.even, w.weight,
        abs(v.cents) AS amount, amount * w.weight / t.weight AS part, part - floor(part) AS rest
    FROM weighed AS w
    JOIN total AS t ON t.receiver = w.receiver
    JOIN party_value AS v ON v.party = w.receiver
), ranked AS (
    SELECT *, amount - CAST(sum(floor(part)) OVER client AS BIGINT) AS over,
        row_number() OVER ordered AS rank, rest - lead(rest) OVER ordered AS ahead,
        lead(weight) OVER ordered AS weight_behind
    FROM divided WINDOW client AS (PARTITION BY party, code),
        ordered AS (PARTITION BY party, code ORDER BY rest DESC, place)
)
SELECT party, code, giver,
    sign(cents) * CASE WHEN even THEN amount // touches + (place <= amount % touches)::INTEGER
        ELSE CAST(floor(part) AS BIGINT) + (rank <= over)::INTEGER END AS cents,
    NOT even AND (amount > 1e9 OR rest < 1e-5 OR rest > 1 - 1e-5
        OR rank = over AND coalesce(ahead < 1e-5 AND weight <> weight_behind, FALSE)) AS unsure
FROM ranked
"""
"""Parts by largest remainder in floating point, which is off by far less than what is `unsure`.

Touches of one age have equal parts: the division is one of whole numbers. A value of which one
part is unsure is shared out by exact fractions.
"""
_CREDITED = """
WITH part AS (
    SELECT t.giver, v.code,
        CASE WHEN t.place = 1 THEN v.cents END AS first,
        CASE WHEN t.place = t.touches THEN v.cents END AS last,
        sign(v.cents) * (abs(v.cents) // t.touches
            + (t.place <= abs(v.cents) % t.touches)::INTEGER) AS linear,
        CASE WHEN t.touches = 1 THEN v.cents END AS decay
    FROM party_value AS v JOIN touch AS t ON t.receiver = v.party
    UNION ALL
    SELECT giver, code, NULL, NULL, NULL, cents FROM decayed
    WHERE (party, code) NOT IN (SELECT party, code FROM decayed WHERE unsure)
    UNION ALL
    SELECT NULL, code, cents, cents, cents, cents FROM (
        SELECT code, CAST(sum(cents) AS BIGINT) AS cents FROM party_value
        WHERE party NOT IN (SELECT receiver FROM touch) GROUP BY code
    )
), summed AS (
    SELECT giver AS party, code, CAST(sum(first) AS BIGINT) AS first,
        CAST(sum(last) AS BIGINT) AS last, CAST(sum(linear) AS BIGINT) AS linear,
        CAST(sum(decay) AS BIGINT) AS decay
    FROM part GROUP BY giver, code
)
SELECT model, party, code, cents
FROM (UNPIVOT summed ON first, last, linear, decay INTO NAME model VALUE cents)
WHERE cents <> 0 OR party IS NULL
"""


def _unsure_values(evaluation: Evaluation) -> list[Value]:
    """Return the values whose parts by `decay` need exact fractions."""
    rows = evaluation.run(
        "SELECT party, code, cents FROM party_value"
        " WHERE (party, code) IN (SELECT party, code FROM decayed WHERE unsure)"
    ).fetchall()
    return list(map(Value._make, rows))


def _unsure(evaluation: Evaluation) -> dict[int, list[Touch]]:
    """Return the touches of the clients of these values, earliest first."""
    rows = evaluation.run(
        "SELECT giver, receiver, age FROM touch"
        " WHERE receiver IN (SELECT party FROM decayed WHERE unsure) ORDER BY receiver, place"
    ).fetchall()
    by_client: dict[int, list[Touch]] = defaultdict(list)
    for row in rows:
        by_client[row[1]].append(Touch._make(row))
    return by_client


def weights(ages: Sequence[int], model: str, half_life: float) -> list[float]:
    """Return the weight of each touch, earliest first, up to a common factor."""
    last = len(ages) - 1
    if model == "first":
        return [float(place == 0) for place in range(len(ages))]
    if model == "last":
        return [float(place == last) for place in range(len(ages))]
    if model == "linear":
        return [1.0] * len(ages)
    # Ages count from the youngest touch: a factor common to all, and no underflow of all.
    return [2.0 ** ((min(ages) - age) / half_life) for age in ages]


def split(cents: int, shares: Sequence[float]) -> list[int]:
    """Return `cents` split in proportion to `shares`, rounded by largest remainder.

    The parts sum to `cents`; equal remainders go to the earlier share.
    """
    if len(shares) == 1:
        return [cents]
    weighed = whole_weights(shares)
    total, amount = sum(weighed), abs(cents)
    divided = [divmod(amount * weight, total) for weight in weighed]
    parts = [part for part, _ in divided]
    places = sorted(range(len(parts)), key=lambda place: (-divided[place][1], place))
    for place in places[: amount - sum(parts)]:
        parts[place] += 1
    return parts if cents >= 0 else [-part for part in parts]


def whole_weights(shares: Sequence[float]) -> list[int]:
    """Return whole numbers in exactly the proportion of some shares.

    With these, equal remainders are ties, and no part is lost to floating point.
    """
    ratios = [share.as_integer_ratio() for share in shares]
    finest = max(below for _, below in ratios)
    return [above * (finest // below) for above, below in ratios]


def attributed(
    values: Iterable[Value], by_client: dict[int, list[Touch]], model: str, half_life: float
) -> Amounts:
    """Return the credit of each referrer; nobody's is the value of clients without touch."""
    credited: Amounts = defaultdict(int)
    for party, currency, cents in values:
        touched = by_client.get(party)
        if not touched:
            credited[None, currency] += cents
            continue
        shares = weights([touch.age for touch in touched], model, half_life)
        for touch, part in zip(touched, split(cents, shares), strict=True):
            credited[touch.referrer, currency] += part
    return credited


def upstream_shared(values: Iterable[Value], forest: Forest, factor: float) -> Amounts:
    """Return each ancestor's share of value, nearest first by powers of `factor` (section 7.5)."""
    credited: Amounts = defaultdict(int)
    edges = forest.edges
    for party, currency, cents in values:
        edge = edges.get(party)
        if edge is None or edge.referrer not in edges:
            # Nobody, or the only ancestor, has all of it.
            credited[edge.referrer if edge else None, currency] += cents
            continue
        ancestors = list(forest.ancestors(party))
        shares = [factor**step for step in range(len(ancestors))]
        for ancestor, part in zip(ancestors, split(cents, shares), strict=True):
            credited[ancestor, currency] += part
    return credited


def downstream(
    values: Iterable[Value], forest: Forest
) -> tuple[dict[str, dict[int, int]], dict[int, int]]:
    """Return the cents of all descendants of each party, by currency, and how many there are.

    Nested ancestors count the same value: these sums are not additive. A party without
    descendants is left out.
    """
    own: dict[str, dict[int, int]] = defaultdict(dict)
    for party, currency, cents in values:
        own[currency][party] = own[currency].get(party, 0) + cents
    upwards = [
        (party, edge.referrer)
        for party in reversed(list(forest.places))
        if (edge := forest.edges.get(party)) is not None
    ]
    descendants = _summed_below(upwards, dict.fromkeys((party for party, _ in upwards), 1))
    return {code: _summed_below(upwards, worth) for code, worth in own.items()}, descendants


def _summed_below(upwards: Iterable[tuple[int, int]], own: Mapping[int, int]) -> dict[int, int]:
    """Return the sum over the descendants of each party; edges lead up, the deepest first."""
    below: dict[int, int] = {}
    for party, parent in upwards:
        below[parent] = below.get(parent, 0) + own.get(party, 0) + below.get(party, 0)
    return below


def money(cents: int) -> Decimal:
    """Return an amount of cents as a decimal with two places."""
    return Decimal(cents).scaleb(-2)
