"""Mapping documents at work: source tables, checks and staged quads inside one transaction.

All temporary tables live on the transaction's cursor and end with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlglot.expressions as exp

from kg.ingest.cells import bind_columns, checks_of
from kg.ingest.checking import Checker
from kg.ingest.compile import ROW, ROWS, Check, Relation, Values
from kg.ingest.corrections import Correction, correct
from kg.ingest.derivation import derive
from kg.ingest.functions import Context
from kg.ingest.inputs import TableFile
from kg.ingest.joins import join
from kg.ingest.known import KNOWN, TAKEN, collect_known, collect_taken
from kg.ingest.lookups import CREATE, fill
from kg.ingest.mapping import Cell, Document, Source
from kg.ingest.mapping import Mapping as DocumentMapping
from kg.ingest.messages import EMPTY_ROW
from kg.ingest.names import layout_of, names_of
from kg.ingest.production import FIRST, STAGED, STAGING, Graphs, Producer, Production
from kg.ingest.readers import SHEET_COLUMNS, SourceTable, read_table
from kg.ingest.report import FileReport, ImportReport, SetAsideRows
from kg.ingest.sql import call, column, every, missing, number, rendered, temporary
from kg.store import Transaction


@dataclass(slots=True)
class _Bound:
    """A document with the tables of its files."""

    document: Document
    tables: dict[str, Relation]
    """Source name -> relation of its file."""
    relations: dict[str, Relation] = field(default_factory=dict)


@dataclass(slots=True)
class ReadTable:
    """A table that was read, with the document that maps it."""

    table: SourceTable
    document: Document
    sources: list[str] = field(default_factory=list)
    """Those of its sources that read the table."""
    key: str | None = None
    """Column by which the rows of one record are known."""
    held: str | None = None
    """Table of the rows that were taken out."""
    waiting: tuple[str, int] | None = None
    """The import that put the rows into quarantine, and the number of their file there."""


class Execution:
    """Runs mapping documents over files, and keeps the account of every row in a report."""

    def __init__(
        self, tx: Transaction, context: Context, graphs: Graphs, report: ImportReport
    ) -> None:
        self._tx = tx
        self._cursor = tx.cursor
        self._context = context
        self._report = report
        self._bound: list[_Bound] = []
        self._reasons: list[dict[str, str]] = [EMPTY_ROW]
        self._tables = 0
        self._derivatives: set[str] = set()
        """Tables of derived sources; those of groups still tell later which rows they hold."""
        self._next_subject = 1
        self.corrections: Sequence[Correction] = ()
        """Cells to be read as something else than the files say."""
        self.producer = Producer(context, graphs)
        self.files: list[int] = []
        """Position in the report's files of each table read."""
        self.tables: list[ReadTable] = []
        """The tables read, by their number."""
        self._checker = Checker(tx.cursor, report, self.files)
        self._cursor.execute(STAGING)
        self._cursor.execute(CREATE)

    def read(self, document: Document, files: dict[str, TableFile]) -> None:
        """Read the files of a document's sources.

        Raises:
            SourceError: a file cannot be read, or lacks a column.
            MappingError: a column that the document names is not in its file.
        """
        read: dict[tuple[TableFile, str | None], SourceTable] = {}
        given: dict[str, SourceTable] = {}
        for source in document.sources:
            if source.access is None:
                continue
            file = files[source.name]
            key = file, source.iterator
            if key not in read:
                layout = layout_of(document, source, file.sheet)
                read[key] = read_table(self._cursor, file.path, self.fresh("file"), layout)
                correct(self._cursor, read[key], self.corrections)
            given[source.name] = read[key]
        self.bind(document, given)

    def bind(self, document: Document, given: Mapping[str, SourceTable]) -> None:
        """Take tables that were read for a document's sources, each by the name of its source.

        Raises:
            SourceError: a table lacks a column.
            MappingError: a column that the document names is not in its table.
        """
        tables: dict[str, Relation] = {}
        positions: dict[str, int] = {}
        for source in document.sources:
            if source.access is None:
                continue
            table = given[source.name]
            if table.relation not in positions:
                positions[table.relation] = self._register(table, document)
            position = positions[table.relation]
            self.tables[position].sources.append(source.name)
            tables[source.name] = relation = self._bind(document, source, table, position)
            for cell in source.cells:
                if cell.names is not None:
                    self.tables[position].key = relation.columns[cell.column]
        self._bound.append(_Bound(document, tables))

    def fresh(self, kind: str) -> str:
        """Return a fresh name of a temporary table."""
        self._tables += 1
        return f"{kind}_{self._tables}"

    def _register(self, table: SourceTable, document: Document) -> int:
        """Enter a file into the report, its empty rows set aside; return its number."""
        file = FileReport(table.name, "table", rows=table.rows, notices=list(table.notices))
        self._report.files.append(file)
        self.files.append(len(self._report.files) - 1)
        self.tables.append(ReadTable(table, document))
        position = len(self.files) - 1
        empty = every(missing(column(f"c{i}")) for i in range(len(table.columns)))
        relation = Relation(table.relation, {}, position)
        self._set_aside(relation, empty, 0)
        return position

    def mark_waiting(self, position: int, run: str, number: int) -> None:
        """Say that the rows of a table come from quarantine, where file `number` of a run was."""
        self.tables[position].waiting = (run, number)
        self._report.files[self.files[position]].retried = run

    def hold(self, position: int, rows: Collection[int]) -> None:
        """Take rows of a file out of what is to be imported, into a table of their own."""
        read = self.tables[position]
        read.held = self.fresh("held")
        relation = f"temp.{read.table.relation}"
        self._cursor.execute(
            f"CREATE TEMP TABLE {read.held} AS SELECT * FROM {relation}"
            " WHERE _row IN (SELECT unnest(?::BIGINT[]))",
            [list(rows)],
        )
        self._cursor.execute(
            f"DELETE FROM {relation} WHERE _row IN (SELECT _row FROM temp.{read.held})"
        )
        self._report.files[self.files[position]].quarantined = len(rows)

    def _bind(
        self, document: Document, source: Source, table: SourceTable, position: int
    ) -> Relation:
        """Return the relation of a file under the names that the document uses."""
        if source.cells:
            columns, left_out = bind_columns(table, source.cells)
            for cell in source.cells:
                if cell.column not in columns:
                    self.producer.absent.setdefault(position, set()).add(cell.column)
                    columns[cell.column] = self._add_column(table, len(columns) + len(left_out))
        else:
            named = names_of(document)
            columns = {name: f"c{i}" for i, name in enumerate(table.columns) if name}
            left_out = [name for name in table.columns if name not in named]
        self._report.files[self.files[position]].columns_left_out = [
            name for name in left_out if name not in SHEET_COLUMNS
        ]
        self._report.files[self.files[position]].document = document.name
        empty = frozenset(self.producer.absent.get(position, ()))
        return Relation(table.relation, columns, position, empty=empty)

    def _add_column(self, table: SourceTable, position: int) -> str:
        """Add an empty column to a file's table, for one that the file does not have."""
        name = f"c{max(position, len(table.columns)) + self._tables}"
        self._tables += 1
        self._cursor.execute(f"ALTER TABLE temp.{table.relation} ADD COLUMN {name} VARCHAR")
        return name

    def keep_first(self, rows: int) -> None:
        """Leave only the first rows of each file."""
        for bound in self._bound:
            for table in {relation.table for relation in bound.tables.values()}:
                self._cursor.execute(
                    f"DELETE FROM temp.{table} WHERE _row NOT IN"
                    f" (SELECT _row FROM temp.{table} ORDER BY _row LIMIT ?)",
                    [rows],
                )

    @property
    def failed(self) -> Sequence[Check]:
        """The checks that rows of the table `wrong` fail, by their number there."""
        return self._checker.failed

    def check_literals(self) -> None:
        """Report the literals just inserted whose text is not a value of their datatype."""
        self._checker.run_literals([rule.columns for rule in self.producer.rules])

    def check_cells(self) -> None:
        """Check the cells of all files, references between files and to the store included."""
        pairs = [
            (_given(source, bound.tables[source.name]), bound.tables[source.name])
            for bound in self._bound
            for source in bound.document.sources
            if source.cells
        ]
        collect_known(self._cursor, self._context, pairs)
        new = self._context.new_keys
        if new:
            collect_taken(self._cursor, self._context, pairs)
        for cells, relation in pairs:
            self._checker.run(relation, checks_of(cells, relation, new=new))

    def map(self, tell: Callable[[float], None] = lambda _part: None) -> None:
        """Derive the sources and stage the quads of every mapping; tell the part that is done.

        Raises:
            MappingError: a column is not there.
        """
        total = sum(len(bound.document.mappings) for bound in self._bound)
        done = 0
        for bound in self._bound:
            needed = names_of(bound.document)
            for source in bound.document.sources:
                bound.relations[source.name] = self._derived(bound, source, needed)
            for mapping in bound.document.mappings:
                tell(done / total)
                done += 1
                for name in mapping.sources:
                    table = self.fresh("made")
                    for production in self.producer.productions(
                        mapping, bound.relations[name], table
                    ):
                        self._produce(production, bound.relations[name])
                    self._join(bound, mapping, bound.relations[name])
            self._drop(one.table for one in bound.relations.values() if not one.grouped)
        self._store_rules()
        self._account()

    def _derived(self, bound: _Bound, source: Source, needed: set[str]) -> Relation:
        """Fill the relation of a source, its set-aside rows taken out."""
        parent = bound.relations[source.parent] if source.parent else bound.tables[source.name]
        if not (source.parent or source.where or source.columns or source.set_aside):
            return parent
        matched = bound.relations[source.match.source] if source.match else None
        derived = derive(source, parent, matched, self.fresh("rows"), self._context, needed)
        table = derived.relation.table
        fill(self._cursor, derived.lookups)
        self._cursor.execute(f"CREATE TEMP TABLE {table} AS {rendered(derived.query)}")
        self._derivatives.add(table)
        for item in source.set_aside:
            if item.reason not in self._reasons:
                self._reasons.append(item.reason)
            values = Values(derived.relation, self._context, item.place)
            fill(self._cursor, values.lookups(item.when))
            condition = values.sql(item.when)
            self._set_aside(derived.relation, condition, self._reasons.index(item.reason))
        self._checker.run(derived.relation, derived.checks)
        read = [name for item in source.set_aside for name in derived.relation.shown(item.when)]
        return replace(derived.relation, chosen_by=(*derived.relation.chosen_by, *read))

    def _drop(self, tables: Iterable[str]) -> None:
        """Drop those of some tables that belong to derived sources."""
        for table in self._derivatives.intersection(tables):
            self._cursor.execute(f"DROP TABLE temp.{table}")
            self._derivatives.remove(table)

    def release(self) -> None:
        """Drop what was read and staged: a commit would take its time to move it on."""
        self._drop(list(self._derivatives))
        files = {read.table.relation for read in self.tables}
        for table in (*STAGED, KNOWN, TAKEN, *sorted(files)):
            self._cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")

    def _set_aside(self, relation: Relation, condition: exp.Expr, reason: int) -> None:
        """Take rows out of a relation, keeping account of them under a reason."""
        row = call("unnest", column(ROWS)) if relation.grouped else column(ROW)
        query = exp.select(number(relation.file), row, number(reason))
        query = query.from_(temporary(relation.table)).where(condition)
        self._cursor.execute(f"INSERT INTO fate {rendered(query)}")
        self._cursor.execute(f"DELETE FROM temp.{relation.table} WHERE {rendered(condition)}")

    def _produce(self, production: Production, relation: Relation) -> None:
        """Run the statements of one production."""
        table = production.table
        fill(self._cursor, production.lookups)
        self._checker.run(relation, production.checks)
        self._cursor.execute(f"CREATE TEMP TABLE {table} AS {rendered(production.create)}")
        first = {FIRST: self._next_subject}
        self._insert("subject", production.subjects, first)
        quads = sum(self._insert("staged_quad", one, first) for one in production.inserts)
        self._next_subject += max(quads, self._rows(table))
        self._cursor.execute(f"INSERT INTO fate {rendered(production.rows)}")
        self._cursor.execute(f"DROP TABLE temp.{table}")

    def _insert(self, table: str, query: exp.Expr, values: dict[str, int]) -> int:
        """Insert what a query gives into a temporary table; return how many rows."""
        done = self._cursor.execute(f"INSERT INTO temp.{table} {rendered(query)}", values)
        return int(done.fetchall()[0][0])

    def _rows(self, table: str) -> int:
        """Return the number of rows of a temporary table."""
        return int(self._cursor.execute(f"SELECT count(*) FROM temp.{table}").fetchall()[0][0])

    def _join(self, bound: _Bound, mapping: DocumentMapping, ours: Relation) -> None:
        """Stage the quads whose objects are the subjects of other mappings."""
        pairs = [(rule, wanted) for rule in mapping.rules for wanted in rule.joins]
        for rule, wanted in pairs:
            target = bound.document.mapping(wanted.mapping)
            for name in target.sources:
                theirs = bound.relations[name]
                table = self.fresh("joined")
                joined = join(mapping, rule, wanted, ours, target, theirs, self._context, table)
                fill(self._cursor, joined.lookups)
                self._cursor.execute(f"CREATE TEMP TABLE {table} AS {rendered(joined.query)}")
                for production in self.producer.productions(
                    joined.mapping, joined.relation, self.fresh("made")
                ):
                    # Subjects and objects were checked where their own mappings were.
                    self._produce(replace(production, checks=()), joined.relation)
                self._cursor.execute(f"DROP TABLE temp.{table}")

    def _store_rules(self) -> None:
        """Fill the table `rule`."""
        rules = self.producer.rules
        columns = [
            list(range(len(rules))),
            [rule.predicate for rule in rules],
            [rule.object for rule in rules],
            [rule.datatype for rule in rules],
            [rule.language for rule in rules],
            [rule.graph for rule in rules],
            [rule.kin for rule in rules],
            [rule.covers for rule in rules],
            [rule.dated for rule in rules],
        ]
        self._cursor.execute(
            "INSERT INTO rule SELECT unnest(?::INTEGER[]), unnest(?::VARCHAR[]),"
            " unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[]),"
            " unnest(?::VARCHAR[]), unnest(?::INTEGER[]), unnest(?::BOOLEAN[]),"
            " unnest(?::BOOLEAN[])",
            columns,
        )

    def _account(self) -> None:
        """Enter into the report what became of the rows of every file."""
        fates: dict[int, list[tuple[int, int]]] = {}
        for number_of_file, reason, rows in self._cursor.execute(
            "SELECT file, reason, count(DISTINCT row) FROM fate GROUP BY ALL ORDER BY ALL"
        ).fetchall():
            fates.setdefault(number_of_file, []).append((reason, rows))
        staged = dict(
            self._cursor.execute("SELECT file, count(*) FROM staged_quad GROUP BY file").fetchall()
        )
        for position, index in enumerate(self.files):
            file = self._report.files[index]
            several = fates.get(position, [])
            file.unused = file.rows - self._touched(position, several) - file.quarantined
            file.quads = staged.get(position, 0)
            for reason, rows in several:
                if reason < 0:
                    file.mapped = rows
                else:
                    file.set_aside.append(SetAsideRows(self._reasons[reason], rows))
        self._report.quads_staged = sum(staged.get(i, 0) for i in range(len(self.files)))

    def _touched(self, file: int, fates: Sequence[tuple[int, int]]) -> int:
        """Return the number of rows of a file with any fate; one row may have several."""
        if len(fates) < 2:
            return sum(rows for _, rows in fates)
        asked = "SELECT count(DISTINCT row) FROM fate WHERE file = ?"
        return int(self._cursor.execute(asked, [file]).fetchall()[0][0])


def _given(source: Source, relation: Relation) -> list[Cell]:
    """Return what the columns of a source must hold that its file has."""
    return [cell for cell in source.cells if cell.column not in relation.empty]
