"""SPARQL 1.1 Query Results CSV and TSV Formats (https://www.w3.org/TR/sparql11-results-csv-tsv/).

Both are defined for SELECT; an ASK answer is the one word `true` or `false`, as other engines do.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from kg.sparql.formats.terms import BLANK, IRI, XSD_STRING, Row, blank_label
from kg.store import RawTerm

_BATCH = 256
"""Solutions of which it is looked up at once whether some field has to be quoted."""
_XSD = "http://www.w3.org/2001/XMLSchema#"
_QUOTED_IN_CSV = '",\r\n'
_QUOTE_IN_CSV = re.compile(f"[{_QUOTED_IN_CSV}]")
_ESCAPE_IN_LITERAL = re.compile('["\\\\\t\n\r\b\f]')
_ESCAPE_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\t": "\\t",
    "\n": "\\n",
    "\r": "\\r",
    "\b": "\\b",
    "\f": "\\f",
}
_ABBREVIATED = {
    _XSD + "integer": re.compile(r"[+-]?[0-9]+", re.ASCII),
    _XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+", re.ASCII),
    _XSD + "double": re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+", re.ASCII),
}


def csv_lines(_variables: Sequence[str], rows: Iterable[Row]) -> Iterator[list[str]]:
    """Yield the CSV of each solution: values only, unbound is an empty field."""
    rest = iter(rows)
    while batch := list(itertools.islice(rest, _BATCH)):
        if plain_fields([term for row in batch for term in row if term is not None]) is None:
            yield [
                _csv_line(["" if term is None else csv_value(term) for term in row])
                for row in batch
            ]
        else:
            yield [_csv_line(["" if term is None else term[1] for term in row]) for row in batch]


def plain_fields(terms: Collection[RawTerm]) -> list[str] | None:
    """Return the fields of terms where all are their lexical forms as they are, else None."""
    fields = [lex for _, lex, _, _ in terms]
    texts = "".join(fields)
    if any(character in texts for character in _QUOTED_IN_CSV):
        return None
    return None if BLANK in {kind for kind, _, _, _ in terms} else fields


def _csv_line(fields: Sequence[str]) -> str:
    return ",".join(fields) + "\r\n"


def frame_csv(
    variables: Sequence[str], chunks: Iterable[Sequence[str]], _links: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the CSV of a SELECT answer from its lines."""
    yield ",".join(_field(name) for name in variables) + "\r\n"
    yield from map("".join, chunks)


def tsv_lines(_variables: Sequence[str], rows: Iterable[Row]) -> Iterator[list[str]]:
    """Yield the TSV of each solution: terms in SPARQL's own syntax."""
    for row in rows:
        yield ["\t".join(["" if term is None else turtle_term(term) for term in row]) + "\n"]


def frame_tsv(
    variables: Sequence[str], chunks: Iterable[Sequence[str]], _links: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the TSV of a SELECT answer from its lines."""
    yield "\t".join(f"?{name}" for name in variables) + "\n"
    yield from map("".join, chunks)


def write_boolean(value: bool) -> Iterator[str]:  # noqa: FBT001  (the answer itself)
    """Yield the word of an ASK answer."""
    yield "true\n" if value else "false\n"


def turtle_term(term: RawTerm) -> str:
    """Return a term in the syntax of SPARQL, with numbers abbreviated where that reads back."""
    kind, lex, datatype, language = term
    if kind == IRI:
        return _iri(lex)
    if kind == BLANK:
        return f"_:{blank_label(lex)}"
    if datatype in _ABBREVIATED and _ABBREVIATED[datatype].fullmatch(lex):
        return lex
    quoted = f'"{_ESCAPE_IN_LITERAL.sub(_escape, lex)}"'
    if language:
        return f"{quoted}@{language}"
    if datatype is None or datatype == XSD_STRING:
        return quoted
    return f"{quoted}^^{_iri(datatype)}"


def csv_value(term: RawTerm) -> str:
    """Return a term as a field of CSV."""
    kind, lex, _, _ = term
    return f"_:{blank_label(lex)}" if kind == BLANK else _field(lex)


def _field(text: str) -> str:
    if _QUOTE_IN_CSV.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _iri(text: str) -> str:
    return f"<{_ESCAPE_IN_IRI.sub(_code_point, text)}>"


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES[match[0]]


def _code_point(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04X}"
