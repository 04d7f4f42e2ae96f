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

_SHOWN = 256
"""Terms read at once of which one may be asked about next; of more, hardly any."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class _Lately(Generic[_Key, _Value]):
    """Values by key, those asked for lately: at most `_MOST_KEPT`, and as many from before."""

    def __init__(self) -> None:
        self._new: dict[_Key, _Value] = {}
        self._old: dict[_Key, _Value] = {}

    def among(self, keys: Collection[_Key]) -> dict[_Key, _Value]:
        """Return the values of those of some keys that are kept."""
        new, old = self._new, self._old
        found = dict(zip(keys, map(new.get, keys), strict=True))
        some = None in found.values()
        missing = [key for key, value in found.items() if value is None] if some else []
        for key in missing:
            value = old.get(key)
            if value is None:
                del found[key]
            else:
                new[key] = found[key] = value
        return found  # type: ignore[return-value]

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
        found = self._kept.among(ids)
        if len(found) < len(ids):
            missing = [term_id for term_id in ids if term_id not in found]
            read = decode_around(cursor, missing)
            found.update((term_id, read[term_id]) for term_id in missing if term_id in read)
            self._keep(read)
        return found

    def ids(self, cursor: duckdb.DuckDBPyConnection, keys: Sequence[TermKey]) -> list[int | None]:
        """Return the ids of terms in the given order, None for a term that is not stored."""
        found: dict[TermKey, int | None] = {**self._ids.among(keys)}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            read = dict(zip(missing, lookup(cursor, missing), strict=True))
            found.update(read)
            self._ids.keep(
                (key, term_id)
                for key, term_id in read.items()
                if term_id is not None and len(key[0]) <= _LONGEST_KEPT
            )
        return [found[key] for key in keys]

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
        if len(kept) <= _SHOWN:
            self._ids.keep(((lex, dt, lang), term_id) for term_id, (_, lex, dt, lang) in kept)
