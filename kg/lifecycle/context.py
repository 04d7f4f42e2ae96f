"""What an analysis is evaluated under, and the table that it answers with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kg.lifecycle.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Context:
    """The as-of date T, the knowledge time K, the parameters and the focal organisation f.

    `organization` is the source key of f or its IRI. A `knowledge` time without zone is read in
    `timezone`; None means now.
    """

    as_of: date
    organization: str = "ORG"
    knowledge: datetime | None = None
    parameters: Parameters = field(default_factory=Parameters)
    timezone: str = "Europe/Paris"
    currency: str = "EUR"

    @property
    def known_at(self) -> datetime:
        """The knowledge time in UTC, without zone, as the store keeps times."""
        moment = self.knowledge or datetime.now(UTC)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.timezone))
        return moment.astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of an analysis under their column names."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def __len__(self) -> int:
        return len(self.rows)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield each row by column name."""
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))

    def column(self, name: str) -> list[Any]:
        """Return the values of one column, in the order of the rows."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]
