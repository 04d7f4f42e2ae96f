"""Records that imports refused: kept with their reasons, and tried again when they can stand.

A record is a row of a table, or the rows with one key. It waits for the nodes that it names and
nobody describes; an import of its source that describes them takes it along. A later import of the
source that says something of all its nodes replaces it, be it in quarantine again.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from kg.ingest.execution import Execution
from kg.ingest.fixsheet import record_of
from kg.ingest.inputs import template
from kg.ingest.mapping import Document
from kg.ingest.options import ImportOptions
from kg.ingest.plan import Plan, Record
from kg.ingest.readers import RECORD_COLUMN, Form, SourceTable
from kg.ingest.report import ImportReport
from kg.ingest.yarrrml import parse_document
from kg.store import Cursor, counted

_CANDIDATES = """
CREATE OR REPLACE TEMP TABLE candidate AS
SELECT DISTINCT run, file, record FROM quarantine_node AS n JOIN quarantine_file USING (run, file)
WHERE n.missing AND source = ?
"""
_PRESENT = """
CREATE OR REPLACE TEMP TABLE present AS
WITH wanted AS (
    SELECT DISTINCT n.node FROM quarantine_node AS n JOIN temp.candidate USING (run, file, record)
    WHERE n.missing
)
SELECT node, true AS brought FROM wanted SEMI JOIN temp.subject AS u ON u.s = node
UNION ALL
SELECT node, EXISTS (SELECT 1 FROM live WHERE live.s = t.id AND live.born = $number)
FROM wanted JOIN term AS t
    ON t.h = md5_number_lower(node) AND t.lex = node AND t.dt IS NULL
WHERE EXISTS (SELECT 1 FROM live WHERE live.s = t.id)
    AND NOT EXISTS (SELECT 1 FROM temp.subject WHERE subject.s = node)
"""
_INCOMPLETE = """
DELETE FROM candidate AS c WHERE EXISTS (
    SELECT 1 FROM quarantine_node AS n
    WHERE n.run = c.run AND n.file = c.file AND n.record = c.record AND n.missing
        AND n.node NOT IN (SELECT node FROM temp.present)
        AND n.node NOT IN (
            SELECT m.node FROM quarantine_node AS m JOIN temp.candidate USING (run, file, record)
            WHERE NOT m.missing
        )
)
"""
_BROUGHT = """
SELECT 1 FROM temp.candidate JOIN quarantine_node AS n USING (run, file, record)
JOIN temp.present AS p USING (node) WHERE n.missing AND p.brought LIMIT 1
"""
_SUPERSEDED = """
CREATE OR REPLACE TEMP TABLE ended_record AS
SELECT n.run, n.file, n.record FROM quarantine_node AS n JOIN quarantine_file USING (run, file)
WHERE NOT n.missing AND source = $source
GROUP BY ALL HAVING bool_and(
    n.node IN (SELECT s FROM temp.subject AS u WHERE u.n >= 0)
    OR n.node IN (SELECT unnest($held::VARCHAR[]))
)
"""
_SAME_CELLS = """
INSERT INTO ended_record
SELECT r.run, r.file, r.record FROM quarantine_row AS r JOIN quarantine_file AS f USING (run, file)
WHERE f.source = $source AND f.document = $document
    AND r.cells IN (SELECT [{cells}] FROM temp.{held})
    AND NOT EXISTS (
        SELECT 1 FROM quarantine_node AS n WHERE NOT n.missing
            AND n.run = r.run AND n.file = r.file AND n.record = r.record
    )
