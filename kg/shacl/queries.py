"""Violations of SPARQL constraints: the solutions of a query with `$this` bound to focus nodes."""

from __future__ import annotations

import sqlglot
from rdflib.term import Node
from sqlglot import exp

from kg.errors import UnsupportedShapeError
from kg.shacl.messages import variables_of
from kg.shacl.model import Select, Shape
from kg.shacl.prebinding import query_of_run
from kg.shacl.sql import DIALECT, fill, query, union
from kg.shacl.statement import Statement
from kg.sparql import Compiled, NotCompiledError, compile_algebra
from kg.store import Kind

_TERM = """
CASE WHEN {0}_k IS NOT NULL AND coalesce({0}_id, 0) <= 0
    THEN struct_pack(kind := {0}_k, lex := {0}_lex, dt := {0}_dt, lang := {0}_lang) END
"""


def solutions(constraint: Select, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    """Return one row for each solution: focus, value or computed term, path, texts for messages.

    A focus node that the dictionary does not hold has no id that the query could join with: it is
    given to the query as a term.
    """
    several = [_rows(constraint, shape, _compiled(constraint, st, shape, nodes=nodes), "s.c{0}_id")]
    for node, number in st.session.absent():
        compiled = _compiled(constraint, st, shape, term=node)
        rows = _rows(constraint, shape, compiled, f"CAST({number} AS BIGINT)")
        rows = rows.where(
            fill("EXISTS (SELECT 1 FROM :nodes AS n WHERE n.node = :id)", nodes=nodes, id=number),
            copy=False,
        )
        several.append(rows)
    return query("SELECT u.* FROM :several AS u", several=union(several))


def _compiled(
    constraint: Select,
    st: Statement,
    shape: Shape,
    *,
    nodes: str | None = None,
    term: Node | None = None,
) -> Compiled:
    """Return the SQL of the query with `$this` bound to a relation of nodes or to one term."""
    algebra = query_of_run(constraint.text, st.session.as_of)
    this = f"SELECT n.node AS this FROM {nodes} AS n WHERE n.node > 0"
    try:
        return compile_algebra(
            st.session.cursor,
            algebra,
            {"this": this} if nodes else {},
            bindings={"this": term} if term is not None else {},
        )
    except NotCompiledError as error:
        raise UnsupportedShapeError(
            f"The query (sh:select) of the shape {shape.node} is not compiled: {error}. Write it"
            " without that."
        ) from error


def _rows(constraint: Select, shape: Shape, compiled: Compiled, focus: str) -> exp.Select:
    """Return the results (section 5.3.2) of a compiled query."""
    index = {name: f"s.c{number}" for number, name in enumerate(compiled.variables)}
    own = focus.format(compiled.variables.index("this"))
    value, computed, path = "NULL", "NULL", "NULL"
    if "value" in index:
        value = "CASE WHEN {0}_id > 0 THEN {0}_id END".format(index["value"])
        computed = _TERM.format(index["value"])
    if shape.path is None:
        bound = f"{index['value']}_k IS NOT NULL" if "value" in index else "FALSE"
        value = f"CASE WHEN {bound} THEN {value} ELSE {own} END"
    if "path" in index:
        path = "CASE WHEN {0}_k = {1} THEN {0}_lex END".format(index["path"], int(Kind.IRI))
    names = variables_of((*constraint.messages, *shape.messages))
    texts = [f"{index[name]}_lex" if name in index else "NULL" for name in names]
    template = f"""
        SELECT {own} AS focus, CAST({value} AS BIGINT) AS value, {computed} AS computed,
            CAST({path} AS VARCHAR) AS path_iri,
            CAST([{", ".join(texts)}] AS VARCHAR[]) AS bindings
        FROM :solutions AS s
    """
    rows = query(template, solutions=sqlglot.parse_one(compiled.sql, read=DIALECT))
    assert isinstance(rows, exp.Select)  # noqa: S101
    return rows
