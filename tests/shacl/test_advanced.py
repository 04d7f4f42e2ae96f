"""Advanced Features: pySHACL answers them, and the report says so."""

from __future__ import annotations

import pytest
from test_components import DECLARED
from test_validation import report

from kg.errors import ShapesError, UnsupportedShapeError
from kg.shacl import advanced
from kg.store import Store

RULE = (
    DECLARED
    + """
ex:R a sh:NodeShape ; sh:targetClass ex:Box ; sh:rule [ a sh:TripleRule ;
    sh:subject sh:this ; sh:predicate ex:kind ; sh:object ex:Square ] .
ex:S a sh:NodeShape ; sh:targetClass ex:Box ;
    sh:property [ sh:path ex:kind ; sh:maxCount 0 ; sh:message "square"@en , "carré"@fr ] .
"""
)
DATA = "ex:a a ex:Box . ex:b a ex:Box . ex:c a ex:Other ."


def test_rules_are_applied_before_shapes_are_checked(store: Store) -> None:
    found = report(store, RULE, DATA)
    foci = sorted(one.focus[1] for one in found.results)
    assert foci == ["https://example.org/a", "https://example.org/b"]
    assert found.results[0].messages == {"en": "square", "fr": "carré"}
    assert found.total == 2


def test_report_tells_which_shapes_pyshacl_answered(store: Store) -> None:
    notes = report(store, RULE, DATA).notes()
    assert any("ex" in note["en"] and "pySHACL" in note["en"] for note in notes)
    assert all(set(note) == {"en", "fr"} for note in notes)


def test_expressions_are_answered_beside_compiled_shapes(store: Store) -> None:
    shapes = """ex:E a sh:NodeShape ; sh:targetClass ex:Box ; sh:expression [ sh:path ex:ok ] .
        ex:N a sh:NodeShape ; sh:targetClass ex:Box ; sh:nodeKind sh:Literal ."""
    found = report(store, shapes, DATA + " ex:a ex:ok true .")
    assert {check.engine for check in found.checks} == {"sql", "pySHACL"}
    by_shape = sorted((str(one.shape)[-1], one.focus[1][-1]) for one in found.results)
    assert by_shape == [("E", "b"), ("N", "a"), ("N", "b")]


def test_focus_limits_what_pyshacl_reports(store: Store) -> None:
    focus = "SELECT id AS node FROM term WHERE lex = 'https://example.org/b'"
    found = report(store, RULE, DATA, focus=focus)
    assert [one.focus[1] for one in found.results] == ["https://example.org/b"]


def test_data_beyond_the_limit_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advanced, "MOST_TRIPLES", 2)
    with pytest.raises(UnsupportedShapeError, match="at most 2 quads"):
        report(store, RULE, DATA)


def test_rules_that_pyshacl_refuses_are_an_error_of_the_shapes(store: Store) -> None:
    with pytest.raises(ShapesError):
        report(store, "ex:R a sh:NodeShape ; sh:targetClass ex:Box ; sh:rule [ a ex:No ] .", DATA)
