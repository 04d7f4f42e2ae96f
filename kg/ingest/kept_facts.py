"""Facts put into quarantine: written as rows of a table, with a mapping document that reads them.

Of what was committed the store keeps facts, not cells. So the facts that came from one row of a
file become a row again: a column for each node that the row describes, and one for each thing that
it says of it. From there on they are rows in quarantine like any others.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rdflib import RDF

from kg.ingest.detaching import DETACHED, LEAVING
from kg.ingest.mapping_terms import STORED
from kg.ingest.messages import held_message
from kg.ingest.readers import Form
from kg.ingest.sql import rendered, text
from kg.namespaces import CG, GRAPH, PERSONAL_GRAPHS
from kg.store import Cursor, Kind, Transaction, counted
from kg.store.schema import ROW_BITS, file_of

_SOURCE = "rows"
"""Name of the one source of the mapping documents."""
_NAMED = 5
"""Nodes that a reason names."""

_FACTS = f"""
CREATE OR REPLACE TEMP TABLE fact AS
SELECT i.id AS run, i.source, {file_of("d.origin")} AS file,
    CASE WHEN d.origin & {(1 << ROW_BITS) - 1} > 0 THEN d.origin & {(1 << ROW_BITS) - 1}
        ELSE dense_rank() OVER (PARTITION BY i.id, {file_of("d.origin")} ORDER BY d.s) END AS row,
    d.s, d.o, d.k, s.lex AS subject, p.lex AS predicate, o.lex AS object, o.kind, o.dt, o.lang,
    CASE WHEN g.lex GLOB $personal THEN 'personal' WHEN g.lex GLOB $facts THEN NULL ELSE g.lex END
        AS graph
FROM (
    SELECT d.*, (SELECT min(q.born) FROM quad AS q WHERE q.s = d.s AND q.p = d.p AND q.o = d.o
        AND q.g = d.g AND q.origin = d.origin) AS stated
    FROM {DETACHED} AS d
) AS d
JOIN import_run AS i ON i.number = d.stated
JOIN term AS s ON s.id = d.s JOIN term AS p ON p.id = d.p JOIN term AS o ON o.id = d.o
LEFT JOIN term AS g ON g.id = d.g
"""
"""A document of RDF has no rows: there each subject is one."""

_LOCAL = "regexp_extract({}, '([A-Za-z][A-Za-z0-9_-]*)[^A-Za-z0-9]*$', 1)"

_CELLS = f"""
CREATE OR REPLACE TEMP TABLE cell AS
WITH node AS (
    SELECT run, file, row, s, row_number() OVER (PARTITION BY run, file, row, kin ORDER BY s) AS n,
        kin
    FROM (
        SELECT run, file, row, s, coalesce(min(nullif({_LOCAL.format("object")}, ''))
            FILTER (WHERE predicate = $type), 'node') AS kin FROM fact GROUP BY ALL
    )
), numbered AS (
    SELECT f.*, kin || CASE WHEN n > 1 THEN ' ' || n ELSE '' END AS slot,
        row_number() OVER (PARTITION BY f.run, f.file, f.row, f.s, predicate, kind > 2, dt, lang,
            graph ORDER BY object) AS again
    FROM fact AS f JOIN node USING (run, file, row, s)
)
SELECT *, {_LOCAL.format("predicate")} AS local, dense_rank() OVER (
    PARTITION BY run, file ORDER BY slot, predicate, kind > 2, dt, lang, graph, again) AS number
FROM numbered
"""
"""`slot` is the column of the subject, `number` that of the object."""

_COLUMNS = """
SELECT DISTINCT number, slot, local, predicate, k, dt, lang, graph
FROM (SELECT * REPLACE (CASE WHEN k <= 2 THEN 0 ELSE 1 END AS k) FROM temp.cell)
WHERE run = ? AND file = ? ORDER BY number
"""

_RECORDS = """
CREATE OR REPLACE TEMP TABLE record AS
SELECT run, source, file, row, number, number AS label
FROM (SELECT *, row_number() OVER (ORDER BY run, file, row) AS number
    FROM (SELECT DISTINCT run, source, file, row FROM fact))
