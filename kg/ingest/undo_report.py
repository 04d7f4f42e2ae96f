"""What taking an import back did, or why it was refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Dependent:
    """A later fact about a node that would be there no more."""

    subject: str
    predicate: str
    object: str
    import_id: str | None
    file: str | None
    row: int | None


@dataclass(slots=True)
class UndoReport:
    """What taking an import back did; `status` is `committed`, `refused` or `dry-run`."""

    import_id: str
    status: str = "refused"
    commit: int | None = None
    on_dependents: str = "refuse"
    quads_removed: int = 0
    quads_restored: int = 0
    dependents: list[Dependent] = field(default_factory=list)
    dependent_count: int = 0
    """Later facts that depend on the import; `dependents` lists the first ones."""
    violations: list[dict[str, object]] = field(default_factory=list)
    """Results of shapes that the graph would have: shape, focus and messages."""
    violation_count: int = 0
    quads_quarantined: int = 0
    """Quads of later imports that went with what they need."""
    rows_quarantined: int = 0
    """Rows in quarantine that hold them."""
    rows_discarded: int = 0
    """Rows that the import itself had put into quarantine, and that are given up with it."""

    @property
    def refused(self) -> bool:
        """Later facts depend on the import and stay, or the graph would break a rule without it."""
        held = self.dependent_count if self.on_dependents == "refuse" else 0
        return held + self.violation_count > 0

    def as_json(self) -> dict[str, Any]:
        """Return the report as values that JSON knows."""
        return dataclasses.asdict(self) | {"refused": self.refused}


def dependent_line(one: Mapping[str, Any], language: str) -> str:
    """Return a dependent, as JSON has it, as a line: where the fact comes from, and the fact."""
    row = f", {_ROW[language]} {one['row']}" if one["row"] else ""
    place = one["file"] or one["import_id"] or "-"
    return f"{place}{row}: {one['subject']} {one['predicate']} {one['object']}"


_ROW = {"en": "row", "fr": "ligne"}
