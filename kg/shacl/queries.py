"""Violations of SPARQL constraints: what queries with pre-bound variables answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rdflib import Variable
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node
from sqlglot import exp

from kg.errors import ShapesError, UnsupportedShapeError
from kg.shacl.evaluated import Evaluated, evaluate
from kg.shacl.messages import literals_of, variables_of
from kg.shacl.model import Bindings, Shape
from kg.shacl.prebinding import mentioned, query_of_run, refuse_for_sets
from kg.shacl.query_model import ENDS, Ask, QueryConstraint, Select
from kg.shacl.shapes_graph import SHAPES_GRAPH, answer_patterns
from kg.shacl.sql import Compiled as Sql
from kg.shacl.sql import fill, query, union
from kg.shacl.statement import Statement
from kg.shacl.values import pairs_of
from kg.sparql import NotCompiledError
from kg.store import Kind

_COMPUTED = """
CASE WHEN {0}_k IS NOT NULL AND coalesce({0}_id, 0) <= 0
    THEN struct_pack(kind := {0}_k, lex := {0}_lex, dt := {0}_dt, lang := {0}_lang) END
"""
_UNBOUND = "{0}_k IS NULL AND {0}_id IS NULL"
_STORED = "CASE WHEN {0}_id > 0 THEN {0}_id END"
_NOW = re.compile(r"\bnow\b", re.IGNORECASE)
_PREDICATE = "CASE WHEN {0}_k = {1} THEN {0}_lex END"


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A constraint's query with what the run answers in it, and the terms bound in it.

    `algebra` is what is compiled, `query` what is evaluated otherwise.
    """

    query: Query
    algebra: CompValue
    variables: frozenset[str]
    bindings: Mapping[str, Node]
    lasting: bool
    """Whether the query asks the same each time: neither the time nor the graph of shapes."""


def _prepared(constraint: QueryConstraint, st: Statement) -> _Prepared:
    """Return the query of a constraint, ready to be compiled."""
    session = st.session
    variables = mentioned(constraint.text)
    fixed: Bindings = (
        *constraint.bindings,
        ("currentShape", constraint.shape),
        ("shapesGraph", SHAPES_GRAPH),
    )
    bindings = {name: term for name, term in fixed if name in variables}
    parsed = query_of_run(constraint.text, session.as_of)
    if "shapesGraph" in variables:
        # The tree is changed, which the shared one must not be.
        parsed = query_of_run.__wrapped__(constraint.text, session.as_of)
        answer_patterns(parsed.algebra, session.shapes_graph, bindings)
    algebra = parsed.algebra
    assert isinstance(algebra, CompValue)  # noqa: S101
    lasting = "shapesGraph" not in variables and not _NOW.search(constraint.text)
    return _Prepared(parsed, algebra, variables, bindings, lasting)


# --- SELECT: each solution is a violation ---------------------------------------------------------


