"""The compiling of one query, which those of its shape share until the next commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rdflib.term import Identifier

from kg.sparql.compiled import Compiled, GraphChoice, compile_lines, compile_query
from kg.sparql.lifting import Asked
from kg.sparql.plans import plans_of
from kg.sparql.snapshot import Snapshot
from kg.store import Cursor, Store


@dataclass(frozen=True, slots=True)
class Compiling:
    """A query, and the state of the store that it is compiled for."""

    store: Store
    cursor: Cursor
    state: Snapshot
    asked: Asked
    bindings: Mapping[str, Identifier]
    graphs: GraphChoice

    def statement(self, number: int, first: int | None = None) -> Compiled:
        """Return the SQL of the query, that of its shape where nothing was committed since.

        With `first`, it is that of so many first solutions.

        Raises:
            NotCompiledError: some part of the query is not compiled.
        """
        state = self.state
        if state.lasting:
            return plans_of(self.store).compiled(
                self.cursor,
                self.asked,
                self.bindings,
                self.graphs,
                number,
                state.is_settled,
                state.properties,
                first,
                state.index,
            )
        # A caller's transaction is left without tables of ours.
        return compile_query(
            self.cursor, self.asked.query, self.bindings, self.graphs, in_two_steps=state.own
        )

    def lines(self, name: str, number: int) -> str:
        """Return the SQL that reads what the query has staged as text in a result format."""
        state = self.state
        if state.lasting:
            return plans_of(self.store).lines(
                self.cursor,
                self.asked,
                self.bindings,
                self.graphs,
                name,
                number,
                state.properties,
                state.index,
            )
        return compile_lines(self.cursor, self.asked.query, self.bindings, self.graphs, name).sql
