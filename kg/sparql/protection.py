"""Graphs by name within a transaction, and those that an update leaves as they are."""

from __future__ import annotations

from collections.abc import Sequence

from rdflib import URIRef

from kg.errors import UpdateError
from kg.namespaces import DERIVED_GRAPHS, PERSONAL_RULES_GRAPH, PROVENANCE_GRAPH
from kg.store import DEFAULT_GRAPH, Cursor, add_iris, hidden_ids, hides, lookup_nodes

PROTECTED = (str(PROVENANCE_GRAPH), DERIVED_GRAPHS, PERSONAL_RULES_GRAPH)
"""Rules of the graphs that the store itself keeps: commits, and what is computed from others."""


class Graphs:
    """The graphs of a transaction.

    The graph of commits, those that hold derived facts, and those hidden from the caller are
    protected: an operation that names one is refused, one that meets it by a variable, by ALL or
    by NAMED leaves it as it is.
    """

    def __init__(self, cursor: Cursor, hidden: Sequence[str]) -> None:
        self._cursor = cursor
        self._hidden = hidden
        self._protected = (*PROTECTED, *hidden)

    def check_writable(self, name: str | None) -> None:
        """Raise UpdateError when a graph, None for the unnamed one, is protected."""
        if name is not None and hides(self._protected, name):
            raise UpdateError(
                f"The graph <{name}> cannot be written by an update. Write to another graph."
            )

    def check_source(self, name: str | None) -> None:
        """Raise UpdateError when there is no graph of a name that the caller can see."""
        if name is not None and (hides(self._hidden, name) or not self.exists(name)):
            raise UpdateError(
                f"There is no graph <{name}> to take triples from. Check its name, or write SILENT"
                " after the keyword."
            )

    def exists(self, name: str) -> bool:
        """Tell whether a graph holds a triple; one without any is not there."""
        found = self._cursor.execute(
            "SELECT 1 FROM live WHERE g = ? LIMIT 1", [self.id_of(name)]
        ).fetchone()
        return found is not None

    def id_of(self, name: str | None) -> int | None:
        """Return the id of a graph; None where its name is not stored."""
        if name is None:
            return DEFAULT_GRAPH
        return lookup_nodes(self._cursor, [URIRef(name)])[0]

    def new_id_of(self, name: str | None) -> int:
        """Return the id of a graph, its name being stored where it is not."""
        if name is None:
            return DEFAULT_GRAPH
        known = self.id_of(name)
        return add_iris(self._cursor, [name])[0] if known is None else known

    def protected_ids(self) -> tuple[int, ...]:
        """Return the ids of the protected graphs."""
        return hidden_ids(self._cursor, self._protected)

    def spare_protected(self, codes: str) -> None:
        """Take the quads of protected graphs out of a table of codes."""
        rows = self._cursor.execute(
            f"SELECT id, lex FROM term WHERE id IN (SELECT DISTINCT g FROM {codes})"
        ).fetchall()
        spared = [graph for graph, name in rows if hides(self._protected, name)]
        if spared:
            self._cursor.execute(f"DELETE FROM {codes} WHERE g IN (SELECT unnest(?))", [spared])
