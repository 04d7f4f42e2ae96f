"""One chain of a map as a tree from left to right: how a party came, and whom it brought."""

from __future__ import annotations

from dataclasses import dataclass

from kg.analysis.referral_map import NONE, ReferralMap


@dataclass(frozen=True, slots=True)
class Twig:
    """A party of a drawn chain: its rank, column, row (may be a half), and whose child it is.

    `hidden` is how many of those it brought are not drawn.
    """

    rank: int
    column: int
    row: float
    parent: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Chain:
    """A drawn chain: its parties from left to right, and how many columns and rows they fill."""

    twigs: tuple[Twig, ...]
    columns: int
    rows: int


def chain_of(found: ReferralMap, rank: int, most: int = 300) -> Chain:
    """Return the chain of a party: from its origin down to it, then all that it brought.

    At most `most` parties below it are drawn, level by level, the most valuable first.
    """
    above = [rank]
    while (parent := found.members.parent[above[-1]]) != NONE:
        above.append(parent)
    drawn = _below(found, rank, most)
    columns = {one: place for place, one in enumerate(reversed(above))}
    rows = _rows(rank, drawn)
    twigs = [
        Twig(one, columns[one], rows[rank], found.members.parent[one], _left_out(found, one, 1))
        for one in reversed(above[1:])
    ]
    for parent, one in _walk(rank, drawn):
        columns.setdefault(one, columns.get(parent, 0) + 1)
        hidden = _left_out(found, one, len(drawn.get(one, ())))
        twigs.append(Twig(one, columns[one], rows[one], found.members.parent[one], hidden))
    deepest = max(twig.column for twig in twigs) + 1
    return Chain(tuple(twigs), deepest, sum(not drawn.get(one) for one in rows))


def _below(found: ReferralMap, rank: int, most: int) -> dict[int, list[int]]:
    """Return the children drawn of each party."""
    drawn: dict[int, list[int]] = {}
    level, left = [rank], most
    while level and left > 0:
        following: list[int] = []
        for parent in level:
            children = list(found.brought.get(parent, ()))[:left]
            if children:
                drawn[parent] = children
            following += children
            left -= len(children)
        level = following
    return drawn


def _walk(rank: int, drawn: dict[int, list[int]]) -> list[tuple[int, int]]:
    """Return (parent, party) of a party and all drawn below it, parents first, top to bottom."""
    walked, waiting = [], [(NONE, rank)]
    while waiting:
        parent, one = waiting.pop()
        walked.append((parent, one))
        waiting.extend((one, child) for child in reversed(drawn.get(one, [])))
    return walked


def _rows(rank: int, drawn: dict[int, list[int]]) -> dict[int, float]:
    """Return the row of each party: leaves one below the other, others amid their children."""
    rows: dict[int, float] = {}
    walked = [one for _, one in _walk(rank, drawn)]
    leaves = [one for one in walked if not drawn.get(one)]
    rows.update((one, float(place)) for place, one in enumerate(leaves))
    for one in reversed(walked):
        if one not in rows:
            children = drawn[one]
            rows[one] = (rows[children[0]] + rows[children[-1]]) / 2
    return rows


def _left_out(found: ReferralMap, rank: int, drawn: int) -> int:
    return len(found.brought.get(rank, ())) - drawn
