"""How a query is answered: its SQL, and the engine's plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rdflib.term import Identifier

from kg.sparql.compiled import GraphChoice, compile_query
from kg.sparql.parse import parse
from kg.sparql.steps import run_steps
from kg.sparql.values import NotCompiledError
from kg.store import Store


def explain(
    store: Store,
    text: str,
    *,
    bindings: Mapping[str, Identifier] | None = None,
    base: str | None = None,
    hidden_graphs: Collection[str] = (),
) -> str:
    """Return the SQL of a query and the engine's plan, or why it is not compiled.

    `hidden_graphs` are rules of the graphs that are not there for who asks.
    """
    parsed = parse(text, base)
    cursor = store.cursor(hidden_graphs)
    cursor.begin()
    try:
        compiled = compile_query(
            cursor,
            parsed,
            bindings or {},
            GraphChoice(),
            in_two_steps=True,
            properties=None if hidden_graphs else store.properties_at(store.head),
        )
        run_steps(cursor, (step.without_data() for step in compiled.steps))
        last = [step for step in (compiled.before, compiled.sql) if step is not None]
        rows = cursor.execute(f"EXPLAIN {last[0]}").fetchall()
        plan = "\n".join(str(row[1]) for row in rows)
        statements = ";\n".join([*(step.sql for step in compiled.steps), *last])
        return f"-- engine: sql\n{statements}\n\n{plan}"
    except NotCompiledError as error:
        return f"-- engine: rdflib\n-- not compiled: {error}"
    finally:
        cursor.rollback()
        cursor.close()