"""
_MEMBERS = f"""
CREATE OR REPLACE TEMP TABLE member AS
SELECT r.number, f.source, f.s AS node FROM fact AS f JOIN record AS r USING (run, file, row)
UNION SELECT r.number, f.source, f.o FROM fact AS f JOIN record AS r USING (run, file, row)
WHERE f.kind = {Kind.BLANK:d}
"""
_JOINED = """
UPDATE record SET label = near.label FROM (
    SELECT m.number, min(n.label) AS label FROM member AS m JOIN (
        SELECT m.source, m.node, min(r.label) AS label
        FROM member AS m JOIN record AS r USING (number) GROUP BY ALL
    ) AS n USING (source, node) GROUP BY ALL
) AS near
WHERE near.number = record.number AND near.label < record.label
"""
"""Rows that describe one node are one record, and so are those that name one blank node: they go
together, and come back together."""
_SHORTENED = """
UPDATE record SET label = far.label FROM record AS far
WHERE far.number = record.label AND far.label < record.label
"""
"""Long chains are joined in few rounds: each row takes the label of the one it is labelled by."""

_FIRST = """
CREATE OR REPLACE TEMP TABLE known_record AS
SELECT run, file, row, label, min(row) OVER (PARTITION BY run, file, label) AS record FROM record
"""
_DESCRIBED = """
SELECT DISTINCT r.run, r.file, r.record, f.subject
FROM fact AS f JOIN known_record AS r USING (run, file, row)
"""
_MISSED = f"""
CREATE OR REPLACE TEMP TABLE missed AS
SELECT DISTINCT r.label, f.o AS node, f.object, f.o IN (SELECT node FROM {LEAVING}) AS waits
FROM fact AS f JOIN known_record AS r USING (run, file, row)
WHERE f.k <= 2 AND f.o IS DISTINCT FROM $focal
    AND (f.o IN (SELECT node FROM lost) OR f.o IN (SELECT node FROM {LEAVING}))
    AND NOT EXISTS (
        SELECT 1 FROM fact AS own JOIN known_record AS same USING (run, file, row)
        WHERE own.s = f.o AND same.label = r.label
    )
"""
_NEEDED = """
SELECT DISTINCT r.run, r.file, r.record, m.object FROM missed AS m JOIN known_record AS r
USING (label)
"""
_WHY = """
SELECT DISTINCT r.run, r.file, r.record, m.waits, coalesce(key.lex, m.object) AS name
FROM missed AS m JOIN known_record AS r USING (label)
LEFT JOIN (
    SELECT q.s, min(o.lex) AS lex FROM quad AS q JOIN term AS p ON p.id = q.p AND p.lex = $key
    JOIN term AS o ON o.id = q.o WHERE q.s IN (SELECT node FROM missed) GROUP BY q.s
) AS key ON key.s = m.node
ORDER BY ALL
"""
_BROKEN = f"""
SELECT DISTINCT r.run, r.file, r.record, l.rule
FROM {LEAVING} AS l JOIN fact AS f ON f.s = l.node JOIN known_record AS r USING (run, file, row)
WHERE l.rule IS NOT NULL ORDER BY ALL
"""

_Record = tuple[str, int, int]


def keep_facts(tx: Transaction, undone: str, focal: int | None) -> int:
    """Put the facts that leave into quarantine; return the number of rows.

    `undone` is the import that was taken back, `focal` the id of the focal organisation.
    """
    cursor = tx.cursor
    graphs = {"personal": PERSONAL_GRAPHS, "facts": f"{GRAPH}facts/*"}
    cursor.execute(_FACTS, graphs)
    cursor.execute(_CELLS, {"type": str(RDF.type)})
    cursor.execute(_RECORDS)
    cursor.execute(_MEMBERS)
    while counted(cursor.execute(_JOINED)):
        cursor.execute(_SHORTENED)
    cursor.execute(_FIRST)
    cursor.execute(_MISSED, {"focal": focal})
    reasons = _reasons(cursor, undone)
    files = cursor.execute(
        "SELECT DISTINCT f.run, f.file, f.source, r.report FROM fact AS f"
        " JOIN import_run AS r ON r.id = f.run ORDER BY ALL"
    ).fetchall()
    numbers = {}
    kept = 0
    for run, file, source, report in files:
        number = numbers[run, file] = _free_number(cursor, run)
        name = str(json.loads(report)["files"][file]["name"])
        kept += _File(cursor, run, file, number).keep(name, source, tx.at, reasons)
    _keep_nodes(cursor, numbers)
    return kept


def _reasons(cursor: Cursor, undone: str) -> dict[_Record, str]:
    """Return why each record leaves, as JSON."""
    found: dict[_Record, list[dict[str, object]]] = defaultdict(list)
    for run, file, record, waits, name in cursor.execute(
        _WHY, {"key": str(CG.sourceKey)}
    ).fetchall():
        texts = held_message("waits" if waits else "taken back", name=name, run=undone)
        found[run, file, record].append(_reason(texts))
    for run, file, record, rule in cursor.execute(_BROKEN).fetchall():
        texts = held_message("rule without", rule=rule, run=undone)
        found[run, file, record].append(_reason(texts) | {"shape": rule})
    return {
        place: json.dumps(several[:_NAMED], ensure_ascii=False) for place, several in found.items()
    }


def _reason(texts: dict[str, str]) -> dict[str, object]:
    return {"column": None, "value": None, "shape": None, "message": texts}


def _free_number(cursor: Cursor, run: str) -> int:
    """Return a number that no file of an import has, in it or in quarantine."""
    return counted(
        cursor.execute(
            "SELECT greatest(coalesce(max(f.file), -1) + 1,"
            " (SELECT len(from_json(report->'$.files', '[\"JSON\"]')) FROM import_run"
            " WHERE id = $run)) FROM quarantine_file AS f WHERE f.run = $run",
            {"run": run},
        )
    )


def _keep_nodes(cursor: Cursor, numbers: dict[tuple[str, int], int]) -> None:
    """Keep the nodes that the records describe, and those that they need."""
    for query, missing in ((_DESCRIBED, False), (_NEEDED, True)):
        rows = cursor.execute(query).fetchall()
        if rows:
            columns = list(zip(*rows, strict=True))
            columns[1] = tuple(numbers[run, file] for run, file, *_ in rows)
            cursor.execute(
                "INSERT INTO quarantine_node SELECT unnest(?::VARCHAR[]), unnest(?::INTEGER[]),"
                f" unnest(?::BIGINT[]), unnest(?::VARCHAR[]), {str(missing).lower()}",
                [list(column) for column in columns],
            )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of objects: of which subject, by which predicate, and what kind of term they are."""

    name: str
    slot: str
    predicate: str
    iri: bool
    datatype: str | None
    language: str | None
    graph: str | None


