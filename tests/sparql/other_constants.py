"""Queries of one shape: a query asked with other constants than its own."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from rdflib.term import Node

from kg.errors import QueryError
from kg.namespaces import XSD
from kg.sparql.compiled import Compiled, GraphChoice, compile_query
from kg.sparql.lifting import Asked, read
from kg.sparql.parse import parse
from kg.sparql.plans import Plans
from kg.sparql.steps import run_steps
from kg.sparql.values import NotCompiledError
from kg.store import Cursor, EngineError
from kg.store.typing import RDF_LANG_STRING, XSD_STRING

_CHANGING = re.compile(r"\b(RAND|UUID|STRUUID|BNODE)\b", re.IGNORECASE)
_IRIS = ("urn:x:a", "urn:x:b", "urn:x:nowhere", "http://example.org/a#b", "urn:x:a%20b")
_TEXTS = ("a", "b", "abc", "été", "", "c d", "it is", "?x <urn:x:a>", "# none")
_TIMES = ("2024-01-31", "2024-02-01", "2024-02-30", "2024-01-31Z", "-0001-01-01", "x")
_VALUES = {
    None: _IRIS,
    XSD_STRING: _TEXTS,
    RDF_LANG_STRING: _TEXTS,
    str(XSD.integer): ("1", "01", "2", "0", "7", "1000000000000000000000000000000"),
    str(XSD.decimal): ("1.0", "1.50", "0.5", "2.25", "0.12345678901234"),
    str(XSD.date): _TIMES,
    str(XSD.dateTime): (*(f"{day}T12:00:00" for day in _TIMES), "2024-01-31T12:00:00.1234567Z"),
}


def with_other_constants(text: str, base: str | None, seed: int) -> str:
    """Return a query with other values for the constants that its shape leaves open."""
    _, asked = _read(text, base)
    if asked is None:
        return text
    chosen = random.Random(seed)
    other = asked.template.text
    for stand_in, own in zip(asked.template.open, asked.constants, strict=True):
        values = [*_VALUES.get(stand_in[1], (own[0],)), own[0]]
        other = other.replace(stand_in[0], chosen.choice(values))
    return other


GRAPHS = GraphChoice(union=False)


def compare(
    cursor: Cursor,
    plans: Plans,
    text: str,
    base: str | None = None,
    *,
    bindings: Mapping[str, Node] = MappingProxyType({}),
    graphs: GraphChoice = GRAPHS,
) -> None:
    """Assert that a query's plan is that of its whole text.

    The parser puts the triples of a pattern into an order that depends on their terms: then the
    pieces of the SQL are the same, and so is the answer.
    """
    refused, asked = _read(text, base)
    assert refused == _refusal(text, base), text
    if asked is None:
        return
    shared = _compiled(lambda: plans.compiled(cursor, asked, bindings, graphs, 1))
    whole = _compiled(
        lambda: compile_query(cursor, asked.query, bindings, graphs, in_two_steps=True)
    )
    if isinstance(shared, str) or isinstance(whole, str):
        assert shared == whole, text
        return
    assert (shared.form, shared.variables) == (whole.form, whole.variables), text
    if _statements(shared) != _statements(whole):
        assert _pieces(shared) == _pieces(whole), text
        assert _rows(cursor, shared) == _rows(cursor, whole), text
    direct = shared.direct
    if direct is not None and direct.read is not None and not _CHANGING.search(text):
        again = partial(cursor.execute, direct.read.statement, direct.read.ids)
        written = partial(cursor.execute, direct.sql)
        assert _rows(cursor, shared, again) == _rows(cursor, shared, written), text


def _read(text: str, base: str | None) -> tuple[str | None, Asked | None]:
    try:
        return None, read(text, base)
    except QueryError as error:
        return str(error), None


def _refusal(text: str, base: str | None) -> str | None:
    try:
        parse(text, base)
    except QueryError as error:
        return str(error)
    return None


def _compiled(compile_: Callable[[], Compiled]) -> Compiled | str:
    try:
        return compile_()
    except NotCompiledError as error:
        return str(error)


def _statements(compiled: Compiled) -> list[str]:
    direct = compiled.direct.sql if compiled.direct is not None else None
    parts = [*(step.sql for step in compiled.steps), compiled.before, compiled.sql, direct]
    return [_normal(part) for part in parts if part is not None]


def _pieces(compiled: Compiled) -> list[str]:
    text = re.sub(r"unknown[0-9]+", "", "; ".join(_statements(compiled)))
    return sorted(re.findall(r"'[^']*'|\w+|[^\w\s]", text))


def _rows(
    cursor: Cursor, compiled: Compiled, ask: Callable[[], object] | None = None
) -> Counter[tuple[object, ...]] | str:
    """Return the rows that a query finds, by what is given or by its own statements."""
    cursor.begin()
    try:
        run_steps(cursor, compiled.steps)
        if ask is not None:
            ask()
            return Counter(cursor.fetchall())
        if compiled.before is not None:
            cursor.execute(compiled.before)
        return Counter(cursor.execute(compiled.sql).fetchall())
    except EngineError as error:
        return type(error).__name__
    finally:
        cursor.rollback()


def _normal(statement: str) -> str:
    """Return a statement with other names for unknown terms and blank nodes, and without times."""
    for pattern in (r"\(-[0-9]+\)", r"-[0-9]+(?= AS BIGINT)", r"N[0-9a-f]{32}"):
        names: dict[str, str] = {}
        statement = re.sub(
            pattern,
            lambda found, names=names: names.setdefault(found[0], f"unknown{len(names)}"),
            statement,
        )
    return re.sub(r"20[0-9-]{8}[T ][0-9:.]{8,15}Z?", "now", statement)
