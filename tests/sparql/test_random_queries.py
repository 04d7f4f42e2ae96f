"""Random queries on random data: where two other engines agree, our answer is theirs.

The engines err in ways of their own (pyoxigraph rewrites lexical forms, rdflib repeats rows of
some paths ...), so that only what they agree about is taken for the truth. What was found this
way is kept in `test_counterexamples.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from fuzz import Report, run
from fuzz_cases import cases
from oracles import Oracles

from tests.drawing import examples

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FEW = examples(2, 3)
"""Seeds of the short run, each some queries on some datasets."""


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles() as oracles:
        yield oracles


def compared(seeds: range, oracles: Oracles) -> Report:
    """Run some seeds; fail at the first case in which we differ."""
    report = Report()
    for seed, case, verdict in run(seeds, oracles, report):
        pytest.fail(f"seed {seed}: {case}\n{verdict.detail}")
    return report


def test_answers_are_those_of_two_oracles(oracles: Oracles) -> None:
    report = compared(range(FEW), oracles)
    # A run that compares next to nothing, or only what has no solution, would prove nothing.
    assert report.counts["same"] > 3 * FEW
    assert report.counts["by sql"] > 15 * FEW


@pytest.mark.slow
def test_answers_at_length(oracles: Oracles) -> None:
    first, last = os.environ.get("CLIENTGRAPH_SEEDS", "10:110").split(":")
    compared(range(int(first), int(last)), oracles)


def test_a_seed_always_makes_the_same_cases() -> None:
    assert list(map(str, cases(7))) == list(map(str, cases(7)))
    assert list(map(str, cases(7))) != list(map(str, cases(8)))
