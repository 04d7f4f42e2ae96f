"""What a dry run found, by kind, each case with its row and the cells at fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.labels import concept
from api.language import current_language, in_language, text_keys, translate
from kg.ingest.report import Figure, Finding, ImportReport
from kg.terminology import load_terminology, rule_named

GROUP_SHOWN = 5
"""Cases of each kind that are shown at first."""
_SEVERITIES = ("violation", "warning", "info")


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell of a row; one at fault can be corrected."""

    column: str
    text: str
    at_fault: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A finding: its message, its place, and the row where there is one."""

    message: str
    file: str | None
    row: int | None
    cells: list[ShownCell]


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one kind; `total` counts them, `cases` are those that are listed."""

    kind: str
    name: str
    severity: str
    total: int
    cases: list[Case]

    @property
    def columns(self) -> list[str]:
        """The columns that rows of this kind have, those at fault first."""
        cells = [cell for case in self.cases for cell in case.cells]
        at_fault = [cell.column for cell in cells if cell.at_fault]
        return list(dict.fromkeys([*at_fault, *(cell.column for cell in cells)]))


@dataclass(frozen=True, slots=True)
class Move:
    """A figure before and after."""

    name: str
    before: int
    after: int


def grouped(report: ImportReport) -> list[Group]:
    """Return the findings of a report by kind, the gravest and most frequent first."""
    rows = {(one.file, one.row): one.cells for one in report.rows}
    found: dict[str, list[Finding]] = {}
    for one in report.findings:
        found.setdefault(one.kind, []).append(one)
    groups = [
        Group(
            kind,
            _name(kind),
            several[0].severity,
            max(report.by_shape.get(kind, 0), len(several)),
            [_case(one, rows.get((one.file or "", one.row or 0), {})) for one in several],
        )
        for kind, several in found.items()
    ]
    return sorted(groups, key=lambda one: (_SEVERITIES.index(one.severity), -one.total, one.kind))


def moved(figures: Sequence[Figure]) -> list[Move]:
    """Return the figures that a dry run would move, by their names for people."""
    return [
        Move(_figure(one.name), one.before, one.after) for one in figures if one.before != one.after
    ]


def _case(finding: Finding, cells: Mapping[str, str | None]) -> Case:
    # Where a property is made of several columns, the finding names them all.
    named = {finding.column, *(finding.column or "").split(", ")}
    return Case(
        in_language(finding.message),
        finding.file,
        finding.row,
        [
            ShownCell(column, text or "", at_fault=column in named)
            for column, text in cells.items()
            if column
        ],
    )


def _name(kind: str) -> str:
    """Return the name of a kind of finding: of a rule, or of a kind of wrong cell."""
    key = "cell." + kind.removeprefix("cell: ")
    if key in text_keys():
        return translate(key)
    return in_language(rule_named(kind).names) or kind


def _figure(name: str) -> str:
    """Return the name of a figure: a stage, an outcome of referrals, or one of ours."""
    kind, _, slug = name.partition(":")
    if not slug:
        return translate(f"figure.{kind}")
    # Stages are counted by their notation, outcomes by their name.
    term = concept(kind, slug) or load_terminology().named(f"scheme/{kind}/{slug}")
    return translate(f"figure.{kind}", name=term.label(current_language()) if term else slug)
