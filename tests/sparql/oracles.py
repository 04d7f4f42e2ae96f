"""One query, one dataset, three engines: the answers in one shape."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

import pyoxigraph as ox
import rdflib
from query_strategies import XSD, Quad, Term
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from kg.store import Transaction, term_key
from kg.store.typing import INTEGER_RANGES, RDF_LANG_STRING, XSD_STRING

Answer = bool | Counter[tuple[object, ...]]

_INTEGERS = {XSD + name for name in INTEGER_RANGES}


def comparable(term: Term | None) -> object:
    """Return a term so that engines which rewrite lexical forms compare equal."""
    if term is None:
        return None
    text, datatype, language = term
    try:
        if datatype in _INTEGERS:
            return datatype, int(text)
        if datatype == XSD + "decimal":
            return datatype, Decimal(text)
        if datatype == XSD + "double":
            return datatype, repr(float(text))
        if datatype == XSD + "float":
            return datatype, repr(struct.unpack("f", struct.pack("f", float(text)))[0])
    except (ValueError, InvalidOperation, OverflowError):
        return term
    if datatype == XSD + "boolean":
        return datatype, {"1": "true", "0": "false"}.get(text, text)
    return text, datatype, language


def _answer(variables: Sequence[str], rows: Iterable[Sequence[Term | None]]) -> Answer:
    """Return solutions as a multiset of rows, in the order of the variables' names."""
    order = sorted(range(len(variables)), key=variables.__getitem__)
    return Counter(tuple(comparable(row[i]) for i in order) for row in rows)


def insert(tx: Transaction, quads: Sequence[Quad]) -> None:
    """Put a dataset into the store, with the labels of its blank nodes."""
    rows = [(s[0], p[0], *o, g) for s, p, o, g in quads]
    columns = [[row[i] for row in rows] for i in range(6)]
    names = ("s", "p", "o", "odt", "olang", "g")
    staged = ", ".join(f"unnest(?::VARCHAR[]) AS {name}" for name in names)
    tx.cursor.execute(f"CREATE OR REPLACE TEMP TABLE _data AS SELECT {staged}", columns)
    tx.insert("_data")


class Oxigraph:
    """Answers of pyoxigraph."""

    def __init__(self, quads: Sequence[Quad]) -> None:
        self._store = ox.Store()
        for s, p, o, g in quads:
            graph = ox.NamedNode(g) if g else ox.DefaultGraph()
            self._store.add(ox.Quad(_ox(s), _ox(p), _ox(o), graph))  # type: ignore[arg-type]

    def answer(self, text: str) -> Answer:
        """Return the answer of a query."""
        found = self._store.query(text)
        if isinstance(found, ox.QueryBoolean):
            return bool(found)
        assert isinstance(found, ox.QuerySolutions)
        names = [variable.value for variable in found.variables]
        return _answer(names, ([_from_ox(row[name]) for name in names] for row in found))


def _ox(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    text, datatype, language = term
    if datatype is None:
        return ox.BlankNode(text[2:]) if text.startswith("_:") else ox.NamedNode(text)
    if language:
        return ox.Literal(text, language=language)
    return ox.Literal(text, datatype=ox.NamedNode(datatype))


def _from_ox(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> Term | None:
    if term is None:
        return None
    if isinstance(term, ox.Literal):
        return term.value, term.datatype.value, term.language
    assert not isinstance(term, ox.Triple)
    return (f"_:{term.value}" if isinstance(term, ox.BlankNode) else term.value), None, None


class Rdflib:
    """Answers of rdflib."""

    def __init__(self, quads: Sequence[Quad]) -> None:
        self._dataset = rdflib.Dataset()
        for s, p, o, g in quads:
            graph = self._dataset.graph(g or DATASET_DEFAULT_GRAPH_ID)
            graph.add((_rdflib(s), _rdflib(p), _rdflib(o)))

    def answer(self, text: str) -> Answer:
        """Return the answer of a query."""
        found = self._dataset.query(text)
        if found.type == "ASK":
            return bool(found.askAnswer)
        names = [str(name) for name in found.vars or []]
        rows = [[binding.get(name) for name in found.vars or []] for binding in found.bindings]
        return _answer(
            names, ([None if node is None else term_key(node) for node in row] for row in rows)
        )


def _rdflib(term: Term) -> rdflib.URIRef | rdflib.BNode | rdflib.Literal:
    text, datatype, language = term
    if datatype is None:
        return rdflib.BNode(text[2:]) if text.startswith("_:") else rdflib.URIRef(text)
    if datatype == RDF_LANG_STRING:
        return rdflib.Literal(text, lang=language)
    if datatype == XSD_STRING:
        return rdflib.Literal(text)
    return rdflib.Literal(text, datatype=datatype, normalize=False)
