"""RDF documents into the store: Turtle, TriG, N-Triples, N-Quads, RDF/XML and JSON-LD.

Lexical forms are kept as written. Blank nodes get labels that no other document has. Large
documents pass through N-Quads lines, which the engine reads faster than terms can be handed over
one by one (see `kg.store.nquads`).
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyoxigraph
from rdflib import Dataset, Graph
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.term import Node

from kg.errors import RdfSyntaxError
from kg.store.documents import Document, format_of, rdf_format, unpacked
from kg.store.few import FEW, Row
from kg.store.nquads import can_be_cut, cut_lines, parts_of
from kg.store.spelling import Respelling
from kg.store.staging import Insertion
from kg.store.terms import term_key
from kg.store.transaction import Transaction

_LINES = (pyoxigraph.RdfFormat.N_TRIPLES, pyoxigraph.RdfFormat.N_QUADS)
_FEW_QUADS = 20_000
"""Quads handed over term by term before a document counts as large."""
_FEW_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an import a document stands.

    `origin` is that of its quads, `besides` the table of graphs where what is live already is not
    added again, `salt` what the labels of its blank nodes depend on (one of its own if None), and
    `respelling` is told of IRIs that are kept in another spelling.
    """

    origin: int | None = None
    besides: str | None = None
    salt: str | None = None
    respelling: Respelling | None = None


_NEW_STAGE = """
CREATE TEMP TABLE {stage} (
    s VARCHAR, p VARCHAR, o VARCHAR, odt VARCHAR, olang VARCHAR, g VARCHAR, rest VARCHAR
)
"""
_RENAMED = "CASE WHEN starts_with({0}, '_:') THEN '_:b' || md5(? || {0}) ELSE {0} END"
_INTO_STAGE = f"""
INSERT INTO {{stage}}
SELECT {_RENAMED.format("s")}, p, CASE WHEN odt IS NULL THEN {_RENAMED.format("o")} ELSE o END,
    odt, olang, coalesce({_RENAMED.format("g")}, ?), rest
FROM {{source}}
"""
_ROWS = ", ".join(
    f"unnest(?::VARCHAR[]) AS {name}" for name in ("s", "p", "o", "odt", "olang", "g")
)


class _Stage:
    """The temporary table that takes the quads of one document."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, graph: str | None, place: Place | None = None
    ) -> None:
        self._cursor = cursor
        self._graph = graph
        place = place or Place()
        # The label of a blank node depends on this: two documents share none.
        self._salt = place.salt or secrets.token_hex(16)
        self._respelling = place.respelling
        self.name = f"_rdf_{secrets.token_hex(4)}"
        cursor.execute(_NEW_STAGE.format(stage=self.name))

    def clear(self) -> None:
        """Forget the quads taken so far."""
        # A new table: the engine may lose sight of what follows an insertion of nothing.
        self._cursor.execute(f"DROP TABLE temp.{self.name}")
        self._cursor.execute(_NEW_STAGE.format(stage=self.name))

    def drop(self) -> None:
        """Drop the table, unless a failed transaction has already dropped it."""
        with contextlib.suppress(duckdb.Error):
            self._cursor.execute(f"DROP TABLE temp.{self.name}")

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add quads handed over term by term."""
        rows = iter(rows)
        while batch := list(itertools.islice(rows, _FEW_QUADS)):
            columns = [list(column) for column in zip(*batch, strict=True)]
            self._add(f"(SELECT {_ROWS}, NULL AS rest)", columns)

    def add_lines(self, path: Path) -> list[str]:
        """Add the quads of a file of lines; return the lines that need a parser."""
        with cut_lines(self._cursor, path, "_lines"):
            self._add("_lines", [])
        left = self._cursor.execute(
            f"SELECT rest FROM {self.name} WHERE rest IS NOT NULL ORDER BY rowid"
        ).fetchall()
        if left:
            self._cursor.execute(f"DELETE FROM {self.name} WHERE rest IS NOT NULL")
        return [row[0] for row in left]

    def names_graphs(self) -> bool:
        """Tell whether a quad is in another graph than the one that was asked for."""
        row = self._cursor.execute(
            f"SELECT 1 FROM {self.name} WHERE g IS DISTINCT FROM ? LIMIT 1", [self._graph]
        ).fetchone()
        return row is not None

    def _add(self, source: str, columns: list[list[str | None]]) -> None:
        salted = [self._salt, self._salt, self._salt, self._graph]
        self._cursor.execute(
            _INTO_STAGE.format(stage=self.name, source=source), [*salted, *columns]
        )

    def add_to(self, insertion: Insertion) -> None:
        """Let the quads taken so far be inserted."""
        if self._respelling is not None:
            self._respelling.apply(self._cursor, self.name, ("s", "p"), "odt IS NOT NULL")
        insertion.add(self.name)


