"""One attempt at an import inside its transaction: read, check, map, stage, validate.

Each import has a graph for facts and, where it has personal data, one for these, both described in
the provenance graph (modelling decisions, section 5).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from kg.ingest import quarantine
from kg.ingest.doubts import find_doubt
from kg.ingest.execution import Execution
from kg.ingest.functions import Context, focal_iri
from kg.ingest.gate import LISTED_PER_SHAPE, Violations, check_shapes
from kg.ingest.inputs import Inputs
from kg.ingest.messages import respelled_note
from kg.ingest.options import ImportOptions
from kg.ingest.plan import Plan, Record
from kg.ingest.production import LITERAL, ORIGIN, SHARED, Graphs
from kg.ingest.progress import Teller
from kg.ingest.provenance import declaration, description, needs_declaration, stage_own
from kg.ingest.refusal import Refused, find_refused
from kg.ingest.renewal import EARLIER, Renewal
from kg.ingest.report import FileReport, ImportReport
from kg.ingest.wrong_codes import check_codes
from kg.ingest.wrong_terms import check_terms
from kg.namespaces import PROVENANCE_GRAPH, graph_iri
from kg.shacl import project_shapes
from kg.sparql.deadline import Deadline
from kg.store import DEFAULT_GRAPH, Transaction
from kg.store.rdf import Place, load_file
from kg.store.schema import ROW_BITS
from kg.store.spelling import Respelling

LISTED_FOR_ROWS = 10_000
"""Results listed for each shape where every refused row is to have its reason."""

_CELLS_WRONG = {
    "en": "Where a rule reads a wrong cell, it is judged once that cell is corrected.",
    "fr": "Une règle qui lit une cellule fausse n'est jugée qu'une fois la cellule corrigée.",
}
_NO_ROW = {
    "en": "A broken rule cannot be led back to rows of a table, so that no row could be set apart:"
    " the import is refused whole.",
    "fr": "Une règle enfreinte ne se ramène à aucune ligne d'un tableau, si bien qu'aucune ligne"
    " n'a pu être écartée : l'import est refusé en entier.",
}


_NODES_OF_RDF = """
WITH said AS (SELECT DISTINCT s FROM quad WHERE born = $number AND origin >= $origin),
other AS (
    SELECT s, bool_or(born < $number) AS earlier, bool_or(born = $number) AS along
    FROM quad SEMI JOIN said USING (s)
    WHERE died IS NULL AND (born < $number OR origin < $origin) GROUP BY s
)
SELECT count(*) FILTER (other.s IS NULL), count(*) FILTER (earlier AND NOT along)
FROM said LEFT JOIN other USING (s)
"""
"""Nodes that RDF files add, and of which they say more than the store held."""


class Attempt:
    """One attempt at an import."""

    def __init__(self, tx: Transaction, options: ImportOptions, secret: str, plan: Plan) -> None:
        self._tx = tx
        self._options = options
        self._plan = plan
        at = tx.at.replace(tzinfo=UTC)
        key = f"{at:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        self._graphs = Graphs(
            options.graph or str(graph_iri("facts", key)), str(graph_iri("personal", key))
        )
        self._context = Context(
            secret,
            options.source,
            options.settings.organization,
            options.settings.currency,
            instant(at),
            options.keys_of,
            options.keys_of is not None and not options.renews,
        )
        self.report = ImportReport(
            id=key,
            source=options.source,
            keys_of=options.keys_of,
            agent=options.agent,
            at=instant(at),
            facts_graph=self._graphs.facts,
            personal_graph=self._graphs.personal,
        )
        self.execution = Execution(tx, self._context, self._graphs, self.report)
        self.execution.corrections = options.corrections
        self.teller = Teller()
        """Is told how far the attempt is."""
        self.deadline: Deadline | None = None
        """Guards the cursor of the transaction, where the attempt can be stopped."""
        self.given = 0
        """Number of tables of the import itself; those after them come from the quarantine."""
        self.refused: Refused | None = None
        """Rows that cannot be taken; None where that was not asked or cannot be told."""
        self.by_shape: dict[str, int] = {}
        """Number of the violations found, by shape and by kind of wrong cell."""
        self.arrived: tuple[Record, ...] = ()
        """Records in quarantine that wait for something which this import brings."""
        self._respelling = Respelling()
        self._turn = 0
        self._rows = 0

    @property
    def _row_by_row(self) -> bool:
        """Every row that cannot be taken is to be known."""
        return self._options.row_by_row or bool(self._plan.waiting)

    def run(self, inputs: Inputs) -> None:
        """Do everything up to the commit, or to the first things that are wrong."""
        self.report.notes += inputs.notes
        self._read(inputs)
        self.teller.tell("check")
        self.execution.check_cells()
        self.execution.map(lambda part: self.teller.tell("map", part))
        if not self._waited_for():
            self._insert(inputs)

    def _waited_for(self) -> bool:
        """Find the records in quarantine that came to wait for nothing more; tell of any."""
        if self.report.refused:
            return False
        if self._plan.waiting is None:
            source, number = self._options.source, self._tx.number
            self.arrived = tuple(quarantine.arrived(self._tx.cursor, source, number))
        return bool(self.arrived)

    def _read(self, inputs: Inputs) -> None:
        """Read what is given and what waits, but for the rows that are to be left out."""
        for number, (document, files) in enumerate(inputs.tables):
            self.teller.tell("read", number / len(inputs.tables))
            self.execution.read(document, files)
            self.teller.tell("read", (number + 1) / len(inputs.tables), self._unread_rows())
        self.given = len(self.execution.tables)
        quarantine.read_waiting(self._tx.cursor, self.execution, self._plan.waiting or ())
        for position, rows in self._plan.held.by_file().items():
            self.execution.hold(position, [one.row for one in rows])

    def _unread_rows(self) -> int:
        """Return how many rows were read since this was asked last."""
        before, self._rows = self._rows, sum(file.rows for file in self.report.files)
        return self._rows - before

    def _insert(self, inputs: Inputs) -> None:
        """Insert what was staged, and validate it."""
        tables = len(self.report.files)
        parts = 1 + len(inputs.rdf)
        self._tell_writing(0, parts)
        files = [file.name for file in self.report.files] + [path.name for path in inputs.rdf]
        self._write(files)
        self.execution.check_literals()
        for number, path in enumerate(inputs.rdf, start=1):
            self._tell_writing(number, parts)
            self._load_rdf(path)
        if inputs.rdf:
            self._count_nodes_of_rdf(tables)
            if self._waited_for():
                return
        self.teller.tell("validate")
        by_cell = dict(self.report.by_shape)
        if self._respelling.quads:
            self.report.notes.append(respelled_note(self._respelling.quads))
        if inputs.rdf or self._options.mapping is not None:
            check_terms(self._tx.cursor, self._tx.number, self.report)
        self._judge(by_cell)

    def _judge(self, by_cell: dict[str, int]) -> None:
        """Judge what was inserted, but for what depends on wrong cells."""
        doubt = None
        if by_cell:
            self.report.notes.append(_CELLS_WRONG)
            doubt = find_doubt(self._tx.cursor, self.execution)
        check_codes(self._tx.cursor, self._tx.number, self.report, self.execution.files, doubt)
        shapes = self._options.shapes or project_shapes()
        limit = LISTED_FOR_ROWS if self._row_by_row else LISTED_PER_SHAPE
        files, rules = self.execution.files, self.execution.producer.rules
        violations = check_shapes(
            self._tx,
            shapes,
            self._today(),
            self.report,
            files,
            rules,
            doubt=doubt,
            after_refusals=bool(self._plan.held.rows),
            limit=limit,
            deadline=self.deadline,
            tell=lambda part: self.teller.tell("validate", part),
        )
        self.teller.tell("validate", 1.0)
        if self.report.refused:
            self.by_shape = by_cell | violations.by_shape
            self._find_refused(violations)

    def _tell_writing(self, number: int, parts: int) -> None:
        """Tell that a part of several is being written: all tables, or an RDF file."""

        def tell(part: float) -> None:
            self.teller.tell("write", (number + part) / parts)

        tell(0)
        self._tx.tell = tell

    def _find_refused(self, violations: Violations) -> None:
        """Find the rows that cannot be taken, where every one of them is to be known."""
        if self._row_by_row:
            focal = focal_iri(self._context)
            self.refused = find_refused(self._tx, self.execution, focal, self.report, violations)
            if self.refused is None:
                self.report.notes.append(_NO_ROW)

    def _write(self, files: Sequence[str]) -> None:
        """Insert the staged quads, in place of what earlier imports of the source said.

        `files` are the names of those that the import takes, RDF documents too.
        """
        self._respelling.rules = self.execution.producer.respelled
        subjects = ("subject", "n", "s")
        self._respelling.apply(self._tx.cursor, "staged_quad", ("p",), LITERAL, subjects)
        self._respelling.rules = set()
        renewal = Renewal(self._tx, self._context, self.report)
        self._turn = renewal.turn
        renewal.keep_dates()
        self._describe(files)
        named = [node for _, _, node, needed in self._plan.held.nodes if not needed]
        with self._tx.insertion(besides=EARLIER) as insertion:
            insertion.add("temp.staged_quad", SHARED, ORIGIN)
            self.report.quads_written = insertion.finish()
            # A row whose key is wrong does not tell which node it names: none is absent for that.
            complete = self._options.complete and not self.report.refused
            renewal.replace(insertion.coded, complete=complete, held=named)

    def _today(self) -> date:
        """Return the day that rules take as today."""
        zone = ZoneInfo(self._options.settings.timezone)
        return self._options.as_of or datetime.now(zone).date()

    def _load_rdf(self, path: Path) -> None:
        """Load an RDF file; what it leaves unnamed goes to the graph of the import."""
        tx, graph = self._tx, self._graphs.facts
        origin = len(self.report.files) << ROW_BITS
        place = Place(origin, EARLIER, _salt(path, self._options.source), self._respelling)
        if self._options.graph is not None:
            new = load_file(tx, path, graph=graph, place=place)
        else:
            new = load_file(tx, path, place=place)
            tx.tell = None
            unnamed = (
                "SELECT s.lex AS s, p.lex AS p, o.lex AS o, o.dt AS odt, o.lang AS olang,"
                " {graph} AS g, q.origin FROM quad AS q JOIN term AS s ON s.id = q.s"
                " JOIN term AS p ON p.id = q.p JOIN term AS o ON o.id = q.o"
                f" WHERE q.born = {tx.number} AND q.g = {DEFAULT_GRAPH}"
            )
            tx.insert(unnamed.format(graph=f"'{graph}'"))
            tx.delete(unnamed.format(graph="NULL::VARCHAR"))
        self.report.files.append(FileReport(path.name, "rdf", quads=new))
        self.report.quads_staged += new
        self.report.quads_written += new

    def _count_nodes_of_rdf(self, first: int) -> None:
        """Enter the nodes that the files from `first` on add or change into the report."""
        names = {"number": self._tx.number, "origin": first << ROW_BITS}
        added, changed = self._tx.cursor.execute(_NODES_OF_RDF, names).fetchall()[0]
        self.report.difference.added += added
        self.report.difference.changed += changed

    def _describe(self, files: Sequence[str]) -> None:
        """Stage what the import itself adds: provenance, and the focal organisation if needed."""
        cursor = self._tx.cursor
        context = self._context
        personal = cursor.execute(
            "SELECT 1 FROM temp.staged_quad AS q JOIN temp.rule AS r USING (rule)"
            " WHERE coalesce(q.g, r.g) = ? LIMIT 1",
            [self._graphs.personal],
        ).fetchall()
        graphs = [self._graphs.facts, *([self._graphs.personal] if personal else [])]
        rows = description(graphs, context, self._options.agent, self._tx.number, files)
        stage_own(cursor, rows, str(PROVENANCE_GRAPH))
        if needs_declaration(cursor, context):
            graph = str(graph_iri("facts", "organization"))
            stage_own(cursor, declaration(context), graph)
            rows = description([graph], context, self._options.agent, self._tx.number)
            stage_own(cursor, rows, str(PROVENANCE_GRAPH))

    def keep(self) -> None:
        """Keep the report beside the data, for the list of imports; the quarantine with it."""
        report, tx = self.report, self._tx
        quarantine.settle(tx.cursor, self.execution, self.given, report, self._options, self._plan)
        changed = report.changes_anything
        if not changed:
            tx.cursor.execute("DELETE FROM quad WHERE born = ?", [tx.number])
            report.quads_written = 0
        tx.recorded = changed
        report.status = "committed" if changed else "unchanged"
        report.commit = tx.number if changed else None
        tx.cursor.execute(
            "INSERT INTO import_run VALUES (?, ?, ?, ?, ?, ?, NULL, ?)",
            [
                report.id,
                report.commit,
                tx.at,
                report.agent,
                report.source,
                json.dumps(report.as_kept(), ensure_ascii=False),
                self._turn,
            ],
        )
        self.execution.release()


def _salt(path: Path, source: str) -> str:
    """Return what the blank nodes of a document depend on: the same document has the same ones."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{source}\x1f{digest}"


def instant(at: datetime) -> str:
    """Return a time as the text of an `xsd:dateTime` in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
