"""The W3C SHACL test suite: the results of each test, as a multiset, are those it expects."""

from __future__ import annotations

from datetime import date

import pytest
from graph_stores import holding
from suite import Case, cases, expected_results, read, results_of

from kg.errors import ShapesError
from kg.shacl import load_shapes, validate
from kg.store import Store


@pytest.mark.parametrize("case", list(cases()))
def test_reports_what_the_suite_expects(store: Store, case: Case) -> None:
    expected = expected_results(case)
    if expected is None:
        with pytest.raises(ShapesError):
            load_shapes(read(case.shapes))
        return
    shapes = load_shapes(read(case.shapes))
    with holding(store, read(case.data)) as cursor:
        report = validate(cursor, shapes, date(2026, 1, 1))
    assert results_of(report.graph()) == expected