def load_file(
    tx: Transaction,
    path: Path,
    *,
    graph: str | None = None,
    format: str | None = None,  # noqa: A002
    base: str | None = None,
    one_graph: bool = False,
    place: Place | None = None,
) -> int:
    """Add the quads of a file to the store; return how many were new.

    Without `format`, the extension tells it; `.gz` files are unpacked. With `graph`, everything
    goes to that graph, and a document that names graphs of its own is refused; `one_graph` has it
    refused for the unnamed graph, too. `place` says where in an import the file stands.

    Raises:
        UsageError: the file cannot be opened, or its format is not known.
        RdfSyntaxError: the content is not what the format asks for.
    """
    path = Path(path)
    parser = rdf_format(format) if format else format_of(path)
    with unpacked(path) as plain:
        alone = one_graph or graph is not None
        return _load(tx, Document(path.name, plain, parser, base, alone), graph, place)


def load_bytes(
    tx: Transaction,
    data: bytes,
    *,
    format: str,  # noqa: A002
    graph: str | None = None,
    base: str | None = None,
    name: str = "The document",
) -> int:
    """Add the quads of a document to the store, as `load_file` does; return how many were new.

    Raises:
        UsageError: the format is not known.
        RdfSyntaxError: the content is not what the format asks for; it is called `name`.
    """
    return _load(tx, Document(name, data, rdf_format(format), base, graph is not None), graph)


def insert_rows(tx: Transaction, rows: Sequence[Row]) -> int:
    """Add quads given as rows, their blank nodes made new ones; return how many were new."""
    if len(rows) <= FEW:
        return tx.insert_few(_with_new_nodes(rows, None))
    with _stage(tx, None) as stage:
        stage.add_rows(rows)
        return tx.insert(stage.name)


def delete_rows(tx: Transaction, rows: Sequence[Row]) -> int:
    """Take quads given as rows, without blank nodes, out; return how many were live."""
    if len(rows) <= FEW:
        return tx.delete_few(rows)
    with _stage(tx, None) as stage:
        stage.add_rows(rows)
        return tx.delete(stage.name)


def _with_new_nodes(rows: Iterable[Row], graph: str | None) -> list[Row]:
    """Return rows with blank nodes that no other document has; those in no graph go to `graph`."""
    salt = secrets.token_hex(16)

    def renamed(text: str) -> str:
        if not text.startswith("_:"):
            return text
        return f"_:b{hashlib.md5(f'{salt}{text}'.encode(), usedforsecurity=False).hexdigest()}"

    return [
        (renamed(s), p, renamed(o) if odt is None else o, odt, olang, renamed(g) if g else graph)
        for s, p, o, odt, olang, g in rows
    ]


def load_graph(tx: Transaction, source: Graph, *, graph: str | None = None) -> int:
    """Add the triples of an rdflib Graph, or the quads of a Dataset; return how many were new."""
    with _stage(tx, graph) as stage:
        stage.add_rows(_rdflib_rows(source))
        return tx.insert(stage.name)


def _rdflib_rows(source: Graph) -> Iterator[Row]:
    """Yield the quads of an rdflib Graph or Dataset."""
    if isinstance(source, Dataset):
        for s, p, o, name in source.quads((None, None, None, None)):
            unnamed = name is None or name == DATASET_DEFAULT_GRAPH_ID
            yield (_text(s), str(p), *term_key(o), None if unnamed else _text(name))
    else:
        for s, p, o in source:
            yield (_text(s), str(p), *term_key(o), None)


def _text(node: Node | None) -> str:
    """Return the text of an rdflib IRI or blank node."""
    return term_key(node)[0] if node is not None else ""


@contextlib.contextmanager
def _stage(tx: Transaction, graph: str | None, place: Place | None = None) -> Iterator[_Stage]:
    """Yield a stage, and drop it at the end."""
    stage = _Stage(tx.cursor, graph, place)
    try:
        yield stage
    finally:
        stage.drop()


