"""What validators are known to get wrong, with what the Recommendation asks for."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from rdflib import SH
from test_validation import foci, report

from kg.store import Store

LONG = "123456789012345678901234567890"


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        (
            'sh:maxInclusive "2025-02-01"^^xsd:date',
            '"2025-01-31"^^xsd:date',
            '"2025-02-02"^^xsd:date',
        ),
        ("sh:minExclusive 1", "2", '"2"'),
        ("sh:minExclusive 1", "1.5", '"2"^^ex:unknown'),
        ("sh:minExclusive 1", "2", '"2025-01-01"^^xsd:date'),
        ("sh:datatype xsd:string", '"a"^^xsd:string', '"a"@en'),
        ('sh:in ( "a" )', '"a"^^xsd:string', '"a"@en'),
        ('sh:hasValue "a"^^xsd:string', '"a"', '"b"'),
        (f"sh:maxInclusive {LONG}.5", f"{LONG}.4", f"{LONG}.6"),
        (f"sh:minExclusive {LONG}", f"{LONG}.1", LONG),
        (r'sh:pattern "^\\p{L}+$"', '"Été"', '"Été1"'),
    ],
)
def test_values(store: Store, constraint: str, good: str, bad: str) -> None:
    shape = f"ex:s sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; {constraint} ] ."
    assert foci(report(store, shape, f"ex:a ex:p {good} . ex:b ex:p {bad} .")) == ["b"]


@pytest.mark.parametrize(
    "late", ['"2024-12-31"^^xsd:date', '"x"', "5", '"2025-01-01T00:00:00Z"^^xsd:dateTime', "ex:n"]
)
def test_incomparable_values_are_not_less(store: Store, late: str) -> None:
    shape = "ex:s sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; sh:lessThan ex:q ] ."
    data = f"""ex:a ex:p "2025-01-01"^^xsd:date ; ex:q "2025-01-02"^^xsd:date .
        ex:b ex:p "2025-01-01"^^xsd:date ; ex:q {late} ."""
    assert foci(report(store, shape, data)) == ["b"]


@pytest.mark.parametrize("term", ["ex:n", '"x"^^ex:unknown', '"many"^^xsd:integer', '"x"@en'])
def test_what_has_no_order_is_not_less_than_or_equal_to_itself(store: Store, term: str) -> None:
    shape = "ex:s sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:lessThanOrEquals ex:p ] ."
    assert foci(report(store, shape, f"ex:a ex:p {term} .")) == ["a"]
    assert report(store, shape, 'ex:a ex:p "x" .').conforms


MONTHS = {"P1Y": (364, 367), "P1M": (27, 32), "P5M": (149, 154)}
"""Days that are surely less and surely more than so many months: XSD 1.1 part 2, 3.3.6.2."""


def test_durations_are_in_order_where_four_calendars_agree(store: Store) -> None:
    shape = """ex:s sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; sh:lessThan ex:q ] ,
        [ sh:path ex:q ; sh:minExclusive "P1M"^^xsd:yearMonthDuration ] ."""
    data, expected = [], []
    for months, (less, more) in MONTHS.items():
        for days in range(less, more + 1):
            pairs = {f"l{days}": (f"P{days}D", months), f"g{days}": (months, f"P{days}D")}
            for node, (p, q) in pairs.items():
                in_order = days == (less if node.startswith("l") else more)
                above = months != "P1M" or (node.startswith("g") and days == more)
                data.append(f'ex:{node} ex:p "{p}"^^xsd:duration ; ex:q "{q}"^^xsd:duration .')
                expected += [node] * ((not in_order) + (not above))
    assert sorted(foci(report(store, shape, "\n".join(data)))) == sorted(expected)


LENGTHS = {
    "PT0S": 0, "-PT1S": -1, "PT24H": 86400, "P1D": 86400, "PT86400.5S": 86400.5,
    "PT1439M61S": 86401, "-P1DT1M": -86460, "P1Y": None, "P1DT": None, "one day": None,
}  # fmt: skip
"""Texts with their seconds; none for what is no `xsd:dayTimeDuration`."""
BOUNDS: dict[str, Callable[[float, float], bool]] = {
    "MinInclusive": operator.ge, "MaxInclusive": operator.le,
    "MinExclusive": operator.gt, "MaxExclusive": operator.lt,
}  # fmt: skip


@pytest.mark.parametrize("bound", ["PT24H", "-P1DT1M"])
def test_durations_of_days_are_ordered_by_their_seconds(store: Store, bound: str) -> None:
    nodes = {text: f"n{number}" for number, text in enumerate(LENGTHS)}
    data = [f'ex:{node} ex:p "{text}"^^xsd:dayTimeDuration .' for text, node in nodes.items()]
    data.append('ex:other ex:p 5 . ex:string ex:p "P1D" .')
    asked = "; ".join(
        f'sh:{name[0].lower()}{name[1:]} "{bound}"^^xsd:dayTimeDuration' for name in BOUNDS
    )
    shape = f"ex:s sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; {asked} ] ."
    found = report(store, shape, "\n".join(data)).results
    limit = LENGTHS[bound] or 0
    for name, kept in BOUNDS.items():
        wrong = [
            n for t, n in nodes.items() if (size := LENGTHS[t]) is None or not kept(size, limit)
        ]
        told = [one.focus[1] for one in found if one.component == SH[f"{name}ConstraintComponent"]]
        assert {each.rpartition("/")[2] for each in told} == {*wrong, "other", "string"}


def test_empty_shape_accepts_everything(store: Store) -> None:
    shapes = """ex:s a sh:NodeShape ; sh:targetSubjectsOf ex:p .
        ex:t sh:targetSubjectsOf ex:p ; sh:node [ ] ; sh:property [ sh:path ex:p ] ."""
    assert report(store, shapes, "ex:a ex:p 1 .").conforms


def test_nothing_conforms_to_the_negation_of_an_empty_shape(store: Store) -> None:
    assert foci(report(store, "ex:t sh:targetNode ex:a ; sh:not [ ] .", "ex:a ex:p 1 .")) == ["a"]
