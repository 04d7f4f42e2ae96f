"""What an attempt at an import knows from the attempts before it.

An import that sets records apart, or tries again what waits in quarantine, may need several
attempts: each is a transaction that leaves nothing, save the last. An attempt ends at the first
things that it finds wrong; the next one leaves those rows out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kg.ingest.refusal import Refused
from kg.ingest.report import Finding, ImportReport

Record = tuple[str, int, int]
"""A record in quarantine: the import, the number of its file there, and its first row."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows to leave out, what was found wrong with them, and what to try again."""

    held: Refused = field(default_factory=Refused)
    findings: tuple[Finding, ...] = ()
    violations: int = 0
    by_shape: dict[str, int] = field(default_factory=dict)
    waiting: tuple[Record, ...] | None = None
    """Records in quarantine to be tried along; None: it is not known yet which."""

    def hold(self, refused: Refused, report: ImportReport, by_shape: dict[str, int]) -> Plan:
        """Return the plan that leaves more rows out, for the violations of a report."""
        found = tuple(one for one in report.findings if one.severity == "violation")
        names = self.by_shape.keys() | by_shape.keys()
        return replace(
            self,
            held=Refused(self.held.rows + refused.rows, self.held.nodes + refused.nodes),
            findings=self.findings + found,
            violations=self.violations + sum(by_shape.values()),
            by_shape={n: self.by_shape.get(n, 0) + by_shape.get(n, 0) for n in names},
        )
