"""What a path reads of the data on its way from a node, and the way back from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rdflib import URIRef

from kg.shacl.model import (
    AlternativePath,
    InversePath,
    Path,
    PredicatePath,
    RepeatedPath,
    SequencePath,
)


@dataclass(frozen=True, slots=True)
class Read:
    """Triples that matter: those of a predicate (None: of any), seen from one end (`s` or `o`).

    `back` are the steps from that end to the focus nodes; None: they may be anywhere.
    """

    predicate: URIRef | None
    end: str
    back: tuple[Path, ...] | None = ()


def of_path(path: Path, back: tuple[Path, ...]) -> Iterator[Read]:
    """Yield what a path reads on its way from a node."""
    match path:
        case PredicatePath(iri):
            yield Read(iri, "s", back)
        case InversePath(PredicatePath(iri)):
            yield Read(iri, "o", back)
        case InversePath(inner):
            yield from of_path(turned(inner), back)
        case SequencePath(steps):
            yield from _of_steps(steps, back)
        case AlternativePath(branches):
            for branch in branches:
                yield from of_path(branch, back)
        case RepeatedPath(inner, "?"):
            yield from of_path(inner, back)
        case RepeatedPath(inner, _):
            yield from of_path(inner, (InversePath(RepeatedPath(inner, "*")), *back))


def _of_steps(steps: Sequence[Path], back: tuple[Path, ...]) -> Iterator[Read]:
    for step in steps:
        yield from of_path(step, back)
        back = (InversePath(step), *back)


def turned(path: Path) -> Path:
    """Return the inverse of a path, pushed one level down."""
    match path:
        case PredicatePath(_):
            return InversePath(path)
        case InversePath(inner):
            return inner
        case SequencePath(steps):
            return SequencePath(tuple(InversePath(step) for step in reversed(steps)))
        case AlternativePath(branches):
            return AlternativePath(tuple(InversePath(branch) for branch in branches))
        case RepeatedPath(inner, times):
            return RepeatedPath(InversePath(inner), times)
