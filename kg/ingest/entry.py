"""A single record that is entered by hand: a file of one row, through the same gate.

Each entry is a source of its own, so that it replaces nothing of another one and can be taken back
alone; its keys, and the references, are those of a source that files come from. A field that is
left empty is a column that the file does not have.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from kg.ingest.inputs import template
from kg.ingest.options import ImportOptions
from kg.ingest.pipeline import run_import
from kg.ingest.report import ImportReport
from kg.ingest.template_files import cells_of
from kg.store import Store

FIRST_SOURCE = ImportOptions().source
"""The source of keys as long as there is none."""

TAKEN_KEY = "cell: taken"
"""The kind of the finding that a key names another record already."""

_SOURCES = """
SELECT coalesce(json_extract_string(report, '$.keys_of'), source) AS name FROM import_run
WHERE undone IS NULL AND number IS NOT NULL GROUP BY name ORDER BY max(number) DESC, name
"""


def enter(
    store: Store, name: str, texts: Mapping[str, str], options: ImportOptions
) -> ImportReport:
    """Import a record of a template by the texts of its columns; return what became of it.

    Of `options`, `source` says what the entry is called: the time is added to it. Where its key is
    taken, the report tells what else is wrong, as it would be under a key of its own.

    Raises:
        UsageError: there is no such template, or a text cannot stand in a file.
        ImportStoppedError: it was stopped.
    """
    now = datetime.now(UTC)
    called = f"{options.source}, {now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03} UTC"
    options = replace(options, source=called)
    report = import_row(store, name, texts, options)
    taken = [one for one in report.findings if one.kind == TAKEN_KEY]
    if taken:
        # What is said of another record's key is never put together with what that record says.
        own = {one.column: uuid4().hex for one in taken if one.column}
        rest = import_row(store, name, {**texts, **own}, replace(options, dry_run=True))
        report.findings = [*taken, *rest.findings]
        report.violations = len(taken) + rest.violations
    return report


def import_row(
    store: Store,
    name: str,
    texts: Mapping[str, str],
    options: ImportOptions,
    *,
    every_column: bool = False,
) -> ImportReport:
    """Import a file of one row; it has the columns that hold something, or every one.

    Raises:
        UsageError: there is no such template, or a text cannot stand in a file.
        ImportStoppedError: it was stopped.
    """
    cells = cells_of(template(name))
    given = {one.column: texts.get(one.column, "").strip() for one in cells}
    written = [one.column for one in cells if every_column or given[one.column] or one.required]
    with tempfile.TemporaryDirectory(prefix="clientgraph-") as folder:
        path = Path(folder) / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            rows.writerow(written)
            rows.writerow([given[column] for column in written])
        return run_import(store, [path], options)


def key_sources(store: Store) -> list[str]:
    """Return the names of the sources whose keys records have, the last one imported first."""
    found = [str(name) for (name,) in store.cursor().execute(_SOURCES).fetchall()]
    return found or [FIRST_SOURCE]