def _load(
    tx: Transaction, document: Document, graph: str | None, place: Place | None = None
) -> int:
    """Stage the quads of a document, part by part, and insert them."""
    source = document.source
    if place is None and (isinstance(source, bytes) or source.stat().st_size < _FEW_BYTES):
        first = list(itertools.islice(document.quads(), FEW + 1))
        if len(first) <= FEW:
            return tx.insert_few(_with_new_nodes(map(quad_row, first), graph))
    place = place or Place()
    with (
        _stage(tx, graph, place) as stage,
        tx.insertion(origin=place.origin, besides=place.besides) as insertion,
    ):
        if document.format in _LINES and isinstance(source, Path) and can_be_cut(source):
            _add_lines(stage, insertion, document, source)
        else:
            quads = document.quads()
            # The parser labels nodes anew each time, the labels of one place are always the same.
            _add_quads(stage, insertion, _numbered(quads) if place.salt else quads)
        return insertion.finish()


def _add_lines(stage: _Stage, insertion: Insertion, document: Document, path: Path) -> None:
    """Add a document of lines; the parser reads the lines that the engine does not cut."""
    total, before = path.stat().st_size or 1, 0
    for part in parts_of(path):
        after = before + part.stat().st_size
        insertion.span = before / total, after / total
        before = after
        left = "\n".join(stage.add_lines(part)).encode()
        rest = Document(document.name, left, document.format, None, document.triples_only)
        try:
            stage.add_rows(map(quad_row, rest.quads()))
        except RdfSyntaxError:
            document.check()
            raise
        if document.triples_only and stage.names_graphs():
            document.check()
        stage.add_to(insertion)
        stage.clear()


def _add_quads(stage: _Stage, insertion: Insertion, quads: Iterator[pyoxigraph.Quad]) -> None:
    """Add parsed quads: a few term by term, many by way of a file of lines."""
    first = list(itertools.islice(quads, _FEW_QUADS))
    if len(first) < _FEW_QUADS:
        stage.add_rows(map(quad_row, first))
        stage.add_to(insertion)
        return
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as folder:
        path = Path(folder) / "lines"
        pyoxigraph.serialize(itertools.chain(first, quads), path, pyoxigraph.RdfFormat.N_QUADS)
        if can_be_cut(path):
            lines = Document(
                path.name, path, pyoxigraph.RdfFormat.N_QUADS, None, triples_only=False
            )
            _add_lines(stage, insertion, lines, path)
        else:
            parsed = pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.N_QUADS)
            stage.add_rows(map(quad_row, parsed))
            stage.add_to(insertion)


def _numbered(quads: Iterable[pyoxigraph.Quad]) -> Iterator[pyoxigraph.Quad]:
    """Yield quads with their blank nodes labelled in the order of their first appearance."""
    known: dict[object, pyoxigraph.BlankNode] = {}

    def number(term: Any) -> Any:
        if not isinstance(term, pyoxigraph.BlankNode):
            return term
        return known.setdefault(term, pyoxigraph.BlankNode(f"n{len(known)}"))

    for s, p, o, g in quads:
        yield pyoxigraph.Quad(number(s), p, number(o), number(g))


def quad_row(quad: pyoxigraph.Quad) -> Row:
    """Return a parsed quad as a row of a stage."""
    s, p, o, g = quad
    if isinstance(s, pyoxigraph.Triple) or isinstance(o, pyoxigraph.Triple):
        raise RdfSyntaxError(
            f"The triple term {o} is RDF 1.2, which is not stored here: describe the triple with"
            " rdf:subject, rdf:predicate and rdf:object."
        )
    graph = None if isinstance(g, pyoxigraph.DefaultGraph) else _node(g)
    if not isinstance(o, pyoxigraph.Literal):
        return _node(s), p.value, _node(o), None, None, graph
    if o.direction is not None:
        raise RdfSyntaxError(
            f"The literal {o} has a base direction, which is RDF 1.2 and not stored here: take"
            " the direction out of its language tag."
        )
    return _node(s), p.value, o.value, o.datatype.value, o.language, graph


def _node(term: pyoxigraph.NamedNode | pyoxigraph.BlankNode) -> str:
    """Return the text of an IRI or a blank node."""
    return f"_:{term.value}" if isinstance(term, pyoxigraph.BlankNode) else term.value
