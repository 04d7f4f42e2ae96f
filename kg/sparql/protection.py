"""Graphs by name within a transaction, and those that an update leaves as they are."""

from __future__ import annotations

from collections.abc import Sequence

from rdflib import URIRef

from kg.errors import UpdateError
from kg.namespaces import GRAPH, PROVENANCE_GRAPH
from kg.store import DEFAULT_GRAPH, Cursor, identified, lookup_nodes

DERIVED = str(GRAPH["derived/"])
"""Start of the names of graphs whose content is computed from that of others."""

_KEPT = "SELECT id FROM term WHERE id IN ({graphs}) AND (lex IN (SELECT unnest(?)) OR lex ^@ ?)"


class Graphs:
    """The graphs of a transaction.

    The graph of commits, those that hold derived facts, and those hidden from the caller are
    protected: an operation that names one is refused, one that meets it by a variable, by ALL or
    by NAMED leaves it as it is.
    """

    def __init__(self, cursor: Cursor, hidden: Sequence[str]) -> None:
        self._cursor = cursor
        self._hidden = hidden
        self._named = [str(PROVENANCE_GRAPH), *hidden]

    def check_writable(self, name: str | None) -> None:
        """Raise UpdateError when a graph, None for the unnamed one, is protected."""
        if name is not None and (name in self._named or name.startswith(DERIVED)):
            raise UpdateError(
                f"The graph <{name}> cannot be written by an update: the store itself keeps it."
                " Write to another graph."
            )

    def check_source(self, name: str | None) -> None:
        """Raise UpdateError when there is no graph of a name that the caller can see."""
        if name is not None and (name in self._hidden or not self.exists(name)):
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
        known = self.id_of(name)
        if known is not None:
            return known
        term = "SELECT ? AS lex, NULL::VARCHAR AS dt, NULL::VARCHAR AS lang, 0 AS first"
        with identified(self._cursor, term, [name], add_missing=True):
            return int(self._cursor.execute("SELECT id FROM _ids").fetchall()[0][0])

    def protected_ids(self) -> list[int]:
        """Return the ids of the protected graphs that hold a triple."""
        rows = self._cursor.execute(
            _KEPT.format(graphs="SELECT DISTINCT g FROM live"), [self._named, DERIVED]
        ).fetchall()
        return [int(row[0]) for row in rows]

    def spare_protected(self, codes: str) -> None:
        """Take the quads of protected graphs out of a table of codes."""
        kept = _KEPT.format(graphs=f"SELECT DISTINCT g FROM {codes}")
        self._cursor.execute(f"DELETE FROM {codes} WHERE g IN ({kept})", [self._named, DERIVED])
