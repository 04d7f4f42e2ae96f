"""What is in the store, counted: triples, entities of each class, uses of each property."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from kg.namespaces import RDF
from kg.store.schema import DEFAULT_GRAPH, Kind
from kg.store.terms import lookup


@dataclass(frozen=True, slots=True)
class ClassUse:
    """A class and how many entities have it as a type."""

    iri: str
    entities: int


@dataclass(frozen=True, slots=True)
class PropertyUse:
    """A property and its triples, with their distinct subjects and objects."""

    iri: str
    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts over the union of all graphs, and the triples of each named graph."""

    triples: int
    subjects: int
    objects: int
    classes: tuple[ClassUse, ...]
    properties: tuple[PropertyUse, ...]
    graphs: tuple[tuple[str, int], ...]


_TOTALS = "SELECT count(*), count(DISTINCT s), count(DISTINCT o) FROM ({triples})"
_CLASSES = """
SELECT t.lex, count(DISTINCT q.s) FROM ({triples}) AS q JOIN term AS t ON t.id = q.o
WHERE q.p = ? AND t.kind = {kind} GROUP BY t.lex ORDER BY 1
"""
_PROPERTIES = """
SELECT t.lex, u.* EXCLUDE (p) FROM (
    SELECT p, count(*), count(DISTINCT s), count(DISTINCT o) FROM ({triples}) GROUP BY p
) AS u JOIN term AS t ON t.id = u.p ORDER BY 1
"""
_GRAPHS = """
SELECT t.lex, u.n FROM (SELECT g, count(*) AS n FROM live WHERE g <> ? GROUP BY g) AS u
JOIN term AS t ON t.id = u.g ORDER BY 1
"""


def statistics(cursor: duckdb.DuckDBPyConnection) -> Statistics:
    """Return the counts of the live quads that a cursor sees; two reads of the quads or three."""
    triples = "SELECT s, p, o FROM live"
    # Only a triple that is live in several graphs needs the costly distinct.
    if cursor.execute("SELECT 1 FROM predicate WHERE dup LIMIT 1").fetchone():
        triples = "SELECT DISTINCT s, p, o FROM live"
    row = cursor.execute(_TOTALS.format(triples=triples)).fetchone()
    total, subjects, objects = row or (0, 0, 0)
    (type_id,) = lookup(cursor, [(str(RDF.type), None, None)])
    by_class = _CLASSES.format(triples=triples, kind=int(Kind.IRI))
    classes = cursor.execute(by_class, [type_id]).fetchall()
    properties = cursor.execute(_PROPERTIES.format(triples=triples)).fetchall()
    graphs = cursor.execute(_GRAPHS, [DEFAULT_GRAPH]).fetchall()
    return Statistics(
        total,
        subjects,
        objects,
        tuple(ClassUse(*row) for row in classes),
        tuple(PropertyUse(*row) for row in properties),
        tuple((str(row[0]), int(row[1])) for row in graphs),
    )


def class_sizes(cursor: duckdb.DuckDBPyConnection, classes: Sequence[str]) -> dict[str, int]:
    """Return how many entities have each of some classes, given by their IRIs, as a type."""
    type_id, *ids = lookup(cursor, [(iri, None, None) for iri in (str(RDF.type), *classes)])
    dup = cursor.execute("SELECT dup FROM predicate WHERE p = ?", [type_id]).fetchone()
    counted = "count(DISTINCT s)" if dup is not None and dup[0] else "count(*)"
    rows = cursor.execute(
        f"SELECT o, {counted} FROM live WHERE p = ? AND o IN (SELECT unnest(?::BIGINT[]))"
        " GROUP BY o",
        [type_id, [number for number in ids if number is not None]],
    ).fetchall()
    sizes = dict(rows)
    return {iri: sizes.get(number, 0) for iri, number in zip(classes, ids, strict=True)}


def memory_in_use(cursor: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Return the bytes that the engine holds in memory and on disk, of all its cursors."""
    row = cursor.execute(
        "SELECT sum(memory_usage_bytes), sum(temporary_storage_bytes) FROM duckdb_memory()"
    ).fetchone()
    return (int(row[0] or 0), int(row[1] or 0)) if row else (0, 0)
