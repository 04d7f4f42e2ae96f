"""The look-up index is built from the quads that are live after a commit, in a few passes."""

from __future__ import annotations

import errno
import mmap
import shutil
import tempfile
from array import array
from contextlib import ExitStack, closing, suppress
from itertools import accumulate
from typing import IO

import duckdb

from kg.store.columns import columns
from kg.store.database import Cursor, Store, head_of
from kg.store.lookup_index import Dictionary, LookupIndex, Order, repeated
from kg.store.schema import Kind
from kg.store.terms import ODD_IN_IRI

_MEMORY = "512MB"
"""What sorting may use before it spills to disk."""
_QUAD, _TERM = 16, 128
"""Bytes that a quad takes, and a term is taken to take."""
_ROOM = 4
"""How many times what the index takes has to be free."""
_MOST = 2**31 - 1
"""Quads, and terms, of the largest store that is indexed."""

_PAIRS = """
CREATE TEMP TABLE _pair AS
SELECT (row_number() OVER (ORDER BY p, g) - 1)::INTEGER AS code, p, g
FROM (SELECT DISTINCT p, g FROM live)
"""
_ORDER = """
SELECT code, {other}::INTEGER FROM live JOIN _pair USING (p, g) ORDER BY {own}, code, {other}
"""
_DEGREES = """
SELECT coalesce(n, 0)::BIGINT FROM range(1, {end}) AS r(id)
LEFT JOIN (SELECT {own} AS id, count(*) AS n FROM live GROUP BY ALL) USING (id) ORDER BY id
"""
_FORMS = """
CREATE TEMP TABLE _form AS
SELECT (row_number() OVER () - 1)::INTEGER AS form, dt, lang
FROM (SELECT DISTINCT dt, lang FROM term)
"""
_TERMS = """
SELECT t.lex, strlen(t.lex)::BIGINT, t.kind, f.form FROM term AS t JOIN _form AS f
ON f.dt IS NOT DISTINCT FROM t.dt AND f.lang IS NOT DISTINCT FROM t.lang ORDER BY t.id
"""
_ODD = "SELECT 1 FROM term WHERE kind = ? AND regexp_matches(lex, ?) LIMIT 1"
_HASHES = "SELECT h, id::INTEGER FROM term ORDER BY h"


class _File:
    """A column in a file without a name, which goes with the last view of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def view(self, form: str) -> memoryview:
        """Return what was written, as numbers in a format of `memoryview.cast`."""
        self._file.flush()
        size = self._file.tell()
        held = mmap.mmap(self._file.fileno(), size, prot=mmap.PROT_READ) if size else b""
        return memoryview(held).cast(form)  # type: ignore[call-overload, no-any-return]


class _Ends:
    """The running sums of numbers, from 0 on."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._last = 0
        file.write(array("q", [0]).tobytes())

    def write(self, data: bytes) -> None:
        numbers = array("q", data)
        if numbers:
            numbers[0] += self._last
            ends = array("q", accumulate(numbers))
            self._last = ends[-1]
            self._file.write(ends.tobytes())


class Building:
    """The building of the index of the last commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cursor: Cursor | None = None
        self._ended = False
        self._files = ExitStack()

    def run(self) -> bool:
        """Let the store have the index; return whether it has it.

        Commits that are made meanwhile are laid over it, where they are small.

        Raises:
            OSError: the disk did not take it.
        """
        store = self._store
        if store.index_at(store.head) is not None:
            return True
        index = self._built()
        while index is not None and not self._ended:
            # It says which commit it shows: where another one is made now, it is not used.
            store.lookup_index = index
            if store.index_at(store.head) is not None:
                return True
            index = self._caught_up(index)
        return False

    def _caught_up(self, index: LookupIndex) -> LookupIndex | None:
        """Return the index as of the last commit, None where much was changed."""
        with closing(self._store.cursor()) as cursor:
            cursor.begin()
            return index.after(cursor, head_of(cursor))

    def end(self) -> None:
        """Let the building end soon, without the index."""
        self._ended = True
        if (cursor := self._cursor) is not None:
            with suppress(duckdb.Error):  # its statement is over
                cursor.interrupt()

    def _built(self) -> LookupIndex | None:
        """Return the index of the last commit, None where there is nothing to index."""
        with closing(self._store.cursor(memory=_MEMORY)) as cursor, self._files:
            self._cursor = cursor
            try:
                cursor.begin()
                return None if self._ended else self._read(cursor)
            finally:
                self._cursor = None

    def _read(self, cursor: Cursor) -> LookupIndex | None:
        sizes = cursor.execute(
            "SELECT (SELECT count(*) FROM live), (SELECT count(*) FROM term),"
            " (SELECT max(id) FROM term)"
        ).fetchone()
        quads, terms, last = sizes or (0, 0, 0)
        # Ids come one after the other.
        if not quads or terms != last or max(quads, terms) > _MOST:
            return None
        self._check_room(quads * _QUAD + terms * _TERM)
        cursor.execute(_PAIRS)
        pairs = cursor.execute("SELECT p, g FROM _pair ORDER BY code").fetchall()
        return LookupIndex(
            head_of(cursor),
            pairs,
            repeated(cursor),
            (self._order(cursor, "s", "o", last), self._order(cursor, "o", "s", last)),
            self._dictionary(cursor),
            cursor.execute(_ODD, [int(Kind.IRI), ODD_IN_IRI]).fetchone() is None,
        )

    def _check_room(self, size: int) -> None:
        """Check that many times as much is free as the index may take: writes come first."""
        path = self._store.path
        folder = tempfile.gettempdir() if path is None else path.parent
        if shutil.disk_usage(folder).free < _ROOM * size:
            raise OSError(errno.ENOSPC, "Too little room for the look-up index", str(folder))

    def _order(self, cursor: Cursor, own: str, other: str, last: int) -> Order:
        codes, nodes, ends = (self._file() for _ in range(3))
        _write(cursor, _ORDER.format(own=own, other=other), codes, nodes)
        _write(cursor, _DEGREES.format(own=own, end=last + 1), _Ends(ends))
        return Order(ends.view("q"), codes.view("i"), nodes.view("i"))

    def _dictionary(self, cursor: Cursor) -> Dictionary:
        cursor.execute(_FORMS)
        types = cursor.execute("SELECT dt, lang FROM _form ORDER BY form").fetchall()
        text, ends, kinds, forms, hashes, hashed = (self._file() for _ in range(6))
        _write(cursor, _TERMS, text, _Ends(ends), kinds, forms)
        _write(cursor, _HASHES, hashes, hashed)
        return Dictionary(
            text.view("B"),
            ends.view("q"),
            kinds.view("B"),
            forms.view("i"),
            hashes.view("Q"),
            hashed.view("i"),
            types,
        )

    def _file(self) -> _File:
        path = self._store.path
        folder = None if path is None else path.parent
        return _File(self._files.enter_context(tempfile.TemporaryFile(dir=folder)))


def _write(cursor: Cursor, query: str, *files: _File | _Ends) -> None:
    """Write the columns of a query into files."""
    for found in columns(cursor, query):
        for file, data in zip(files, found, strict=True):
            file.write(data)


def build(store: Store) -> bool:
    """Build the look-up index of the last commit, unless it is there; return whether it is.

    Raises:
        OSError: the disk did not take it.
    """
    return Building(store).run()
