"""Our functions and aggregates for the evaluator, with the answers of the compiled ones."""

from __future__ import annotations

import calendar
import math
import re
import statistics
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rdflib import Literal
from rdflib.plugins.sparql.aggregates import Accumulator, Aggregator
from rdflib.plugins.sparql.evalutils import _eval
from rdflib.plugins.sparql.operators import register_custom_function
from rdflib.plugins.sparql.sparql import NotBoundError, SPARQLError
from rdflib.term import Node

from kg.namespaces import FUNCTION, XSD
from kg.sparql.comparing import place_of
from kg.sparql.literals import number_of
from kg.sparql.search import found
from kg.store import term_key
from kg.store.typing import INTEGER_RANGES

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_YEAR = re.compile(r"(\d{4})")
_INTEGERS = {XSD[name] for name in INTEGER_RANGES}


def _parts(term: Node, datatypes: str) -> list[int]:
    """Return year, month and day of a date as far as it tells them."""
    patterns = {XSD.date: _DAY, XSD.dateTime: _DAY, XSD.gYearMonth: _MONTH, XSD.gYear: _YEAR}
    allowed = {XSD[name] for name in datatypes.split()}
    if not isinstance(term, Literal) or term.datatype not in allowed or term.ill_typed:
        raise SPARQLError("no date")
    told = patterns[term.datatype].match(term)
    if told is None:
        raise SPARQLError("a date outside the calendar")
    return [int(part) for part in told.groups()]


def _day(term: Node) -> date:
    return _date(*_parts(term, "date dateTime"))


def _date(*parts: int) -> date:
    try:
        return date(*parts)
    except ValueError as error:
        raise SPARQLError(str(error)) from error


def _whole(term: Node) -> int:
    if not isinstance(term, Literal) or term.datatype not in _INTEGERS or term.ill_typed:
        raise SPARQLError("no integer")
    return int(term)


def _first_day(term: Node) -> Literal:
    parts = _parts(term, "date dateTime gYearMonth gYear")
    return _literal(_date(*(*parts, 1, 1)[:3]))


def _last_day(term: Node) -> Literal:
    year, month, day = (*_parts(term, "date dateTime gYearMonth gYear"), 0, 0)[:3]
    month = month or 12
    return _literal(_date(year, month, day or calendar.monthrange(year, month)[1]))


def _month(term: Node) -> Literal:
    year, month = _parts(term, "date dateTime gYearMonth")[:2]
    return Literal(f"{year:04}-{month:02}", datatype=XSD.gYearMonth)


def _quarter(term: Node) -> Literal:
    year, month = _parts(term, "date dateTime gYearMonth")[:2]
    return Literal(f"{year:04}-Q{(month + 2) // 3}")


def _add_days(term: Node, days: Node) -> Literal:
    try:
        return _literal(_day(term) + timedelta(days=_whole(days)))
    except OverflowError as error:
        raise SPARQLError(str(error)) from error


def _add_months(term: Node, months: Node) -> Literal:
    return _literal(_later(_day(term), _whole(months)))


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise SPARQLError("a date outside the calendar")
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _days_between(start: Node, end: Node) -> Literal:
    return Literal((_day(end) - _day(start)).days)


def _months_between(start: Node, end: Node) -> Literal:
    days = _day(start), _day(end)
    early, late = sorted(days)
    months = (late.year - early.year) * 12 + late.month - early.month
    months -= _later(early, months) > late
    return Literal(months if days[0] <= days[1] else -months)


def _literal(day: date) -> Literal:
    return Literal(day.isoformat(), datatype=XSD.date)


def _search(text: Node, wanted: Node) -> Literal:
    for term in (text, wanted):
        if not isinstance(term, Literal) or term.datatype not in (None, XSD.string):
            raise SPARQLError("a search in what is no string")
    return Literal(found(str(text), str(wanted)))


class _Collected(Accumulator):
    """The values of a group; one that is an error makes the result one."""

    def __init__(self, aggregation: Any) -> None:
        super().__init__(aggregation)
        self.values: list[Any] = []
        self.failed = False

    def use_row(self, row: Any) -> bool:
        """Use every row: equal values are left out when the value is known."""
        return True

    def update(self, row: Any, _aggregator: Aggregator) -> None:
        """Take the value of one solution."""
        try:
            value = _eval(self.expr, row)
        except (NotBoundError, SPARQLError):
            self.failed = True
            return
        if self.distinct:
            if value in self.seen:
                return
            self.seen.add(value)
        self.values.append(value)

    def set_value(self, bindings: Any) -> None:
        """Bind the result; an error leaves the variable unbound."""
        try:
            bindings[self.var] = self.result()
        except SPARQLError:
            return

    def result(self) -> Literal:
        """Return the result, or raise SPARQLError."""
        raise SPARQLError

    def numbers(self) -> list[Decimal | float]:
        """Return the values as numbers."""
        if self.failed:
            raise SPARQLError("a value that is an error")
        return [number_of(value) for value in self.values]


class Median(_Collected):
    """The aggregate median."""

    def result(self) -> Literal:
        """Return the middle number."""
        numbers = self.numbers()
        if not numbers:
            raise SPARQLError("the median of nothing")
        if any(isinstance(one, float) for one in numbers):
            ordered = sorted(map(float, numbers), key=lambda one: (math.isnan(one), one))
            middle = ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
            floats = {XSD.float: 1}.keys() >= {
                one.datatype for one in self.values if isinstance(number_of(one), float)
            }
            return Literal(middle / 2, datatype=XSD.float if floats else XSD.double)
        exact = sorted(one for one in numbers if isinstance(one, Decimal))
        total = exact[(len(exact) - 1) // 2] + exact[len(exact) // 2]
        half = format((total * Decimal("0.5")).normalize(), "f")
        return Literal(half, datatype=XSD.decimal)


class Stdev(_Collected):
    """The aggregate stdev."""

    def result(self) -> Literal:
        """Return the standard deviation of a sample."""
        numbers = [float(one) for one in self.numbers()]
        if len(numbers) < 2:
            raise SPARQLError("the deviation of less than two numbers")
        if not all(map(math.isfinite, numbers)):
            return Literal(math.nan, datatype=XSD.double)
        return Literal(statistics.stdev(numbers), datatype=XSD.double)


class Mode(_Collected):
    """The aggregate mode."""

    def result(self) -> Literal:
        """Return the most frequent term."""
        counts = Counter(term_key(value) for value in self.values)
        if not counts:
            raise SPARQLError("the mode of nothing")
        most = max(counts.values())
        terms = {term_key(value): value for value in self.values}
        first: Literal = min((terms[key] for key in counts if counts[key] == most), key=_place)
        return first


def _place(term: Any) -> tuple[Any, ...]:
    """Return the place of a term in the order of ORDER BY, equal values by their texts."""
    lex, datatype, language = term_key(term)
    return *place_of(term), lex, datatype or "", language or ""


_FUNCTIONS: dict[str, Callable[..., Literal]] = {
    "firstDay": _first_day,
    "lastDay": _last_day,
    "month": _month,
    "quarter": _quarter,
    "addDays": _add_days,
    "addMonths": _add_months,
    "daysBetween": _days_between,
    "monthsBetween": _months_between,
    "search": _search,
}


def make_known() -> None:
    """Make the functions and aggregates known to rdflib's evaluator."""
    for name, function in _FUNCTIONS.items():
        register_custom_function(FUNCTION[name], function)
    Aggregator.accumulator_classes.update(
        {"Aggregate_Median": Median, "Aggregate_Stdev": Stdev, "Aggregate_Mode": Mode}
    )
