"""Files into the graph: readers, mapping documents, checks, and the import itself."""

from kg.ingest.inputs import template, template_names
from kg.ingest.pipeline import ImportOptions, ImportRun, list_imports, run_import
from kg.ingest.report import FileReport, Finding, ImportReport, SetAsideRows

__all__ = [
    "FileReport",
    "Finding",
    "ImportOptions",
    "ImportReport",
    "ImportRun",
    "SetAsideRows",
    "list_imports",
    "run_import",
    "template",
    "template_names",
]
