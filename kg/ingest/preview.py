"""The first rows of files as the triples that a mapping makes of them; nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from kg.config import Settings
from kg.ingest.execution import Execution
from kg.ingest.functions import Context
from kg.ingest.inputs import find_inputs
from kg.ingest.production import Graphs
from kg.ingest.report import Finding, ImportReport
from kg.namespaces import graph_iri
from kg.store import Store

ROWS = 3
"""Rows shown of each file."""

_QUADS = """
SELECT t.file, t.row, t.s, coalesce(t.p, r.p), t.o, coalesce(t.odt, r.odt),
    coalesce(t.olang, r.olang),
    coalesce(t.g, r.g)
FROM temp.staged AS t JOIN temp.rule AS r USING (rule) WHERE t.file >= 0 ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class PreviewQuad:
    """A quad and the row that it comes from."""

    file: str
    row: int
    subject: str
    predicate: str
    object: str
    datatype: str | None
    language: str | None
    graph: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The quads of the first rows, and what is wrong in their cells."""

    quads: tuple[PreviewQuad, ...]
    findings: tuple[Finding, ...]


def preview(
    paths: Sequence[Path],
    mapping: Path | None = None,
    *,
    rows: int = ROWS,
    settings: Settings | None = None,
) -> Preview:
    """Return what the first rows of files become, by a mapping document or the templates.

    References to rows that are not shown are not checked, nor is anything else beyond the cells.

    Raises:
        UsageError: there is nothing to map.
        SourceError: a file cannot be read.
        MappingError: the mapping document is wrong, or does not fit the files.
    """
    inputs = find_inputs(list(paths), mapping)
    settings = settings or Settings()
    with Store.open() as store, store.write(agent="preview", activity="import") as tx:
        now = tx.at.replace(tzinfo=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        secret = store.setting("iri_secret") or ""
        context = Context(secret, "preview", settings.organization, settings.currency, now)
        graphs = Graphs(str(graph_iri("facts", "preview")), str(graph_iri("personal", "preview")))
        report = ImportReport(id="preview", source="preview", agent="preview", at=now)
        execution = Execution(tx, context, graphs, report)
        for document, files in inputs.tables:
            execution.read(document, files)
        execution.keep_first(rows)
        execution.map()
        found = tx.cursor.execute(_QUADS).fetchall()
        names = [report.files[index].name for index in execution.files]
        tx.rollback()
    quads = tuple(PreviewQuad(names[file], *others) for file, *others in found)
    return Preview(quads, tuple(report.findings))
