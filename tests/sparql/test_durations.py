"""Durations are compared and sorted as pyoxigraph does it, by SQL and by the evaluator."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rdflib import XSD, Literal
from rdflib.plugins.sparql.sparql import SPARQLError

from kg.sparql import query, update
from kg.sparql.comparing import compared, place_of
from kg.sparql.durations import duration_of
from kg.store import Store
from tests.drawing import examples

NUMBERS = st.sampled_from(["", "0", "1", "2", "11", "12", "30", "31", "59", "60", "365", "366"])
SIGNS = st.sampled_from(["", "-"])


@st.composite
def durations(draw):
    """Return a duration as text with its datatype, now and then not in its lexical space."""
    name = draw(st.sampled_from(["duration", "yearMonthDuration", "dayTimeDuration"]))
    day = "" if name == "yearMonthDuration" else "D"
    months = "" if name == "dayTimeDuration" else "YM"
    clock = "HMS" if day else ""
    date = "".join(n + u for u in months + day for n in [draw(NUMBERS)] if n)
    time = "".join(n + u for u in clock for n in [draw(NUMBERS)] if n)
    time = time.replace("S", draw(st.sampled_from(["S", ".5S", ".000000001S"])))
    return f"{draw(SIGNS)}P{date}{'T' * bool(time)}{time}", name


@pytest.fixture(scope="module")
def store():
    with Store.open(threads=1) as store:
        yield store


def written(duration):
    text, name = duration
    return f'"{text}"^^<{XSD[name]}>'


def ours(store, text):
    return [tuple(map(str, row)) for row in query(store, text).terms()]


def theirs(text):
    answer = ox.Store().query(text)
    return [tuple(str(each and each.value) for each in solution) for solution in answer]


@settings(deadline=None, max_examples=examples(25, 200))
@given(durations(), durations(), st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
def test_two_durations_compare_as_elsewhere(store, left, right, sign):
    terms = [Literal(text, datatype=XSD[name], normalize=False) for text, name in (left, right)]
    assume(left != right or duration_of(terms[0]) is not None)
    text = f"SELECT ({written(left)} {sign} {written(right)} AS ?x) {{}}"
    expected = theirs(text)
    assert ours(store, text) == expected
    if expected == [("None",)]:
        with pytest.raises(SPARQLError):
            compared(sign, *terms)
    else:
        assert [(str(compared(sign, *terms)).lower(),)] == expected


@settings(deadline=None, max_examples=15)
@given(st.lists(durations(), min_size=2, max_size=8, unique=True))
def test_durations_are_sorted_by_what_they_stand_for(store, several):
    values = " ".join(map(written, several))
    sorted_by_us = [
        Literal(row[0], datatype=row[1], normalize=False)
        for row in ours(
            store, f"SELECT ?d (DATATYPE(?d) AS ?t) {{ VALUES ?d {{ {values} }} }} ORDER BY ?d"
        )
    ]
    assert sorted_by_us == sorted(sorted_by_us, key=place_of)
    valid = [each for each in map(duration_of, sorted_by_us) if each is not None]
    assert valid == sorted(valid, key=lambda each: each.length)
    (row,) = ours(store, f"SELECT (MAX(?d) AS ?m) (MIN(?d) AS ?n) {{ VALUES ?d {{ {values} }} }}")
    assert place_of(sorted_by_us[-1])[:3] == max(map(place_of, sorted_by_us))[:3]
    assert row[0] == str(sorted_by_us[-1])
    assert row[1] == str(sorted_by_us[0])


def test_a_filter_by_a_duration_finds_stored_ones(store):
    with Store.open(threads=1) as own:
        update(
            own,
            "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> INSERT DATA {"
            '<urn:a> <urn:p> "P1D"^^xsd:dayTimeDuration, "PT4H"^^xsd:duration, "P1M"^^xsd:duration,'
            ' 3, "P2D"^^<urn:other> }',
        )
        prologue = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT ?d { ?s ?p ?d FILTER("
        shorter = ours(own, prologue + '?d <= "PT24H"^^xsd:dayTimeDuration) } ORDER BY ?d')
        assert shorter == [("PT4H",), ("P1D",)]
        assert ours(own, prologue + '?d = "PT24H"^^xsd:dayTimeDuration) }') == [("P1D",)]
