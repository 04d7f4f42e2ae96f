"""What the form of a property path tells before any row is read (SPARQL 1.1, section 9.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rdflib import URIRef
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.term import Node

from kg.sparql.values import NotCompiledError


def has_closure(path: object) -> bool:
    """Return whether a path leads over any number of steps."""
    match path:
        case MulPath():
            return path.mod != "?" or has_closure(path.path)
        case InvPath():
            return has_closure(path.arg)
        case SequencePath() | AlternativePath():
            return any(has_closure(arg) for arg in path.args)
    return False


def is_open(path: object) -> bool:
    """Return whether a path leads over any number of steps, or none."""
    match path:
        case MulPath():
            return True
        case InvPath():
            return is_open(path.arg)
        case SequencePath() | AlternativePath():
            return any(is_open(arg) for arg in path.args)
    return False


def may_be_empty(path: object) -> bool:
    """Return whether a path may have no step."""
    match path:
        case MulPath():
            return path.mod != "+" or may_be_empty(path.path)
        case InvPath():
            return may_be_empty(path.arg)
        case SequencePath():
            return all(may_be_empty(arg) for arg in path.args)
        case AlternativePath():
            return any(may_be_empty(arg) for arg in path.args)
    return False


def is_scanned(path: object) -> bool:
    """Return whether the pairs of a path come from scans alone."""
    match path:
        case URIRef() | NegatedPath():
            return True
        case InvPath():
            return is_scanned(path.arg)
        case AlternativePath():
            return all(is_scanned(arg) for arg in path.args)
    return False


def between_predicates(path: AlternativePath) -> bool:
    """Return whether a path is one step by any of some predicates."""
    steps = [arg for arg in path.args if isinstance(arg, URIRef)]
    return len(set(steps)) == len(path.args)


def outward(path: Path | URIRef) -> Path | URIRef:
    """Return a path whose inverses stand at single steps only."""
    match path:
        case InvPath(arg=SequencePath() as inner):
            return SequencePath(*(InvPath(arg) for arg in reversed(inner.args)))
        case InvPath(arg=AlternativePath() as inner):
            return AlternativePath(*(InvPath(arg) for arg in inner.args))
        case InvPath(arg=MulPath() as inner):
            return MulPath(InvPath(inner.path), inner.mod)
        case InvPath(arg=InvPath() as inner):
            return outward(inner.arg)
    return path


def inverted(argument: object) -> URIRef:
    """Return the predicate of an inverse within a negated set."""
    if isinstance(argument, InvPath) and isinstance(argument.arg, URIRef):
        return argument.arg
    raise NotCompiledError("a negated property set of this form")


def leads_back(
    triple: tuple[Node, Path, Node], pattern: Sequence[tuple[Node, Node | Path, Node]]
) -> bool:
    """Return whether a path of one step or more leads, wherever a pattern holds, on a ring.

    It does where its end leads to its start by such a path within the pattern taken as a graph.
    """
    start, path, end = triple
    if not isinstance(path, MulPath) or path.mod != "+" or may_be_empty(path):
        return False
    return start == end or (end, start) in _pairs_within(pattern, path)


_Pairs = set[tuple[Node, Node]]


def _pairs_within(pattern: Iterable[tuple[Node, Node | Path, Node]], path: Path | URIRef) -> _Pairs:
    """Return nodes of a pattern that a path certainly connects, by one step or more."""
    pattern = list(pattern)
    found = {(a, b) for a, written, b in pattern if repr(written) == repr(path)}
    match path:
        case InvPath():
            found |= {(b, a) for a, b in _pairs_within(pattern, path.arg)}
        case SequencePath():
            first, *rest = (_pairs_within(pattern, arg) for arg in path.args)
            for then in rest:
                first = _joined(first, then)
            found |= first
        case AlternativePath():
            found |= {pair for arg in path.args for pair in _pairs_within(pattern, arg)}
        case MulPath():
            step = _pairs_within(pattern, path.path)
            if path.mod != "?":
                step = _closed(step | found)
            found |= step
    return found


def _joined(some: _Pairs, others: _Pairs) -> _Pairs:
    """Return the pairs that lead over one pair and then another."""
    return {(a, d) for a, b in some for c, d in others if b == c}


def _closed(pairs: _Pairs) -> _Pairs:
    """Return the pairs that lead over one pair or several."""
    while not (longer := _joined(pairs, pairs)) <= pairs:
        pairs = pairs | longer
    return pairs
