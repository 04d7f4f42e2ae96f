"""What the compiler knows while it compiles one query: constants, statistics, dataset, names."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from types import MappingProxyType

from rdflib import BNode, Variable
from rdflib.term import Node
from sqlglot import exp

from kg.sparql import sql
from kg.sparql.pruning import statement
from kg.sparql.steps import Step
from kg.sparql.values import (
    ANY,
    COLUMN_DIGITS,
    FACETS,
    RESOURCES,
    TERM_FACETS,
    Constant,
    Traits,
)
from kg.sparql.written import rows
from kg.store import DEFAULT_GRAPH, Cursor, Kind, TermKey, TypedTerm, counted, term_key, type_terms
from kg.store.property_table import PropertyTable
from kg.store.schema import UNZONED_BIT, ZONED_BIT
from kg.store.terms import term_hash
from kg.store.typing import RDF_LANG_STRING, XSD_STRING


@dataclass(frozen=True, slots=True)
class Dataset:
    """The graphs that a query sees.

    `default` and `named` list graph ids, None meaning all that are not hidden; with `union` the
    default graph of an unrestricted query is the union of all graphs, else the unnamed one.
    """

    default: tuple[int, ...] | None = None
    named: tuple[int, ...] | None = None
    hidden: tuple[int, ...] = ()
    union: bool = True
    as_of: int | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the store knows of the objects of a predicate."""

    dup: bool
    traits: Traits


