"""Taking an import back: what it added goes, what it replaced returns, later imports stand.

An import speaks of a pair of a node and a predicate when it names the node and covers the
predicate (see `kg.ingest.renewal`). Where a later import of the same source speaks of a pair, that
one decides; taking an earlier import back changes nothing there.
"""

from __future__ import annotations

import json
from datetime import date

from kg.config import Settings
from kg.errors import ImportStoppedError, UsageError
from kg.ingest.detaching import Detachment, leave_withdrawn
from kg.ingest.gate import severity_name
from kg.ingest.kept_facts import keep_facts
from kg.ingest.progress import UNDO_STEPS, Listener, Teller
from kg.ingest.quarantine import forget
from kg.ingest.renewal import keyed_kinds
from kg.ingest.stoppable import stoppable
from kg.ingest.undo_report import Dependent, UndoReport
from kg.minting import mint
from kg.namespaces import ID
from kg.shacl import Change, Report, Shapes, project_shapes, validate
from kg.sparql.running import Allowance
from kg.store import Cursor, Kind, Store, Transaction, lookup, place_of

ON_DEPENDENTS = ("refuse", "quarantine")
"""What may become of later facts that need what is taken back, and of the records they are of."""

LISTED = 100
"""Dependent facts, and results of shapes, that are listed; all are counted."""

_UNDO = Allowance(kind="undo")

_TAKEN = """
CREATE TEMP TABLE taken AS
SELECT number, turn FROM import_run
WHERE number IS NOT NULL AND source = $source AND (id = $run OR undone IS NOT NULL)
"""
"""The import and those taken back before it: a later one may have kept alive what they said."""

_COVERED = """
CREATE TEMP TABLE covered AS
SELECT r.turn, r.number, t.id AS p
FROM (
    SELECT turn, number, unnest(from_json(report->'$.covered', '["VARCHAR"]')) AS p
    FROM import_run WHERE source = $source AND id <> $run AND undone IS NULL
) AS r
JOIN term AS t ON t.h = md5_number_lower(r.p) AND t.lex = r.p AND t.dt IS NULL
"""

_SPOKEN = """
CREATE TEMP TABLE spoken AS
SELECT said.s, c.p, max(c.turn) AS last FROM (
    SELECT q.s, r.turn FROM quad AS q
    JOIN (SELECT DISTINCT turn, number FROM covered) AS r ON r.number = q.born
    WHERE q.origin IS NOT NULL
    UNION SELECT s, turn FROM restated WHERE turn IN (SELECT turn FROM covered)
) AS said JOIN covered AS c USING (turn) GROUP BY ALL
"""
"""Pairs of a node and a predicate, with the last import that stands and speaks of them."""

_UNSPOKEN = """
NOT EXISTS (SELECT 1 FROM spoken AS l WHERE l.s = q.s AND l.p = q.p AND l.last > taken.turn)
"""

_SAME = "r.s = q.s AND r.p = q.p AND r.o = q.o AND r.g = q.g"

_ENDED = f"""
CREATE TEMP TABLE ended AS
SELECT q.s, q.p, q.o, q.g FROM live AS q JOIN taken ON taken.number = q.born
WHERE q.origin IS NOT NULL AND {_UNSPOKEN}
UNION
SELECT q.s, q.p, q.o, q.g FROM live AS q
JOIN quad AS r ON {_SAME} JOIN taken ON taken.number = r.born
WHERE q.origin IS NOT NULL AND {_UNSPOKEN}
    AND q.born IN (SELECT undone FROM import_run WHERE undone IS NOT NULL)
"""
"""What the import added, also where it was removed and revived since."""

_REVIVED = f"""
CREATE TEMP TABLE revived AS
SELECT DISTINCT s.lex AS s, p.lex AS p, o.lex AS o, o.dt AS odt, o.lang AS olang, g.lex AS g,
    q.origin
FROM quad AS q JOIN taken ON taken.number = q.died
JOIN term AS s ON s.id = q.s JOIN term AS p ON p.id = q.p
JOIN term AS o ON o.id = q.o LEFT JOIN term AS g ON g.id = q.g
WHERE q.origin IS NOT NULL AND {_UNSPOKEN}
    AND NOT EXISTS (SELECT 1 FROM quad AS r WHERE {_SAME} AND r.born >= q.died)
    AND NOT EXISTS (SELECT 1 FROM live AS r WHERE {_SAME})
    AND NOT EXISTS (
        SELECT 1 FROM quad AS r JOIN import_run AS i ON i.number = r.born
        WHERE {_SAME} AND (i.undone IS NOT NULL OR i.id = $run)
    )
"""
"""What the import removed, but for what came from an import that was itself taken back."""

