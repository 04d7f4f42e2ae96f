"""Imports: read, check, map, stage, validate, then commit or leave no trace.

One import is one transaction. A violation refuses all of it, or sets apart the records that cannot
stand, as its options say; a dry run does the same work and is rolled back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from kg.errors import ImportStoppedError, UsageError
from kg.ingest.attempt import Attempt
from kg.ingest.corrections import rows_of
from kg.ingest.fixsheet import sheets_of, write_sheets
from kg.ingest.inputs import Inputs, find_inputs
from kg.ingest.options import ImportOptions
from kg.ingest.plan import Plan, Record
from kg.ingest.progress import Teller
from kg.ingest.refusal import Refused
from kg.ingest.report import Figure, ImportReport
from kg.ingest.stoppable import stoppable
from kg.store import Store, Transaction


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
    options.check()
    inputs = find_inputs([Path(path) for path in paths], options.mapping)
    return _run(store, inputs, options, Plan())


def retry_quarantine(
    store: Store, options: ImportOptions | None = None, run_id: str | None = None
) -> list[ImportReport]:
    """Import what is in quarantine, or what one import put there; return a report per source.

    What still cannot stand stays in quarantine.

    Raises:
        UsageError: that import has nothing in quarantine.
    """
    options = replace(options or ImportOptions(), on_violation="quarantine")
    waiting = _waiting(store, run_id)
    if run_id is not None and not waiting:
        raise UsageError(
            f"The import {run_id!r} has nothing in quarantine: `clientgraph quarantine list` says"
            " what is there."
        )
    return [
        _run(store, Inputs(), replace(options, source=source), Plan(waiting=tuple(records)))
        for source, records in waiting.items()
    ]


def _waiting(store: Store, run_id: str | None) -> dict[str, list[Record]]:
    """Return the records in quarantine by source."""
    rows = store.cursor().execute(
        "SELECT DISTINCT f.source, r.run, r.file, r.record FROM quarantine_row AS r"
        " JOIN quarantine_file AS f USING (run, file) WHERE coalesce(r.run = $run, true)"
        " ORDER BY ALL",
        {"run": run_id},
    )
    found: dict[str, list[Record]] = {}
    for source, *record in rows.fetchall():
        run, file, number = record
        found.setdefault(source, []).append((run, file, number))
    return found


def _run(store: Store, inputs: Inputs, options: ImportOptions, plan: Plan) -> ImportReport:
    """Attempt an import until nothing more is to be left out of it or taken along."""
    secret = _secret(store)
    teller = Teller(options.progress)
    following: Plan | None = plan
    while following is not None:
        plan = following
        with store.write(agent=options.agent, activity="import", note=options.source) as tx:
            attempt = Attempt(tx, options, secret, plan)
            text = f"import {options.source}"
            stopped = ImportStoppedError(
                f"The import of {options.source!r} was stopped. Nothing was written."
            )
            with stoppable(store, tx, options.allowance, text, teller, stopped) as guarded:
                attempt.deadline, attempt.teller = guarded
                attempt.run(inputs)
                following = _following(attempt, options, plan)
                if following is None:
                    _finish(store, tx, attempt, options, plan)
                else:
                    tx.rollback()
    return attempt.report


def _following(attempt: Attempt, options: ImportOptions, plan: Plan) -> Plan | None:
    """Return the plan of another attempt, None where this one was the last."""
    if plan.waiting is None and not attempt.report.refused:
        return replace(plan, waiting=attempt.arrived) if attempt.arrived else None
    if not attempt.report.refused:
        return None
    refused = attempt.refused
    own = refused is None or bool(refused.of_files(0, attempt.given).rows)
    if own and plan.waiting and attempt.given:
        # What waits must not stand in the way of what is imported: without it, then.
        return Plan(waiting=())
    if refused is None or not refused.rows or (own and not options.row_by_row):
        return None
    return plan.hold(refused, attempt.report, attempt.by_shape)


def _finish(
    store: Store, tx: Transaction, attempt: Attempt, options: ImportOptions, plan: Plan
) -> None:
    """Enter what was found before into the report, and commit or roll back."""
    report = attempt.report
    report.findings = [*plan.findings, *report.findings]
    report.violations += plan.violations
    if options.quarantine or not plan.held.of_files(0, attempt.given).rows:
        report.spared = plan.violations
        report.quarantined = len(plan.held.rows)
    else:
        for file in report.files:
            file.unused, file.quarantined = file.unused + file.quarantined, 0
    for name, count in plan.by_shape.items():
        report.by_shape[name] = report.by_shape.get(name, 0) + count
    if options.fix_sheet is not None:
        _write_fix_sheet(tx, attempt, options, options.fix_sheet, plan)
    if options.show_rows and (options.dry_run or report.refused):
        report.rows = rows_of(tx.cursor, attempt.execution.tables, report.findings)
    if options.dry_run and options.figures is not None and not report.refused:
        with contextlib.closing(store.cursor()) as cursor:
            before = options.figures(cursor)
        report.figures = _moved(before, options.figures(tx.cursor))
    if report.refused or options.dry_run:
        tx.rollback()
        report.status = "refused" if report.refused else "dry-run"
        report.quads_written = report.quads_written if report.changes_anything else 0
    else:
        attempt.keep()


def _moved(before: Mapping[str, int], after: Mapping[str, int]) -> list[Figure]:
    """Return figures side by side; one that is not told is 0."""
    names = [*before, *(name for name in after if name not in before)]
    return [Figure(name, before.get(name, 0), after.get(name, 0)) for name in names]


def _write_fix_sheet(
    tx: Transaction, attempt: Attempt, options: ImportOptions, path: Path, plan: Plan
) -> None:
    """Write the rows that the import does not take, where there are any."""
    refused = plan.held.rows + ([] if attempt.refused is None else attempt.refused.rows)
    rows = Refused(refused).of_files(0, attempt.given).by_file()
    if rows:
        kept = options.quarantine and not options.dry_run and not attempt.report.refused
        run = attempt.report.id if kept else None
        sheets = sheets_of(tx.cursor, attempt.execution.tables, rows, run)
        attempt.report.fix_sheets = [one.name for one in write_sheets(sheets, path)]


def _secret(store: Store) -> str:
    """Return the secret that IRIs are made with."""
    secret = store.setting("iri_secret")
    if secret is None:
        raise UsageError("The store has no secret for IRIs: it was not made by clientgraph.")
    return secret
