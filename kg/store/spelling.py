"""Namespaces that circulate in two spellings, kept in the one that the vocabulary uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

SPELLINGS: Mapping[str, str] = {"http://schema.org/": "https://schema.org/"}
"""Spellings that are not kept, with those kept in their place (modelling decisions, section 8)."""


def spelled(iri: str) -> str:
    """Return an IRI in the spelling that is kept."""
    for other, kept in SPELLINGS.items():
        if iri.startswith(other):
            return kept + iri.removeprefix(other)
    return iri


@dataclass(slots=True)
class Respelling:
    """The respelling of staged quads; `quads` tells how many it concerned so far."""

    quads: int = 0
    rules: set[int] = field(default_factory=set)
    """Rules whose own terms were respelled; quads of these count, too."""

    def apply(
        self,
        cursor: duckdb.DuckDBPyConnection,
        table: str,
        iris: Sequence[str],
        literal: str,
        shared: tuple[str, str, str] | None = None,
    ) -> None:
        """Respell the terms in some columns of a table of quads.

        `o` is respelled where it is no literal: where the condition `literal` does not hold.
        `shared` is a table that the quads name by its name, its number and a column of terms.
        """
        concerned = " OR ".join(
            f"starts_with({column}, '{other}')" for column in iris for other in SPELLINGS
        )
        if shared is not None:
            other_table, number, terms = shared
            spelt = " OR ".join(f"starts_with({terms}, '{other}')" for other in SPELLINGS)
            named = f"SELECT {number} FROM temp.{other_table} WHERE {spelt}"
            concerned = f"{concerned} OR {other_table} IN ({named})"
        objects = " OR ".join(f"starts_with(o, '{other}')" for other in SPELLINGS)
        if not self.rules and not _has(cursor, table, f"{concerned} OR {objects}"):
            return
        condition = f"({concerned} OR (NOT ({literal}) AND ({objects})))"
        if self.rules:
            condition = f"({condition} OR rule IN ({', '.join(map(str, sorted(self.rules)))}))"
        changes = [f"{column} = {_respelled(column)}" for column in iris]
        changes.append(f"o = CASE WHEN {literal} THEN o ELSE {_respelled('o')} END")
        row = cursor.execute(
            f"UPDATE temp.{table} SET {', '.join(changes)} WHERE {condition}"
        ).fetchone()
        self.quads += row[0] if row else 0
        if shared is not None:
            cursor.execute(
                f"UPDATE temp.{other_table} SET {terms} = {_respelled(terms)} WHERE {spelt}"
            )


def _has(cursor: duckdb.DuckDBPyConnection, table: str, condition: str) -> bool:
    found = cursor.execute(f"SELECT 1 FROM temp.{table} WHERE {condition} LIMIT 1").fetchone()
    return found is not None


def _respelled(column: str) -> str:
    branches = "".join(
        f" WHEN starts_with({column}, '{other}') THEN '{kept}' || {column}[{len(other) + 1}:]"
        for other, kept in SPELLINGS.items()
    )
    return f"CASE{branches} ELSE {column} END"
