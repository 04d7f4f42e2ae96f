"""SQL of constraints, kept from one validation to the next.

To compile a query takes longer than to run it on the few focus nodes of a small import. Its SQL
depends on its text, on the day, on the terms bound in it, on which of its terms the dictionary
holds, and on what the store knows of each predicate. All of it is compared, so that what is kept
serves any store. So it is with the SQL of constraints that are no queries: it depends on the terms
of the shapes and on the classes below them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from kg.shacl.model import Shapes
from kg.shacl.query_model import ENDS
from kg.sparql import Compiled, compile_algebra
from kg.store import Cursor, TermKey, TypedTerm, type_terms

Statistics = frozenset[tuple[object, ...]]
"""The rows of the table `predicate`."""

_MOST = 1024
"""Queries that are kept, at most."""
_MOST_TERMS = 20_000
_MOST_SHAPES = 8
"""Sets of shapes, in what stores tell of their terms, whose texts are kept."""
_MOST_TEXTS = 4096
"""Texts that are kept of one of them."""
_MOST_PATTERNS = 1024


@dataclass(frozen=True, slots=True)
class _Kept:
    statistics: Statistics
    compiled: Compiled


_queries: dict[Hashable, _Kept] = {}
_terms: dict[TermKey, TypedTerm] = {}
_texts: dict[Hashable, tuple[Shapes, Texts]] = {}
_patterns: set[str] = set()


class Texts:
    """Texts of statements for one set of shapes, where a store tells the same of their terms."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, str] = {}

    def written(self, key: Hashable, write: Callable[[], str]) -> str:
        """Return a text, written the first time; `key` may name parts of the shapes by their id."""
        text = self._kept.get(key)
        if text is None:
            text = write()
            if len(self._kept) >= _MOST_TEXTS:
                self._kept.clear()
            self._kept[key] = text
        return text


def texts_of(shapes: Shapes, told: Hashable) -> Texts:
    """Return the texts of some shapes, where a store tells something of their terms."""
    key = (id(shapes), told)
    kept = _texts.get(key)
    if kept is None:
        if len(_texts) >= _MOST_SHAPES:
            _texts.clear()
        # The shapes are kept as well: what has their id, or that of a part of them, is the same.
        kept = _texts[key] = shapes, Texts()
    return kept[1]


def compiled_once(
    cursor: Cursor,
    key: Hashable,
    stored: Callable[[list[TermKey]], list[int | None]],
    statistics: Statistics,
    algebra: CompValue,
    prebound: Mapping[str, str],
    bindings: Mapping[str, Node],
    tables: str,
) -> Compiled:
    """Return a query as SQL, from before where what it depends on is as it was.

    `key` tells queries apart, with the day and all that is bound in them; `stored` gives the ids
    of terms, None for those that are not in the dictionary.

    Raises:
        NotCompiledError: some part of the query is not compiled.
    """
    kept = _queries.get(key)
    if kept is not None and kept.statistics == statistics and _are_the_same(stored, kept.compiled):
        return kept.compiled
    made = compile_algebra(cursor, algebra, prebound, bindings=bindings, tables=tables, coded=ENDS)
    if len(_queries) >= _MOST:
        _queries.clear()
    _queries[key] = _Kept(statistics, made)
    return made


def _are_the_same(stored: Callable[[list[TermKey]], list[int | None]], compiled: Compiled) -> bool:
    """Tell whether the terms of a query have the ids that its SQL was compiled for."""
    keys = list(compiled.constants)
    return stored(keys) == [compiled.constants[key] for key in keys]


def typed_terms(cursor: Cursor, keys: list[TermKey]) -> dict[TermKey, TypedTerm]:
    """Return the typed values of terms, those of before without asking the engine."""
    # Another thread may forget what is kept at any time.
    typed = {key: kept for key in keys if (kept := _terms.get(key)) is not None}
    unknown = [key for key in keys if key not in typed]
    found = dict(zip(unknown, type_terms(cursor, unknown), strict=True)) if unknown else {}
    if len(_terms) + len(found) > _MOST_TERMS:
        _terms.clear()
    _terms.update(found)
    return typed | found


def check_pattern(cursor: Cursor, regex: str) -> None:
    """Let the engine read a regular expression, unless it did so before.

    Raises:
        EngineError: it cannot.
    """
    if regex not in _patterns:
        cursor.execute("SELECT regexp_matches('', ?)", [regex])
        if len(_patterns) >= _MOST_PATTERNS:
            _patterns.clear()
        _patterns.add(regex)
