"""Who is credited with the value of referred clients (sections 7.4 and 7.5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
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


def touches(evaluation: Evaluation) -> dict[int, list[Touch]]:
    """Return the touches of each client in the order of date and source key."""
    rows = evaluation.run(
        "SELECT giver, receiver, age FROM referral WHERE outcome = 'converted'"
        " ORDER BY receiver, day, key"
    ).fetchall()
    by_client: dict[int, list[Touch]] = defaultdict(list)
    for row in rows:
        by_client[row[1]].append(Touch(*row))
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
    for party, currency, cents in values:
        ancestors = list(forest.ancestors(party))
        if not ancestors:
            credited[None, currency] += cents
            continue
        shares = [factor**step for step in range(len(ancestors))]
        for ancestor, part in zip(ancestors, split(cents, shares), strict=True):
            credited[ancestor, currency] += part
    return credited


def downstream(
    values: Iterable[Value], forest: Forest
) -> tuple[dict[int, Counter[str]], Counter[int]]:
    """Return the cents of all descendants of each party by currency, and how many there are.

    Nested ancestors count the same value: these sums are not additive.
    """
    own: dict[int, Counter[str]] = defaultdict(Counter)
    for party, currency, cents in values:
        own[party][currency] += cents
    below: dict[int, Counter[str]] = defaultdict(Counter)
    descendants: Counter[int] = Counter()
    deepest_last = list(forest.places())
    for party in reversed(deepest_last):
        parent = forest.parent(party)
        if parent is not None:
            descendants[parent] += descendants[party] + 1
            below[parent].update(own[party])
            below[parent].update(below[party])
    return below, descendants


def money(cents: int) -> Decimal:
    """Return an amount of cents as a decimal with two places."""
    return Decimal(cents).scaleb(-2)
