"""Answers what is not compiled: rdflib's evaluator over the tables of the store.

The evaluator is given a dataset of stored graphs only: nothing is ever loaded for a FROM clause,
and SERVICE asks what the operator lists. It is slower than the engine by orders of magnitude, so
it looks at the clock again and again: at every access to triples, at every operator, between
solutions.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from types import MethodType
from typing import Any, TypeVar

from rdflib import BNode, Graph, Literal, URIRef, Variable
from rdflib import Dataset as RdflibDataset
from rdflib.plugins.sparql.evaluate import evalPart
from rdflib.plugins.sparql.parserutils import CompValue, Expr
from rdflib.plugins.sparql.sparql import FrozenDict, Query, SPARQLTypeError
from rdflib.term import Identifier, Node

from kg.errors import QueryError, QueryEvaluationError
from kg.namespaces import XSD
from kg.sparql import walking  # noqa: F401 (mends the paths)
from kg.sparql.calling import CALLS, Call
from kg.sparql.compiled import FORMS, GraphChoice, dataset
from kg.sparql.context import Dataset
from kg.sparql.deadline import Deadline, memory_error
from kg.sparql.evaluation import GuardedContext
from kg.sparql.federation import Endpoints, refuse_unlisted
from kg.sparql.functions import IN_NO_IRI
from kg.sparql.holding import Holding
from kg.sparql.matching import functions
from kg.sparql.syntax import too_deep
from kg.store import (
    DEFAULT_GRAPH,
    Cursor,
    EngineInterrupted,
    EngineOutOfMemory,
    Kind,
    RawTerm,
    Store,
    TermKey,
    term_key,
    type_terms,
)
from kg.store.plugin import GraphStore

_NO_IRI = re.compile(IN_NO_IRI)
_BATCH = 500
"""Solutions evaluated between two looks at the clock, at most."""

Row = tuple[RawTerm | None, ...]
Answer = tuple[str, list[str], bool | Iterator[Row]]
T = TypeVar("T")


def run_fallback(
    store: Store,
    cursor: Cursor,
    query: Query,
    *,
    bindings: Mapping[str, Identifier],
    graphs: GraphChoice,
    deadline: Deadline,
    endpoints: Collection[str] = (),
    memory: str | None = None,
) -> Answer:
    """Return the form of a query, its variables, and its boolean, solutions or triples.

    SERVICE may ask the `endpoints`; `memory`, such as `512MB`, is about what may be held.

    Raises:
        QueryTimeoutError: the deadline passed (also while rows are read).
        QueryMemoryError: more has to be held than may be.
        QueryEvaluationError: the query calls another SERVICE, or the evaluator fails on it.
    """
    refuse_unlisted(query.algebra, endpoints)
    # Evaluation writes into the algebra, which other threads may be evaluating as well.
    algebra = _copied(query.algebra, {**CALLS, **functions(store.cursor())})
    evaluation = _Evaluation(cursor, deadline)
    seen = evaluation.run(lambda: dataset(cursor, query.algebra, graphs))
    check = Holding(deadline, memory).check
    context = _context(_dataset(cursor, seen, check), query, bindings, check)
    context.serve = Endpoints(query.prologue, deadline)
    form = FORMS[algebra.name]
    answer = evaluation.run(lambda: evalPart(context, algebra))
    if form == "ask":
        return form, [], bool(answer["askAnswer"])
    if form == "select":
        variables = [str(variable) for variable in algebra.PV]
        return form, variables, evaluation.rows(_solutions(answer["bindings"], variables))
    return form, [], evaluation.rows(_valid(answer["graph"]))


def _copied(node: Any, functions: Mapping[str, Call]) -> Any:
    """Return a copy of an algebra down to its terms, some functions exchanged for others."""
    if isinstance(node, CompValue):
        return _copied_value(node, functions)
    if isinstance(node, dict):
        return {key: _copied(value, functions) for key, value in node.items()}
    if type(node) in (list, tuple):
        return type(node)(_copied(item, functions) for item in node)
    if isinstance(node, Literal) and node.datatype == XSD.string:
        # As the store gives it: to rdflib, a literal with this datatype is another one.
        return Literal(str(node))
    return node


def _copied_value(node: CompValue, functions: Mapping[str, Call]) -> CompValue:
    copied = Expr(node.name) if isinstance(node, Expr) else CompValue(node.name)
    for key, value in node.items():
        copied[key] = _copied(value, functions)
    if isinstance(node, Expr) and node._evalfn is not None:
        function = functions.get(node.name, node._evalfn.__func__)
        copied._evalfn = MethodType(_strict(function), copied)
    elif node.name in {"Filter", "LeftJoin"}:
        copied["expr"] = Expr("Truth", functions["Truth"], expr=copied["expr"])
    if node.name in {"Builtin_EXISTS", "Builtin_NOTEXISTS"}:
        # The evaluator takes the pattern from the attribute: the item would be evaluated as an
        # expression. Filters at its top see the variables of the outer solution.
        copied.graph = copied["graph"]
        if copied.graph.name == "Filter":
            copied.graph.no_isolated_scope = True
    return copied


def _strict(function: Callable[[Expr, Any], Any]) -> Callable[[Expr, Any], Any]:
    """Return a function for which an argument that it cannot take is a type error of SPARQL.

    rdflib's functions look at some arguments only as they compute, and errors are among these.
    """

    def call(expr: Expr, context: Any) -> Any:
        try:
            made = function(expr, context)
        except (TypeError, AttributeError, ValueError, ArithmeticError, LookupError) as error:
            raise SPARQLTypeError(f"{expr.name}: {error}") from error
        if isinstance(made, URIRef) and _NO_IRI.search(made):
            raise SPARQLTypeError(f"{expr.name}: no IRI")
        return made

    return call


class _QueryDataset(RdflibDataset):
    """A dataset whose default graph is what the query's dataset says, and read in no other way."""

    @property  # type: ignore[misc]
    def default_context(self) -> Graph:
        """The unnamed graph."""
        return self._default_context

    def contexts(self, triple: Any = None) -> Generator[Graph, None, None]:
        """Yield the named graphs."""
        for graph in self.store.contexts(triple):
            if graph.identifier != self.default_graph.identifier:
                yield graph


