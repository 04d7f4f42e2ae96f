"""Facts in RDF as rows (s, p, o, odt, olang), the texts that a staged relation holds."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kg.namespaces import XSD

Fact = tuple[str, str, str, str | None, str | None]
"""A triple: `odt` is None when the object is an IRI, `olang` is the language of a text."""


def iri(subject: str, predicate: str, value: str) -> Fact:
    """Return a fact whose object is an IRI."""
    return subject, str(predicate), str(value), None, None


def text(subject: str, predicate: str, value: str, language: str | None = None) -> Fact:
    """Return a fact whose object is a text, in a language or in none."""
    kind = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString" if language else str(XSD.string)
    return subject, str(predicate), value, kind, language


def integer(subject: str, predicate: str, value: int) -> Fact:
    """Return a fact whose object is a whole number."""
    return subject, str(predicate), str(value), str(XSD.integer), None


def literal(subject: str, predicate: str, value: Any) -> Fact:
    """Return a fact whose object is a number, a truth value, a date, a time, or else a text."""
    if isinstance(value, bool):
        return subject, str(predicate), str(value).lower(), str(XSD.boolean), None
    if isinstance(value, int):
        return integer(subject, predicate, value)
    if isinstance(value, Decimal):
        return subject, str(predicate), format(value, "f"), str(XSD.decimal), None
    if isinstance(value, float):
        return subject, str(predicate), repr(value), str(XSD.double), None
    if isinstance(value, datetime):
        return subject, str(predicate), value.isoformat(), str(XSD.dateTime), None
    if isinstance(value, date):
        return subject, str(predicate), value.isoformat(), str(XSD.date), None
    return text(subject, predicate, str(value))
