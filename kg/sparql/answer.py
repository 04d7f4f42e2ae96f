"""The answer of a query, read as it is computed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from rdflib.term import Node

from kg.sparql.reading import Row
from kg.store import RawTerm, to_rdflib

Triple = tuple[RawTerm, RawTerm, RawTerm]


@dataclass(slots=True, weakref_slot=True)
class Result:
    """The answer of a query; rows are fetched as they are asked for.

    `engine` is `index`, `sql` or `rdflib`; `reason` says why a query was not compiled; `commit` is
    the number of the commit that the answer was computed on. `complete` is known when the rows were
    read: false when a limit of rows cut them, which can be where it is `limited`.
    """

    form: str
    variables: list[str]
    engine: str
    commit: int
    reason: str | None = None
    boolean: bool | None = None
    limited: bool = False
    complete: bool = True
    _rows: Iterator[Row] = field(default_factory=lambda: iter(()))
    _lines: Callable[[Result, str], Iterator[list[str]] | None] = lambda _result, _name: None
    _close: Callable[[], None] = lambda: None
    _paused: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext

    @property
    def width(self) -> int:
        """Number of terms that a row has."""
        return len(self.variables) if self.form == "select" else 3

    def rows(self) -> Iterator[Row]:
        """Yield the solutions of SELECT, a term or None for each variable.

        Raises:
            QueryTimeoutError: the deadline passed on the way.
        """
        return self._rows

    def lines(self, name: str) -> Iterator[list[str]] | None:
        """Return the solutions, or triples, as text in a result format, chunk by chunk.

        None where the engine does not write this answer itself; then there are rows. The text of
        a solution is what `kg.sparql.formats` makes of it, without what stands between solutions.
        """
        return self._lines(self, name)

    def triples(self) -> Iterator[Triple]:
        """Yield the triples of CONSTRUCT or DESCRIBE."""
        return self._rows  # type: ignore[return-value]

    def terms(self) -> Iterator[tuple[Node | None, ...]]:
        """Yield the solutions, or triples, with rdflib terms."""
        for row in self._rows:
            yield tuple(None if term is None else to_rdflib(term) for term in row)

    def paused(self) -> AbstractContextManager[None]:
        """Return a context in which the deadline's clock stands, for a reader that is slow."""
        return self._paused()

    def close(self) -> None:
        """Give back the cursor of an answer that is not read to its end."""
        self._close()