@dataclass(slots=True)
class Context:
    """One compilation."""

    cursor: Cursor
    dataset: Dataset
    now: str
    """Time of the query, as the lexical form of an xsd:dateTime."""
    properties: PropertyTable | None = None
    """The property table, where it has what the query sees."""
    sound: bool = False
    """Whether it is known that no IRI in the dictionary holds a character that IRIs have not."""
    base: str | None = None
    """IRI that relative ones of IRI() are resolved against."""
    uses_now: bool = False
    """Whether the SQL holds the time of the query."""
    constants: dict[TermKey, Constant] = field(default_factory=dict)
    statistics: dict[int, Statistics] = field(default_factory=dict)
    bindings: dict[str, Constant] = field(default_factory=dict)
    """Variables that stand for a term everywhere in the query."""
    prebound: dict[str, exp.Query] = field(default_factory=dict)
    """Variables whose values come from outside: queries with a column of ids for each, without
    repeats; variables of one query are bound together."""
    narrowed: set[str] = field(default_factory=set)
    """Variables of which a FILTER keeps few values."""
    stages: bool = False
    """Whether tables may be made before the statement runs."""
    tables: str = ""
    """What the names of these tables begin with."""
    alone: bool = False
    """Whether the query is one path of any length, which is followed by the statement itself."""
    repeated: frozenset[Hashable] = frozenset()
    """What tells the sub-selects that are made once, and beforehand."""
    steps: list[Step] = field(default_factory=list)
    """What makes these tables, in order."""
    closures: dict[tuple[object, ...], str] = field(default_factory=dict)
    """Tables of paths of any length from everywhere."""
    _own: tuple[str, int] | None = None
    """The table of the query's own terms, where they are many, and how many constants were known
    when it was made."""
    _shared: dict[int | None, float] = field(default_factory=dict)
    _last_id: int | None = None
    _variables: dict[str, int] = field(default_factory=dict)
    _aliases: itertools.count[int] = field(default_factory=itertools.count)

    def name(self, variable: str, facet: str) -> str:
        """Return the column name of a variable's facet (names of variables are case-sensitive)."""
        number = self._variables.setdefault(variable, len(self._variables))
        return f"v{number}" if facet == "id" else f"v{number}_{facet}"

    def bound_together(self, name: str) -> list[str]:
        """Return the variables that are given from outside in one relation with a variable."""
        relation = self.prebound[name]
        return [other for other, its in self.prebound.items() if its is relation]

    def fresh(self, prefix: str) -> str:
        """Return an alias or variable name used nowhere else."""
        return f"{prefix}{next(self._aliases)}"

    def stage(
        self, prefix: str, query: exp.Query, *, recursive: bool = False, links: str = ""
    ) -> str:
        """Let a table be made of a query beforehand; return its name.

        With `links` the query is one of nodes, and those on rings of these links are kept.
        """
        return self._stage_as(self.fresh(prefix), query, recursive=recursive, links=links)

    def _stage_as(
        self, name: str, query: exp.Query, *, recursive: bool = False, links: str = ""
    ) -> str:
        """Let a table be made under a name that no other one has; return its full name."""
        table = f"{self.tables}{name}"
        made = f"CREATE TEMP TABLE {table} AS {statement(query)}"
        self.steps.append(Step(table, made, recursive, links))
        return table

    @contextlib.contextmanager
    def within_exists(self) -> Iterator[None]:
        """Make no table beforehand for what is asked of values that come from outside.

        The engine then begins with the few rows that are left to be asked about.
        """
        stages, self.stages = self.stages, self.stages and not self.prebound
        try:
            yield
        finally:
            self.stages = stages

    def constant(self, node: Node) -> Constant:
        """Return the value of a term of the query's text."""
        key = term_key(node)
        if key not in self.constants:
            self.load_constants([key])
        return self.constants[key]

    def load_constants(
        self, keys: Iterable[TermKey], given: Mapping[TermKey, Constant] = MappingProxyType({})
    ) -> None:
        """Look up terms, but for those given.

        One that is not stored gets a negative id, equal to itself only.
        """
        missing = list(dict.fromkeys(key for key in keys if key not in self.constants))
        ids = term_ids(self.cursor, [key for key in missing if key not in given])
        for key in missing:
            constant = given.get(key)
            if constant is None:
                term_id = ids.get(key, -1 - len(self.constants))
                constant = Constant(typed_term(self.cursor, key), term_id)
            self.constants[key] = constant

    def load_statistics(self) -> None:
        """Read the statistics of all predicates."""
        rows = self.cursor.execute("SELECT p, dup, wide, kinds, digits FROM predicate").fetchall()
        self.statistics = {
            row[0]: Statistics(row[1], _traits(row[2], row[3], row[4])) for row in rows
        }

    def object_statistics(self, predicate: int | None) -> Statistics:
        """Return the statistics of a predicate's objects; None: of all predicates together."""
        if predicate is not None:
            nothing = Statistics(dup=False, traits=Traits(frozenset(), 0))
            return self.statistics.get(predicate, nothing)
        dup = any(entry.dup for entry in self.statistics.values())
        wide = any(entry.traits.wide for entry in self.statistics.values())
        return Statistics(dup, Traits(ANY, COLUMN_DIGITS, wide))

    def statistics_of(self, predicates: Sequence[int]) -> Statistics:
        """Return the statistics of the objects of some predicates; of none: of all."""
        if not predicates:
            return self.object_statistics(None)
        found = [self.object_statistics(predicate) for predicate in predicates]
        traits = reduce(Traits.join, (one.traits for one in found))
        return Statistics(any(one.dup for one in found), traits)

    def is_unused(self, predicate: int) -> bool:
        """Return whether there never was a triple of a predicate."""
        return predicate not in self.statistics

    def triples_per_object(self, predicate: int | None) -> float:
        """Return how many triples of a predicate have the same object on average."""
        if predicate not in self._shared:
            row = self.cursor.execute(
                "SELECT count(*), approx_count_distinct(o) FROM quad WHERE p = ?", [predicate]
            ).fetchone()
            triples, objects = row or (0, 0)
            self._shared[predicate] = triples / max(objects, 1)
        return self._shared[predicate]

    def last_id(self) -> int:
        """Return the greatest id of a term in the dictionary."""
        if self._last_id is None:
            self._last_id = counted(self.cursor.execute("SELECT coalesce(max(id), 0) FROM term"))
        return self._last_id

    @property
    def has_strangers(self) -> bool:
        """Whether the query brings terms of its own, whose ids are negative."""
        return any(constant.stranger for constant in self.constants.values())

    def terms(self, alias: str) -> sql.Expr:
        """Return the source of all terms: the dictionary and the query's own constants."""
        own = self._own_parts()
        if not own:
            return sql.table("term", alias)
        return sql.subquery(sql.union_all([_columns_of_terms("term"), *own]), alias)

    def own_terms(self, alias: str) -> sql.Expr | None:
        """Return the source of the query's own constants, None where it has none."""
        own = self._own_parts()
        return sql.subquery(sql.union_all(own), alias) if own else None

    def _own_parts(self) -> list[exp.Query]:
        """Return queries of the columns of the query's own constants."""
        local = [constant for constant in self.constants.values() if constant.stranger]
        if self.stages and len(local) > _SEVERAL and self._own is None:
            # Written into the statement for each variable, they would make it very long. What
            # reads the answer as text is compiled apart, and has to find the table by its name.
            self._own = self._stage_as("own", _written(local)), len(self.constants)
        parts: list[exp.Query] = []
        if self._own is not None:
            table, known = self._own
            parts.append(_columns_of_terms(table))
            local = [value for value in list(self.constants.values())[known:] if value.stranger]
        if local:
            parts.append(_written(local))
        return parts

    def visible(self, alias: str) -> sql.Expr:
        """Return the condition that a row of `quad` is live at the commit asked for."""
        as_of = self.dataset.as_of
        if as_of is None:
            return sql.is_null(sql.column(alias, "died"))
        n = sql.number(as_of)
        return sql.both(
            sql.compare("<=", sql.column(alias, "born"), n),
            sql.either(
                sql.is_null(sql.column(alias, "died")),
                sql.compare(">", sql.column(alias, "died"), n),
            ),
        )

    def in_default_graph(self, alias: str, column: str = "g") -> sql.Expr:
        """Return the condition that a quad belongs to the default graph, by a column's graph."""
        graph = sql.column(alias, column)
        if self.dataset.default is not None:
            return sql.in_numbers(graph, list(self.dataset.default))
        if not self.dataset.union:
            return sql.eq(graph, sql.number(DEFAULT_GRAPH))
        return self._not_hidden(graph)

    def in_named_graph(self, alias: str, column: str = "g") -> sql.Expr:
        """Return the condition that a quad belongs to a named graph, by a column's graph."""
        graph = sql.column(alias, column)
        if self.dataset.named is not None:
            return sql.in_numbers(graph, list(self.dataset.named))
        unnamed = sql.compare("!=", graph, sql.number(DEFAULT_GRAPH))
        return sql.both(unnamed, self._not_hidden(graph))

    @property
    def default_is_one_graph(self) -> bool:
        """Whether the default graph is a single graph, so that no triple can repeat in it."""
        if self.dataset.default is not None:
            return len(self.dataset.default) <= 1
        return not self.dataset.union

    def _not_hidden(self, graph: sql.Expr) -> sql.Expr:
        if not self.dataset.hidden:
            return sql.boolean(True)
        return sql.negation(sql.in_numbers(graph, list(self.dataset.hidden)))


