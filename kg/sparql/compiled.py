"""From a query and a snapshot of the store to the text of one SQL statement."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from rdflib import Literal, URIRef
from rdflib.paths import Path
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node
from sqlglot import exp, parse_one

from kg.sparql import sql, statements
from kg.sparql.alone import is_path_alone
from kg.sparql.compiler import Compiler
from kg.sparql.context import Context, Dataset
from kg.sparql.leading import led
from kg.sparql.lines import line_query
from kg.sparql.parse import parse
from kg.sparql.pruning import statement
from kg.sparql.relation import OrderKey, Relation
from kg.sparql.repeated import repeated_selects
from kg.sparql.staged import Coded, coded, create, has_few, is_decoded, stage, stored
from kg.sparql.steps import Step
from kg.sparql.triples import TRIPLE, constructed, described
from kg.sparql.values import Constant, Kinds, NotCompiledError
from kg.store import Cursor, TermKey, hidden_ids, lookup_nodes, term_key
from kg.store.property_table import PropertyTable

Constants = Mapping[TermKey, Constant]
NO_CONSTANTS: Constants = MappingProxyType({})

FORMS = {
    "SelectQuery": "select",
    "AskQuery": "ask",
    "ConstructQuery": "construct",
    "DescribeQuery": "describe",
}


@dataclass(slots=True)
class Size:
    """What is known of the number of solutions of a compiled query."""

    few: bool = False
    """The last answer had few."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query as SQL."""

    form: str
    variables: list[str]
    sql: str
    lasting: bool = True
    """Whether the SQL stays right until the next commit."""
    before: str | None = None
    """SQL that makes the table which `sql` reads, where an answer takes two steps."""
    direct: Coded | None = None
    """The same for few solutions: without the table, and for certainly few the only way."""
    order: tuple[OrderKey, ...] = ()
    """What the table is sorted by when it is read."""
    size: Size = field(default_factory=Size, compare=False)
    steps: tuple[Step, ...] = ()
    """Tables that are made before any of it."""
    recursive: bool = False
    """Whether what finds the solutions is a recursive statement."""
    constants: Mapping[TermKey, int | None] = field(default_factory=dict, compare=False)
    """Ids that the terms of a query have in the dictionary, None for none; of algebra only."""


@dataclass(frozen=True, slots=True)
class GraphChoice:
    """The graphs that a request names by IRI; None leaves the choice to the query or the store.

    `hidden` holds rules of `kg.store.visibility`: no clause opens a graph that they hide.
    """

    default: Sequence[str] | None = None
    named: Sequence[str] | None = None
    hidden: Sequence[str] = ()
    union: bool = True
    as_of: int | None = None
    in_place: str | None = None
    """The graph in place of the unnamed one, where neither the request nor the query names any."""


@contextlib.contextmanager
def _within_reach() -> Iterator[None]:
    """Say of what is nested too deeply for the compiler that it is not compiled."""
    try:
        yield
    except RecursionError:
        raise NotCompiledError("a pattern nested this deeply") from None


@_within_reach()
def compile_query(
    cursor: Cursor,
    query: Query,
    bindings: Mapping[str, Node],
    graphs: GraphChoice,
    constants: Constants = NO_CONSTANTS,
    *,
    in_two_steps: bool = False,
    properties: PropertyTable | None = None,
    first: int | None = None,
) -> Compiled:
    """Return the SQL of a query; `in_two_steps` allows it a temporary table.

    `constants` gives the values of terms of the query that are not looked up, `properties` the
    property table of what the cursor sees. `first` asks for SQL that finds the first solutions, and
    not all others; where they turn out to be fewer, that has missed some.

    Raises:
        NotCompiledError: some part of the query is not compiled.
    """
    context = _context(cursor, query.algebra, graphs, bindings, constants)
    context.properties = properties
    algebra = query.algebra
    form = FORMS[algebra.name]
    context.base = query.prologue.base
    compiler = Compiler(context)
    if first is not None:
        algebra = led(context, algebra, first, compiler.relation)
    _allow_stages(context, algebra)
    alone = context.alone = (form == "ask" or in_two_steps) and is_path_alone(algebra)
    shown: list[str] = []
    before: str | None = None
    direct: Coded | None = None
    order: tuple[OrderKey, ...] = ()
    text = ""
    if form == "ask":
        text = statement(statements.ask(compiler.relation(algebra.p)))
    else:
        relation, variables = _answer(context, compiler, algebra)
        shown = variables if form == "select" else []
        if in_two_steps and (alone or is_decoded(relation, variables)):
            kept = stage(context, relation, variables)
            solving = statement(kept.query)
            direct = coded(context, kept, solving, variables)
            if has_few(relation):
                text = direct.sql
            else:
                before, relation, order = create(solving), stored(kept), kept.order
        text = text or statement(statements.solutions(context, relation, variables))
    lasting, steps = not context.uses_now, tuple(context.steps)
    return Compiled(form, shown, text, lasting, before, direct, order, Size(), steps, alone)


