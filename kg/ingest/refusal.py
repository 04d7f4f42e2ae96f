"""The rows that an import cannot take, each with the reasons, and the nodes that they are about."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kg.ingest.dependence import missing, spread
from kg.ingest.execution import Execution
from kg.ingest.gate import Violations
from kg.ingest.messages import held_message, message, warning_message
from kg.ingest.report import ImportReport
from kg.store import Transaction

Reason = dict[str, object]
"""Why a row is refused: column, value and shape where there are any, and the message."""

_ROWS = """
SELECT {position}, f._row, coalesce(k.record, f._row) AS record, b.other
FROM temp.{relation} AS f
LEFT JOIN temp.same_record AS k ON k.file = {position} AND k.row = f._row
JOIN temp.bad AS b ON b.file = {position} AND b.record = coalesce(k.record, f._row)
ORDER BY f._row
"""
_PLACES = """
SELECT d.node, min((d.file, d.record)) FROM temp.described AS d
WHERE d.node IN (SELECT other FROM temp.bad) GROUP BY d.node
"""
_BROKEN = """
SELECT DISTINCT t.file, t.row, v.focus, v.check_no
FROM temp.violating AS v JOIN temp.stating AS t ON t.s = v.node ORDER BY ALL
"""
_BROKEN_RECORDS = """
SELECT DISTINCT d.file, d.record, v.focus, v.check_no
FROM temp.violating AS v JOIN temp.described AS d USING (node) ORDER BY ALL
"""
_NODES = """
SELECT DISTINCT d.file, d.record, d.node
FROM temp.bad AS b JOIN temp.described AS d USING (file, record)
"""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row that is not taken; `record` is the row by which its record is known."""

    file: int
    row: int
    record: int
    reasons: str
    """JSON list of `Reason`."""


@dataclass(slots=True)
class Refused:
    """What an import cannot take."""

    rows: list[HeldRow] = field(default_factory=list)
    nodes: list[tuple[int, int, str, bool]] = field(default_factory=list)
    """File, record, IRI of a node that it describes, or needs and nobody describes (True)."""

    def by_file(self) -> dict[int, list[HeldRow]]:
        """Return the rows of each file."""
        found: dict[int, list[HeldRow]] = defaultdict(list)
        for row in self.rows:
            found[row.file].append(row)
        return found

    def of_files(self, first: int, last: int) -> Refused:
        """Return what concerns the files from `first` up to `last`, that one left out."""
        return Refused(
            [row for row in self.rows if first <= row.file < last],
            [node for node in self.nodes if first <= node[0] < last],
        )


def find_refused(
    tx: Transaction,
    execution: Execution,
    focal: str,
    report: ImportReport,
    violations: Violations,
) -> Refused | None:
    """Return what cannot be taken because of wrong cells and broken rules; None: no telling.

    `focal` is the IRI of the focal organisation.
    """
    if not spread(tx, execution, focal):
        return None
    reasons = _Reasons(tx, execution, report, violations)
    refused = Refused()
    for position, read in enumerate(execution.tables):
        query = _ROWS.format(position=position, relation=read.table.relation)
        rows = tx.cursor.execute(query).fetchall()
        reasons.learn_culprits(rows)
        refused.rows += [HeldRow(row[0], row[1], row[2], reasons.of(*row)) for row in rows]
    found = tx.cursor.execute(_NODES).fetchall()
    refused.nodes = [(*one, False) for one in found]
    refused.nodes += [(*one, True) for one in missing(tx.cursor)]
    return refused


class _Reasons:
    """Why rows are refused."""

    def __init__(
        self,
        tx: Transaction,
        execution: Execution,
        report: ImportReport,
        violations: Violations,
    ) -> None:
        self._names = [report.files[index].name for index in execution.files]
        self._own: dict[tuple[int, int], list[Reason]] = defaultdict(list)
        self._places = {node: _pair(place) for node, place in tx.cursor.execute(_PLACES).fetchall()}
        for file, row, number, value in tx.cursor.execute(
            "SELECT * FROM temp.wrong WHERE file >= 0 ORDER BY ALL"
        ).fetchall():
            check = execution.failed[number]
            shown = ", ".join(check.columns)
            texts = message(check.code, column=shown, value=value, detail=check.detail)
            reason = {"column": shown or None, "value": value, "shape": None, "message": texts}
            self._own[file, row].append(reason)
        self._of_records: dict[tuple[int, int], list[Reason]] = defaultdict(list)
        for kept, query in ((self._own, _BROKEN), (self._of_records, _BROKEN_RECORDS)):
            for file, place, focus, number in tx.cursor.execute(query).fetchall():
                kept[file, place] += _broken(focus, violations.shapes[number], violations)
        self._culprits: dict[tuple[int, int], int] = {}
        self._warned: dict[tuple[str, int], list[Reason]] = defaultdict(list)
        for one in report.findings:
            if one.severity == "warning" and one.file is not None and one.row is not None:
                texts = warning_message(one.message)
                reason = {"column": one.column, "value": one.value, "message": texts}
                self._warned[one.file, one.row].append({**reason, "shape": one.shape})

    def learn_culprits(self, rows: Iterable[tuple[int, int, int, str | None]]) -> None:
        """Note the first row of each record that is refused for itself."""
        for file, row, record, _ in rows:
            if (file, row) in self._own:
                self._culprits.setdefault((file, record), row)

    def of(self, file: int, row: int, record: int, other: str | None) -> str:
        """Return the reasons of a row as JSON; `other` is the node that its record lacks."""
        reasons = self._own.get((file, row)) or self._of_records.get((file, record), [])
        if reasons and self._names.count(self._names[file]) == 1:
            # Whoever corrects the row can see to what is only warned of, too.
            reasons = reasons + self._warned.get((self._names[file], row), [])
        if not reasons and other in self._places:
            number, place = self._places[other]
            reasons = [_reason(held_message("needs", file=self._names[number], row=place))]
        elif not reasons:
            culprit = self._culprits.get((file, record), record)
            reasons = [_reason(held_message("record", row=culprit))]
        return json.dumps(_distinct(reasons), ensure_ascii=False)


def _reason(texts: dict[str, str]) -> Reason:
    return {"column": None, "value": None, "shape": None, "message": texts}


def _broken(focus: str, shape: str, violations: Violations) -> list[Reason]:
    """Return the reasons of a node that breaks a rule, as far as they are listed."""
    listed = violations.findings.get((focus, shape))
    if not listed:
        return [_reason(held_message("rule", rule=shape)) | {"shape": shape}]
    return [
        {"column": one.column, "value": one.value, "shape": shape, "message": one.message}
        for one in listed
    ]


def _distinct(reasons: Iterable[Reason]) -> list[Reason]:
    """Return reasons without repetitions."""
    found: list[Reason] = []
    for one in reasons:
        if one not in found:
            found.append(one)
    return found


def _pair(place: Any) -> tuple[int, int]:
    """Return a pair that the engine gives as a structure."""
    file, row = place.values() if isinstance(place, dict) else place
    return int(file), int(row)
