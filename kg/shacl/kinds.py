"""Kinds of value nodes, as far as the store's notes on its predicates tell them.

The notes only ever grow: what they exclude is in no graph that a validation sees. A check that no
value of the kinds there are can violate needs no look at the data, and others are shorter.
"""

from __future__ import annotations

from kg.shacl.model import (
    AlternativePath,
    InversePath,
    Path,
    PredicatePath,
    RepeatedPath,
    SequencePath,
)
from kg.shacl.session import Session
from kg.store import Kind

_SUBJECTS = frozenset({Kind.BLANK, Kind.IRI})


def kinds_of(session: Session, path: Path | None) -> frozenset[Kind] | None:
    """Return the kinds that the value nodes of a path may be of, None when they may be of any."""
    match path:
        case PredicatePath(iri):
            return session.kinds(session.id(iri))
        case InversePath():
            return _SUBJECTS if _walks_back(path.path) else None
        case SequencePath(steps):
            return kinds_of(session, steps[-1])
        case RepeatedPath(inner, "+"):
            return kinds_of(session, inner)
        case AlternativePath(branches):
            several = [kinds_of(session, branch) for branch in branches]
            known = [kinds for kinds in several if kinds is not None]
            return frozenset().union(*known) if len(known) == len(several) else None
    return None


def _walks_back(path: Path) -> bool:
    """Tell whether the inverse of a path always ends at the subject of a triple."""
    match path:
        case PredicatePath():
            return True
        case SequencePath(steps):
            return _walks_back(steps[0])
        case AlternativePath(branches):
            return all(_walks_back(branch) for branch in branches)
        case RepeatedPath(inner, "+"):
            return _walks_back(inner)
    return False