_TERM_COLUMNS = {facet: "kind" if facet == "k" else facet for facet in ("id", *TERM_FACETS)}
"""Facets of a term, with the columns of the dictionary that have them."""
_SEVERAL = 16
"""Terms that a query alone brings and that its statement itself holds."""


def _columns_of_terms(table: str) -> exp.Query:
    """Return a query of all that a table has of its terms."""
    columns = [sql.column("d", name) for name in _TERM_COLUMNS.values()]
    return sql.select(columns, sql.table(table, "d"))


def _written(values: Sequence[Constant]) -> exp.Query:
    """Return a query of terms, at least one, as the dictionary would have them."""
    types = [(column, FACETS[facet]) for facet, column in _TERM_COLUMNS.items()]
    return rows(types, [[value.facet(facet) for facet in _TERM_COLUMNS] for value in values])


def term_ids(cursor: Cursor, keys: Collection[TermKey]) -> dict[TermKey, int]:
    """Return the ids of those of some terms that are stored."""
    if not keys:
        return {}
    hashes = ", ".join(str(value) for value in {term_hash(key[0]) for key in keys})
    rows = cursor.execute(f"SELECT id, lex, dt, lang FROM term WHERE h IN ({hashes})").fetchall()
    return {(lex, dt, lang): term_id for term_id, lex, dt, lang in rows}


@lru_cache(maxsize=4096)
def _typed_literal(lex: str, dt: str, lang: str | None, cursor: _Handle) -> TypedTerm:
    return type_terms(cursor.cursor, [(lex, dt, lang)])[0]


@dataclass(frozen=True, eq=False)
class _Handle:
    """A cursor that plays no part in the key of a cache: typing does not depend on the store."""

    cursor: Cursor

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Handle)

    def __hash__(self) -> int:
        return 0


_TEXTS = {XSD_STRING: Kind.STRING, RDF_LANG_STRING: Kind.LANG}


def typed_term(cursor: Cursor, key: TermKey) -> TypedTerm:
    """Return a term with its typed values, stored or not."""
    lex, dt, lang = key
    if dt is None:
        kind = Kind.BLANK if lex.startswith("_:") else Kind.IRI
        return TypedTerm(kind, lex, None, None, None, None, None, None)
    if dt in _TEXTS:
        return TypedTerm(_TEXTS[dt], lex, dt, lang, None, None, None, None)
    return _typed_literal(lex, dt, lang, _Handle(cursor))


def _traits(wide: bool, mask: int, digits: int) -> Traits:  # noqa: FBT001
    """Return the traits that a row of `predicate` tells."""
    kinds = frozenset(kind for kind in Kind if mask >> kind & 1)
    zoned, unzoned = bool(mask >> ZONED_BIT & 1), bool(mask >> UNZONED_BIT & 1)
    return Traits(kinds, digits, wide, None if zoned == unzoned else zoned)


def is_variable(node: object) -> bool:
    """Return whether a node of a pattern stands for a variable (blank nodes do)."""
    return isinstance(node, Variable | BNode)


def variable_name(node: Node) -> str:
    """Return the name of a variable; a blank node of a pattern gets one no query can write."""
    return f"_:{node}" if isinstance(node, BNode) else str(node)


def resource_traits() -> Traits:
    """Return the traits of subjects."""
    return Traits(RESOURCES, 0)


def predicate_traits() -> Traits:
    """Return the traits of predicates."""
    return Traits(frozenset({Kind.IRI}), 0, predicate=True)


def graph_traits() -> Traits:
    """Return the traits of names of graphs."""
    return Traits(frozenset({Kind.IRI}), 0)
