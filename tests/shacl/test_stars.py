"""Constraints on many predicates of the same focus nodes, which few statements check together."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from against_pyshacl import AS_OF, graph, pyshacl_results, results
from graph_stores import holding
from rdflib import Graph
from sqlglot import exp

from kg.shacl import load_shapes, stars, validate
from kg.shacl.session import Session
from kg.store import Store

PREDICATES = 35
CONSTRAINTS = [
    "sh:minCount 1",
    "sh:maxCount 1 ; sh:minCount 1",
    "sh:minCount 2 ; sh:maxCount 2",
    "sh:datatype xsd:integer ; sh:minInclusive 3 ; sh:maxExclusive 7",
    'sh:minLength 2 ; sh:pattern "^[a-c]"',
    "sh:nodeKind sh:Literal ; sh:in ( 4 5 ex:n1 ex:n2 )",
    'sh:languageIn ( "fr" )',
    "sh:class ex:C ; sh:maxCount 3",
    'sh:datatype xsd:string ; sh:maxInclusive "b" ; sh:minCount 0',
    "sh:class ex:C ; sh:minCount 1",
    "sh:or ( [ sh:datatype xsd:integer ] [ sh:nodeKind sh:IRI ; sh:in ( ex:n1 ) ] )",
    "sh:not [ sh:minInclusive 4 ] ; sh:not [ sh:datatype xsd:string ]",
    'sh:and ( [ sh:or ( [ sh:datatype xsd:string ] [ sh:in (3) ] ) ] [ sh:not [ sh:in ("a") ] ] )',
    "sh:node [ sh:nodeKind sh:Literal ; sh:not [ sh:maxLength 1 ] ]",
    "sh:or ( [ sh:class ex:C ] [ sh:datatype xsd:string ] )",
    "sh:or ( [ sh:nodeKind sh:Literal ] [ ] ) ; sh:not [ sh:nodeKind sh:Literal ; sh:in ( 4 ) ]",
]
VALUES = ["3", "4", "7", '"a"', '"bb"', '"dd"', '"c"@fr', '"c"@en', "ex:n1", "ex:n2", "_:b"]


def data() -> Graph:
    """Return nodes of a class, each with up to three values of every predicate."""
    drawn = random.Random(4)
    lines = ["ex:n1 a ex:C ."]
    for node in range(40):
        kind = "ex:D" if node % 3 else "ex:E"
        lines.append(f"ex:m{node} a {kind} .")
        for predicate in range(PREDICATES):
            values = ", ".join(drawn.sample(VALUES, drawn.choice([0, 1, 1, 1, 2, 3])))
            if values:
                lines.append(f"ex:m{node} ex:p{predicate} {values} .")
    return graph("\n".join(lines))


def shapes() -> Graph:
    """Return a shape of each predicate for the two classes, and a second one for some."""
    lines = []
    for predicate in range(PREDICATES):
        constraints = CONSTRAINTS[predicate % len(CONSTRAINTS)]
        for name, kind in (("s", "ex:D"), ("t", "ex:E")):
            lines.append(
                f"ex:{name}{predicate} a sh:NodeShape ; sh:targetClass {kind} ;"
                f" sh:property ex:{name}p{predicate} ."
                f" ex:{name}p{predicate} sh:path ex:p{predicate} ; {constraints} ."
            )
        lines.append(
            f"ex:u{predicate} sh:targetNode ex:m1 , ex:absent ;"
            f" sh:path ex:p{predicate} ; sh:maxCount 1 ; sh:minCount 1 ."
        )
    return graph("\n".join(lines))


@pytest.mark.parametrize(
    ("most", "copies"),
    [
        (2, 2),
        (8, 1),
        pytest.param(2, 1, marks=pytest.mark.slow),
        pytest.param(8, 2, marks=pytest.mark.slow),
    ],
)
def test_many_predicates_at_once_say_what_pyshacl_says_of_each(
    store: Store, monkeypatch: pytest.MonkeyPatch, most: int, copies: int
) -> None:
    monkeypatch.setattr(stars, "_MOST", most)
    found = data()
    with holding(store, *[found] * copies) as cursor:
        report = validate(cursor, load_shapes(shapes()), AS_OF)
    expected = pyshacl_results(found, shapes())
    assert len(expected) > 500
    assert results(report.graph()) == expected
    assert report.total == len(report.results) == len(expected)


def test_a_graph_is_read_by_far_fewer_statements_than_there_are_constraints(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    insert: Callable[[Session, str, exp.Query], int] = Session.insert

    def counted(session: Session, table: str, query: exp.Query) -> int:
        asked.append(table)
        return insert(session, table, query)

    monkeypatch.setattr(Session, "insert", counted)
    with holding(store, data()) as cursor:
        report = validate(cursor, load_shapes(shapes()), AS_OF)
    nested = [p for p in range(PREDICATES) if "[ sh:class" in CONSTRAINTS[p % len(CONSTRAINTS)]]
    # Four sorts of reading for two classes, counts for two nodes, and no more than eight
    # predicates at a time.
    assert len(report.checks) > 150
    assert len(asked) <= 2 * (len(nested) + (2 + 3 + 3 + 1)) + 5
