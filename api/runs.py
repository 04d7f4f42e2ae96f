"""The imports that were committed, as the store keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kg.store import Store


@dataclass(frozen=True, slots=True)
class ImportRun:
    """An import that was committed, without its report."""

    id: str
    commit: int
    at: datetime
    agent: str
    source: str

    def as_json(self) -> dict[str, Any]:
        """Return the run as values that JSON knows."""
        return {
            "id": self.id,
            "commit": self.commit,
            "at": self.at.isoformat() + "Z",
            "agent": self.agent,
            "source": self.source,
        }


def list_runs(store: Store) -> list[ImportRun]:
    """Return the imports of a store, the last one first."""
    rows = store.cursor().execute(
        "SELECT id, number, at_time, agent, source FROM import_run ORDER BY number DESC"
    )
    return [ImportRun(*row) for row in rows.fetchall()]


def read_report(store: Store, run_id: str) -> dict[str, Any] | None:
    """Return the report of an import, or None when there is no such import."""
    row = (
        store.cursor()
        .execute("SELECT report FROM import_run WHERE id = ?", [run_id])
        .fetchone()
    )
    if row is None:
        return None
    report: dict[str, Any] = json.loads(row[0])
    return report
