"""Imports: read, check, map, stage, validate, then commit or leave no trace.

One import is one transaction. A violation refuses all of it; a dry run does the same work and is
rolled back. Each import has a graph for facts and, where it has personal data, one for these, both
described in the provenance graph (modelling decisions, section 5).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from kg.config import Settings
from kg.errors import UsageError
from kg.ingest.execution import Execution
from kg.ingest.functions import Context
from kg.ingest.gate import check_shapes
from kg.ingest.inputs import Inputs, find_inputs
from kg.ingest.production import STAGED_QUADS, Graphs
from kg.ingest.provenance import declaration, description, needs_declaration, stage_own
from kg.ingest.renewal import EARLIER, Renewal
from kg.ingest.report import FileReport, ImportReport
from kg.namespaces import PROVENANCE_GRAPH, graph_iri
from kg.shacl import Shapes, project_shapes
from kg.store import DEFAULT_GRAPH, Store, Transaction
from kg.store.rdf import Place, load_file
from kg.store.schema import ROW_BITS

_CELLS_WRONG = {
    "en": "Mapping and shapes were not run because cells are wrong.",
    "fr": "La mise en correspondance et les formes n'ont pas été exécutées : des cellules sont"
    " fausses.",
}
_VALUES_WRONG = {
    "en": "Shapes were not run because values cannot be mapped.",
    "fr": "Les formes n'ont pas été exécutées : des valeurs ne trouvent pas de correspondance.",
}
ON_VIOLATION = ("reject",)
"""What may become of an import with violations."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import; the defaults are those of the command line."""

    source: str = "default"
    """Name of the source: keys are its own, and the same key there is the same record."""
    mapping: Path | None = None
    """Mapping document; None takes the template that each file is named after."""
    graph: str | None = None
    """Graph for facts; None makes one for this import."""
    complete: bool = False
    """The files hold all records of the source: those that they do not name are removed."""
    dry_run: bool = False
    on_violation: str = "reject"
    agent: str = "local"
    settings: Settings = field(default_factory=Settings)
    shapes: Shapes | None = None
    """Shapes at the gate; None takes those of the project."""
    as_of: date | None = None
    """Day that rules take as today; None takes today in the time zone of the settings."""


def run_import(
    store: Store, paths: Iterable[Path | str], options: ImportOptions | None = None
) -> ImportReport:
    """Import files and folders together, and return what became of them.

    Raises:
        UsageError: nothing to import, or an option has a wrong value.
        SourceError: a file cannot be read.
        MappingError: the mapping document is wrong, or does not fit the files.
        RdfSyntaxError: an RDF file cannot be read.
    """
    options = options or ImportOptions()
    if options.on_violation not in ON_VIOLATION:
        raise UsageError(
            f"on_violation is {options.on_violation!r}; use {' or '.join(ON_VIOLATION)}."
        )
    inputs = find_inputs([Path(path) for path in paths], options.mapping)
    with store.write(agent=options.agent, activity="import", note=options.source) as tx:
        report = _Import(tx, options, _secret(store)).run(inputs)
        if options.dry_run or report.refused or not report.changes_anything:
            tx.rollback()
            report.commit = None
            report.status = _status(report, options)
    return report


def _status(report: ImportReport, options: ImportOptions) -> str:
    """Return what became of an import that left nothing."""
    if report.refused:
        return "refused"
    return "dry-run" if options.dry_run else "unchanged"


def _secret(store: Store) -> str:
    """Return the secret that IRIs are made with."""
    secret = store.setting("iri_secret")
    if secret is None:
        raise UsageError("The store has no secret for IRIs: it was not made by clientgraph.")
    return secret


