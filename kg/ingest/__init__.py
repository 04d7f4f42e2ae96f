"""Files into the graph: readers, mapping documents, checks, and the import itself."""

from kg.ingest.inputs import template, template_names
from kg.ingest.origins import Origin, why
from kg.ingest.pipeline import ImportOptions, ImportRun, list_imports, run_import
from kg.ingest.report import FileReport, Finding, ImportReport, SetAsideRows
from kg.ingest.undoing import UndoReport, undo_import

__all__ = [
    "FileReport",
    "Finding",
    "ImportOptions",
    "ImportReport",
    "ImportRun",
    "Origin",
    "SetAsideRows",
    "UndoReport",
    "list_imports",
    "run_import",
    "template",
    "template_names",
    "undo_import",
    "why",
]
