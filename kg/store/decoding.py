"""Terms by their ids, and ids by their terms, read from the dictionary once.

An id keeps its meaning for as long as the store lives, so that what was read stays right. Terms
that came into the dictionary together are often asked for together: a few beside those that are
asked for are read with them. A term that is shown is often asked about next: its id is known then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from sys import intern
from typing import Generic, TypeVar

import duckdb

from kg.store.terms import RawTerm, TermKey, decode_around, lookup

_MOST_KEPT = 25_000
_LONGEST_KEPT = 500
"""Characters of a lexical form; a longer one is read again, so that memory stays bounded."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class _Lately(Generic[_Key, _Value]):
    """Values by key, those asked for lately: at most `_MOST_KEPT`, and as many from before."""

    def __init__(self) -> None:
        self._new: dict[_Key, _Value] = {}
        self._old: dict[_Key, _Value] = {}

    def find(self, key: _Key) -> _Value | None:
        """Return the value of a key, None where it is not kept."""
        found = self._new.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self._new[key] = found
        return found

    def keep(self, values: Iterable[tuple[_Key, _Value]]) -> None:
        """Keep values; where there are many already, the older ones go."""
        if len(self._new) >= _MOST_KEPT:
            self._new, self._old = {}, self._new
        self._new.update(values)


class Terms:
    """The terms that were asked for last."""

    def __init__(self) -> None:
        self.forget()

    def of(self, cursor: duckdb.DuckDBPyConnection, ids: Collection[int]) -> dict[int, RawTerm]:
        """Return the terms of ids, in the state that a cursor outside of a write sees.

        An id that is not stored is left out.
        """
        find = self._kept.find
        found = {term_id: term for term_id in ids if (term := find(term_id)) is not None}
        missing = [term_id for term_id in ids if term_id not in found]
        if missing:
            read = decode_around(cursor, missing)
            found.update((term_id, read[term_id]) for term_id in missing if term_id in read)
            self._keep(read)
        return found

    def ids(self, cursor: duckdb.DuckDBPyConnection, keys: Sequence[TermKey]) -> list[int | None]:
        """Return the ids of terms in the given order, None for a term that is not stored."""
        found = [self._ids.find(key) for key in keys]
        missing = [key for key, term_id in zip(keys, found, strict=True) if term_id is None]
        if not missing:
            return found
        read = dict(zip(missing, lookup(cursor, missing), strict=True))
        self._ids.keep(
            (key, term_id)
            for key, term_id in read.items()
            if term_id is not None and len(key[0]) <= _LONGEST_KEPT
        )
        return [
            read.get(key) if term_id is None else term_id
            for key, term_id in zip(keys, found, strict=True)
        ]

    def forget(self) -> None:
        """Forget all terms: for whoever takes terms out of the dictionary."""
        self._kept: _Lately[int, RawTerm] = _Lately()
        self._ids: _Lately[TermKey, int] = _Lately()

    def _keep(self, terms: dict[int, RawTerm]) -> None:
        kept = [
            (term_id, (kind, lex, intern(dt) if dt else None, lang))
            for term_id, (kind, lex, dt, lang) in terms.items()
            if len(lex) <= _LONGEST_KEPT
        ]
        self._kept.keep(kept)
        self._ids.keep(((lex, dt, lang), term_id) for term_id, (_, lex, dt, lang) in kept)