_UNNAMED = f"""
DELETE FROM revived
WHERE regexp_extract(s, $pattern, 1) NOT IN ('', {{keyed}})
    AND s NOT IN (SELECT o FROM revived WHERE odt IS NULL AND olang IS NULL)
    AND s NOT IN (
        SELECT t.lex FROM term AS t WHERE t.kind = {Kind.IRI:d}
            AND t.lex IN (SELECT s FROM revived)
            AND EXISTS (SELECT 1 FROM live WHERE live.o = t.id)
    )
"""
"""What would return of nodes without a key of their own (an address, a line) that nothing names."""

_DEPENDENTS = f"""
SELECT s.lex, p.lex, o.lex, q.born, q.origin, count(*) OVER ()
FROM live AS q JOIN term AS s ON s.id = q.s JOIN term AS p ON p.id = q.p
JOIN term AS o ON o.id = q.o
WHERE q.k IN ({Kind.IRI:d}, {Kind.BLANK:d}) AND q.o IN (SELECT s FROM ended)
    AND q.o NOT IN (SELECT s FROM live WHERE origin IS NOT NULL) AND q.origin IS NOT NULL
ORDER BY q.born, q.origin LIMIT {LISTED}
"""


def undo_import(
    store: Store,
    run_id: str,
    *,
    agent: str = "local",
    dry_run: bool = False,
    on_dependents: str = "refuse",
    shapes: Shapes | None = None,
    as_of: date | None = None,
    settings: Settings | None = None,
    wait: float | None = None,
    progress: Listener | None = None,
    allowance: Allowance = _UNDO,
) -> UndoReport:
    """Take an import back in one commit, unless later facts depend on it.

    With `on_dependents="quarantine"`, the nodes that these facts are about go to quarantine, with
    all that needs them. A dry run does the same and keeps nothing. `wait` is how many seconds
    another write may take to end, None for ever; `progress` is told how far it is, and
    `allowance` says for whom it runs: under that name it is listed and can be stopped.

    Raises:
        UsageError: there is no such import, it was taken back before, or an option is wrong.
        StoreBusyError: another write did not end in time.
        ImportStoppedError: somebody stopped it.
    """
    checked(on_dependents)
    with store.write(agent=agent, activity="undo", note=run_id, wait=wait) as tx:
        report = UndoReport(run_id, on_dependents=on_dependents)
        teller = Teller(progress, steps=UNDO_STEPS)
        stopped = ImportStoppedError(
            f"The undo of the import {run_id!r} was stopped. Nothing was written."
        )
        rules = shapes or project_shapes(), as_of or date.today()
        with stoppable(store, tx, allowance, f"undo {run_id}", teller, stopped) as (_, told):
            _take_back(tx, report, told)
            told.tell("validate")
            if on_dependents == "refuse":
                _check(tx, report, *rules)
            else:
                focal = _focal(store, tx.cursor, settings or Settings())
                _set_apart(tx, report, focal, *rules)
            told.tell("validate", 1.0)
        _end(tx, report, dry_run=dry_run)
    return report


def _take_back(tx: Transaction, report: UndoReport, teller: Teller) -> None:
    """Let go what the import added, and return what it replaced; find what depends on it."""
    teller.tell("compare")
    _compare(tx.cursor, report.import_id, _source_of(tx.cursor, report.import_id))
    teller.tell("write")
    report.quads_removed = tx.delete_codes("ended")
    _leave_unnamed(tx.cursor)
    report.quads_restored = tx.insert("revived")
    report.quads_removed += leave_withdrawn(tx)
    _find_dependents(tx.cursor, report)


def _end(tx: Transaction, report: UndoReport, *, dry_run: bool) -> None:
    """Keep what was done, or roll it back where it is refused or was to be seen only."""
    if report.refused:
        tx.rollback()
        return
    report.rows_discarded = _discard(tx.cursor, report.import_id)
    if dry_run:
        tx.rollback()
        report.status = "dry-run"
        return
    done = "UPDATE import_run SET undone = ? WHERE id = ?"
    tx.cursor.execute(done, [tx.number, report.import_id])
    report.status, report.commit = "committed", tx.number


