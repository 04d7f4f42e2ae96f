"""SPARQL Query Results XML Format (https://www.w3.org/TR/rdf-sparql-XMLres/).

XML 1.0 cannot carry most control characters, not even as references (production 2, `Char`).
Leaving them out or replacing them would change the answer, so such an answer is refused in this
format; the other formats carry it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from kg.errors import QueryEvaluationError
from kg.sparql.formats.terms import BLANK, IRI, XSD_STRING, Row, blank_label
from kg.store import RawTerm

_NOT_XML = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_IN_TEXT = re.compile(f"[&<>\r]|{_NOT_XML}")
_IN_ATTRIBUTE = re.compile(f'[&<>"\t\n\r]|{_NOT_XML}')
_IS_NOT_XML = re.compile(_NOT_XML)
_REFERENCES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_OPEN = '<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">\n'


def results(variables: Sequence[str], rows: Iterable[Row]) -> Iterator[list[str]]:
    """Yield the element of each solution; unbound variables are left out.

    Raises:
        QueryEvaluationError: a term holds a character that XML 1.0 cannot carry.
    """
    opens = [f"<binding name={attribute(name)}>" for name in variables]
    for row in rows:
        bound = [
            f"{opening}{_term(term)}</binding>"
            for opening, term in zip(opens, row, strict=True)
            if term is not None
        ]
        yield [f"<result>{''.join(bound)}</result>\n"]


def frame(
    variables: Sequence[str], chunks: Iterable[Sequence[str]], links: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the document of a SELECT answer from the elements of its solutions.

    Raises:
        QueryEvaluationError: a term holds a character that XML 1.0 cannot carry.
    """
    names = "".join(f"<variable name={attribute(name)}/>" for name in variables)
    more = "".join(f"<link href={attribute(link)}/>" for link in links)
    yield f"{_OPEN}<head>{names}{more}</head>\n<results>\n"
    for chunk in chunks:
        text = "".join(chunk)
        if (found := _IS_NOT_XML.search(text)) is not None:
            _reference(found)
        yield text
    yield "</results>\n</sparql>\n"


def write_boolean(value: bool) -> Iterator[str]:  # noqa: FBT001  (the answer itself)
    """Yield the document of an ASK answer."""
    yield f"{_OPEN}<head/>\n<boolean>{'true' if value else 'false'}</boolean>\n</sparql>\n"


def _term(term: RawTerm) -> str:
    kind, lex, datatype, language = term
    if kind == IRI:
        return f"<uri>{_text(lex)}</uri>"
    if kind == BLANK:
        return f"<bnode>{blank_label(lex)}</bnode>"
    if language:
        return f"<literal xml:lang={attribute(language)}>{_text(lex)}</literal>"
    if datatype is None or datatype == XSD_STRING:
        return f"<literal>{_text(lex)}</literal>"
    return f"<literal datatype={attribute(datatype)}>{_text(lex)}</literal>"


def _text(text: str) -> str:
    return _IN_TEXT.sub(_reference, text)


@lru_cache(maxsize=256)
def attribute(text: str) -> str:
    """Return a text as the value of an attribute, in quotes.

    Raises:
        QueryEvaluationError: it holds a character that XML 1.0 cannot carry.
    """
    return f'"{_IN_ATTRIBUTE.sub(_reference, text)}"'


def _reference(match: re.Match[str]) -> str:
    """Return the reference that stands for a character.

    Raises:
        QueryEvaluationError: it is one that XML 1.0 cannot carry.
    """
    character = match[0]
    if character in _REFERENCES:
        return _REFERENCES[character]
    raise QueryEvaluationError(
        f"The answer holds the character U+{ord(character):04X}, which XML 1.0 cannot carry: "
        "ask for JSON, CSV or TSV."
    )
