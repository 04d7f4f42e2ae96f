"""Paths walked from a few nodes: the triples about these are fetched once, for all paths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rdflib import URIRef

from kg.shacl.model import (
    AlternativePath,
    InversePath,
    Path,
    PredicatePath,
    RepeatedPath,
    SequencePath,
)
from kg.shacl.path_reads import turned
from kg.shacl.session import Session

MOST = 20_000
"""Triples that are fetched at once; where there are more, nothing is told."""

_TRIPLES = """
SELECT {end}, p, {other} FROM live WHERE {end} IN (SELECT unnest(?::BIGINT[])) LIMIT {limit}
"""
_OTHER = {"s": "o", "o": "s"}

_Nodes = frozenset[int]


class Neighbours:
    """The triples about some nodes, what a commit took out included, seen from either end."""

    def __init__(self, session: Session, removed: int | None) -> None:
        self._session = session
        self._removed = removed
        self._about: dict[tuple[str, int], dict[int, set[int]] | None] = {}
        """What each predicate leads to from an end at a node; None where that is too much."""

    def walk(self, path: Path, nodes: _Nodes) -> _Nodes | None:
        """Return the nodes that a path leads to, None where that is too much to tell."""
        match path:
            case PredicatePath(iri):
                return self._step("s", iri, nodes)
            case InversePath(PredicatePath(iri)):
                return self._step("o", iri, nodes)
            case InversePath(inner):
                return self.walk(turned(inner), nodes)
            case SequencePath(steps):
                return self._in_turn(steps, nodes)
            case AlternativePath(branches):
                return _union([self.walk(branch, nodes) for branch in branches])
            case RepeatedPath(inner, times):
                return self._repeated(inner, times, nodes)
        raise TypeError(f"{type(path).__name__} is no path")

    def _in_turn(self, steps: Iterable[Path], nodes: _Nodes) -> _Nodes | None:
        found: _Nodes | None = nodes
        for step in steps:
            if not found:
                break
            found = self.walk(step, found)
        return found

    def _repeated(self, inner: Path, times: str, nodes: _Nodes) -> _Nodes | None:
        found = nodes if times != "+" else frozenset[int]()
        new: _Nodes | None = nodes
        while new:
            reached = self.walk(inner, new)
            if reached is None or len(found) > MOST:
                return None
            new = reached - found if times != "?" else frozenset()
            found |= reached
        return found

    def _step(self, end: str, predicate: URIRef, nodes: _Nodes) -> _Nodes | None:
        """Return what a predicate leads to from nodes at one end of it."""
        self._session.learn([predicate])
        number = self._session.id(predicate)
        self._fetch(end, nodes)
        found: set[int] = set()
        for node in nodes:
            about = self._about[end, node]
            if about is None:
                return None
            found |= about.get(number, set())
        return frozenset(found)

    def _fetch(self, end: str, nodes: _Nodes) -> None:
        """Learn the triples about nodes that are not known yet."""
        unknown = [node for node in nodes if (end, node) not in self._about]
        if not unknown:
            return
        asked = _TRIPLES.format(end=end, other=_OTHER[end], limit=MOST + 1)
        with self._session.seeing_removed(self._removed):
            rows = self._session.cursor.execute(asked, [unknown]).fetchall()
        if len(rows) > MOST:
            self._about |= dict.fromkeys((end, node) for node in unknown)
            return
        found = {node: defaultdict[int, set[int]](set) for node in unknown}
        for node, predicate, other in rows:
            found[node][predicate].add(other)
        self._about |= {(end, node): about for node, about in found.items()}


def _union(several: Iterable[_Nodes | None]) -> _Nodes | None:
    found = frozenset[int]()
    for nodes in several:
        if nodes is None:
            return None
        found |= nodes
    return found