class _Import:
    """One import inside its transaction."""

    def __init__(self, tx: Transaction, options: ImportOptions, secret: str) -> None:
        self._tx = tx
        self._options = options
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
            _instant(at),
        )
        self.report = ImportReport(
            id=key,
            source=options.source,
            agent=options.agent,
            at=_instant(at),
            facts_graph=self._graphs.facts,
            personal_graph=self._graphs.personal,
        )

    def run(self, inputs: Inputs) -> ImportReport:
        """Do everything up to the commit, and return the report."""
        report = self.report
        report.notes += inputs.notes
        execution = Execution(self._tx, self._context, self._graphs, report)
        for document, files in inputs.tables:
            execution.read(document, files)
        execution.check_cells()
        if report.refused:
            report.notes.append(_CELLS_WRONG)
            return report
        execution.map()
        if report.refused:
            report.notes.append(_VALUES_WRONG)
            return report
        self._write()
        execution.check_literals()
        for path in inputs.rdf:
            self._load_rdf(path)
        if not report.refused:
            shapes = self._options.shapes or project_shapes()
            rules = execution.producer.rules
            check_shapes(self._tx, shapes, self._today(), report, execution.files, rules)
        if not report.refused:
            self._keep()
        return report

    def _write(self) -> None:
        """Insert the staged quads, in place of what earlier imports of the source said."""
        renewal = Renewal(self._tx, self._context, self.report)
        renewal.keep_dates()
        self._describe()
        self._tx.cursor.execute(f"CREATE TEMP TABLE staged_quads AS {STAGED_QUADS}")
        with self._tx.insertion(besides=EARLIER) as insertion:
            insertion.add("staged_quads")
            self.report.quads_written = insertion.finish()
            renewal.replace(insertion.coded, complete=self._options.complete)
        self._tx.cursor.execute("DROP TABLE temp.staged_quads")

    def _today(self) -> date:
        """Return the day that rules take as today."""
        zone = ZoneInfo(self._options.settings.timezone)
        return self._options.as_of or datetime.now(zone).date()

    def _load_rdf(self, path: Path) -> None:
        """Load an RDF file; what it leaves unnamed goes to the graph of the import."""
        tx, graph = self._tx, self._graphs.facts
        origin = len(self.report.files) << ROW_BITS
        place = Place(origin, EARLIER, _salt(path, self._options.source))
        if self._options.graph is not None:
            new = load_file(tx, path, graph=graph, place=place)
        else:
            new = load_file(tx, path, place=place)
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

    def _describe(self) -> None:
        """Stage what the import itself adds: provenance, and the focal organisation if needed."""
        cursor = self._tx.cursor
        context = self._context
        personal = cursor.execute(
            "SELECT 1 FROM temp.staged JOIN temp.rule AS r USING (rule)"
            " WHERE coalesce(staged.g, r.g) = ? LIMIT 1",
            [self._graphs.personal],
        ).fetchall()
        graphs = [self._graphs.facts, *([self._graphs.personal] if personal else [])]
        rows = description(graphs, context, self._options.agent, self._tx.number)
        stage_own(cursor, rows, str(PROVENANCE_GRAPH))
        if needs_declaration(cursor, context):
            graph = str(graph_iri("facts", "organization"))
            stage_own(cursor, declaration(context), graph)
            rows = description([graph], context, self._options.agent, self._tx.number)
            stage_own(cursor, rows, str(PROVENANCE_GRAPH))

    def _keep(self) -> None:
        """Keep the report beside the data, for the list of imports."""
        report = self.report
        report.status, report.commit = "committed", self._tx.number
        self._tx.cursor.execute(
            "INSERT INTO import_run VALUES (?, ?, ?, ?, ?, ?, NULL)",
            [
                report.id,
                self._tx.number,
                self._tx.at,
                report.agent,
                report.source,
                json.dumps(report.as_kept(), ensure_ascii=False),
            ],
        )


def _salt(path: Path, source: str) -> str:
    """Return what the blank nodes of a document depend on: the same document has the same ones."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{source}\x1f{digest}"


def _instant(at: datetime) -> str:
    """Return a time as the text of an `xsd:dateTime` in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


@dataclass(frozen=True, slots=True)
class ImportRun:
    """A committed import, as kept in the store."""

    id: str
    commit: int
    at: datetime
    agent: str
    source: str
    report: dict[str, object]

    def as_json(self) -> dict[str, object]:
        """Return the run as values that JSON knows."""
        return dataclasses.asdict(self) | {"at": _instant(self.at.replace(tzinfo=UTC))}


def list_imports(store: Store) -> Sequence[ImportRun]:
    """Return the committed imports, the latest first."""
    rows = store.cursor().execute(
        "SELECT id, number, at_time, agent, source, report FROM import_run ORDER BY number DESC"
    )
    return [
        ImportRun(run, number, at, agent, source, json.loads(report))
        for run, number, at, agent, source, report in rows.fetchall()
    ]
