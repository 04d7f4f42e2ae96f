"""What an analysis is evaluated under, and the table that it answers with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from kg.lifecycle.parameters import RULE_VERSION, Parameters


class Note(NamedTuple):
    """What a reader of figures has to know beside them, in English and French."""

    en: str
    fr: str


@dataclass(frozen=True, slots=True)
class Context:
    """The as-of date T, the knowledge time K, the parameters and the focal organisation f.

    `organization` is the source key of f or its IRI. A `knowledge` time without zone is read in
    `timezone`; None means now. `left_out` are the segments, by the ids of their terms, whose
    queries failed on an earlier try, and why.
    """

    as_of: date
    organization: str = "ORG"
    knowledge: datetime | None = None
    parameters: Parameters = field(default_factory=Parameters)
    timezone: str = "Europe/Paris"
    currency: str = "EUR"
    left_out: Mapping[int, Note] = field(default_factory=dict, compare=False)

    @property
    def known_at(self) -> datetime:
        """The knowledge time in UTC, without zone, as the store keeps times."""
        moment = self.knowledge or datetime.now(UTC)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.timezone))
        return moment.astimezone(UTC).replace(tzinfo=None)

    def pinned(self) -> Context:
        """Return this context with its knowledge time said: now, where none was given."""
        return replace(self, knowledge=self.known_at.replace(tzinfo=UTC))

    def without(self, segment: int, why: Note) -> Context:
        """Return this context with one more segment left out."""
        return replace(self, left_out={**self.left_out, segment: why})

    def told(self) -> dict[str, str]:
        """Return what every figure names: T, K, the parameter set and the version of the rules."""
        return {
            "as_of": self.as_of.isoformat(),
            "knowledge": f"{self.known_at.isoformat()}Z",
            "params": self.parameters.iri,
            "rule_version": RULE_VERSION,
        }


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of an analysis under their column names; `notes` say what they leave out."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    notes: tuple[Note, ...] = ()

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

    def under(self, told: Mapping[str, str]) -> Table:
        """Return this table with a column of each thing told that it has no column of."""
        new = {name: text for name, text in told.items() if name not in self.columns}
        rows = [(*row, *new.values()) for row in self.rows]
        return Table((*self.columns, *new), rows, self.notes)


def told_beside(
    told: Mapping[str, str], notes: Iterable[Note], *, complete: bool
) -> dict[str, Any]:
    """Return what a JSON document has beside the rows of a table."""
    return {
        "context": dict(told),
        "complete": complete,
        "notes": [note._asdict() for note in notes],
    }


def told_sentence(told: Mapping[str, str], language: str) -> str:
    """Return for people what figures were computed under."""
    return _SENTENCES[language].format_map(told)


_SENTENCES = {
    "en": "As of {as_of}, known at {knowledge}, parameters {params}, rules {rule_version}.",
    "fr": "Au {as_of}, connu au {knowledge}, paramètres {params}, règles {rule_version}.",
}