@dataclass(frozen=True, slots=True)
class _File:
    """The facts that came from one file of one import; `number` is what quarantine calls it."""

    cursor: Cursor
    run: str
    file: int
    number: int

    def keep(self, name: str, source: str, at: object, reasons: dict[_Record, str]) -> int:
        """Put the facts into quarantine as rows; return how many."""
        columns = self._columns()
        slots = list(dict.fromkeys(column.slot for column in columns))
        self.cursor.execute(
            "INSERT INTO quarantine_file SELECT ?, ?, ?, ?, ?::TIMESTAMP, ?, ?, ?, ?, ?",
            [
                *(self.run, self.number, name, source, at, f"facts {self.number} of {name}"),
                *(_document(name, slots, columns), [_SOURCE]),
                [*slots, *(column.name for column in columns)],
                json.dumps(dataclasses.asdict(Form())),
            ],
        )
        ours = {
            record: reason
            for (run, file, record), reason in reasons.items()
            if (run, file) == (self.run, self.file)
        }
        cells = [
            f"any_value(subject) FILTER (WHERE slot = {rendered(text(slot))})" for slot in slots
        ]
        cells += [
            f"any_value(object) FILTER (WHERE number = {number})"
            for number in range(1, len(columns) + 1)
        ]
        return counted(
            self.cursor.execute(
                "INSERT INTO quarantine_row SELECT $run, $number, c.row, r.record,"
                " c.cells, coalesce(w.reasons, '[]') FROM ("
                f" SELECT row, [{', '.join(cells)}] AS cells FROM temp.cell"
                " WHERE run = $run AND file = $file GROUP BY row) AS c"
                " JOIN temp.known_record AS r"
                " ON r.run = $run AND r.file = $file AND r.row = c.row"
                " LEFT JOIN (SELECT unnest($records::BIGINT[]) AS record,"
                " unnest($reasons::VARCHAR[]) AS reasons) AS w ON w.record = r.record",
                {
                    "run": self.run,
                    "number": self.number,
                    "file": self.file,
                    "records": list(ours),
                    "reasons": list(ours.values()),
                },
            )
        )

    def _columns(self) -> list[_Column]:
        """Return the columns of objects, under names of their own."""
        rows = self.cursor.execute(_COLUMNS, [self.run, self.file]).fetchall()
        taken = {row[1] for row in rows}
        found = []
        for _, slot, local, predicate, literal, datatype, language, graph in rows:
            name = _unused(f"{slot} {local}".strip(), taken)
            taken.add(name)
            found.append(_Column(name, slot, predicate, not literal, datatype, language, graph))
        return found


def _unused(name: str, taken: Iterable[str]) -> str:
    """Return a name, numbered where it is taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} {number}"
    return found


def _document(name: str, slots: Sequence[str], columns: Sequence[_Column]) -> str:
    """Return the mapping document that makes the facts of their rows, in JSON, which is YAML."""
    prefixes: dict[str, str] = {}

    def named(iri: str) -> str:
        """Return an IRI by a prefix that stands for all of it: any IRI can be written so."""
        return prefixes.setdefault(iri, f"i{len(prefixes)}") + ":"

    mappings = {
        slot: {
            "sources": _SOURCE,
            "subjects": {"value": f"$({slot})", "type": STORED},
            "predicateobjects": [
                _entry(column, named) for column in columns if column.slot == slot
            ],
        }
        for slot in slots
    }
    document = {
        "prefixes": {prefix: iri for iri, prefix in prefixes.items()},
        "sources": {_SOURCE: {"access": name, "referenceFormulation": "csv"}},
        "mappings": mappings,
    }
    return json.dumps(document, ensure_ascii=False)


def _entry(column: _Column, named: Any) -> dict[str, object]:
    """Return the entry of a mapping for a column."""
    term: dict[str, str] = {"value": f"$({column.name})"}
    if column.iri:
        term["type"] = STORED
    elif column.language:
        term["language"] = column.language
    elif column.datatype:
        term["datatype"] = named(column.datatype)
    entry: dict[str, object] = {"predicates": named(column.predicate), "objects": term}
    if column.graph is not None:
        entry["graphs"] = column.graph if column.graph == "personal" else named(column.graph)
    return entry