def solutions(constraint: Select, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    """Return one row for each solution: focus, value or computed term, path, texts for messages.

    A query that is not compiled is evaluated node by node, which takes focus nodes that are known
    before the statement runs: not those of a shape within another one.

    Raises:
        UnsupportedShapeError: the query is not compiled, in a shape within another one.
        ShapesError: a solution says that the validation fails (`?failure`).
    """
    prepared = _prepared(constraint, st)
    try:
        return _compiled(constraint, prepared, st, shape, nodes)
    except NotCompiledError as error:
        pairs = "SELECT n.node AS focus, n.node AS value FROM :nodes AS n"
        found = _evaluated(constraint, prepared, st, query(pairs, nodes=nodes), nodes, error)
        rows = Sql(f"SELECT * FROM {found.table}")
        _fail(constraint, st, found.variables, rows)
        return _results(constraint, shape, found.variables, rows, "s.focus")


def _compiled(
    constraint: Select, prepared: _Prepared, st: Statement, shape: Shape, nodes: str
) -> exp.Query:
    """Return the results of a query as SQL.

    A focus node that the dictionary does not hold has no id that the query could join with: it is
    given to the query as a term.
    """
    session, algebra = st.session, prepared.algebra
    refuse_for_sets(algebra, pairs=False)
    alone = session.holds(nodes)
    if alone and prepared.lasting:
        text = constraint.text
        compiled = session.compiled_once(text, algebra, nodes, prepared.bindings)
    else:
        this = f"SELECT n.node AS this FROM {nodes} AS n WHERE n.node > 0"
        compiled = session.compiled(
            algebra, {"this": this}, prepared.bindings, alone=alone, coded=ENDS
        )
    focus = f"s.c{compiled.variables.index('this')}_id"
    found = Sql(compiled.sql)
    if alone:
        _fail(constraint, st, compiled.variables, found)
    several: list[exp.Query] = [_results(constraint, shape, compiled.variables, found, focus)]
    for node, number in session.absent():
        compiled = session.compiled(algebra, {}, {**prepared.bindings, "this": node}, coded=ENDS)
        focus = f"CAST({number} AS BIGINT)"
        rows = _results(constraint, shape, compiled.variables, Sql(compiled.sql), focus)
        asked = "EXISTS (SELECT 1 FROM :nodes AS n WHERE n.node = :id)"
        several.append(rows.where(fill(asked, nodes=nodes, id=number), copy=False))
    return query("SELECT u.* FROM :several AS u", several=union(several))


def _fail(constraint: Select, st: Statement, variables: list[str], rows: exp.Query | Sql) -> None:
    """Raise ShapesError when a solution has `?failure` true (section 5.3.1)."""
    if "failure" not in variables:
        return
    column = f"f.c{variables.index('failure')}"
    failed = f"SELECT 1 FROM :rows AS f WHERE {column}_k = 5 AND {column}_lex IN ('true', '1')"
    statement = query(f"{failed} LIMIT 1", rows=rows)
    _, failures = st.session.counted_table(statement)
    if failures:
        raise ShapesError(
            f"The query of the shape {constraint.shape} reports a failure (?failure): the data"
            " cannot be judged. Mend what the query asks for, then validate again."
        )


def _results(
    constraint: Select, shape: Shape, variables: list[str], found: exp.Query | Sql, focus: str
) -> exp.Select:
    """Return the results (section 5.3.2) of solutions with term columns for each variable."""
    columns = {name: f"s.c{number}" for number, name in enumerate(variables)}
    value, computed, path = "NULL", "NULL", "NULL"
    if "value" in columns:
        value = _STORED.format(columns["value"])
        computed = _COMPUTED.format(columns["value"])
    if shape.path is None:
        unbound = _UNBOUND.format(columns["value"]) if "value" in columns else "TRUE"
        value = f"CASE WHEN {unbound} THEN {focus} ELSE {value} END"
    if "path" in columns:
        path = _PREDICATE.format(columns["path"], int(Kind.IRI))
    names = variables_of(literals_of(shape, constraint))
    texts = [f"{columns[name]}_lex" if name in columns else "NULL" for name in names]
    template = f"""
        SELECT {focus} AS focus, CAST({value} AS BIGINT) AS value, {computed} AS computed,
            CAST({path} AS VARCHAR) AS path_iri,
            CAST([{", ".join(texts)}] AS VARCHAR[]) AS bindings
        FROM :found AS s
    """
    rows = query(template, found=found)
    assert isinstance(rows, exp.Select)  # noqa: S101
    return rows


# --- ASK: each value node that it is not true of is a violation -----------------------------------

_UNLESS = """
SELECT v.focus, v.value FROM :pairs AS v
WHERE NOT EXISTS (SELECT 1 FROM :accepted AS a WHERE {condition})
"""


def refused(constraint: Ask, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    """Return the value nodes of which an ASK query is not true.

    Raises:
        UnsupportedShapeError: the query is not compiled, in a shape within another one.
    """
    prepared = _prepared(constraint, st)
    alone = st.session.holds(nodes)
    pairs = _kept_pairs(st, shape, nodes) if alone else pairs_of(st, shape.path, nodes)
    try:
        accepted, names = _accepted(prepared, st, pairs)
    except NotCompiledError as error:
        known = query("SELECT * FROM :p", p=pairs)
        table = _evaluated(constraint, prepared, st, known, nodes, error).table
        return query("SELECT t.focus, t.value FROM :table AS t WHERE NOT t.answer", table=table)
    conditions = [f"a.{name} = v.{ENDS[name]}" for name in names] or ["TRUE"]
    template = _UNLESS.format(condition=" AND ".join(conditions))
    return query(template, pairs=pairs, accepted=accepted)


def _kept_pairs(st: Statement, shape: Shape, nodes: str) -> str:
    """Name a table of the pairs of focus and value nodes."""
    inner = Statement(st.session)
    pairs = pairs_of(inner, shape.path, nodes)
    return st.session.table(inner.finish(query("SELECT * FROM :p", p=pairs)))


def _accepted(prepared: _Prepared, st: Statement, pairs: str) -> tuple[str, list[str]]:
    """Name the values of `$this` and `$value` that an ASK query is true of; return which it has.

    Raises:
        NotCompiledError: the query is not compiled.
    """
    names = [name for name in ENDS if name in prepared.variables]
    refuse_for_sets(prepared.algebra, pairs=len(names) > 1)
    columns = ", ".join(f"v.{ENDS[name]} AS {name}" for name in names)
    known = " AND ".join(f"v.{ENDS[name]} > 0" for name in names)
    asked = f"SELECT DISTINCT {columns} FROM {pairs} AS v WHERE {known}"
    several = []
    if names:
        relation = dict.fromkeys(names, asked)
        select = CompValue(
            "SelectQuery",
            p=CompValue("Project", p=prepared.algebra.p, PV=_variables(names)),
            PV=_variables(names),
            datasetClause=None,
        )
        alone = st.session.holds(pairs)
        compiled = st.session.compiled(select, relation, prepared.bindings, alone=alone, coded=ENDS)
        ids = ", ".join(f"s.c{number}_id AS {name}" for number, name in enumerate(names))
        several.append(query(f"SELECT {ids} FROM :found AS s", found=Sql(compiled.sql)))
    for node, number in [*st.session.absent(), *([] if names else [(None, 0)])]:
        bindings = {**prepared.bindings, **(dict.fromkeys(names, node) if node else {})}
        compiled = st.session.compiled(prepared.algebra, {}, bindings)
        ids = ", ".join(f"CAST({number} AS BIGINT) AS {name}" for name in names) or "1 AS one"
        several.append(query(f"SELECT {ids} WHERE (:found)", found=Sql(compiled.sql)))
    return st.let(union(several)), names


def _evaluated(
    constraint: QueryConstraint,
    prepared: _Prepared,
    st: Statement,
    pairs: exp.Query,
    nodes: str,
    error: NotCompiledError,
) -> Evaluated:
    """Return what a query answers for one pair of focus and value node after the other."""
    if not st.session.holds(nodes):
        raise UnsupportedShapeError(
            f"The query of the shape {constraint.shape} is not compiled: {error}. Write it without"
            " that, or give the shape targets of its own."
        ) from error
    table = st.session.table(pairs)
    names = [name for name in ENDS if name == "this" or isinstance(constraint, Ask)]
    st.session.evaluated = str(error)
    return evaluate(st.session, prepared.query, table, names, prepared.bindings)


def _variables(names: Iterable[str]) -> list[Variable]:
    return [Variable(name) for name in names]
