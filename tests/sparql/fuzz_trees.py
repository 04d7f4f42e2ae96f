"""Texts as trees, so that a counter-example can be cut down to what makes it one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tree:
    """A piece of a query; any other piece of the same sort may stand in its place."""

    sort: str
    parts: tuple[str | Tree, ...]
    optional: bool = False
    """The query stays a query without this piece."""

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


def tree(sort: str, *parts: str | Tree, optional: bool = False) -> Tree:
    """Return a piece made of others."""
    return Tree(sort, parts, optional)


_SIMPLEST = {"expression": ("?a", "1", '"a"'), "condition": ("true",), "path": (":p",)}


def smaller(whole: Tree) -> Iterator[Tree]:
    """Yield trees with one piece less, those that lack most first."""
    level: list[tuple[tuple[int, ...], Tree]] = [((), whole)]
    while level:
        below = []
        for place, piece in level:
            for other in _instead(piece):
                yield _replaced(whole, place, other)
            below += [
                ((*place, index), part)
                for index, part in enumerate(piece.parts)
                if isinstance(part, Tree)
            ]
        level = below


def _instead(piece: Tree) -> Iterator[Tree]:
    if not str(piece):
        return
    if piece.optional:
        yield Tree(piece.sort, (), optional=True)
    yield from (below for below in _below(piece) if below.sort == piece.sort and str(below))
    for text in _SIMPLEST.get(piece.sort, ()):
        if len(text) < len(str(piece)):
            yield Tree(piece.sort, (text,), piece.optional)


def _below(piece: Tree) -> Iterator[Tree]:
    for part in piece.parts:
        if isinstance(part, Tree):
            yield part
            yield from _below(part)


def _replaced(whole: Tree, place: tuple[int, ...], piece: Tree) -> Tree:
    if not place:
        return piece
    index, *rest = place
    part = whole.parts[index]
    assert isinstance(part, Tree)
    parts = (*whole.parts[:index], _replaced(part, tuple(rest), piece), *whole.parts[index + 1 :])
    return Tree(whole.sort, parts, whole.optional)


def shorter(items: Sequence[T]) -> Iterator[list[T]]:
    """Yield a list without each half, quarter, ... and single item."""
    size = len(items)
    while size:
        for start in range(0, len(items), size):
            yield [*items[:start], *items[start + size :]]
        size //= 2


def reduced(case: T, steps: Callable[[T], Iterator[T]], fails: Callable[[T], bool]) -> T:
    """Return a smallest case that still fails: no step from it does."""
    while True:
        for candidate in steps(case):
            if fails(candidate):
                case = candidate
                break
        else:
            return case
