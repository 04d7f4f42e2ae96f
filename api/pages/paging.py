"""A long list, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

Row = TypeVar("Row")
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of `total`, of which `first` is the number of the first one, from 1."""

    rows: Sequence[Row]
    number: int
    pages: int
    first: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.first + len(self.rows) - 1


def page_of(rows: Sequence[Row], size: int) -> Page[Row]:
    """Return the page that the parameter `page` of the request names; any other text is the first.

    A number beyond the end is the last page.
    """
    return read_page(len(rows), size, lambda past, most: rows[past : past + most])


def read_page(total: int, size: int, read: Callable[[int, int], Sequence[Row]]) -> Page[Row]:
    """Return the page as `page_of` does; `read` gives rows past so many, and at most so many."""
    pages = max(1, -(-total // size))
    number = min(page_number(), pages)
    past = (number - 1) * size
    return Page(read(past, size), number, pages, past + 1, total)


def page_number() -> int:
    """Return the number of the page that the request asks for."""
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 1
