"""The parties that are classified as asked, the first of them alone: what a page shows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from kg.lifecycle.classify import COLUMNS, classification_rows, classified
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.stages import decide
from kg.store import Cursor

AXES = ("stage", "depth", "former_kind")
"""Columns that may be asked to have one value."""
CHANGES = {
    "since": "b.stage = $before_stage OR $before_stage = '' AND b.stage <> c.stage",
    "first_after": "coalesce(c.first > $since, FALSE)",
    "back_after": (
        "c.stage = 'CURRENT' AND b.stage <> 'CURRENT' AND NOT coalesce(c.first > $since, FALSE)"
    ),
    "lost_after": "c.stage = 'FORMER' AND b.stage <> 'FORMER'",
}
"""What may have happened to a party since a day: the conditions on its class now and then.

It had another stage then, or a given one; it became a client, came back, or was lost.
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One of `CHANGES` since a day; `before` is the stage that a party had then, '' for any."""

    name: str
    since: date
    before: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The values of `AXES` and the flag that parties are to have; those closed may be left out."""

    axes: Mapping[str, str] = field(default_factory=dict)
    flag: str = ""
    is_open: bool = False
    change: Change | None = None


def list_classified(
    cursor: Cursor, context: Context, wanted: Wanted, most: int
) -> tuple[Table, int]:
    """Return the first parties of those wanted as `classify` does, and how many there are."""
    with snapshot(cursor):
        evaluation = classified(cursor, context)
        total = _build_listed(evaluation, wanted)
        rows = evaluation.run(
            f"{classification_rows(evaluation, 'listed')} LIMIT {most:d}"
        ).fetchall()
    return Table(COLUMNS, rows, tuple(evaluation.broken_segments.values())), total


def _build_listed(evaluation: Evaluation, wanted: Wanted) -> int:
    """Make the table `listed` of the rows of `classification` that are wanted; count them."""
    conditions = [f"c.{axis} = ${axis}_asked" for axis in AXES if axis in wanted.axes]
    values = {f"{axis}_asked": value for axis, value in wanted.axes.items()}
    if wanted.flag:
        conditions.append("list_contains(string_split(c.flags, ' '), $flag_asked)")
    if wanted.is_open:
        conditions.append("NOT list_contains(string_split(c.flags, ' '), 'CLOSED')")
    before = ""
    if change := wanted.change:
        evaluation.table(
            "before_probe",
            "SELECT party, least($since::DATE, closed) AS asked FROM party",
            since=change.since,
        )
        decide(evaluation, "before_probe", "before_decided", ["stage"])
        before = "JOIN before_decided AS b ON b.party = c.party"
        conditions.append(f"({CHANGES[change.name]})")
    return evaluation.table(
        "listed",
        f"SELECT c.* FROM classification AS c {before} WHERE {' AND '.join(conditions) or 'TRUE'}",
        **values,
        flag_asked=wanted.flag,
        since=change.since if change else None,
        before_stage=change.before if change else "",
    )
