"""Focus nodes that SPARQL queries select (SHACL-AF, section 3)."""

from __future__ import annotations

from kg.shacl.model import QueryTarget
from kg.shacl.prebinding import query_of_run
from kg.shacl.session import Session
from kg.shacl.sql import Compiled as Sql
from kg.shacl.sql import query
from kg.sparql import NotCompiledError
from kg.sparql.compiled import GraphChoice
from kg.sparql.fallback import run_fallback
from kg.store import RawTerm, Store, to_rdflib


def selected_nodes(session: Session, target: QueryTarget) -> str:
    """Name a table of the nodes (column `node`) that the query of a target selects."""
    parsed = query_of_run(target.text, session.as_of)
    bindings = dict(target.bindings)
    try:
        compiled = session.compiled(parsed.algebra, {}, bindings)
    except NotCompiledError:
        _, variables, answer = run_fallback(
            Store(session.cursor),
            session.cursor,
            parsed,
            bindings=bindings,  # type: ignore[arg-type]
            graphs=GraphChoice(),
            deadline=session.deadline,
        )
        assert not isinstance(answer, bool)  # noqa: S101
        this = variables.index("this")
        return _table(session, [], {row[this] for row in answer if row[this] is not None})
    column = f"c{compiled.variables.index('this')}"
    columns = ", ".join(f"{column}_{name}" for name in ("id", "k", "lex", "dt", "lang"))
    selected = f"SELECT DISTINCT {columns} FROM :found WHERE {column}_k IS NOT NULL"
    table = session.table(query(selected, found=Sql(compiled.sql)))
    found = session.cursor.execute(f"SELECT * FROM {table}").fetchall()
    stored = [row[0] for row in found if (row[0] or 0) > 0]
    return _table(session, stored, {row[1:] for row in found if (row[0] or 0) <= 0})


def _table(session: Session, ids: list[int], computed: set[RawTerm | None]) -> str:
    """Name a table of stored nodes and of computed ones."""
    nodes = [to_rdflib(term) for term in computed if term is not None]
    every = [*ids, *session.focus_ids(nodes)]
    return session.table_of(["node"], ["BIGINT"], [(number,) for number in every])
