"""The text of an update request to its operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from rdflib.plugins.sparql.algebra import translateQuads
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from kg.sparql import datablock
from kg.sparql.algebra import translated
from kg.sparql.operations import (
    Clear,
    Create,
    Data,
    Graph,
    Load,
    Modify,
    Operation,
    TemplateQuad,
    Transfer,
)
from kg.sparql.parse import offered_forms
from kg.sparql.parsing import UpdateParser
from kg.sparql.requests import Part
from kg.store import term_key

_LONG = 20_000
"""Characters of a text that is not worth remembering."""

_SELECTORS = ("NAMED", "ALL")


def operation_of(part: Part) -> Operation:
    """Return the operation that a part of a request asks for.

    Raises:
        QueryEvaluationError: the text is valid but has a form that is not offered.
        RdfSyntaxError: a term of the data is of RDF 1.2.
    """
    if part.keywords in ("INSERT DATA", "DELETE DATA"):
        rows = datablock.rows_of(part)
        if rows is not None:
            return Data(rows, insert=part.keywords == "INSERT DATA")
    return _by_grammar(part) if len(part.text) > _LONG else _remembered(part)


@lru_cache(maxsize=256)
def _remembered(part: Part) -> Operation:
    return _by_grammar(part)


def _by_grammar(part: Part) -> Operation:
    """Return the operation as the parser of the grammar reads it."""
    with offered_forms():
        declared, parsed = UpdateParser(part.prologue + part.text).operation()
        return _TRANSLATIONS[parsed.name](parsed, declared)


def _data(parsed: CompValue, _declared: Any) -> Data:
    rows = [
        (_text(s), _text(p), *term_key(o), None if g is None else _text(g))
        for s, p, o, g in _quads(parsed.quads)
    ]
    return Data(rows, insert=parsed.name == "InsertData")


def _text(node: Node) -> str:
    return term_key(node)[0]


def _quads(quads: CompValue) -> Iterator[TemplateQuad]:
    """Yield the quads of a template or of a block of data."""
    unnamed: list[tuple[Node, Node, Node]]
    named: dict[Node, list[tuple[Node, Node, Node]]]
    unnamed, named = translateQuads(quads)  # type: ignore[assignment]
    yield from ((s, p, o, None) for s, p, o in unnamed)
    for graph, triples in named.items():
        yield from ((s, p, o, graph) for s, p, o in triples)


def _modify(parsed: CompValue, declared: Any) -> Modify:
    graph = None if parsed.withClause is None else str(parsed.withClause)
    return Modify(
        delete=tuple(_quads(parsed.delete.quads)) if parsed.delete else (),
        insert=tuple(_quads(parsed.insert.quads)) if parsed.insert else (),
        where=_where(declared, parsed.where, parsed.using),
        graph=graph,
    )


def _delete_where(parsed: CompValue, declared: Any) -> Modify:
    """Return a deletion of what matches, each solution of the template taken for the pattern."""
    delete = tuple(_quads(parsed.quads))
    blocks = [_block(parsed.quads.triples)] if parsed.quads.triples else []
    for graph in parsed.quads.quadsNotTriples or []:
        inner = CompValue("GroupGraphPatternSub", part=[_block(graph.triples or [])])
        blocks.append(CompValue("GraphGraphPattern", term=graph.term, graph=inner))
    pattern = CompValue("GroupGraphPatternSub", part=blocks)
    return Modify(delete, (), _where(declared, pattern, None))


def _block(triples: Any) -> CompValue:
    return CompValue("TriplesBlock", triples=triples)


def _where(declared: Any, pattern: CompValue, using: Any) -> Query:
    """Return the query that selects all variables of a WHERE clause."""
    query = CompValue("SelectQuery", where=pattern, datasetClause=using)
    return translated(declared, query)


def _load(parsed: CompValue, _declared: Any) -> Load:
    graph = None if parsed.graphiri is None else str(parsed.graphiri)
    return Load(str(parsed.iri), graph, bool(parsed.silent))


def _clear(parsed: CompValue, _declared: Any) -> Clear:
    every = str(parsed.graphiri) if parsed.graphiri in _SELECTORS else None
    return Clear(_graph(parsed.graphiri), every, bool(parsed.silent))


def _create(parsed: CompValue, _declared: Any) -> Create:
    return Create(str(parsed.graphiri), bool(parsed.silent))


def _transfer(parsed: CompValue, _declared: Any) -> Transfer:
    source, target = parsed.graph
    return Transfer(parsed.name, _graph(source), _graph(target), bool(parsed.silent))


def _graph(name: Any) -> Graph:
    return None if name == "DEFAULT" else str(name)


_TRANSLATIONS: dict[str, Callable[[CompValue, Any], Operation]] = {
    "InsertData": _data,
    "DeleteData": _data,
    "DeleteWhere": _delete_where,
    "Modify": _modify,
    "Load": _load,
    "Clear": _clear,
    "Drop": _clear,
    "Create": _create,
    "Add": _transfer,
    "Move": _transfer,
    "Copy": _transfer,
}
