"""Files into the graph: readers, mapping documents, checks, and the import itself."""

from kg.ingest.inputs import template, template_names
from kg.ingest.jobs import ImportJob, ImportJobs, Job, UndoJob
from kg.ingest.kept import (
    QuarantinedRow,
    count_quarantine,
    discard,
    list_quarantine,
    quarantine_sheets,
)
from kg.ingest.options import ImportOptions
from kg.ingest.origins import Origin, why
from kg.ingest.pipeline import retry_quarantine, run_import
from kg.ingest.report import FileReport, Finding, ImportReport, SetAsideRows
from kg.ingest.runs import ImportRun, list_imports
from kg.ingest.undo_report import UndoReport
from kg.ingest.undoing import undo_import

__all__ = [
    "FileReport",
    "Finding",
    "ImportJob",
    "ImportJobs",
    "ImportOptions",
    "ImportReport",
    "ImportRun",
    "Job",
    "Origin",
    "QuarantinedRow",
    "SetAsideRows",
    "UndoJob",
    "UndoReport",
    "count_quarantine",
    "discard",
    "list_imports",
    "list_quarantine",
    "quarantine_sheets",
    "retry_quarantine",
    "run_import",
    "template",
    "template_names",
    "undo_import",
    "why",
]
