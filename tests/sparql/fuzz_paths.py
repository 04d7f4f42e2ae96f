"""Paths at which pyoxigraph is no oracle."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz_data import Quad
from rdflib import Literal, URIRef
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath

from kg.sparql.parse import parse
from kg.store import term_key


def has_absent_end(text: str, quads: list[Quad]) -> bool:
    """Return whether a path that may be of no length ends at a term that the data does not have.

    It holds of that term and itself (SPARQL 1.1, sections 9.3 and 18.4), which pyoxigraph does not
    find; rdflib finds it, but not beside a sub-select that has a variable of the same name, to
    which it gives the value from outside (against section 12). So both may find nothing.
    """
    known = {term for quad in quads for term in (quad[0], quad[2])}
    ends = (end for path, *pair in _paths(parse(text).algebra) if _is_empty(path) for end in pair)
    return any(isinstance(end, URIRef | Literal) and term_key(end) not in known for end in ends)


def has_twin_alternatives(text: str) -> bool:
    """Return whether two alternatives of a path may find the same, as in `:p|:p` or `!(:p|^:q)`.

    What they find is the union of both, such a solution twice (SPARQL 1.1, section 18.4);
    pyoxigraph gives it once, and so does rdflib at times.
    """
    return any(map(_has_twins, (path for path, *_ in _paths(parse(text).algebra))))


def _has_twins(path: object) -> bool:
    match path:
        case AlternativePath():
            return len(set(map(str, path.args))) < len(path.args) or any(map(_has_twins, path.args))
        case SequencePath():
            return any(map(_has_twins, path.args))
        case NegatedPath():
            return len({isinstance(one, InvPath) for one in path.args}) > 1
        case MulPath():
            return _has_twins(path.path)
        case InvPath():
            return _has_twins(path.arg)
    return False


def _paths(node: object) -> Iterator[tuple[Path, object, object]]:
    """Yield the paths of an algebra, each with its two ends."""
    if isinstance(node, dict):
        for part in node.values():
            yield from _paths(part)
    elif isinstance(node, tuple) and len(node) == 3 and isinstance(node[1], Path):
        yield node[1], node[0], node[2]
    elif isinstance(node, list | tuple):
        for part in node:
            yield from _paths(part)


def _is_empty(path: object) -> bool:
    """Return whether a path may be of no length."""
    match path:
        case MulPath():
            return path.mod in "?*" or _is_empty(path.path)
        case InvPath():
            return _is_empty(path.arg)
        case SequencePath():
            return all(_is_empty(part) for part in path.args)
        case AlternativePath():
            return any(_is_empty(part) for part in path.args)
    return False