"""


def arrived(cursor: Cursor, source: str, number: int) -> list[Record]:
    """Return the records of a source that wait only for what is in the store or being staged.

    None where nothing was waited for of what is being staged, or was inserted by the commit
    `number`.
    """
    if not counted(cursor.execute("SELECT count(*) FROM quarantine_node WHERE missing")):
        return []
    cursor.execute(_CANDIDATES, [source])
    cursor.execute(_PRESENT, {"number": number})
    while counted(cursor.execute(_INCOMPLETE)):
        pass
    if not cursor.execute(_BROUGHT).fetchall():
        return []
    return cursor.execute("SELECT * FROM temp.candidate ORDER BY ALL").fetchall()


def read_waiting(cursor: Cursor, execution: Execution, records: Sequence[Record]) -> None:
    """Let an import take records in quarantine along, as tables beside its own."""
    if not records:
        return
    _name_records(cursor, "waiting", records)
    documents = cursor.execute(
        "SELECT DISTINCT f.run, f.document, f.mapping FROM quarantine_file AS f"
        " JOIN temp.waiting USING (run, file) ORDER BY ALL"
    ).fetchall()
    for run, name, mapping in documents:
        first = len(execution.tables)
        document = template(name) if mapping is None else parse_document(mapping, name, stored=True)
        files = cursor.execute(
            "SELECT file, name, sources, header, form FROM quarantine_file"
            " WHERE run = ? AND document = ? ORDER BY file",
            [run, name],
        ).fetchall()
        given: dict[str, SourceTable] = {}
        for number, file, sources, header, form in files:
            table = _waiting_table(cursor, execution, (run, number), file, header, form)
            given |= dict.fromkeys(sources, table)
        execution.bind(document, given)
        for position, read in enumerate(execution.tables[first:], start=first):
            number = next(one[0] for one in files if one[2] == read.sources)
            execution.mark_waiting(position, run, number)


def _waiting_table(
    cursor: Cursor,
    execution: Execution,
    place: tuple[str, int],
    name: str,
    header: Sequence[str],
    form: str,
) -> SourceTable:
    """Return a table of the rows of a file that wait."""
    relation = execution.fresh("file")
    cells = "".join(f", cells[{i + 1}] AS c{i}" for i in range(len(header)))
    cursor.execute(
        f"CREATE TEMP TABLE {relation} AS SELECT row AS _row{cells} FROM quarantine_row"
        " JOIN temp.waiting USING (run, file, record) WHERE run = ? AND file = ? ORDER BY row",
        list(place),
    )
    rows = counted(cursor.execute(f"SELECT count(*) FROM temp.{relation}"))
    return SourceTable(name, relation, tuple(header), rows, form=Form(**json.loads(form)))


def settle(
    cursor: Cursor,
    execution: Execution,
    given: int,
    report: ImportReport,
    options: ImportOptions,
    plan: Plan,
) -> None:
    """Keep the rows that an import leaves out, and let go of those that it takes or replaces.

    `given` is the number of tables of the import itself; the others came from the quarantine.
    """
    held = plan.held.of_files(0, given)
    if not (held.rows or cursor.execute("SELECT 1 FROM quarantine_file LIMIT 1").fetchall()):
        return
    report.released = _release(cursor, execution, given)
    named = sorted({node for _, _, node, needed in held.nodes if not needed})
    cursor.execute(_SUPERSEDED, {"source": options.source, "held": named})
    for position in plan.held.by_file():
        read = execution.tables[position]
        if position < given:
            same = _SAME_CELLS.format(cells=_cells(read.table), held=read.held)
            names = {"source": options.source, "document": _document_name(read.document, options)}
            cursor.execute(same, names)
    _resolve(cursor, execution, given, options.source)
    forget(cursor, "ended_record")
    _keep(cursor, execution, given, report, options, plan)
    cursor.execute(
        "DELETE FROM quarantine_node WHERE missing AND node IN (SELECT t.lex FROM term AS t"
        " WHERE t.lex IN (SELECT node FROM quarantine_node WHERE missing) AND t.dt IS NULL"
        " AND EXISTS (SELECT 1 FROM live WHERE live.s = t.id))"
    )


def _release(cursor: Cursor, execution: Execution, given: int) -> int:
    """Let go of the rows that were taken along and mapped; return how many."""
    released = 0
    for position, read in enumerate(execution.tables[given:], start=given):
        if read.waiting is None:
            continue
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE taken_record AS"
            " SELECT DISTINCT q.run, q.file, q.record FROM quarantine_row AS q"
            " JOIN temp.waiting AS w USING (run, file, record)"
            " WHERE q.run = ? AND q.file = ? AND q.row IN"
            " (SELECT row FROM temp.fate WHERE file = ? AND reason < 0)",
            [*read.waiting, position],
        )
        released += forget(cursor, "taken_record")
    return released


def _resolve(cursor: Cursor, execution: Execution, given: int, source: str) -> None:
    """Add the records of a source that rows of fix sheets correct to those that are ended.

    Such a row was taken, or stays in quarantine as another record.
    """
    named: set[Record] = set()
    for position, read in enumerate(execution.tables[:given]):
        column = read.table.column(RECORD_COLUMN)
        if column is None:
            continue
        taken = (
            f"SELECT DISTINCT {column} FROM temp.{read.table.relation} WHERE {column} IS NOT NULL"
            " AND _row IN (SELECT row FROM temp.fate WHERE file = ? AND reason < 0)"
        )
        rows = cursor.execute(taken, [position]).fetchall()
        if read.held is not None:
            held = f"SELECT DISTINCT {column} FROM temp.{read.held} WHERE {column} IS NOT NULL"
            rows += cursor.execute(held).fetchall()
        named |= {record for (text,) in rows if (record := record_of(text)) is not None}
    if named:
        _name_records(cursor, "corrected", sorted(named))
        cursor.execute(
            "INSERT INTO ended_record SELECT run, file, record FROM temp.corrected"
            " JOIN quarantine_file USING (run, file) WHERE source = ?",
            [source],
        )


def _keep(
    cursor: Cursor,
    execution: Execution,
    given: int,
    report: ImportReport,
    options: ImportOptions,
    plan: Plan,
) -> None:
    """Put the rows that an import leaves out into quarantine."""
    held = plan.held.of_files(0, given)
    rows = held.by_file()
    documents = {id(execution.tables[position].document) for position in rows}
    for position, read in enumerate(execution.tables[:given]):
        if id(read.document) not in documents:
            continue
        name = _document_name(read.document, options)
        mapping = read.document.text if options.mapping is not None else None
        form = json.dumps(dataclasses.asdict(read.table.form))
        cursor.execute(
            "INSERT INTO quarantine_file SELECT ?, ?, ?, ?, ?::TIMESTAMP, ?, ?, ?, ?, ?",
            [
                *(report.id, position, read.table.name, options.source, report.at.rstrip("Z")),
                *(name, mapping, read.sources, list(read.table.columns), form),
            ],
        )
        if position in rows:
            found = rows[position]
            cursor.execute(
                f"INSERT INTO quarantine_row SELECT ?, ?, h._row, r.record, [{_cells(read.table)}],"
                f" r.reasons FROM temp.{read.held} AS h JOIN (SELECT unnest(?::BIGINT[]) AS row,"
                " unnest(?::BIGINT[]) AS record, unnest(?::VARCHAR[]) AS reasons) AS r"
                " ON r.row = h._row",
                [
                    *(report.id, position, [one.row for one in found]),
                    *([one.record for one in found], [one.reasons for one in found]),
                ],
            )
    if held.nodes:
        columns = [list(column) for column in zip(*held.nodes, strict=True)]
        cursor.execute(
            "INSERT INTO quarantine_node SELECT ?, unnest(?::INTEGER[]), unnest(?::BIGINT[]),"
            " unnest(?::VARCHAR[]), unnest(?::BOOLEAN[])",
            [report.id, *columns],
        )


def _document_name(document: Document, options: ImportOptions) -> str:
    """Return the name of a mapping document: that of a template without its ending."""
    return document.name if options.mapping is not None else document.name.rpartition(".")[0]


def _cells(table: SourceTable) -> str:
    """Return the columns of a table that are cells of its file."""
    return ", ".join(f"c{i}" for i in range(len(table.columns)))


def _name_records(cursor: Cursor, table: str, records: Sequence[Record]) -> None:
    """Fill a temporary table of records."""
    columns = [list(column) for column in zip(*records, strict=True)]
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT unnest(?::VARCHAR[]) AS run,"
        " unnest(?::INTEGER[]) AS file, unnest(?::BIGINT[]) AS record",
        columns,
    )


def forget(cursor: Cursor, records: str) -> int:
    """Delete the records of a temporary table from the quarantine; return how many rows."""
    ended = f"(run, file, record) IN (SELECT run, file, record FROM temp.{records})"
    gone = counted(cursor.execute(f"DELETE FROM quarantine_row WHERE {ended}"))
    cursor.execute(f"DELETE FROM quarantine_node WHERE {ended}")
    cursor.execute("DELETE FROM quarantine_file WHERE run NOT IN (SELECT run FROM quarantine_row)")
    return gone
