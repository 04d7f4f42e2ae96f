"""What validators are known to get wrong, with what the Recommendation asks for."""

from __future__ import annotations

import pytest
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


def test_empty_shape_accepts_everything(store: Store) -> None:
    shapes = """ex:s a sh:NodeShape ; sh:targetSubjectsOf ex:p .
        ex:t sh:targetSubjectsOf ex:p ; sh:node [ ] ; sh:property [ sh:path ex:p ] ."""
    assert report(store, shapes, "ex:a ex:p 1 .").conforms


def test_nothing_conforms_to_the_negation_of_an_empty_shape(store: Store) -> None:
    assert foci(report(store, "ex:t sh:targetNode ex:a ; sh:not [ ] .", "ex:a ex:p 1 .")) == ["a"]
