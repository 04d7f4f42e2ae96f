"""Values that Python reads from plain texts are those that the engine reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.namespaces import XSD
from kg.store import Store, TermKey, type_terms
from kg.store.plain import plain_value
from tests.drawing import examples

_NUMBERS = ("integer", "decimal", "int", "nonNegativeInteger", "double", "float", "boolean")
_TIMES = ("date", "dateTime", "gYearMonth", "gYear", "time")
DIGITS = st.text("0123456789", min_size=1, max_size=20)
FRACTIONS = st.one_of(st.just(""), st.text("0123456789", max_size=12).map(lambda d: f".{d}"))
NUMBERS = st.builds("".join, st.tuples(st.sampled_from(["", "", "-", "+"]), DIGITS, FRACTIONS))
DAYS = st.one_of(
    st.dates().map(str),
    st.dates().map(lambda day: str(day)[:7]),
    st.dates().map(lambda day: str(day)[:4]),
    st.sampled_from(["0000-01-01", "2023-02-29", "-0044-03-15", "12024-01-01", "0000", "0001-01"]),
)
CLOCKS = st.one_of(
    st.just(""),
    st.times().map(lambda time: f"T{time}"),
    st.sampled_from(["T24:00:00", "T10:00", "T23:59:60", "T10:00:00.1234567", "T10:00:00.5"]),
)
ZONES = st.sampled_from(["", "", "Z", "+02:00", "-14:00", "+13:59", "+14:01", "+0200", "-00:00"])
TIMES = st.builds("".join, st.tuples(DAYS, CLOCKS, ZONES))
TERMS = st.lists(
    st.one_of(
        st.tuples(NUMBERS, st.sampled_from(_NUMBERS)), st.tuples(TIMES, st.sampled_from(_TIMES))
    ).map(lambda pair: (pair[0], str(XSD[pair[1]]), None)),
    min_size=60,
    max_size=60,
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open(threads=1) as store:
        yield store


def test_values_of_plain_texts_are_those_of_the_engine(store: Store) -> None:
    @settings(max_examples=examples(10, 200), deadline=None)
    @given(TERMS)
    def assert_same(keys: list[TermKey]) -> None:
        for term in type_terms(store.cursor(), keys):
            value = plain_value(term.kind, term.lex)
            assert value in (None, (term.num, term.dbl, term.ts, term.tz))

    assert_same()


@pytest.mark.parametrize(
    ("lex", "datatype"),
    [
        ("0", "integer"), ("-12", "int"), ("12.50", "decimal"), ("-0.10", "decimal"),
        ("123456789012345678.0123456789", "decimal"), ("2024-02-29", "date"),
        ("0001-01", "gYearMonth"), ("2024", "gYear"), ("2025-01-01T10:00:00", "dateTime"),
        ("2025-01-01T00:00:00.000001Z", "dateTime"), ("2025-01-01T10:00:00.5+02:00", "dateTime"),
        ("2025-01-01T10:00:00-05:30", "dateTime"), ("text", "string"), ("x:y", "anyURI"),
        ("2023-02-29", "date"), ("true", "boolean"), ("0", "boolean"),
    ],
)  # fmt: skip
def test_the_usual_notations_are_plain(store: Store, lex: str, datatype: str) -> None:
    (term,) = type_terms(store.cursor(), [(lex, str(XSD[datatype]), None)])
    assert plain_value(term.kind, lex) == (term.num, term.dbl, term.ts, term.tz)


@pytest.mark.parametrize(
    ("lex", "datatype"),
    [
        ("1.00000000001", "decimal"), ("+1", "integer"), ("1e3", "double"), ("0.1", "float"),
        ("2025-01-01T24:00:00", "dateTime"), ("2025-01-01Z", "date"),
        ("0001-01-01T00:00:00+01:00", "dateTime"), ("10:00:00", "time"), ("0000", "gYear"),
    ],
)  # fmt: skip
def test_others_are_left_to_the_engine(store: Store, lex: str, datatype: str) -> None:
    (term,) = type_terms(store.cursor(), [(lex, str(XSD[datatype]), None)])
    assert plain_value(term.kind, lex) is None
