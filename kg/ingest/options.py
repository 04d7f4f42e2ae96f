"""How to import: what callers choose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kg.config import Settings
from kg.errors import UsageError
from kg.ingest.compile import IRI
from kg.ingest.corrections import Correction
from kg.ingest.progress import Listener
from kg.shacl import Shapes
from kg.sparql.running import Allowance
from kg.store import Cursor

ON_VIOLATION = ("reject", "quarantine")
"""What may become of records with violations: the import is refused, or they are kept apart."""

_IMPORT = Allowance(kind="import")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import; the defaults are those of the command line."""

    source: str = "default"
    """Name of the source: keys are its own, and the same key there is the same record."""
    keys_of: str | None = None
    """Another source whose keys the files use. What they name by a key has to be new then: what
    that source says of a record is its own to change."""
    renews: bool = False
    """The files are newer ones of the source, whose keys are of another: they need not be new."""
    mapping: Path | None = None
    """Mapping document; None takes the template that each file is named after."""
    graph: str | None = None
    """Graph for facts; None makes one for this import."""
    complete: bool = False
    """The files hold all records of the source: those that they do not name are removed."""
    dry_run: bool = False
    on_violation: str = "reject"
    fix_sheet: Path | None = None
    """Where to write the refused rows, with what is wrong with them."""
    progress: Listener | None = None
    """Is told how far the import is."""
    allowance: Allowance = _IMPORT
    """For whom it runs: under that name it is listed and can be stopped while it does."""
    agent: str = "local"
    settings: Settings = field(default_factory=Settings)
    shapes: Shapes | None = None
    """Shapes at the gate; None takes those of the project."""
    figures: Callable[[Cursor], Mapping[str, int]] | None = None
    """Figures whose change a dry run tells: computed before it, and in its open transaction."""
    corrections: tuple[Correction, ...] = ()
    """Cells that are to be read as something else than the files say."""
    show_rows: bool = False
    """The report of a dry run, or of a refusal, has the rows that its findings are about."""
    as_of: date | None = None
    """Day that rules take as today; None takes today in the time zone of the settings."""

    @property
    def quarantine(self) -> bool:
        """Records with violations are kept apart, and the others committed."""
        return self.on_violation == "quarantine"

    @property
    def row_by_row(self) -> bool:
        """Every row that cannot be taken is to be known, and not only the first kind of them."""
        return self.quarantine or self.fix_sheet is not None

    def check(self) -> None:
        """Refuse values that no option has.

        Raises:
            UsageError: an option has a wrong value.
        """
        if self.on_violation not in ON_VIOLATION:
            raise UsageError(
                f"on_violation is {self.on_violation!r}; use {' or '.join(ON_VIOLATION)}."
            )
        if self.keys_of is not None and self.quarantine:
            # A row would come out of quarantine with keys of the source itself.
            raise UsageError("Rows with keys of another source cannot wait in quarantine.")
        if self.graph is not None and not re.fullmatch(IRI, self.graph):
            raise UsageError(f"The graph is {self.graph!r}, not an absolute IRI: write it in full.")