def _answer(context: Context, compiler: Compiler, algebra: CompValue) -> tuple[Relation, list[str]]:
    """Return the solutions, or triples, of a query and the variables that hold them."""
    match FORMS[algebra.name]:
        case "select":
            return compiler.relation(algebra.p), [str(variable) for variable in algebra.PV]
        case "construct":
            relation = compiler.relation(_unprojected(algebra.p))
            return constructed(context, relation, algebra.template), list(TRIPLE)
        case _:
            return described(context, compiler, algebra), list(TRIPLE)


@_within_reach()
def compile_lines(
    cursor: Cursor,
    query: Query,
    bindings: Mapping[str, Node],
    graphs: GraphChoice,
    name: str,
    constants: Constants = NO_CONSTANTS,
    *,
    properties: PropertyTable | None = None,
    sound: bool = False,
) -> Compiled:
    """Return the SQL that reads what a query has staged as text in a result format.

    The snapshot and the arguments have to be those of the compilation whose table it reads.
    `sound` tells that no IRI in the dictionary holds a character that IRIs have not.
    """
    context = _context(cursor, query.algebra, graphs, bindings, constants)
    context.properties, context.sound = properties, sound
    context.base = query.prologue.base
    _allow_stages(context, query.algebra)
    context.alone = is_path_alone(query.algebra)
    relation, variables = _answer(context, Compiler(context), query.algebra)
    kept = stage(context, relation, variables)
    text = statement(line_query(context, stored(kept), variables, name))
    return Compiled(FORMS[query.algebra.name], variables, text, not context.uses_now)


@_within_reach()
def compile_select(
    cursor: Cursor,
    text: str,
    prebound: Mapping[str, str],
    *,
    bindings: Mapping[str, Node] | None = None,
) -> Compiled:
    """Return SQL with one BIGINT column `name` and the term columns of each variable of a SELECT.

    `prebound` gives variables the values of SQL queries, each of one BIGINT column of ids named as
    the variable and without repeats; they are bound before the query is evaluated (SHACL 1.0,
    appendix A).

    Raises:
        NotCompiledError: some part of the query is not compiled.
    """
    return compile_algebra(cursor, parse(text).algebra, prebound, bindings=bindings)


@_within_reach()
def compile_algebra(
    cursor: Cursor,
    algebra: CompValue,
    prebound: Mapping[str, str],
    *,
    bindings: Mapping[str, Node] | None = None,
    tables: str | None = None,
    coded: Collection[str] = (),
) -> Compiled:
    """Return the SQL of a parsed SELECT or ASK, as `compile_select` does.

    Variables with the same text in `prebound` are bound together, to the rows of one relation.
    Of `coded` variables, a term of the dictionary is told by its id alone.
    With `tables`, the steps of the result are to be run before; the names of their tables begin
    with it.
    """
    context = _context(cursor, algebra, GraphChoice(), bindings or {})
    context.stages, context.tables = tables is not None, tables or ""
    parsed = {relation: _outside(relation) for relation in set(prebound.values())}
    context.prebound = {name: parsed[relation] for name, relation in prebound.items()}
    relation = Compiler(context).relation(algebra.p)
    if algebra.name == "AskQuery":
        asked = statement(statements.ask(relation))
        return Compiled("ask", [], asked, steps=tuple(context.steps), constants=_ids(context))
    variables = [str(variable) for variable in algebra.PV]
    query = statements.solutions(context, relation, variables, coded=coded)
    for index, name in enumerate(variables):
        _add_id(query, index, name, context, known=name in relation.shapes)
    text = statement(query)
    return Compiled("select", variables, text, steps=tuple(context.steps), constants=_ids(context))


def _ids(context: Context) -> dict[TermKey, int | None]:
    """Return the ids of a compilation's terms, None of those that are not stored."""
    return {key: None if one.stranger else one.id for key, one in context.constants.items()}


@dataclass(frozen=True, slots=True)
class CompiledWhere:
    """The WHERE clause of an update as SQL.

    `columns` holds the columns of each variable; `own` the terms that the text alone brings, which
    stand in columns of ids by negative numbers, `steps` what has to run before.
    """

    sql: str
    columns: dict[str, statements.Columns]
    own: dict[int, TermKey]
    steps: tuple[Step, ...] = ()


