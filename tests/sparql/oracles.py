"""Two other engines asked the same, in a process of their own: one of them may never answer."""

from __future__ import annotations

import logging
import multiprocessing
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType

import pyoxigraph as ox
import rdflib
from fuzz_data import RDF_LANG_STRING, XSD, Quad, Term
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query

from kg.store import term_key

XSD_STRING = XSD + "string"
Row = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine answered: a boolean, solutions in the order of `variables`, or triples."""

    form: str
    variables: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    boolean: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an engine gave no answer."""

    reason: str


Outcome = Answer | Failure


class Oracles:
    """A process that asks pyoxigraph and rdflib; it is replaced when it does not answer."""

    def __init__(self, timeout: float = 5.0) -> None:
        self._timeout = timeout
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def answers(self, quads: Sequence[Quad], text: str) -> tuple[Outcome, Outcome]:
        """Return the answers of pyoxigraph and rdflib to a query on some data."""
        pipe = self._started()
        pipe.send((list(quads), text))
        if pipe.poll(self._timeout):
            found: tuple[Outcome, Outcome] = pipe.recv()
            return found
        self.close()
        return Failure("timeout"), Failure("timeout")

    def _started(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
            # The first answer waits for imports.
            self._pipe.send(([], "ASK {}"))
            self._pipe.recv()
        return self._pipe

    def close(self) -> None:
        """End the process."""
        if self._process is not None and self._pipe is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
        self._process = self._pipe = None

    def __enter__(self) -> Oracles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _serve(pipe: Connection) -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    sys.setrecursionlimit(5000)
    known: list[Quad] | None = None
    engines: list[_Oxigraph | _Rdflib] = []
    while True:
        try:
            quads, text = pipe.recv()
        except EOFError:
            return
        if quads != known:
            known, engines = quads, [_Oxigraph(quads), _Rdflib(quads)]
        pipe.send(tuple(_asked(engine, text) for engine in engines))


def _asked(engine: _Oxigraph | _Rdflib, text: str) -> Outcome:
    try:
        return engine.answer(text)
    except BaseException as error:
        return Failure(f"{type(error).__name__}: {str(error)[:200]}")


class _Oxigraph:
    """pyoxigraph."""

    def __init__(self, quads: Sequence[Quad]) -> None:
        self._store = ox.Store()
        for s, p, o, g in quads:
            graph = ox.NamedNode(g) if g else ox.DefaultGraph()
            self._store.add(ox.Quad(_ox(s), _ox(p), _ox(o), graph))  # type: ignore[arg-type]

    def answer(self, text: str) -> Answer:
        """Return the answer of a query."""
        found = self._store.query(text)
        if isinstance(found, ox.QueryBoolean):
            return Answer("ask", boolean=bool(found))
        if isinstance(found, ox.QuerySolutions):
            names = tuple(variable.value for variable in found.variables)
            rows = tuple(tuple(from_ox(row[name]) for name in names) for row in found)
            return Answer("select", names, rows)
        triples = {(from_ox(t.subject), from_ox(t.predicate), from_ox(t.object)) for t in found}
        return Answer("construct", ("s", "p", "o"), tuple(triples))


def _ox(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    text, datatype, language = term
    if datatype is None:
        return ox.BlankNode(text[2:]) if text.startswith("_:") else ox.NamedNode(text)
    if language:
        return ox.Literal(text, language=language)
    return ox.Literal(text, datatype=ox.NamedNode(datatype))


def from_ox(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> Term | None:
    if term is None:
        return None
    if isinstance(term, ox.Literal):
        return term.value, term.datatype.value, term.language
    assert not isinstance(term, ox.Triple)
    return (f"_:{term.value}" if isinstance(term, ox.BlankNode) else term.value), None, None


class _Rdflib:
    """rdflib."""

    def __init__(self, quads: Sequence[Quad]) -> None:
        self._dataset = rdflib.Dataset()
        for s, p, o, g in quads:
            graph = self._dataset.graph(g or DATASET_DEFAULT_GRAPH_ID)
            graph.add((_rdflib(s), _rdflib(p), _rdflib(o)))

    def answer(self, text: str) -> Answer:
        """Return the answer of a query."""
        found = self._dataset.query(_prepared(text))
        if found.type == "ASK":
            return Answer("ask", boolean=bool(found.askAnswer))
        if found.type == "SELECT":
            names = found.vars or []
            rows = tuple(
                tuple(_from_rdflib(binding.get(name)) for name in names)
                for binding in found.bindings
            )
            return Answer("select", tuple(map(str, names)), rows)
        triples = {tuple(map(_from_rdflib, triple)) for triple in found.graph or ()}
        return Answer("construct", ("s", "p", "o"), tuple(filter(_is_triple, triples)))


@lru_cache(maxsize=64)
def _prepared(text: str) -> Query:
    return prepareQuery(text)


def _is_triple(row: Row) -> bool:
    """Return whether a row is RDF: rdflib puts literals and blank nodes in any place."""
    subject, predicate, _ = row
    assert subject is not None
    assert predicate is not None
    return not subject[1] and not predicate[1] and not predicate[0].startswith("_:")


def _rdflib(term: Term) -> rdflib.URIRef | rdflib.BNode | rdflib.Literal:
    text, datatype, language = term
    if datatype is None:
        return rdflib.BNode(text[2:]) if text.startswith("_:") else rdflib.URIRef(text)
    if datatype == RDF_LANG_STRING:
        return rdflib.Literal(text, lang=language)
    if datatype == XSD_STRING:
        return rdflib.Literal(text)
    return rdflib.Literal(text, datatype=datatype, normalize=False)


def _from_rdflib(node: object) -> Term | None:
    assert node is None or isinstance(node, rdflib.term.Node)
    return None if node is None else term_key(node)
