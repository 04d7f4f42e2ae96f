"""Terms by their ids, and ids by their terms, read from the dictionary once.

An id keeps its meaning for as long as the store lives, so that what was read stays right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from sys import intern

import duckdb

from kg.store.terms import RawTerm, TermKey, decode, lookup

_MOST_KEPT = 50_000
_LONGEST_KEPT = 500
"""Characters of a lexical form; a longer one is read again, so that memory stays bounded."""


class Terms:
    """The terms that were asked for last."""

    def __init__(self) -> None:
        self._kept: dict[int, RawTerm] = {}
        self._ids: dict[TermKey, int] = {}

    def of(self, cursor: duckdb.DuckDBPyConnection, ids: Collection[int]) -> dict[int, RawTerm]:
        """Return the terms of ids, in the state that a cursor outside of a write sees.

        An id that is not stored is left out.
        """
        kept = self._kept
        found = {term_id: term for term_id in ids if (term := kept.get(term_id)) is not None}
        missing = [term_id for term_id in ids if term_id not in found]
        if missing:
            read = decode(cursor, missing)
            found.update(read)
            self._keep(read.items())
        return found

    def ids(self, cursor: duckdb.DuckDBPyConnection, keys: Sequence[TermKey]) -> list[int | None]:
        """Return the ids of terms in the given order, None for a term that is not stored."""
        kept = self._ids
        found = [kept.get(key) for key in keys]
        missing = [key for key, term_id in zip(keys, found, strict=True) if term_id is None]
        if not missing:
            return found
        read = dict(zip(missing, lookup(cursor, missing), strict=True))
        if len(kept) >= _MOST_KEPT:
            self._ids = kept = {}
        for key, term_id in read.items():
            if term_id is not None and len(key[0]) <= _LONGEST_KEPT:
                kept[key] = term_id
        return [
            read.get(key) if term_id is None else term_id
            for key, term_id in zip(keys, found, strict=True)
        ]

    def forget(self) -> None:
        """Forget all terms: for whoever takes terms out of the dictionary."""
        self._kept, self._ids = {}, {}

    def _keep(self, terms: Iterable[tuple[int, RawTerm]]) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept = {}
        for term_id, (kind, lex, dt, lang) in terms:
            if len(lex) <= _LONGEST_KEPT:
                self._kept[term_id] = (kind, lex, intern(dt) if dt else None, lang)
