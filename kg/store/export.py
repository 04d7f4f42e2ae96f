"""The store's quads out, as RDF documents.

The engine writes N-Quads lines; the other formats are written from these by a serializer. Nothing
is held in memory but a batch of lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import duckdb
import pyoxigraph

from kg.errors import UsageError
from kg.store.documents import rdf_format
from kg.store.schema import DEFAULT_GRAPH, Kind
from kg.store.serialization import joined
from kg.store.terms import lookup
from kg.store.typing import XSD_STRING
from kg.store.visibility import hidden_ids, visible

_BATCH = 10_000
"""Lines fetched from the engine at a time."""

_LINES = (pyoxigraph.RdfFormat.N_TRIPLES, pyoxigraph.RdfFormat.N_QUADS)


def _chain(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return the SQL expression of `text` after replacements, each a pair of SQL expressions."""
    for old, new in pairs:
        text = f"replace({text}, {old}, {new})"
    return text


_QUOTED = [
    ("'\\'", "'\\\\'"),
    ("chr(0)", "'\\u0000'"),
    ("'\"'", "'\\\"'"),
    ("chr(10)", "'\\n'"),
    ("chr(13)", "'\\r'"),
]
# An IRI that came with characters outside of the grammar must not break the line it stands in.
_ODD_IRI = r"[\x00-\x20<>\"{}|^`\\]"
_ESCAPED = [("'\\'", "'\\u005C'")] + [
    (f"chr({code})", f"'\\u{code:04X}'") for code in b' <>"{}|^`\n\r'
]


def _written(term: str) -> str:
    """Return the SQL expression that writes the row `term` of the dictionary as N-Quads do."""
    iri = f"CASE WHEN regexp_matches({term}.lex, '{_ODD_IRI}') THEN"
    return f"""
CASE {term}.kind WHEN {int(Kind.BLANK)} THEN {term}.lex
    WHEN {int(Kind.IRI)} THEN '<' || {iri} {_chain(f"{term}.lex", _ESCAPED)}
        ELSE {term}.lex END || '>'
    ELSE '"' || {_chain(f"{term}.lex", _QUOTED)} || '"' || CASE
        WHEN {term}.lang IS NOT NULL THEN '@' || {term}.lang
        WHEN {term}.dt = '{XSD_STRING}' THEN ''
        ELSE '^^<' || {term}.dt || '>' END
END"""


def dump(
    cursor: duckdb.DuckDBPyConnection,
    out: BinaryIO,
    format: str = "nquads",  # noqa: A002
    *,
    graphs: Sequence[str | None] | None = None,
    hidden_graphs: Sequence[str] = (),
    as_of_commit: int | None = None,
) -> None:
    """Write the live quads, or those live at a commit, to a binary stream.

    `graphs` holds IRIs, None standing for the default graph; without it all graphs are written,
    but those that the rules `hidden_graphs` hide (see `kg.store.visibility`).
    A format without graphs gets their union.

    Raises:
        UsageError: the format is not known, or cannot hold a term of the data.
    """
    for chunk in document(
        cursor,
        format,
        graphs=graphs,
        hidden_graphs=hidden_graphs,
        as_of_commit=as_of_commit,
    ):
        out.write(chunk)


def document(
    cursor: duckdb.DuckDBPyConnection,
    format: str = "nquads",  # noqa: A002
    *,
    graphs: Sequence[str | None] | None = None,
    hidden_graphs: Sequence[str] = (),
    as_of_commit: int | None = None,
    merged: bool = False,
) -> Iterator[bytes]:
    """Yield what `dump` writes, in pieces; `merged` leaves out the names of the graphs.

    Raises:
        UsageError: the format is not known, or cannot hold a term of the data.
    """
    syntax = rdf_format(format)
    condition = _condition(cursor, graphs, hidden_graphs, as_of_commit)
    grouped = syntax not in _LINES
    lines = _lines(
        cursor, condition, named=syntax.supports_datasets and not merged, grouped=grouped
    )
    if not grouped:
        return lines
    return _converted(lines, syntax)


def _converted(lines: Iterator[bytes], syntax: pyoxigraph.RdfFormat) -> Iterator[bytes]:
    """Yield the document of batches of lines in another syntax."""
    try:
        yield from joined(map(_parsed, lines), syntax)
    except (ValueError, SyntaxError, OSError) as error:
        raise UsageError(
            f"The data cannot be written as {syntax.name}: what is there {error}. Use N-Quads,"
            " which holds any data."
        ) from error


def _parsed(lines: bytes) -> list[pyoxigraph.Quad]:
    return list(pyoxigraph.parse(lines, pyoxigraph.RdfFormat.N_QUADS, lenient=True))


def _condition(
    cursor: duckdb.DuckDBPyConnection,
    graphs: Sequence[str | None] | None,
    hidden_graphs: Sequence[str],
    as_of_commit: int | None,
) -> str:
    """Return the SQL condition of the quads asked for."""
    hidden = hidden_ids(cursor, hidden_graphs)
    chosen = None
    if graphs is not None:
        chosen = [i for i in _ids(cursor, [g for g in graphs if g is not None]) if i is not None]
        chosen += [DEFAULT_GRAPH] if None in graphs else []
    return visible(as_of_commit=as_of_commit, graphs=chosen, hidden=hidden)


def _ids(cursor: duckdb.DuckDBPyConnection, iris: Sequence[str]) -> list[int | None]:
    return lookup(cursor, [(iri, None, None) for iri in iris])


def _lines(
    cursor: duckdb.DuckDBPyConnection, condition: str, *, named: bool, grouped: bool
) -> Iterator[bytes]:
    """Yield batches of N-Quads lines, or of N-Triples lines without duplicates."""
    columns = "s, p, o, g" if named else "DISTINCT s, p, o"
    in_graph = f"CASE WHEN q.g <> {DEFAULT_GRAPH} THEN ' ' || {_written('tg')} ELSE '' END"
    sql = f"""
SELECT {_written("ts")} || ' ' || {_written("tp")} || ' ' || {_written("tob")}
    || {in_graph if named else "''"} || ' .'
FROM (SELECT {columns} FROM quad WHERE {condition}) AS q
JOIN term AS ts ON ts.id = q.s JOIN term AS tp ON tp.id = q.p JOIN term AS tob ON tob.id = q.o
{"LEFT JOIN term AS tg ON tg.id = q.g" if named else ""}"""
    if grouped:
        sql += " ORDER BY q.g, q.s, q.p, q.o" if named else " ORDER BY q.s, q.p, q.o"
    cursor.execute(sql)
    while rows := cursor.fetchmany(_BATCH):
        yield "".join([f"{row[0]}\n" for row in rows]).encode()
