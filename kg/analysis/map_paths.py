"""How two parties of a map are linked: the shortest way over valid referrals."""

from __future__ import annotations

from collections import deque

from kg.analysis.referral_map import NONE, OUTCOMES, ReferralMap

_CONVERTED, _INVALID = OUTCOMES.index("converted"), OUTCOMES.index("invalid")


def path_between(found: ReferralMap, start: int, end: int) -> list[int]:
    """Return the referrals of a shortest path between two ranks, in its order; none: no path.

    Referrals are followed both ways; where several lead on, a converted and earlier one is taken.
    """
    came: dict[int, int] = {start: NONE}
    waiting = deque([start])
    while waiting and end not in came:
        rank = waiting.popleft()
        for link in _leading_on(found, rank):
            other = _other(found, link, rank)
            if other not in came:
                came[other] = link
                waiting.append(other)
    path: list[int] = []
    while end in came and end != start:
        path.append(came[end])
        end = _other(found, came[end], end)
    return path[::-1]


def _leading_on(found: ReferralMap, rank: int) -> list[int]:
    """Return the valid referrals at a party, converted ones first, then by day."""
    outcome = found.links.outcome
    valid = [link for link in found.touching[rank] if outcome[link] != _INVALID]
    return sorted(valid, key=lambda link: (outcome[link] != _CONVERTED, link))


def _other(found: ReferralMap, link: int, rank: int) -> int:
    """Return the other end of a referral."""
    links = found.links
    return links.receiver[link] if links.giver[link] == rank else links.giver[link]
