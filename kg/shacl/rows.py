"""Validation results as rows of plain values, for tables and JSON."""

from __future__ import annotations

from rdflib import BNode

from kg.shacl.model import Path, PredicatePath
from kg.shacl.paths import path_text
from kg.shacl.report import Report, ValidationResult

COLUMNS = ("severity", "focus", "path", "value", "shape", "message_en", "message_fr")


def rows(report: Report) -> list[list[str | None]]:
    """Return the listed results, each with the columns of `COLUMNS`.

    A message without a language stands in the English column.
    """
    return [_row(result) for result in report.results]


def _row(result: ValidationResult) -> list[str | None]:
    return [
        str(result.severity).rpartition("#")[2].lower(),
        result.focus[1],
        _path(result.path) if result.path else None,
        result.value[1] if result.value else None,
        None if isinstance(result.shape, BNode) else str(result.shape),
        result.messages.get("en", result.messages.get("")),
        result.messages.get("fr"),
    ]


def _path(path: Path) -> str:
    """Return a path as people and programs expect it: a bare IRI where it is one predicate."""
    return str(path.iri) if isinstance(path, PredicatePath) else path_text(path)
