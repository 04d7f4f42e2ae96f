"""What one validation keeps while it runs: constants, class hierarchy, temporary tables.

Terms of the shapes that the dictionary does not hold get negative ids of their own, in the table
`shacl_term`: they match no triple, yet can be focus nodes, and have typed values to compare with.
The view `shacl_known` is the dictionary with these.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from uuid import uuid4

from rdflib import RDF, RDFS
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node
from sqlglot import exp

from kg.shacl.constants import classes, constants, target_nodes
from kg.shacl.kept import compiled_once, texts_of, typed_terms
from kg.shacl.model import Path, PredicatePath, Shapes
from kg.shacl.sql import fill, rendered
from kg.sparql import Compiled, compile_algebra
from kg.sparql.deadline import Deadline, execute
from kg.sparql.steps import run_steps
from kg.store import (
    Cursor,
    EngineError,
    Kind,
    TermKey,
    TypedTerm,
    counted,
    lookup,
    prime,
    term_key,
)
from kg.store.signals import WANTED

_TABLES = """
CREATE OR REPLACE TEMP TABLE shacl_term AS SELECT * FROM main.term LIMIT 0;
CREATE OR REPLACE TEMP VIEW shacl_known AS
SELECT * FROM main.term UNION ALL SELECT * FROM temp.shacl_term;
CREATE OR REPLACE TEMP TABLE shacl_result (
    check_no INTEGER, focus BIGINT, value BIGINT,
    path BIGINT, path_iri VARCHAR,
    computed STRUCT(kind UTINYINT, lex VARCHAR, dt VARCHAR, lang VARCHAR),
    bindings VARCHAR[]
);
"""
_ABSENT = """
INSERT INTO shacl_term
SELECT unnest(?::BIGINT[]), unnest(?::UTINYINT[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[]),
    unnest(?::VARCHAR[]), unnest(?::DECIMAL(38, 10)[]), unnest(?::DOUBLE[]),
    unnest(?::TIMESTAMP[]), unnest(?::SMALLINT[]), 0
"""
_EDGES = """
CREATE OR REPLACE TEMP TABLE shacl_edge AS
SELECT DISTINCT s AS sub, o AS super FROM live WHERE p = ?
UNION SELECT unnest(?::BIGINT[]), unnest(?::BIGINT[])
"""
_CLASSES = f"""
CREATE OR REPLACE TEMP TABLE shacl_class AS
WITH RECURSIVE below(root, id) AS (
    SELECT each, each FROM (SELECT unnest(?::BIGINT[]) AS each)
    UNION SELECT b.root, e.sub FROM shacl_edge AS e JOIN below AS b ON e.super = b.id
    WHERE {WANTED}
)
SELECT root, id FROM below
"""

_GIVEN_CLASSES = """
CREATE OR REPLACE TEMP TABLE shacl_class AS
SELECT unnest(?::BIGINT[]) AS root, unnest(?::BIGINT[]) AS id
"""
_FEW_BELOW = 16
"""Classes below another, itself included, up to which they are named in a statement."""
_FOCUS = f"shacl_{uuid4().hex}"
"""What stands for a table of focus nodes in texts that are kept: nobody else can write it."""


class Session:
    """The state of one validation on one cursor."""

    def __init__(self, cursor: Cursor, shapes: Shapes, as_of: date, deadline: Deadline) -> None:
        self.cursor = cursor
        self.deadline = deadline
        self.as_of = as_of
        self.shapes_graph = shapes.graph
        self.evaluated: str | None = None
        """Why the last query was evaluated and not compiled, None when it was compiled."""
        self._tables = 0
        self._steps: list[str] = []
        self._asked: dict[Hashable, int] = {}
        self._absent = 0
        self._removals: dict[int, bool] = {}
        self._ids: dict[TermKey, int] = {}
        self._stored: dict[TermKey, int | None] = {}
        """Ids of other terms, None for those that are not in the dictionary."""
        self._typed: dict[TermKey, TypedTerm] = {}
        cursor.execute(_TABLES)
        prime(cursor, "shacl_result", "check_no")
        self._learn(constants(shapes))
        self._target_nodes = target_nodes(shapes)
        self.type_id = self.id(RDF.type)
        rows = cursor.execute("SELECT p, dup, wide, kinds, digits FROM predicate").fetchall()
        self._statistics = frozenset(rows)
        self._duplicates = {int(row[0]): bool(row[1]) for row in rows}
        self._wide = {int(row[0]) for row in rows if row[2]}
        self._kinds = {int(row[0]): int(row[3]) for row in rows}
        self._learn_classes(shapes)
        told = frozenset(self._ids.items()), self._statistics, frozenset(self._below.items())
        self._texts = texts_of(shapes, told)

    # --- Terms ---

    def id(self, node: Node) -> int:
        """Return the id of a term of the shapes, negative when the data does not hold it."""
        return self._ids[term_key(node)]

    def ids(self, nodes: Iterable[Node]) -> list[int]:
        """Return the ids of terms of the shapes."""
        return [self.id(node) for node in nodes]

    def typed(self, node: Node) -> TypedTerm:
        """Return a term of the shapes with its typed values."""
        return self._typed[term_key(node)]

    def absent(self) -> list[tuple[Node, int]]:
        """Return the targets' nodes that the dictionary does not hold, with their ids."""
        return [(node, self.id(node)) for node in self._target_nodes if self.id(node) < 0]

    def focus_ids(self, nodes: Sequence[Node]) -> list[int]:
        """Return the ids of terms that are to be focus nodes, new ones where the data lack them."""
        self._learn(set(nodes))
        self._target_nodes += [node for node in nodes if node not in self._target_nodes]
        return self.ids(nodes)

    def stored(self, keys: Sequence[TermKey]) -> list[int | None]:
        """Return the ids of terms in the dictionary, None for those that it does not hold."""
        unknown = [key for key in keys if key not in self._ids and key not in self._stored]
        self._stored |= zip(unknown, lookup(self.cursor, unknown), strict=True)
        known = (self._ids.get(key, self._stored.get(key)) for key in keys)
        return [one if one is not None and one > 0 else None for one in known]

    def learn(self, nodes: Iterable[Node]) -> None:
        """Look up terms that are asked for by `id` later."""
        self._learn({node for node in nodes if term_key(node) not in self._ids})

    def _learn(self, nodes: set[Node]) -> None:
        """Look terms up, all at once, and give the absent ones ids."""
        if not nodes:
            return
        keys = sorted({term_key(node) for node in nodes} - self._ids.keys(), key=str)
        typed = typed_terms(self.cursor, keys)
        found = dict(zip(keys, lookup(self.cursor, keys), strict=True))
        absent = [key for key, known in found.items() if known is None]
        numbers = {key: -number for number, key in enumerate(absent, start=1 + self._absent)}
        self._absent += len(absent)
        rows = [
            (numbers[key], int(t.kind), t.lex, t.dt, t.lang, t.num, t.dbl, t.ts, t.tz)
            for key, t in typed.items()
            if key in numbers
        ]
        if rows:
            self.cursor.execute(_ABSENT, [list(column) for column in zip(*rows, strict=True)])
        self._ids |= {key: known or numbers[key] for key, known in found.items()}
        self._typed |= typed

    # --- Predicates ---

    def is_set(self, predicate: int) -> bool:
        """Tell whether the triples of a predicate are without duplicates across graphs."""
        return not self._duplicates.get(predicate, False)

    def is_used(self, predicate: int) -> bool:
        """Tell whether some triple may have a predicate."""
        return predicate in self._duplicates

    def kinds(self, predicate: int) -> frozenset[Kind]:
        """Return the kinds that the objects of a predicate may be of."""
        bits = self._kinds.get(predicate, 0)
        return frozenset(kind for kind in Kind if bits >> kind & 1)

    def is_wide(self, path: Path | None) -> bool:
        """Tell whether a path may lead to a value that the typed columns cannot hold."""
        if isinstance(path, PredicatePath):
            return self.id(path.iri) in self._wide
        return bool(self._wide)

    # --- Classes ---

    def _learn_classes(self, shapes: Shapes) -> None:
        """Keep, in `shacl_class`, each class of the shapes (`root`) with its subclasses (`id`)."""
        pairs = [(self.id(sub), self.id(above)) for sub, above in shapes.subclasses]
        roots = sorted({self.id(root) for root in classes(shapes)})
        hierarchy = self.id(RDFS.subClassOf)
        if self.is_used(hierarchy):
            columns = [[pair[i] for pair in pairs] for i in range(2)]
            self.cursor.execute(_EDGES, [hierarchy, *columns])
            execute(self.cursor, _CLASSES, [roots])
            rows = self.cursor.execute("SELECT root, id FROM shacl_class").fetchall()
        else:
            rows = [(root, each) for root in roots for each in _below(root, pairs)]
            self.cursor.execute(_GIVEN_CLASSES, [[row[i] for row in rows] for i in range(2)])
        below: defaultdict[int, list[int]] = defaultdict(list)
        for root, each in sorted(rows):
            below[root].append(each)
        self._below = {root: tuple(ids) for root, ids in below.items() if len(ids) <= _FEW_BELOW}

    def is_below(self, column: str, table: str, root: int) -> exp.Expr:
        """Return the condition that a column holds a class of the shapes or one below it.

        A few classes are looked for by their ids, which is faster than a join.
        """
        held = exp.column(column, table=table)
        if root in self._below:
            return fill(":held IN (:below)", held=held, below=self._below[root])
        template = ":held IN (SELECT id FROM shacl_class WHERE root = :root)"
        return fill(template, held=held, root=root)

    def has_none_below(self, root: int) -> bool:
        """Tell whether a class of the shapes has no subclass."""
        return len(self._below.get(root, ())) == 1

    # --- Removed triples ---

    @contextlib.contextmanager
    def seeing_removed(self, number: int | None) -> Iterator[None]:
        """See, beside what is live, what a commit took out, while this is open."""
        if number is None or not self._took_out(number):
            yield
            return
        self.cursor.execute(
            f"CREATE TEMP VIEW live AS SELECT * FROM quad WHERE died IS NULL OR died = {number:d}"
        )
        try:
            yield
        finally:
            with contextlib.suppress(EngineError):
                self.cursor.execute("DROP VIEW temp.live")

    def is_first(self, number: int | None) -> bool:
        """Tell whether all that is live came with a commit, and nothing was before it."""
        if number is None or self._took_out(number):
            return False
        asked = f"SELECT 1 FROM live WHERE born <> {number:d} LIMIT 1"
        return self.cursor.execute(asked).fetchone() is None

    def _took_out(self, number: int) -> bool:
        """Tell whether a commit took anything out."""
        if number not in self._removals:
            asked = f"SELECT 1 FROM quad WHERE died = {number:d} LIMIT 1"
            self._removals[number] = self.cursor.execute(asked).fetchone() is not None
        return self._removals[number]

    # --- Temporary tables ---

    def table(self, query: exp.Query) -> str:
        """Keep a relation in a new temporary table; return its name."""
        return self.counted_table(query)[0]

    def counted_table(self, query: exp.Query) -> tuple[str, int]:
        """Keep a relation in a new temporary table; return its name and number of rows."""
        self.deadline.check()
        self._tables += 1
        name = f"shacl_t{self._tables}"
        made = f"CREATE OR REPLACE TEMP TABLE {name} AS {rendered(query)}"
        return name, counted(execute(self.cursor, made))

    def table_of(
        self, names: Sequence[str], types: Sequence[str], rows: Sequence[tuple[object, ...]]
    ) -> str:
        """Keep rows in a new temporary table; return its name."""
        self._tables += 1
        table = f"shacl_t{self._tables}"
        cells = ", ".join(f"unnest(?::{t}[]) AS {n}" for n, t in zip(names, types, strict=True))
        columns = [[row[i] for row in rows] for i in range(len(names))]
        self.cursor.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {cells}", columns)
        return table

    def compiled(
        self,
        algebra: CompValue,
        prebound: Mapping[str, str],
        bindings: Mapping[str, Node],
        *,
        alone: bool = True,
        coded: Collection[str] = (),
    ) -> Compiled:
        """Return a query as SQL, its paths of any length being in tables that are made now.

        Where it is not `alone`, its SQL names relations of the statement that it becomes a part
        of, and the paths are in the SQL. Of `coded` variables, it gives stored terms as ids only.

        Raises:
            NotCompiledError: some part of the query is not compiled.
        """
        self._tables += 1
        tables = f"shacl_t{self._tables}_" if alone else None
        found = compile_algebra(
            self.cursor, algebra, prebound, bindings=bindings, tables=tables, coded=coded
        )
        self._steps += [step.table for step in found.steps]
        run_steps(self.cursor, found.steps)
        return found

    def compiled_once(
        self, text: str, algebra: CompValue, nodes: str, bindings: Mapping[str, Node]
    ) -> Compiled:
        """Return the query of a text as SQL for `$this` in a table, as `compiled` does.

        Stored terms of `$this` and `?value` are given as ids only.

        What is kept of it names no table of this session but through the view `shacl_asked`.

        Raises:
            NotCompiledError: some part of the query is not compiled.
        """
        asked = (text, self.as_of, *bindings.items())
        times = self._asked[asked] = self._asked.get(asked, 0) + 1
        tables = f"shacl_q{hashlib.sha256(repr(asked).encode()).hexdigest()[:16]}_{times}_"
        self.cursor.execute(f"CREATE OR REPLACE TEMP VIEW shacl_asked AS SELECT node FROM {nodes}")
        this = {"this": "SELECT n.node AS this FROM shacl_asked AS n WHERE n.node > 0"}
        key = (asked, times)
        found = compiled_once(
            self.cursor, key, self.stored, self._statistics, algebra, this, bindings, tables
        )
        self._steps += [step.table for step in found.steps]
        run_steps(self.cursor, found.steps)
        return found

    def holds(self, name: str) -> bool:
        """Tell whether a relation is a temporary table of this session."""
        return name.startswith("shacl_t")

    def written(self, key: Hashable, nodes: str, write: Callable[[str], exp.Query]) -> str:
        """Return the text of a statement on a table of focus nodes, for any table written once.

        `key` tells apart what is written of the shapes; `write` takes the name of the table, and
        makes nothing else than the statement.
        """
        text = self._texts.written(key, lambda: rendered(write(_FOCUS)))
        return text.replace(_FOCUS, nodes)

    def insert(self, table: str, text: str) -> int:
        """Add the rows of a SELECT to a temporary table, columns by name; return how many."""
        self.deadline.check()
        statement = f"INSERT INTO {table} BY NAME {text}"
        return counted(execute(self.cursor, statement))

    def close(self) -> None:
        """Drop the temporary tables, but those of the results and of the terms in them."""
        names = [f"shacl_t{number}" for number in range(1, self._tables + 1)]
        # After an error the transaction may be beyond use; its rollback drops them too.
        with contextlib.suppress(EngineError):
            self.cursor.execute("DROP VIEW IF EXISTS temp.shacl_asked")
            names += ["shacl_instance", "shacl_edge", "shacl_class", *self._steps]
            self.cursor.execute(";".join(f"DROP TABLE IF EXISTS temp.{name}" for name in names))


def _below(root: int, pairs: Iterable[tuple[int, int]]) -> set[int]:
    """Return a class and those below it, of pairs of a class and one above it."""
    found, new = {root}, {root}
    while new:
        new = {sub for sub, above in pairs if above in new} - found
        found |= new
    return found
