"""The report of an import: what was read, what became of it, and what is wrong, cell by cell."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

LISTED = 1000
"""Most findings listed in a report; the counts are always of all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A wrong cell, or a result of a shape with the cell that it comes from, where there is one."""

    severity: str
    """`violation`, `warning` or `info`."""
    message: dict[str, str]
    file: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    shape: str | None = None
    focus: str | None = None
    kind: str = ""
    """What `ImportReport.by_shape` counts it under: its shape, or the kind of wrong cell."""


@dataclass(frozen=True, slots=True)
class SetAsideRows:
    """Rows of a file that were not mapped for a stated reason."""

    reason: dict[str, str]
    rows: int


@dataclass(slots=True)
class FileReport:
    """What became of a file."""

    name: str
    kind: str
    """`table` or `rdf`."""
    document: str = ""
    """Name of the mapping document, or template, of a table."""
    rows: int = 0
    mapped: int = 0
    set_aside: list[SetAsideRows] = field(default_factory=list)
    unused: int = 0
    """Rows that were neither mapped nor set aside: no mapping took them."""
    quarantined: int = 0
    """Rows that went to quarantine, or stay there."""
    retried: str | None = None
    """The import that put these rows into quarantine, for rows that come out of it."""
    columns_left_out: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    quads: int = 0
    """Quads staged from a table, or new from an RDF file."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it is without an import and as it would be with it."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of a file: its cells by column, None for an empty one."""

    file: str
    row: int
    cells: dict[str, str | None]


@dataclass(slots=True)
class Difference:
    """How many nodes of the graph an import of a source adds, changes, removes, or finds alike."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class ImportReport:
    """The outcome of one import; `status` is `committed`, `unchanged`, `refused` or `dry-run`."""

    id: str
    source: str
    agent: str
    at: str
    keys_of: str | None = None
    """The source whose keys the files use, where they are not of their own."""
    status: str = "refused"
    files: list[FileReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    violations: int = 0
    warnings: int = 0
    infos: int = 0
    by_shape: dict[str, int] = field(default_factory=dict)
    """Number of results per shape, and per kind of wrong cell."""
    spared: int = 0
    """Violations of records that went to quarantine instead of refusing the import."""
    quarantined: int = 0
    """Rows that went to quarantine: those with violations, and those that need them."""
    released: int = 0
    """Rows that came out of quarantine with this import."""
    quads_staged: int = 0
    quads_written: int = 0
    """Quads that were new, the description of the import's graphs included."""
    quads_removed: int = 0
    """Quads of earlier imports of the source that these data replace."""
    difference: Difference = field(default_factory=Difference)
    covered: list[str] = field(default_factory=list)
    """Predicates that the import speaks of, for every subject that it names."""
    commit: int | None = None
    facts_graph: str = ""
    personal_graph: str = ""
    named_graphs: list[str] = field(default_factory=list)
    """Graphs that the mapping document names for what it makes of rows."""
    shapes_checked: bool = False
    notes: list[dict[str, str]] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    """Of a dry run: figures that the import would move or leave."""
    rows: list[SourceRow] = field(default_factory=list)
    """Of a dry run, where asked for: the rows that the listed findings are about."""
    fix_sheets: list[str] = field(default_factory=list)
    """Names of the fix sheets that were written."""

    @property
    def refused(self) -> bool:
        """The data has a violation, so nothing was or would be written."""
        return self.violations > self.spared

    @property
    def changes_anything(self) -> bool:
        """The data say something that the store does not hold yet, or no longer say what it did."""
        rdf = sum(file.quads for file in self.files if file.kind == "rdf")
        return self.quads_removed + self.difference.added + self.difference.changed + rdf > 0

    @property
    def truncated(self) -> bool:
        """There are more findings than listed."""
        return self.violations + self.warnings + self.infos > len(self.findings)

    def count(self, severity: str, number: int) -> None:
        """Count findings of one severity."""
        if severity == "violation":
            self.violations += number
        elif severity == "warning":
            self.warnings += number
        else:
            self.infos += number

    def list(self, finding: Finding) -> None:
        """List a finding that is counted already, while there is room."""
        if len(self.findings) < LISTED:
            self.findings.append(finding)

    def as_json(self) -> dict[str, Any]:
        """Return the report as values that JSON knows."""
        return dataclasses.asdict(self) | {"refused": self.refused, "truncated": self.truncated}

    def as_kept(self) -> dict[str, Any]:
        """Return the report to be kept with the store: without values of cells.

        A value may be personal data, which erasing a person must not leave behind in a report.
        """
        kept = self.as_json() | {"rows": []}
        for finding in kept["findings"]:
            finding["value"] = None
        return kept
