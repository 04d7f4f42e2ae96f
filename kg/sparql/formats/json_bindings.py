"""SPARQL 1.1 Query Results JSON Format (https://www.w3.org/TR/sparql11-results-json/)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from json.encoder import encode_basestring as quoted

from kg.sparql.formats.terms import BLANK, IRI, XSD_STRING, Row, blank_label
from kg.store import RawTerm


def objects(variables: Sequence[str], rows: Iterable[Row]) -> Iterator[list[str]]:
    """Yield the object of each solution; unbound variables are left out."""
    keys = [quoted(name) + ":" for name in variables]
    return ([f"{{{','.join(_bound(keys, row))}}}"] for row in rows)


def frame(
    variables: Sequence[str], chunks: Iterable[Sequence[str]], links: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the document of a SELECT answer from the objects of its solutions."""
    names = ",".join(quoted(name) for name in variables)
    link = f',"link":[{",".join(map(quoted, links))}]' if links else ""
    yield f'{{"head":{{"vars":[{names}]{link}}},"results":{{"bindings":['
    separator = "\n"
    for chunk in chunks:
        yield separator + ",\n".join(chunk)
        separator = ",\n"
    yield "\n]}}\n"


def _bound(keys: Sequence[str], row: Row) -> list[str]:
    return [key + json_term(term) for key, term in zip(keys, row, strict=True) if term is not None]


def write_boolean(value: bool) -> Iterator[str]:  # noqa: FBT001  (the answer itself)
    """Yield the document of an ASK answer."""
    yield f'{{"head":{{}},"boolean":{"true" if value else "false"}}}\n'


def json_term(term: RawTerm) -> str:
    """Return the object of a term."""
    kind, lex, datatype, language = term
    if kind == IRI:
        return f'{{"type":"uri","value":{quoted(lex)}}}'
    if kind == BLANK:
        return f'{{"type":"bnode","value":{quoted(blank_label(lex))}}}'
    if language:
        return f'{{"type":"literal","value":{quoted(lex)},"xml:lang":{_repeated(language)}}}'
    if datatype is None or datatype == XSD_STRING:
        return f'{{"type":"literal","value":{quoted(lex)}}}'
    return f'{{"type":"literal","value":{quoted(lex)},"datatype":{_repeated(datatype)}}}'


@lru_cache(maxsize=256)
def _repeated(text: str) -> str:
    """Return the JSON string of a text that many terms share."""
    return quoted(text)
