"""The imports that a store remembers, those that changed nothing included."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kg.ingest.attempt import instant
from kg.store import Cursor, Store

_OF_COMMITS = """
SELECT number, undone, id, source, report->>'$.files[*].name',
    report->>'$.files[*].document'
FROM import_run
WHERE number IN (SELECT unnest($commits::BIGINT[])) OR undone IN (SELECT unnest($commits::BIGINT[]))
"""


@dataclass(frozen=True, slots=True)
class ImportRun:
    """An import, as kept in the store; `commit` is None where it changed nothing."""

    id: str
    commit: int | None
    at: datetime
    agent: str
    source: str
    report: dict[str, object]

    def as_json(self) -> dict[str, object]:
        """Return the run as values that JSON knows."""
        return dataclasses.asdict(self) | {"at": instant(self.at.replace(tzinfo=UTC))}


@dataclass(frozen=True, slots=True)
class RunOfCommit:
    """The import that the commit `number` made, and the one that took it back, if any."""

    number: int
    undone: int | None
    id: str
    source: str
    files: list[str]
    documents: list[str]
    """Names of the mapping documents, or templates, of the files."""


def imports_of_commits(cursor: Cursor, commits: Sequence[int]) -> list[RunOfCommit]:
    """Return the imports that some commits made or took back."""
    rows = cursor.execute(_OF_COMMITS, {"commits": list(commits)}).fetchall()
    return [RunOfCommit(*row) for row in rows]


def list_imports(store: Store) -> Sequence[ImportRun]:
    """Return the imports, the latest first."""
    rows = store.cursor().execute(
        "SELECT id, number, at_time, agent, source, report FROM import_run ORDER BY turn DESC"
    )
    return [
        ImportRun(run, number, at, agent, source, json.loads(report))
        for run, number, at, agent, source, report in rows.fetchall()
    ]


def last_import(store: Store) -> ImportRun | None:
    """Return the last import that changed the graph and stands, None where there is none."""
    rows = store.cursor().execute(
        "SELECT id, number, at_time, agent, source FROM import_run"
        " WHERE number IS NOT NULL AND undone IS NULL ORDER BY number DESC LIMIT 1"
    )
    found = [
        ImportRun(run, number, at, agent, source, {})
        for run, number, at, agent, source in rows.fetchall()
    ]
    return found[0] if found else None


def recent_commits(store: Store, most: int) -> list[int]:
    """Return the commits of the last imports and of those taken back, the last first."""
    rows = store.cursor().execute(
        "SELECT DISTINCT n FROM (SELECT number AS n FROM import_run UNION SELECT undone"
        " FROM import_run) WHERE n IS NOT NULL ORDER BY n DESC LIMIT ?",
        [most],
    )
    return [row[0] for row in rows.fetchall()]
