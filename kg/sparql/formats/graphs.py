"""Turtle, N-Triples, RDF/XML and JSON-LD, written by pyoxigraph with our prefixes.

pyoxigraph writes language tags in lower case, as RDF 1.1 allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from kg.errors import QueryEvaluationError
from kg.sparql.formats.terms import BLANK, IRI, blank_label
from kg.store import RawTerm
from kg.store.serialization import serialized

Triple = tuple[RawTerm, RawTerm, RawTerm]

_SYNTAXES = {
    "turtle": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "xml": ox.RdfFormat.RDF_XML,
    "json-ld": ox.RdfFormat.JSON_LD,
}


def write_triples(triples: Iterable[Triple], syntax: str) -> Iterator[bytes]:
    """Yield a graph in the syntax `turtle`, `nt`, `xml` or `json-ld`, as it comes.

    Raises:
        QueryEvaluationError: a term cannot be written, for example an IRI with a space.
    """
    made = (ox.Triple(_subject(s), _predicate(p), _term(o)) for s, p, o in triples)
    try:
        yield from serialized(made, _SYNTAXES[syntax])
    except ValueError as error:
        raise QueryEvaluationError(f"The answer {error}: ask for Turtle.") from None


def rewritten(lines: Iterable[str], syntax: str) -> Iterator[bytes]:
    """Yield a graph in a syntax from its N-Triples, given in pieces of whole lines.

    Raises:
        QueryEvaluationError: a term cannot be written, for example an IRI with a space.
    """
    read = (quad.triple for text in lines for quad in ox.parse(text, ox.RdfFormat.N_TRIPLES))
    try:
        yield from serialized(read, _SYNTAXES[syntax])
    except SyntaxError as error:
        raise QueryEvaluationError(
            f"The answer holds what is no IRI ({error.msg}): ask for N-Triples."
        ) from None
    except ValueError as error:
        raise QueryEvaluationError(f"The answer {error}: ask for Turtle.") from None


def _subject(term: RawTerm) -> ox.NamedNode | ox.BlankNode:
    kind, lex, _, _ = term
    return ox.BlankNode(blank_label(lex)) if kind == BLANK else _predicate(term)


def _predicate(term: RawTerm) -> ox.NamedNode:
    try:
        return ox.NamedNode(term[1])
    except ValueError as error:
        raise QueryEvaluationError(f"The answer holds <{term[1]}>, not an IRI: {error}.") from None


def _term(term: RawTerm) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    kind, lex, datatype, language = term
    if kind in (BLANK, IRI):
        return _subject(term)
    try:
        if language:
            return ox.Literal(lex, language=language)
        return ox.Literal(lex, datatype=None if datatype is None else ox.NamedNode(datatype))
    except ValueError as error:
        raise QueryEvaluationError(f"The answer holds {lex!r}, not a literal: {error}.") from None
