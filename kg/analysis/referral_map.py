"""Everything that a picture of the referrals at T is drawn from, ranked by value and compact.

A map of a million parties fits in memory: it holds numbers in arrays, and no text but the few
names of channels and outcomes. Parties are numbered by rank: 0 is the most valuable.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from kg.analysis.credit import downstream
from kg.analysis.forest import Forest, primary_forest, rings
from kg.analysis.referrals import COLD, build_stages, evaluate_referrals
from kg.analysis.values import Value, party_values
from kg.lifecycle import Context
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.store import Cursor

Key = TypeVar("Key")

OUTCOMES = ("converted", "pending", "declined", "expired", "invalid")
NONE = -1
"""What stands for no party, no day or no channel in the arrays."""


@dataclass(frozen=True)
class Members:
    """A column for each fact about a party, by its rank.

    `term`: its id; `downstream` and `value` in hundredths; `stage`: place in `ReferralMap.stages`;
    `parent`: rank of the primary referrer; `ring`: number of its ring, from 0.
    """

    term: array[int]
    downstream: array[int]
    value: array[int]
    descendants: array[int]
    stage: array[int]
    depth: array[int]
    parent: array[int]
    ring: array[int]


@dataclass(frozen=True)
class Links:
    """A column for each fact about a referral, in the order of days and keys.

    `giver` and `receiver` are ranks, `day` is a proleptic ordinal; `channel`, `products` and
    `outcome` are places in the lists of the map. `cold`: the referrer is FORMER at T.
    """

    term: array[int]
    giver: array[int]
    receiver: array[int]
    day: array[int]
    channel: array[int]
    products: array[int]
    outcome: array[int]
    primary: bytearray
    cold: bytearray


@dataclass(frozen=True)
class ReferralMap:
    """The parties in referrals at T and the referrals between them.

    `products` are ids of the things recommended; `product_sets` the different sets of places in
    it that referrals name. Values are in `currency` alone; `currencies` are all there are.
    `canonical` leads from the id of a merged record to that of the party it belongs to.
    """

    members: Members
    links: Links
    stages: tuple[str, ...]
    channels: tuple[str, ...]
    products: tuple[int, ...]
    product_sets: tuple[tuple[int, ...], ...]
    currency: str
    currencies: tuple[str, ...]
    canonical: Mapping[int, int]

    def __len__(self) -> int:
        return len(self.members.term)

    @cached_property
    def rank(self) -> Mapping[int, int]:
        """The rank of each party by its id."""
        return {term: rank for rank, term in enumerate(self.members.term)}

    @cached_property
    def touching(self) -> Sequence[Sequence[int]]:
        """The referrals that each party gave or received."""
        found: list[list[int]] = [[] for _ in self.members.term]
        for place, ends in enumerate(zip(self.links.giver, self.links.receiver, strict=True)):
            for end in {*ends} - {NONE}:
                found[end].append(place)
        return found

    @cached_property
    def brought(self) -> Mapping[int, Sequence[int]]:
        """The parties whose primary referrer each party is, the most valuable first."""
        found: dict[int, list[int]] = defaultdict(list)
        for rank, parent in enumerate(self.members.parent):
            if parent != NONE:
                found[parent].append(rank)
        return found


def referral_map(cursor: Cursor, context: Context) -> ReferralMap:
    """Return the map of the referrals dated up to T.

    Parties are ranked by downstream value, then descendants, then their own value. Values are
    counted in the currency that most parties have some in (rules-and-metrics, sections 7.3-7.7).
    """
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context)
        forest = primary_forest(evaluation)
        values = party_values(evaluation)
        members, stages, currencies = _members(evaluation, forest, values)
        return _with_links(evaluation, forest, members, stages, currencies)


def _members(
    evaluation: Evaluation, forest: Forest, values: Sequence[Value]
) -> tuple[Members, tuple[str, ...], tuple[str, ...]]:
    """Return the parties, the stages and the currencies, the one that counts first."""
    counted = Counter(value.currency for value in values)
    currencies = sorted(counted, key=lambda code: (-counted[code], code))
    currency = currencies[0] if currencies else evaluation.context.currency
    below, descendants = downstream([one for one in values if one.currency == currency], forest)
    own = {value.party: value.cents for value in values if value.currency == currency}
    brought = below.get(currency, {})
    build_stages(evaluation)
    stage = dict(evaluation.run("SELECT party, stage FROM referral_party").fetchall())
    terms = _ends(evaluation)
    terms.sort(
        key=lambda one: (-brought.get(one, 0), -descendants.get(one, 0), -own.get(one, 0), one)
    )
    rank = {term: place for place, term in enumerate(terms)}
    stages = tuple(sorted({stage.get(term, "") for term in terms}))
    places = forest.places
    ringed = {member: number for number, ring in enumerate(_rings(evaluation)) for member in ring}
    number = {name: place for place, name in enumerate(stages)}
    members = Members(
        term=array("q", terms),
        downstream=array("q", (brought.get(one, 0) for one in terms)),
        value=array("q", (own.get(one, 0) for one in terms)),
        descendants=array("l", (descendants.get(one, 0) for one in terms)),
        stage=array("b", (number[stage.get(one, "")] for one in terms)),
        depth=array("i", (places[one][0] if one in places else 0 for one in terms)),
        parent=array("l", (rank.get(forest.parent(one) or NONE, NONE) for one in terms)),
        ring=array("i", (ringed.get(one, NONE) for one in terms)),
    )
    return members, stages, tuple(currencies) or (currency,)


def _ends(evaluation: Evaluation) -> list[int]:
    """Return the ids of the parties at an end of a referral."""
    rows = evaluation.run(
        "SELECT giver FROM referral WHERE giver IS NOT NULL UNION SELECT receiver FROM referral"
    ).fetchall()
    return [row[0] for row in rows]


def _rings(evaluation: Evaluation) -> list[set[int]]:
    return sorted(rings(evaluation), key=min)


def _with_links(
    evaluation: Evaluation,
    forest: Forest,
    members: Members,
    stages: tuple[str, ...],
    currencies: tuple[str, ...],
) -> ReferralMap:
    """Return the map once the referrals are added to its parties."""
    rows = evaluation.run(_LINKS.format(cold=COLD, **_recommended(evaluation))).fetchall()
    merged = dict(evaluation.run("SELECT id, canonical FROM merged").fetchall())
    rank = {term: place for place, term in enumerate(members.term)}
    channels: _Places[str] = _Places()
    sets: _Places[tuple[int, ...]] = _Places()
    ids = sorted({item for row in rows for item in row[6] or ()})
    product = {item: place for place, item in enumerate(ids)}
    primary = {(edge.referrer, edge.referred, edge.key) for edge in forest.edges.values()}
    links = Links(
        term=array("q", (row[0] for row in rows)),
        giver=array("l", (NONE if row[1] is None else rank[row[1]] for row in rows)),
        receiver=array("l", (rank[row[2]] for row in rows)),
        day=array("i", (NONE if row[4] is None else row[4].toordinal() for row in rows)),
        channel=array("i", (NONE if row[5] is None else channels[row[5]] for row in rows)),
        products=array("i", (sets[tuple(product[i] for i in row[6] or ())] for row in rows)),
        outcome=array("b", (OUTCOMES.index(row[7]) for row in rows)),
        primary=bytearray((row[1], row[2], row[3]) in primary for row in rows),
        cold=bytearray(row[8] for row in rows),
    )
    return ReferralMap(
        members, links, stages, tuple(channels), tuple(ids), tuple(sets), currencies[0],
        currencies, merged,
    )  # fmt: skip


class _Places(dict[Key, int]):
    """Numbers things in the order in which they are met."""

    def __missing__(self, key: Key) -> int:
        self[key] = len(self)
        return self[key]


def _recommended(evaluation: Evaluation) -> dict[str, str]:
    """Return the relations (s, o) of the channel and of the products of a referral."""
    return {
        "channels": evaluation.triples("channel"),
        "items": evaluation.triples("recommendsItem"),
    }


_LINKS = """
WITH said AS (
    SELECT q.s, min(t.lex) AS channel FROM {channels} AS q JOIN term AS t ON t.id = q.o
    WHERE q.s IN (SELECT referral FROM referral) GROUP BY q.s
), named AS (
    SELECT s, list_sort(list(DISTINCT o)) AS items FROM {items} GROUP BY s
)
SELECT r.referral, r.giver, r.receiver, r.key, r.day, c.channel, n.items, r.outcome,
    coalesce({cold}, FALSE) AS cold
FROM referral AS r
LEFT JOIN said AS c ON c.s = r.referral
LEFT JOIN named AS n ON n.s = r.referral
ORDER BY r.day NULLS FIRST, r.key
"""
