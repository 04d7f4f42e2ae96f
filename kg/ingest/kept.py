"""What is in quarantine: its list, its sheets, and rows given up."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kg.errors import UsageError
from kg.ingest.fixsheet import Sheet, SheetRow
from kg.ingest.quarantine import forget
from kg.ingest.readers import Form
from kg.store import Store, counted

_ROWS = """
SELECT r.run, f.at_time, f.source, r.file, f.name, r.row, r.record, r.reasons, r.cells,
    (SELECT count(*) FROM quarantine_node AS n WHERE n.missing
        AND n.run = r.run AND n.file = r.file AND n.record = r.record)
FROM quarantine_row AS r JOIN quarantine_file AS f USING (run, file)
WHERE coalesce(r.run = $run, true) ORDER BY f.at_time, r.run, r.file, r.row
LIMIT $most OFFSET $past
"""
_ALL = 2**62
"""More rows than there ever are."""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row in quarantine, with the import that refused it and the reasons."""

    import_id: str
    at: datetime
    source: str
    file: str
    row: int
    reasons: list[dict[str, Any]]
    cells: list[str | None]
    waits_for: int
    """Number of nodes that its record needs and that nobody describes."""

    def text(self, language: str) -> str:
        """Return what is wrong in a language."""
        return reason_text(self.reasons, language)

    def as_json(self) -> dict[str, Any]:
        """Return the row as values that JSON knows."""
        return dataclasses.asdict(self) | {"at": self.at.isoformat()}


def reason_text(reasons: Iterable[Mapping[str, Any]], language: str) -> str:
    """Return reasons as one text in a language."""
    return " ".join(one["message"].get(language, "") for one in reasons)


def count_quarantine(store: Store) -> int:
    """Return the number of rows in quarantine."""
    return counted(store.cursor().execute("SELECT count(*) FROM quarantine_row"))


def list_quarantine(
    store: Store, run_id: str | None = None, *, past: int = 0, most: int = _ALL
) -> list[QuarantinedRow]:
    """Return the rows in quarantine, or those of one import, the oldest first.

    `past` rows are left out at the beginning, and `most` are returned.
    """
    rows = store.cursor().execute(_ROWS, {"run": run_id, "past": past, "most": most})
    return [
        QuarantinedRow(run, at, source, name, row, json.loads(reasons), cells, waits)
        for run, at, source, _, name, row, _, reasons, cells, waits in rows.fetchall()
    ]


def quarantine_sheets(store: Store, run_id: str | None = None) -> list[Sheet]:
    """Return the fix sheets of what is in quarantine, or of what one import put there."""
    cursor = store.cursor()
    files = cursor.execute(
        "SELECT DISTINCT f.run, f.file, f.name, f.form, f.header FROM quarantine_file AS f"
        " JOIN quarantine_row USING (run, file) WHERE coalesce(f.run = $run, true) ORDER BY ALL",
        {"run": run_id},
    ).fetchall()
    sheets = []
    for run, file, name, form, header in files:
        rows = cursor.execute(
            "SELECT cells, reasons, record FROM quarantine_row WHERE run = ? AND file = ?"
            " ORDER BY row",
            [run, file],
        ).fetchall()
        lines = [SheetRow(cells, reasons, (run, file, record)) for cells, reasons, record in rows]
        sheets.append(Sheet(name, Form(**json.loads(form)), header, lines))
    return list(_merged(sheets))


def _merged(sheets: Iterable[Sheet]) -> Iterator[Sheet]:
    """Yield sheets, those of one file as one; its columns are those that any of them has."""
    found: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        found.setdefault(sheet.name, []).append(sheet)
    for name, several in found.items():
        header = list(dict.fromkeys(column for sheet in several for column in sheet.header))
        rows = [
            row._replace(cells=[cells.get(column) for column in header])
            for sheet in several
            for row in sheet.rows
            for cells in [dict(zip(sheet.header, row.cells, strict=True))]
        ]
        yield Sheet(name, several[-1].form, header, rows)


def discard(store: Store, run_id: str, rows: Sequence[int] = (), *, agent: str = "local") -> int:
    """Give up what an import put into quarantine, or some rows of it; return how many rows.

    Raises:
        UsageError: there is nothing of that import, or not in these rows.
    """
    with store.write(agent=agent, activity="quarantine", note=run_id) as tx:
        tx.recorded = False
        tx.cursor.execute(
            "CREATE TEMP TABLE given_up AS SELECT DISTINCT run, file, record FROM quarantine_row"
            " WHERE run = ? AND (len(?::BIGINT[]) = 0 OR list_contains(?::BIGINT[], row))",
            [run_id, list(rows), list(rows)],
        )
        gone = forget(tx.cursor, "given_up")
        if not gone:
            raise UsageError(
                f"The import {run_id!r} has no such rows in quarantine: `clientgraph quarantine"
                " list` says what is there."
            )
    return gone