def checked(on_dependents: str) -> str:
    """Return what may become of later facts.

    Raises:
        UsageError: it is none of `ON_DEPENDENTS`.
    """
    if on_dependents not in ON_DEPENDENTS:
        raise UsageError(f"on_dependents is {on_dependents!r}; use {' or '.join(ON_DEPENDENTS)}.")
    return on_dependents


def _focal(store: Store, cursor: Cursor, settings: Settings) -> int | None:
    """Return the id of the focal organisation, None where the store does not know it."""
    iri = mint(store.setting("iri_secret") or "", "party", "", settings.organization)
    return lookup(cursor, [(iri, None, None)])[0]


def _set_apart(
    tx: Transaction, report: UndoReport, focal: int | None, shapes: Shapes, as_of: date
) -> None:
    """Put into quarantine what cannot stand without the import, as long as there is more of it."""
    detachment = Detachment(tx, focal)
    while True:
        report.quads_quarantined += detachment.spread()
        found = _check(tx, report, shapes, as_of)
        rules = {
            number: str(check.shape.node).rpartition("#")[2]
            for number, check in enumerate(found.checks)
            if severity_name(check.shape.severity) == "violation"
        }
        if not report.violation_count or not detachment.add_violating(rules):
            break
    if not report.refused:
        report.rows_quarantined = keep_facts(tx, report.import_id, focal)


def _discard(cursor: Cursor, run_id: str) -> int:
    """Give up what the import itself put into quarantine; return how many rows."""
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE given_up AS"
        " SELECT DISTINCT run, file, record FROM quarantine_row WHERE run = ?",
        [run_id],
    )
    return forget(cursor, "given_up")


def _source_of(cursor: Cursor, run_id: str) -> str:
    """Return the source of an import.

    Raises:
        UsageError: there is none of that name, or it was taken back before.
    """
    row = cursor.execute("SELECT source, undone FROM import_run WHERE id = ?", [run_id]).fetchone()
    if row is None:
        raise UsageError(f"There is no import {run_id!r}: `clientgraph imports` lists them.")
    source, undone = row
    if undone is not None:
        raise UsageError(f"The import {run_id!r} was taken back by commit {undone} already.")
    return str(source)


def _compare(cursor: Cursor, run_id: str, source: str) -> None:
    """Fill the tables of what goes and what returns."""
    names = {"run": run_id, "source": source}
    cursor.execute(_TAKEN, names)
    cursor.execute(_COVERED, names)
    cursor.execute(_SPOKEN)
    cursor.execute(_ENDED)
    cursor.execute(_REVIVED, {"run": run_id})


def _leave_unnamed(cursor: Cursor) -> None:
    """Let nodes without a key that nothing names be gone, as a newer export would."""
    keyed = ", ".join(f"'{kind}'" for kind in sorted(keyed_kinds()))
    query = _UNNAMED.format(keyed=keyed)
    while (cursor.execute(query, {"pattern": f"^{ID}([a-z-]+)/"}).fetchone() or (0,))[0]:
        pass


def _find_dependents(cursor: Cursor, report: UndoReport) -> None:
    """Enter the facts about nodes that are gone into the report."""
    rows = cursor.execute(_DEPENDENTS).fetchall()
    runs = {
        number: (run, json.loads(text)["files"])
        for number, run, text in cursor.execute(
            "SELECT number, id, report FROM import_run WHERE number IN (SELECT unnest(?))",
            [sorted({row[3] for row in rows})],
        ).fetchall()
    }
    for subject, predicate, object_, born, origin, total in rows:
        run, files = runs.get(born, (None, []))
        file, row = place_of(origin)
        name = files[file]["name"] if file < len(files) else None
        report.dependents.append(Dependent(subject, predicate, object_, run, name, row or None))
        report.dependent_count = total


def _check(tx: Transaction, report: UndoReport, shapes: Shapes, as_of: date) -> Report:
    """Enter the violations of the nodes that the undo touches into the report; return them all."""
    change = Change.of_commit(tx.number)
    found = validate(tx.cursor, shapes, as_of, change=change, limit=LISTED)
    report.violation_count = sum(
        count
        for (_, severity), count in found.counts().items()
        if severity_name(severity) == "violation"
    )
    report.violations = [
        {
            "shape": str(one.shape).rpartition("#")[2],
            "focus": one.focus[1],
            "message": dict(one.messages),
        }
        for one in found.results
        if severity_name(one.severity) == "violation"
    ]
    return found