def _dataset(cursor: Cursor, seen: Dataset, check: Callable[[], None]) -> _QueryDataset:
    """Return the graphs that a query sees as a dataset of rdflib."""
    union = seen.default
    if union is None and not seen.union:
        union = (DEFAULT_GRAPH,)
    graphs = GraphStore(
        cursor,
        union=union,
        named=seen.named,
        hidden=seen.hidden,
        as_of_commit=seen.as_of,
        check=check,
    )
    return _QueryDataset(graphs, default_union=True)


def _context(
    data: _QueryDataset,
    query: Query,
    bindings: Mapping[str, Identifier],
    check: Callable[[], None],
) -> GuardedContext:
    """Return the context of an evaluation; without a dataset clause it loads no graph."""
    context = GuardedContext(
        data, initBindings={Variable(name): term for name, term in bindings.items()}
    )
    context.graph = data
    context.prologue = query.prologue
    context.check = check
    return context


def _solutions(found: Iterable[FrozenDict], variables: list[str]) -> Iterator[list[Node | None]]:
    """Yield solutions in the order of the variables."""
    names = [Variable(name) for name in variables]
    for solution in found:
        yield [solution.get(name) for name in names]


def _valid(graph: Graph) -> Iterator[list[Node | None]]:
    """Yield the triples of a graph that are RDF (a template may give others)."""
    for s, p, o in graph:
        if not isinstance(s, Literal) and isinstance(p, URIRef):
            yield [s, p, o]


class _Evaluation:
    """One evaluation, under its deadline."""

    def __init__(self, cursor: Cursor, deadline: Deadline) -> None:
        self._cursor = cursor
        self._deadline = deadline
        self._raw: dict[TermKey, RawTerm] = {}

    def run(self, work: Callable[[], T]) -> T:
        """Return the result of a piece of evaluation.

        Raises:
            QueryTimeoutError: the deadline passed.
            QueryEvaluationError: the evaluator fails.
        """
        try:
            self._deadline.check()
            return work()
        except QueryError:
            raise
        except EngineInterrupted:
            raise self._deadline.error() from None
        except (EngineOutOfMemory, MemoryError) as error:
            raise memory_error() from error
        except RecursionError:
            raise too_deep() from None
        except Exception as error:
            raise QueryEvaluationError(
                f"The query cannot be evaluated ({type(error).__name__}: {error})."
                " Ask for the same in another way."
            ) from error

    def rows(self, solutions: Iterator[list[Node | None]]) -> Iterator[Row]:
        """Yield solutions as raw terms; they are evaluated as they are asked for."""
        while batch := self.run(lambda: list(itertools.islice(solutions, _BATCH))):
            yield from self.run(lambda: self._encoded(batch))

    def _encoded(self, batch: list[list[Node | None]]) -> list[Row]:
        """Return solutions as raw terms."""
        keys = {term_key(node) for row in batch for node in row if isinstance(node, Literal)}
        missing = list(keys - self._raw.keys())
        if missing:
            if len(self._raw) > 100 * _BATCH:
                self._raw.clear()
                missing = list(keys)
            for key, term in zip(missing, type_terms(self._cursor, missing), strict=True):
                self._raw[key] = (int(term.kind), *key)
        return [tuple(self._term(node) for node in row) for row in batch]

    def _term(self, node: Node | None) -> RawTerm | None:
        if node is None:
            return None
        if isinstance(node, Literal):
            return self._raw[term_key(node)]
        kind = Kind.BLANK if isinstance(node, BNode) else Kind.IRI
        return int(kind), term_key(node)[0], None, None
