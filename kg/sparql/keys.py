"""Keys: variables of which no two solutions have the same terms, so that DISTINCT need not look.

Triple patterns find each solution once, for a graph is a set. Where the property table has what a
node says, the node determines it; so does a group what is computed of it. What is not bound counts
as a value of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Key = frozenset[str]
Dependency = tuple[frozenset[str], frozenset[str]]
"""Variables, and others that they determine."""

_MOST = 4
"""Keys of a relation that are kept, the smallest first."""


def keys_of_pattern(
    variables: Iterable[str], dependencies: Sequence[Dependency]
) -> tuple[Key, ...]:
    """Return keys of solutions that are told apart by all their variables together."""
    everything = frozenset(variables)
    starts = [start for start, _ in dependencies]
    found = [start for start in starts if _closure(start, dependencies) >= everything]
    found.append(_reduced(everything, dependencies))
    return least(found)


def keys_of_join(
    left: Sequence[Key], right: Sequence[Key], shared: frozenset[str]
) -> tuple[Key, ...]:
    """Return keys of a join in which both sides always bind the variables that they share."""
    # Where the right side finds one solution at most for each of the left, and the other way.
    return least([*keys_of_optional(left, right, shared), *keys_of_optional(right, left, shared)])


def keys_of_optional(
    left: Sequence[Key], right: Sequence[Key], shared: frozenset[str]
) -> tuple[Key, ...]:
    """Return keys of an OPTIONAL in which both sides always bind the variables that they share."""
    found = [one | other for one in left for other in right]
    if any(key <= shared for key in right):
        found += left
    return least(found)


def least(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Return the smallest keys, without those that hold another one."""
    kept: list[Key] = []
    for key in sorted(set(keys), key=lambda key: (len(key), sorted(key))):
        if not any(other <= key for other in kept):
            kept.append(key)
    return tuple(kept[:_MOST])


def _closure(start: frozenset[str], dependencies: Sequence[Dependency]) -> frozenset[str]:
    """Return what some variables determine, themselves included."""
    known, before = start, None
    while known != before:
        before = known
        for some, others in dependencies:
            if some <= known:
                known |= others
    return known


def _reduced(variables: frozenset[str], dependencies: Sequence[Dependency]) -> Key:
    """Return variables without those that the others determine."""
    starts = frozenset().union(*(start for start, _ in dependencies))
    key = variables
    for name in sorted(variables, key=lambda name: (name in starts, name)):
        rest = key - {name}
        if name in _closure(rest, dependencies):
            key = rest
    return key
