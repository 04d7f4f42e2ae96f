"""The parties that are classified as asked, the first of them alone: what a page shows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from kg.lifecycle.classify import COLUMNS
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import Evaluation
from kg.lifecycle.kept import Classes, Places, Stages, evaluated
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
    change = wanted.change
    before = (Stages(change.since),) if change else ()
    with evaluated(cursor, context, Classes(), Places(), *before) as evaluation:
        total = _build_listed(evaluation, wanted)
        rows = evaluation.run(_ROWS, most=most).fetchall()
    return Table(COLUMNS, rows, tuple(evaluation.broken_segments.values())), total


_ROWS = """
SELECT t.lex, first.key, c.stage, c.depth, c.former_kind, c.pipeline, c.position, c.tier, c.flags,
    c.first, c.last, c.n, $as_of, $knowledge, $params
FROM (SELECT * FROM listed ORDER BY place LIMIT $most) AS first
JOIN classification AS c ON c.party = first.party
JOIN term AS t ON t.id = first.party
ORDER BY first.place
"""


def _build_listed(evaluation: Evaluation, wanted: Wanted) -> int:
    """Make the table `listed` of the parties that are wanted, with their places; count them."""
    conditions = [f"c.{axis} = ${axis}_asked" for axis in AXES if axis in wanted.axes]
    values = {f"{axis}_asked": value for axis, value in wanted.axes.items()}
    if wanted.flag:
        conditions.append("list_contains(string_split(c.flags, ' '), $flag_asked)")
    if wanted.is_open:
        conditions.append("NOT list_contains(string_split(c.flags, ' '), 'CLOSED')")
    before = ""
    if change := wanted.change:
        before = f"JOIN {Stages(change.since).table} AS b ON b.party = c.party"
        conditions.append(f"({CHANGES[change.name]})")
    return evaluation.table(
        "listed",
        "SELECT c.party, p.key, p.place FROM classification AS c"
        f" JOIN party_place AS p ON p.party = c.party {before}"
        f" WHERE {' AND '.join(conditions) or 'TRUE'}",
        **values,
        flag_asked=wanted.flag,
        since=change.since if change else None,
        before_stage=change.before if change else "",
    )
