"""An rdflib store over the tables, so that rdflib's graphs, datasets and evaluator work on them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from typing import Any

import duckdb
import rdflib.store
from rdflib import BNode, Graph, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.term import Literal, Node

from kg.errors import StoreError
from kg.store.counting import counted
from kg.store.database import Store
from kg.store.dictionary import temporary
from kg.store.few import FEW
from kg.store.schema import DEFAULT_GRAPH
from kg.store.terms import decode, lookup_nodes, term_key, to_rdflib
from kg.store.transaction import Transaction
from kg.store.visibility import visible

Term = URIRef | BNode | Literal
Triple = tuple[Term, Term, Term]
Pattern = tuple[Node | None, Node | None, Node | None]

_CHUNK = 10_000
"""Triples held in memory at a time."""
_CACHED_TERMS = 200_000
_STAGE = "_plugin"


class GraphStore(rdflib.store.Store):
    """Graphs of the store, read through one cursor and written in transactions.

    `Graph(GraphStore(store), URIRef(...))` is one graph, `Dataset(GraphStore(store))` all of them;
    with `default_union=True` the default graph of a dataset is the union of its graphs, a set.
    """

    context_aware = True
    graph_aware = True
    formula_aware = False
    transaction_aware = False

    def __init__(
        self,
        target: Store | Transaction | duckdb.DuckDBPyConnection,
        *,
        union: Collection[int] | None = None,
        named: Collection[int] | None = None,
        hidden: Collection[int] = (),
        as_of_commit: int | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        """Open graphs of a store (each change is a commit), a transaction, or a cursor (to read).

        `union` holds the ids of the graphs that make the union, `named` those that can be asked
        for by name (None: all); `hidden` those that are not there at all. `check` is called
        between chunks of triples and may raise.
        """
        super().__init__()
        self._target = target
        self._cursor = target.cursor() if isinstance(target, Store) else _cursor_of(target)
        self._union, self._named, self._hidden = union, named, frozenset(hidden)
        self._as_of = as_of_commit
        self._check = check or (lambda: None)
        self._terms: dict[int, Term] = {}
        self._prefixes: dict[str, URIRef] = {}
        self._tables = 0

    # Reading

    def triples(
        self, triple_pattern: Pattern, context: Graph | None = None
    ) -> Iterator[tuple[Triple, Iterator[Graph | None]]]:
        """Yield the triples that match a pattern, each with the graphs asked about."""
        self._check()
        where = self._where(triple_pattern, context)
        if where is None:
            return
        condition, parameters = where
        columns = "s, p, o" if self._single(context) else "DISTINCT s, p, o"
        for chunk in self._chunks(f"SELECT {columns} FROM quad WHERE {condition}", parameters):
            self._decode(chunk, triple_pattern)
            for row in chunk:
                triple = self._triple(row, triple_pattern)
                yield triple, self._graphs_of(triple, context)

    def __len__(self, context: Graph | None = None) -> int:
        """Return the number of triples of a graph, or of the union of all."""
        where = self._where((None, None, None), context)
        if where is None:
            return 0
        columns = "s, p, o" if self._single(context) else "DISTINCT s, p, o"
        query = f"SELECT count(*) FROM (SELECT {columns} FROM quad WHERE {where[0]})"
        return counted(self._cursor.execute(query, where[1]))

    def contexts(self, triple: Pattern | None = None) -> Generator[Graph, None, None]:
        """Yield the graphs that hold a triple, or any triple at all."""
        where = self._where(triple or (None, None, None), None, names=True)
        if where is None:
            return
        rows = self._cursor.execute(
            f"SELECT DISTINCT g FROM quad WHERE {where[0]} ORDER BY g", where[1]
        ).fetchall()
        names = decode(self._cursor, [row[0] for row in rows])
        for (graph,) in rows:
            name = DATASET_DEFAULT_GRAPH_ID if graph == DEFAULT_GRAPH else to_rdflib(names[graph])
            yield Graph(store=self, identifier=name)

    def about(
        self, told: Callable[[str], str], triple: tuple[Node, Node, Node], graph: Node
    ) -> Any:
        """Return what a query of `kg.store.places` tells of a fact of a named graph, or None."""
        if graph == DATASET_DEFAULT_GRAPH_ID or not isinstance(graph, URIRef | BNode):
            return None
        where = self._where(triple, Graph(self, graph))
        if where is None:
            return None
        row = self._cursor.execute(
            told(f"(SELECT * FROM quad WHERE {where[0]})"), where[1]
        ).fetchone()
        return row[0] if row else None

    def _where(
        self, pattern: Pattern, context: Graph | None, *, names: bool = False
    ) -> tuple[str, list[int]] | None:
        """Return the SQL condition of a pattern, None when a term of it is not stored."""
        nodes = [node for node in pattern if node is not None]
        name = None if context is None else context.identifier
        graph_is_named = name is not None and name != DATASET_DEFAULT_GRAPH_ID
        ids = lookup_nodes(self._cursor, [*nodes, *([name] if graph_is_named and name else [])])
        parameters = [i for i in ids if i is not None]
        if len(parameters) < len(ids):
            return None
        graphs = self._named if names else self._union
        if name is not None:
            graph = parameters.pop() if graph_is_named else DEFAULT_GRAPH
            closed = graph_is_named and self._named is not None and graph not in self._named
            graphs = [] if closed else [graph]
        columns = [c for c, node in zip("spo", pattern, strict=True) if node is not None]
        conditions = [f"{column} = ?" for column in columns]
        seen = visible(as_of_commit=self._as_of, graphs=graphs, hidden=self._hidden)
        return " AND ".join([*conditions, seen]), parameters

    def _single(self, context: Graph | None) -> bool:
        """Tell whether only one graph is read, which holds no triple twice."""
        return context is not None or (self._union is not None and len(self._union) < 2)

    def _chunks(self, query: str, parameters: list[int]) -> Iterator[list[tuple[int, ...]]]:
        """Yield the rows of a query in chunks.

        Other queries use the cursor while a consumer holds a chunk, so a long answer waits in a
        temporary table, which the engine can spill to disk.
        """
        rows = self._cursor.execute(f"{query} LIMIT {_CHUNK}", parameters).fetchall()
        if len(rows) < _CHUNK:
            yield rows
            return
        self._tables += 1
        table = f"_triples{id(self)}_{self._tables}"
        # Within a transaction the rowids of a new table do not start at 0.
        numbered = f"SELECT row_number() OVER () - 1 AS n, * FROM ({query})"
        self._cursor.execute(f"CREATE TEMP TABLE {table} AS {numbered}", parameters)
        try:
            first = 0
            while rows := self._cursor.execute(
                f"SELECT s, p, o FROM {table} WHERE n >= {first} AND n < {first + _CHUNK}"
            ).fetchall():
                yield rows
                self._check()
                first += _CHUNK
        finally:
            with contextlib.suppress(duckdb.Error):
                self._cursor.execute(f"DROP TABLE temp.{table}")

    def _decode(self, rows: list[tuple[int, ...]], pattern: Pattern) -> None:
        """Put the terms of unbound positions into the cache."""
        free = [i for i, node in enumerate(pattern) if node is None]
        missing = {row[i] for row in rows for i in free} - self._terms.keys()
        if not missing:
            return
        if len(self._terms) > _CACHED_TERMS:
            self._terms.clear()
            missing = {row[i] for row in rows for i in free}
        for number, term in decode(self._cursor, list(missing)).items():
            self._terms[number] = to_rdflib(term)

    def _triple(self, row: tuple[int, ...], pattern: Pattern) -> Triple:
        """Return a row as terms; a bound position keeps the term that was asked for."""
        s, p, o = (
            self._terms[number] if node is None else node
            for number, node in zip(row, pattern, strict=True)
        )
        return s, p, o  # type: ignore[return-value]

    def _graphs_of(self, triple: Triple, context: Graph | None) -> Iterator[Graph | None]:
        """Yield the graph that was asked about, or those that hold the triple."""
        if context is None:
            yield from self.contexts(triple)
        else:
            yield context

    # Writing

    def add(
        self,
        triple: tuple[Node, Node, Node],
        context: Graph,
        quoted: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Add one triple to a graph; many triples are added far faster by `addN`."""
        self.addN([(*triple, context)])

    def addN(self, quads: Iterable[Any]) -> None:  # noqa: N802
        """Add quads, each (s, p, o, graph), in one transaction."""
        rows = [(*_quad_text(s, p), *term_key(o), _graph_text(g)) for s, p, o, g in quads]
        if not rows:
            return
        with self._writing() as tx:
            if len(rows) <= FEW:
                tx.insert_few(rows)
                return
            columns = [list(column) for column in zip(*rows, strict=True)]
            named = ("s", "p", "o", "odt", "olang", "g")
            staged = ", ".join(f"unnest(?::VARCHAR[]) AS {name}" for name in named)
            with temporary(tx.cursor, _STAGE, f"SELECT {staged}", columns):
                tx.insert(_STAGE)

    def remove(self, triple: Pattern, context: Graph | None = None) -> None:
        """Take the triples that match a pattern out of a graph, or out of all graphs."""
        with self._writing() as tx:
            where = self._where(triple, context)
            if where is None:
                return
            tx.cursor.execute(
                f"""
                CREATE TEMP TABLE {_STAGE} AS
                SELECT s.lex AS s, p.lex AS p, o.lex AS o, o.dt AS odt, o.lang AS olang, g.lex AS g
                FROM (SELECT s, p, o, g FROM quad WHERE {where[0]}) AS q
                JOIN term AS s ON s.id = q.s JOIN term AS p ON p.id = q.p
                JOIN term AS o ON o.id = q.o LEFT JOIN term AS g ON g.id = q.g
                """,
                where[1],
            )
            tx.delete(_STAGE)
            tx.cursor.execute(f"DROP TABLE temp.{_STAGE}")

    def add_graph(self, graph: Graph) -> None:
        """Do nothing: a graph is there as soon as it holds a triple, and only then."""

    def remove_graph(self, graph: Graph) -> None:
        """Take out all triples of a graph."""
        self.remove((None, None, None), graph)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Transaction]:
        """Yield the transaction to write in."""
        if isinstance(self._target, Transaction):
            yield self._target
        elif isinstance(self._target, Store):
            with self._target.write(activity="update", note="rdflib") as tx:
                yield tx
        else:
            raise StoreError("These graphs are open for reading only: open them with a Store.")

    # Prefixes

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:  # noqa: FBT001, FBT002
        """Bind a prefix to a namespace, for as long as this object lives."""
        if override or prefix not in self._prefixes:
            for known in [k for k, v in self._prefixes.items() if v == namespace and override]:
                del self._prefixes[known]
            self._prefixes[prefix] = namespace

    def namespace(self, prefix: str) -> URIRef | None:
        """Return the namespace of a prefix, or None."""
        return self._prefixes.get(prefix)

    def prefix(self, namespace: URIRef) -> str | None:
        """Return the prefix of a namespace, or None."""
        return next((k for k, v in self._prefixes.items() if v == namespace), None)

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        """Yield the prefixes with their namespaces."""
        yield from self._prefixes.items()


def _cursor_of(target: Transaction | duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return target.cursor if isinstance(target, Transaction) else target


def _quad_text(s: Node, p: Node) -> tuple[str, str]:
    return term_key(s)[0], term_key(p)[0]


def _graph_text(graph: Graph | None) -> str | None:
    """Return the text of a graph's name, None for the default graph."""
    name = None if graph is None else graph.identifier
    if name is None or name == DATASET_DEFAULT_GRAPH_ID:
        return None
    return term_key(name)[0]
