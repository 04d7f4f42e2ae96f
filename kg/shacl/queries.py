"""Violations of SPARQL constraints: the solutions of a query with `$this` bound to focus nodes."""

from __future__ import annotations

import sqlglot
from rdflib.plugins.sparql.parserutils import CompValue
from sqlglot import exp

from kg.errors import UnsupportedShapeError
from kg.shacl.evaluated import evaluate
from kg.shacl.messages import literals_of, variables_of
from kg.shacl.model import Select, Shape
from kg.shacl.prebinding import query_of_run
from kg.shacl.sideways import related
from kg.shacl.sql import DIALECT, fill, query, union
from kg.shacl.statement import Statement
from kg.sparql import Compiled, NotCompiledError, compile_algebra
from kg.store import Kind

_COMPUTED = """
CASE WHEN {0}_k IS NOT NULL AND coalesce({0}_id, 0) <= 0
    THEN struct_pack(kind := {0}_k, lex := {0}_lex, dt := {0}_dt, lang := {0}_lang) END
"""
_STORED = "CASE WHEN {0}_id > 0 THEN {0}_id END"
_PREDICATE = "CASE WHEN {0}_k = {1} THEN {0}_lex END"


def solutions(constraint: Select, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    """Return one row for each solution: focus, value or computed term, path, texts for messages.

    A query that is not compiled is evaluated node by node, which takes focus nodes that are known
    before the statement runs: not those of a shape within another one.

    Raises:
        UnsupportedShapeError: the query is not compiled, in a shape within another one.
    """
    try:
        return _compiled(constraint, st, shape, nodes)
    except NotCompiledError as error:
        if not st.session.holds(nodes):
            raise UnsupportedShapeError(
                f"The query (sh:select) of the shape {shape.node} is not compiled: {error}. Write"
                " it without that, or give the shape targets of its own."
            ) from error
        table, variables = evaluate(st.session, constraint.text, nodes)
        found = query("SELECT * FROM :table", table=table)
        return _results(constraint, shape, variables, found, "s.node")


def _compiled(constraint: Select, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    """Return the results of a query as SQL.

    A focus node that the dictionary does not hold has no id that the query could join with: it is
    given to the query as a term.
    """
    algebra = related(query_of_run(constraint.text, st.session.as_of).algebra)
    assert isinstance(algebra, CompValue)  # noqa: S101
    cursor = st.session.cursor
    this = f"SELECT n.node AS this FROM {nodes} AS n WHERE n.node > 0"
    compiled = compile_algebra(cursor, algebra, {"this": this})
    focus = f"s.c{compiled.variables.index('this')}_id"
    several: list[exp.Query] = [
        _results(constraint, shape, compiled.variables, _parsed(compiled), focus)
    ]
    for node, number in st.session.absent():
        compiled = compile_algebra(cursor, algebra, {}, bindings={"this": node})
        focus = f"CAST({number} AS BIGINT)"
        rows = _results(constraint, shape, compiled.variables, _parsed(compiled), focus)
        asked = "EXISTS (SELECT 1 FROM :nodes AS n WHERE n.node = :id)"
        several.append(rows.where(fill(asked, nodes=nodes, id=number), copy=False))
    return query("SELECT u.* FROM :several AS u", several=union(several))


def _parsed(compiled: Compiled) -> exp.Query:
    parsed = sqlglot.parse_one(compiled.sql, read=DIALECT)
    assert isinstance(parsed, exp.Query)  # noqa: S101
    return parsed


def _results(
    constraint: Select, shape: Shape, variables: list[str], found: exp.Query, focus: str
) -> exp.Select:
    """Return the results (section 5.3.2) of solutions with term columns for each variable."""
    columns = {name: f"s.c{number}" for number, name in enumerate(variables)}
    value, computed, path = "NULL", "NULL", "NULL"
    if "value" in columns:
        value = _STORED.format(columns["value"])
        computed = _COMPUTED.format(columns["value"])
    if shape.path is None:
        unbound = f"{columns['value']}_k IS NULL" if "value" in columns else "TRUE"
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