@_within_reach()
def compile_where(
    cursor: Cursor,
    query: Query,
    bindings: Mapping[str, Node],
    graphs: GraphChoice,
    variables: Mapping[str, Kinds],
) -> CompiledWhere:
    """Return the SQL of the values of some variables in the solutions of a WHERE clause.

    `variables` tells the kinds of which each is of use; those that are never bound get no columns.

    Raises:
        NotCompiledError: some part of the pattern is not compiled.
    """
    context = _context(cursor, query.algebra, graphs, bindings)
    _allow_stages(context, query.algebra)
    relation = Compiler(context).relation(query.algebra.p)
    where, columns = statements.bound_columns(context, relation, variables)
    own = {constant.id: key for key, constant in context.constants.items() if constant.id < 0}
    return CompiledWhere(statement(where), columns, own, tuple(context.steps))


def _outside(relation: str) -> exp.Query:
    query = parse_one(relation, dialect="duckdb")
    assert isinstance(query, exp.Query), relation  # noqa: S101
    return query


def _add_id(
    query: exp.Query,
    index: int,
    name: str,
    context: Context,
    *,
    known: bool,
) -> None:
    """Add the column `c<index>_id`: the dictionary id, NULL for a computed value."""
    source = query.args["from_"].this
    column = f"c{index}_id"
    if known:
        names = {c.alias_or_name for c in source.this.expressions}
        if context.name(name, "id") in names:
            value = sql.column(source.alias, context.name(name, "id"))
            query.append("expressions", sql.alias(value, column))
            return
    query.append("expressions", sql.alias(sql.typed_null("BIGINT"), column))


def _context(
    cursor: Cursor,
    algebra: CompValue,
    graphs: GraphChoice,
    bindings: Mapping[str, Node],
    constants: Constants = NO_CONSTANTS,
) -> Context:
    """Return the context of a compilation, its constants looked up at once."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    context = Context(cursor, dataset(cursor, algebra, graphs), now)
    mentioned = [*_constants(algebra), *(term_key(node) for node in bindings.values())]
    context.load_constants(mentioned, constants)
    context.load_statistics()
    context.bindings = {name: context.constant(node) for name, node in bindings.items()}
    return context


def _allow_stages(context: Context, algebra: CompValue) -> None:
    """Let tables be made before the statement of a query runs."""
    context.stages = True
    context.repeated = repeated_selects(algebra)


def dataset(cursor: Cursor, algebra: CompValue, graphs: GraphChoice) -> Dataset:
    """Return the graphs that a query sees: the request's choice, else the query's own clauses."""
    default, named = graphs.default, graphs.named
    if default is None and named is None and algebra.datasetClause:
        default = [str(c.default) for c in algebra.datasetClause if "default" in c]
        named = [str(c.named) for c in algebra.datasetClause if "named" in c]
    if default is not None or named is not None:
        default, named = default or [], named or []
    elif graphs.in_place is not None:
        default = [graphs.in_place]
    hidden = hidden_ids(cursor, graphs.hidden)
    return Dataset(
        _without(_graph_ids(cursor, default), hidden),
        _without(_graph_ids(cursor, named), hidden),
        hidden,
        graphs.union,
        graphs.as_of,
    )


def _graph_ids(cursor: Cursor, graphs: Sequence[str] | None) -> tuple[int, ...] | None:
    if graphs is None:
        return None
    ids = lookup_nodes(cursor, [URIRef(graph) for graph in graphs])
    return tuple(dict.fromkeys(graph for graph in ids if graph is not None))


def _without(graphs: tuple[int, ...] | None, hidden: tuple[int, ...]) -> tuple[int, ...] | None:
    return None if graphs is None else tuple(g for g in graphs if g not in hidden)


def _unprojected(node: CompValue) -> CompValue:
    """Return a pattern without the projection that the parser puts around it."""
    return node.p if node.name == "Project" else node


def _constants(node: object) -> Iterable[TermKey]:
    """Yield the terms that a query mentions."""
    if isinstance(node, URIRef | Literal):
        yield term_key(node)
    elif isinstance(node, Path):
        for name in ("arg", "args", "path"):
            yield from _constants(getattr(node, name, None))
    else:
        for part in _parts(node):
            yield from _constants(part)


def _parts(node: object) -> Iterable[object]:
    """Return what a node of a parsed query consists of."""
    if isinstance(node, CompValue):
        return [node[key] for key in node if key != "_vars"]
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list | tuple) else ()
