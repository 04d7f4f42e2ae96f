"""The term dictionary: from terms to ids and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import duckdb
import pyoxigraph
from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

from kg.errors import UsageError
from kg.store.schema import Kind
from kg.store.typing import RDF_LANG_STRING, XSD_STRING, typed

RawTerm = tuple[int, str, str | None, str | None]
"""A term as (kind, lexical form, datatype IRI or None, language or None)."""

TermKey = tuple[str, str | None, str | None]
"""A term as (text, datatype IRI or None, language or None); a blank node's text is `_:label`."""


ODD_IN_IRI = r"[\x00-\x20<>\"{}|^`\\]"
"""A character that no IRI holds in any syntax of RDF, as a regular expression."""


@dataclass(frozen=True, slots=True)
class TypedTerm:
    """A term with its typed values, as in the columns of the table `term`."""

    kind: Kind
    lex: str
    dt: str | None
    lang: str | None
    num: Decimal | None
    dbl: float | None
    ts: datetime | None
    tz: int | None


def term_key(node: Node) -> TermKey:
    """Return the key of an rdflib term (blank nodes keep their label)."""
    if isinstance(node, Literal):
        if node.language:
            return str(node), RDF_LANG_STRING, node.language.lower()
        return str(node), str(node.datatype) if node.datatype else XSD_STRING, None
    if isinstance(node, BNode):
        return f"_:{node}", None, None
    return str(node), None, None


def read_term(text: str, prefixes: Mapping[str, str]) -> TermKey:
    """Return the key of a term written as in Turtle, with prefixes.

    Raises:
        UsageError: it is not one term.
    """
    head = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes.items())
    line = f"{head}<x:s> <x:p> {text} ."
    try:
        (triple,) = pyoxigraph.parse(line, format=pyoxigraph.RdfFormat.TURTLE)
    except (SyntaxError, ValueError):
        raise UsageError(
            f'{text} is not one term. Write <IRI>, prefix:name, "text", 1.5 or a literal with'
            " its datatype."
        ) from None
    term = triple.object
    if isinstance(term, pyoxigraph.NamedNode):
        return term.value, None, None
    if isinstance(term, pyoxigraph.Literal):
        return term.value, term.datatype.value, term.language
    raise UsageError(f"{text} is neither an IRI nor a literal.")


def to_rdflib(term: RawTerm) -> URIRef | BNode | Literal:
    """Return a raw term as an rdflib term, its lexical form unchanged."""
    kind, lex, dt, lang = term
    if kind == Kind.IRI:
        return URIRef(lex)
    if kind == Kind.BLANK:
        return BNode(lex.removeprefix("_:"))
    if lang:
        return Literal(lex, lang=lang, normalize=False)
    if dt == XSD_STRING:
        return Literal(lex)
    return Literal(lex, datatype=URIRef(dt or XSD_STRING), normalize=False)


_KEYS = (
    "SELECT unnest(?::VARCHAR[]) AS lex, unnest(?::VARCHAR[]) AS dt, unnest(?::VARCHAR[]) AS lang"
)


def _columns(keys: Sequence[TermKey]) -> list[list[str | None]]:
    """Return keys turned from rows into the three columns that `_KEYS` takes."""
    return [[key[i] for key in keys] for i in range(3)]


@lru_cache(maxsize=64)
def _typing_sql(datatypes: frozenset[str]) -> str:
    """Return the statement that types a list of keys in their order."""
    keys = f"SELECT row_number() OVER () AS n, * FROM ({_KEYS})"
    typing = typed(keys, datatypes)
    return f"SELECT kind, lex, dt, lang, num, dbl, ts, tz FROM ({typing}) ORDER BY n"


def type_terms(cursor: duckdb.DuckDBPyConnection, keys: Sequence[TermKey]) -> list[TypedTerm]:
    """Return the typed values of terms, in the given order, stored or not."""
    datatypes = frozenset(key[1] for key in keys if key[1] is not None)
    rows = cursor.execute(_typing_sql(datatypes), _columns(keys)).fetchall()
    return [TypedTerm(Kind(row[0]), *row[1:]) for row in rows]


def term_hash(text: str) -> int:
    """Return the engine's md5_number_lower of a text, by which the dictionary is indexed."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little")


_KEYED = "SELECT id, lex, dt, lang FROM term WHERE"
_statements: dict[str, duckdb.Statement] = {}


def _read(cursor: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement:
    """Return a statement as the engine reads it, which it does once: that takes a while."""
    found = _statements.get(text)
    if found is None:
        found = _statements[text] = cursor.extract_statements(text)[0]
    return found


def lookup(cursor: duckdb.DuckDBPyConnection, keys: Sequence[TermKey]) -> list[int | None]:
    """Return the ids of terms in the given order, None for a term that is not stored.

    The index on the hash answers; the dictionary is not scanned.
    """
    if not keys:
        return []
    hashes = dict.fromkeys(term_hash(key[0]) for key in keys)
    if len(hashes) == 1:
        cursor.execute(_read(cursor, f"{_KEYED} h = ?::UBIGINT"), list(hashes))
    else:
        cursor.execute(f"{_KEYED} h IN ({', '.join(map(str, hashes))})")
    found = cursor.fetchall()
    ids = {(lex, dt, lang): term_id for term_id, lex, dt, lang in found}
    return [ids.get(key) for key in keys]


def lookup_nodes(cursor: duckdb.DuckDBPyConnection, nodes: Iterable[Node]) -> list[int | None]:
    """Return the ids of rdflib terms in the given order, None for a term that is not stored."""
    return lookup(cursor, [term_key(node) for node in nodes])


_DECODED = "SELECT id, kind, lex, dt, lang FROM term WHERE"
_NEAR = 64
"""Ids that may lie between two of a run, which one range reads."""
_MOST_RUNS = 2


def decode(cursor: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, RawTerm]:
    """Return the terms of ids; an id that is not stored is left out."""
    found = decode_around(cursor, ids)
    return {term_id: found[term_id] for term_id in dict.fromkeys(ids) if term_id in found}


def decode_around(cursor: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, RawTerm]:
    """Return the terms of ids that are stored, and others that were read with them."""
    wanted = set(ids)
    runs = _runs(sorted(wanted))
    if len(runs) <= _MOST_RUNS:
        # What came together has ids together, and to plan a join takes longer than to read a range.
        ranges = " UNION ALL ".join([f"{_DECODED} id BETWEEN ? AND ?"] * len(runs))
        ends = [end for first, last in runs for end in (first - first % _NEAR, last | (_NEAR - 1))]
        rows = cursor.execute(_read(cursor, ranges), ends).fetchall() if runs else []
    else:
        statement = _read(cursor, f"{_DECODED} id IN (SELECT unnest(?::BIGINT[]))")
        rows = cursor.execute(statement, [list(wanted)]).fetchall()
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def _runs(ids: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each run of ids, which come in their order."""
    runs: list[tuple[int, int]] = []
    for one in ids:
        if runs and one - runs[-1][1] <= _NEAR:
            runs[-1] = (runs[-1][0], one)
        else:
            runs.append((one, one))
    return runs
