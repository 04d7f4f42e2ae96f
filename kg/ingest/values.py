"""What the values of a column look like: dates of an order, numbers of a mark, e-mails, phones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kg.ingest.codes import codes_of
from kg.ingest.mapping import Cell

_EMAIL = re.compile(r"(mailto:)?[^@\s<>]+@[^@\s<>]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(tel:)?\+?[0-9][0-9\s().\-/]{6,18}[0-9]")
_ISO = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_ISO_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[+-][0-9:]+)?")
_DAY = re.compile(r"([0-9]{1,4})[\s./-]+([0-9]{1,2})[\s./-]+([0-9]{1,4})")
_MONTH = re.compile(r"[0-9]{1,2}[\s./-][0-9]{4}")
_SERIAL = re.compile(r"[1-9][0-9]{4}([.,][0-9]+)?")
_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_NUMBERS = {
    (",", " "): r"[+-]?([0-9]+|[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+)(,[0-9]*)?",
    (",", "."): r"[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]*)?",
    (".", ","): r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?",
    (".", "'"): r"[+-]?([0-9]+|[0-9]{1,3}('[0-9]{3})+)(\.[0-9]*)?",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, and some of its values, none of them empty."""

    header: str
    values: tuple[str, ...]

    def all(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether there are values, and all match."""
        return bool(self.values) and all(pattern.fullmatch(value.strip()) for value in self.values)

    @property
    def reference(self) -> str:
        """The column as a mapping document writes it."""
        escaped = self.header.replace("(", "\\(").replace(")", "\\)")
        return f"$({escaped})"


def meaning_of(column: Column) -> str | None:
    """Return the column of a template that values speak for by themselves."""
    if column.all(_EMAIL):
        return "email"
    if column.all(re.compile(r"[A-Z]{3}")) and len(set(column.values)) < 10:
        return "currency"
    if date_order(column.values) is not None and not column.all(_ISO):
        return "date"
    if column.all(_PHONE) and not column.all(_PLAIN):
        return "phone"
    unique = len(set(column.values)) == len(column.values)
    return "key" if unique and column.all(re.compile(r"\S*[0-9]+\S*")) else None


def form_of(cell: Cell, column: Column) -> str:
    """Return how a column of a template comes out of a column of a file."""
    if cell.one_of:
        return _code(cell, column)
    read = _FORMS.get("date" if cell.kind == "day" else cell.kind)
    return read(column) if read is not None else column.reference


def _date(column: Column) -> str:
    """Return the reading of dates."""
    if not column.values or column.all(_ISO):
        return column.reference
    if column.all(_SERIAL):
        return f"excelDate({column.reference})"
    order = date_order(column.values)
    return f"date({column.reference}, {order})" if order else f"date({column.reference})"


def date_order(values: Sequence[str]) -> str | None:
    """Return the order of day, month and year, None where the values are no dates.

    Where all values leave it open, the day comes first.
    """
    parts = [_DAY.fullmatch(value.strip()) for value in values]
    found = [match for match in parts if match]
    rest = [value.strip() for value, match in zip(values, parts, strict=True) if not match]
    dated = all(
        pattern.fullmatch(value)
        for value in rest
        if (pattern := _ISO_TIME if len(value) > 10 else _MONTH)
    )
    if not found or not dated:
        return None
    if all(len(match.group(1)) == 4 for match in found):
        return "ymd"
    if any(len(match.group(3)) != 4 for match in found):
        return None
    month_first = any(int(match.group(2)) > 12 for match in found)
    return "mdy" if month_first else "dmy"


def _number(column: Column) -> str:
    """Return the reading of numbers."""
    if not column.values or column.all(_PLAIN):
        return column.reference
    for (mark, thousands), pattern in _NUMBERS.items():
        if column.all(re.compile(pattern)):
            return f'number({column.reference}, "{mark}", "{thousands}")'
    return f"number({column.reference})"


def _code(cell: Cell, column: Column) -> str:
    """Return the reading of codes from words; what means no code stays as it is."""
    found = codes_of(cell, column.values)
    if all(code in (None, value) for value, code in found.items()):
        return column.reference
    read = column.reference
    for code in reversed(cell.one_of):
        words = [_quoted(value) for value, meant in found.items() if meant == code]
        if words:
            read = f"when(in({column.reference}, {', '.join(words)}), {code}, {read})"
    return read


def _quoted(value: str) -> str:
    """Return a text as an argument of a call."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _truth(column: Column) -> str:
    """Return the reading of yes and no."""
    if set(column.values) <= {"true", "false"}:
        return column.reference
    yes = f"in(lower({column.reference}), true, yes, oui, vrai, x, 1, o, y)"
    return f"when(isNotNull({column.reference}), when({yes}, true, false))"


_FORMS: dict[str, Callable[[Column], str]] = {
    "date": _date,
    "decimal": _number,
    "boolean": _truth,
}
