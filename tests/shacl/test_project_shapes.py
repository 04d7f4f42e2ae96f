"""The project's own shapes give the verdicts that their examples announce."""

from __future__ import annotations

import dataclasses
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from graph_stores import holding
from rdflib import Graph
from rulebook import (
    CGS,
    EXAMPLES,
    Finding,
    beside,
    expected,
    found,
    rule_of,
    rules,
    shape_files,
    subclasses,
)

from kg.shacl import Shapes, load_shapes, validate
from kg.shacl.reading import read_file
from kg.store import Store

AS_OF = date(2026, 1, 1)


@cache
def _all_shapes() -> Shapes:
    return load_shapes(shape_files(), subclasses())


def _shapes_of(*wanted: str) -> Shapes:
    """Return the shapes of some rules."""
    every = _all_shapes()
    roots = (r for r in every.roots if rule_of(str(r.node).removeprefix(CGS)) in wanted)
    return dataclasses.replace(every, roots=tuple(roots))


def _findings(store: Store, example: Path, shapes: Shapes) -> set[Finding]:
    data = Graph()
    read_file(data, example)
    with holding(store, data) as cursor:
        report = validate(cursor, shapes, AS_OF)
    return found(report.graph(), Graph().parse(example))


@pytest.mark.parametrize("rule", rules())
def test_examples_of_a_rule_get_the_announced_results(store: Store, rule: str) -> None:
    invalid = EXAMPLES / f"{rule}-invalid.ttl"
    announced = {finding for finding in expected(invalid) if finding.rule == rule}
    assert _findings(store, invalid, _shapes_of(rule)) == announced
    assert _findings(store, EXAMPLES / f"{rule}-valid.ttl", _shapes_of(rule)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.ttl")), ids=lambda path: path.stem)
def test_an_example_breaks_no_other_rule(store: Store, example: Path) -> None:
    judged = beside(rule_of(example.stem))
    assert _findings(store, example, _shapes_of(*judged)) == expected(example)
