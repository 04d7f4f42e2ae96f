"""What describes an analysis: names, titles, options, columns; and how it is run by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from kg.analysis.collection import paused_collection
from kg.errors import BrokenSegmentError, UsageError
from kg.lifecycle import Context, Note, Parameters, Table, read_parameters
from kg.lifecycle.evaluation import usable
from kg.store import Cursor

OptionValue = str | date | Parameters | None


@dataclass(frozen=True, slots=True)
class Option:
    """An option of an analysis: its name for users, and the argument that takes it."""

    name: str
    argument: str
    kind: type[str] | type[date] | type[Parameters]
    en: str
    fr: str
    required: bool = False
    choices: tuple[str, ...] = ()

    def parsed(self, cursor: Cursor, value: OptionValue) -> OptionValue:
        """Return a value given as text as one of the option's kind.

        Raises:
            UsageError: it is none.
        """
        if isinstance(value, str) and self.kind is date:
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise UsageError(
                    f"{self.name} is {value!r}; give a date like 2025-12-31."
                ) from None
        if isinstance(value, str) and self.kind is Parameters:
            return read_parameters(cursor, value)
        if self.choices and value not in self.choices:
            raise UsageError(f"{self.name} is {value!r}; choose among {', '.join(self.choices)}.")
        return value


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysis: names, titles, options, the columns of its table and what computes it."""

    name: str
    en: str
    fr: str
    columns: tuple[str, ...]
    function: Callable[..., Table]
    options: tuple[Option, ...] = ()

    def run(
        self, cursor: Cursor, context: Context, options: Mapping[str, OptionValue] | None = None
    ) -> Table:
        """Return the table of the analysis; options without value count as not given.

        Raises:
            UsageError: an option is unknown, missing or has a wrong value.
        """
        given = {name: value for name, value in (options or {}).items() if value not in (None, "")}
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                raise UsageError(f"{self.name} takes no option {name!r}; it takes {_list(known)}.")
        for option in self.options:
            if option.required and option.name not in given:
                raise UsageError(f"{self.name} needs the option {option.name!r}; give it a value.")
        arguments = {
            known[n].argument: known[n].parsed(cursor, value) for n, value in given.items()
        }
        start, end = arguments.get("start"), arguments.get("end")
        if isinstance(start, date) and isinstance(end, date) and start > end:
            raise UsageError(
                f"The period from {start} to {end} ends before it begins; exchange the dates."
            )
        with paused_collection():
            return without_broken_segments(
                context,
                lambda asked: self.function(cursor, asked, **arguments),
                again=lambda: usable(cursor),
            )


Answer = TypeVar("Answer")


def without_broken_segments(
    context: Context, attempt: Callable[[Context], Answer], again: Callable[[], bool] | None = None
) -> Answer:
    """Return what an attempt gives under a context, leaving out each segment that fails in it.

    The failure of a segment's query ends the snapshot: all is done anew without the segment, unless
    `again` says that it cannot be.

    Raises:
        BrokenSegmentError: a segment failed, and nothing can be done anew.
    """
    while True:
        try:
            return attempt(context)
        except BrokenSegmentError as error:
            if again is not None and not again():
                raise
            context = context.without(error.segment, Note(str(error), error.french))


def _list(names: Mapping[str, Option]) -> str:
    """Return names for a message."""
    return ", ".join(names) or "none"
