"""SQL that draws things and what is said of them: every draw is a hash of numbers.

The same numbers always get the same draw, so that a crowd of one size is the same each time. A
thing is the row of some SELECT, told apart by its columns (`n`, `i`), from which all that is said
of it is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from rdflib import URIRef

from kg.namespaces import BASE, RDF, XSD

LAST_DAY = date(2026, 10, 31)
DAYS = 1400
FACTS = f"{BASE}graph/facts/crowd"
PERSONAL = f"{BASE}graph/personal/crowd"
DERIVED = f"{BASE}graph/derived/crowd"

Value = str | tuple[str, str]
"""SQL of an IRI; or SQL of a text, with its datatype or its language after `@`."""
Pattern = tuple[str, str, str, str | None]
"""Subject, predicate, object and datatype: all but the last are SQL, the predicate is an IRI."""


def node(kind: str, number: str) -> str:
    """Return the SQL of the IRI of a thing, as long as one of ours, which says nothing."""
    halves = f"hash({number}, '{kind}'), hash('{kind}', {number})"
    return f"'{BASE}id/{kind}/' || printf('%016x%016x', {halves})"


def draw(number: str, what: str, below: int) -> str:
    """Return the SQL of a whole number in [0, below) that `number` always gets for `what`."""
    # Hashed twice: one hash of two values is the one XOR the other, so that its low digits would
    # be the same for all purposes, but for a constant.
    return f"CAST(hash(hash({number}, '{what}')) % {below} AS INTEGER)"


def chosen(number: str, what: str, values: Sequence[str]) -> str:
    """Return the SQL of one of some texts."""
    texts = ", ".join(f"'{value}'" for value in values)
    return f"([{texts}])[1 + {draw(number, what, len(values))}]"


def concept(scheme: str, slug: str) -> str:
    """Return the SQL of the IRI of a concept, by the SQL of its slug."""
    return f"'{BASE}scheme/{scheme}/' || {slug}"


def where(condition: str, sql: str) -> str:
    """Return the SQL of a value that is there under a condition only."""
    return f"CASE WHEN {condition} THEN {sql} END"


def day(place: str) -> str:
    """Return the SQL of the text of a day, by its place among 1400."""
    return f"CAST(DATE '{LAST_DAY}' - {DAYS} + {place} AS VARCHAR)"


def text(sql: str) -> Value:
    """Return a string, of the SQL of its text."""
    return sql, str(XSD.string)


def dated(place: str) -> Value:
    """Return a date, by the SQL of the place of its day."""
    return day(place), str(XSD.date)


def amount(cents: str) -> Value:
    """Return a decimal with two digits, by the SQL of its hundredths."""
    return f"printf('%.2f', ({cents}) / 100)", str(XSD.decimal)


def flag(condition: str) -> Value:
    """Return a boolean, by the SQL of what it says."""
    return f"CASE WHEN {condition} THEN 'true' ELSE 'false' END", str(XSD.boolean)


def numbers(first: int, end: int, condition: str = "true") -> str:
    """Return the SELECT of the whole numbers from `first` to before `end` that meet a condition."""
    return f"SELECT n FROM (SELECT range AS n FROM range({first}, {end})) WHERE {condition}"


def thing(subject: str, kind: URIRef | None, facts: Mapping[URIRef, Value]) -> Iterator[Pattern]:
    """Yield the patterns of a thing: its class, where one is given, and what is said of it.

    A value that is NULL is not said.
    """
    if kind is not None:
        yield subject, str(RDF.type), f"'{kind}'", None
    for predicate, value in facts.items():
        sql, datatype = (value, None) if isinstance(value, str) else value
        yield subject, str(predicate), sql, datatype


def quads(things: str, *patterns: Pattern, graph: str = FACTS) -> str:
    """Return the SELECT of quads by patterns of things."""
    rows = ", ".join(_row(*pattern) for pattern in patterns)
    return (
        f"SELECT r.s, r.p, r.o, r.odt, r.olang, '{graph}' AS g"
        f" FROM ({things}) AS things, LATERAL (VALUES {rows}) AS r(s, p, o, odt, olang)"
        " WHERE r.o IS NOT NULL"
    )


def _row(subject: str, predicate: str, value: str, datatype: str | None) -> str:
    """Return the SQL of a row of quads, without its graph."""
    language = "NULL::VARCHAR"
    if datatype is not None and datatype.startswith("@"):
        datatype, language = str(RDF.langString), repr(datatype[1:])
    return (
        f"({subject}, '{predicate}', {value},"
        f" {'NULL::VARCHAR' if datatype is None else repr(datatype)}, {language})"
    )
