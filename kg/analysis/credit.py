"""Who is credited with the value of referred clients (sections 7.4 and 7.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from kg.analysis.forest import Forest
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

    Nobody's is the value of clients without touch. Only a client with several touches needs exact
    fractions, and only where weights are no whole numbers.
    """
    evaluation.table("touch", _TOUCH)
    wanted = tuple(models)
    found: dict[str, Amounts] = {model: {} for model in wanted}
    unattributed = evaluation.run(_WITHOUT_TOUCH).fetchall()
    for referrer, currency, *amounts in evaluation.run(_CREDITED).fetchall():
        for model, cents in zip(_SET_WISE, amounts, strict=True):
            if model in found and cents:
                found[model][referrer, currency] = cents
    if "decay" in found:
        half_life = evaluation.context.parameters.h_half
        shared = attributed(_shared_values(evaluation), _shared(evaluation), "decay", half_life)
        for key, cents in shared.items():
            found["decay"][key] = found["decay"].get(key, 0) + cents
    for credited in found.values():
        credited.update(((None, currency), cents) for currency, cents in unattributed)
    return found


_SET_WISE = ("first", "last", "linear", "decay")
"""Models in the order of `_CREDITED`; of the last one it has the clients with one touch."""
_TOUCH = """
SELECT giver, receiver, age, row_number() OVER earliest AS place,
    count(*) OVER (PARTITION BY receiver) AS touches
FROM referral WHERE outcome = 'converted'
WINDOW earliest AS (PARTITION BY receiver ORDER BY day, key)
"""
_CREDITED = """
SELECT t.giver, v.code, CAST(sum(v.cents) FILTER (t.place = 1) AS BIGINT),
    CAST(sum(v.cents) FILTER (t.place = t.touches) AS BIGINT),
    CAST(sum(sign(v.cents) * (abs(v.cents) // t.touches
        + (t.place <= abs(v.cents) % t.touches)::INTEGER)) AS BIGINT),
    CAST(sum(v.cents) FILTER (t.touches = 1) AS BIGINT)
FROM party_value AS v JOIN touch AS t ON t.receiver = v.party
GROUP BY t.giver, v.code
"""
_WITHOUT_TOUCH = """
SELECT code, CAST(sum(cents) AS BIGINT) FROM party_value
WHERE party NOT IN (SELECT receiver FROM touch) GROUP BY code
"""


def _shared_values(evaluation: Evaluation) -> list[Value]:
    """Return the values of clients with several touches."""
    rows = evaluation.run(
        "SELECT party, code, cents FROM party_value"
        " WHERE party IN (SELECT receiver FROM touch WHERE touches > 1)"
    ).fetchall()
    return list(map(Value._make, rows))


def _shared(evaluation: Evaluation) -> dict[int, list[Touch]]:
    """Return the touches of clients with several, earliest first."""
    rows = evaluation.run(
        "SELECT giver, receiver, age FROM touch WHERE touches > 1 ORDER BY receiver, place"
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
    # Exact whole numbers: equal remainders are ties, and no part is lost to floating point.
    ratios = [share.as_integer_ratio() for share in shares]
    finest = max(below for _, below in ratios)
    weighed = [above * (finest // below) for above, below in ratios]
    total, amount = sum(weighed), abs(cents)
    divided = [divmod(amount * weight, total) for weight in weighed]
    parts = [part for part, _ in divided]
    places = sorted(range(len(parts)), key=lambda place: (-divided[place][1], place))
    for place in places[: amount - sum(parts)]:
        parts[place] += 1
    return parts if cents >= 0 else [-part for part in parts]


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
