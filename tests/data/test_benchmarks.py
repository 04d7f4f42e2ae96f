"""The benchmark's graph is reproducible, and both engines answer its questions alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import engines
from benchmarks.generate import lines, write
from benchmarks.queries import QUESTIONS, Question

PERSONS = 200
Answer = Callable[[str], list[engines.Row]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answer, Answer]:
    folder = tmp_path_factory.mktemp("benchmarks")
    file = folder / "graph.nq"
    write("10k", file)
    engines.load_clientgraph(folder / "clientgraph.duckdb", file)
    engines.load_pyoxigraph(folder / "pyoxigraph", file)
    return (
        engines.clientgraph(folder / "clientgraph.duckdb"),
        engines.pyoxigraph(folder / "pyoxigraph"),
    )


def test_graph_is_the_same_on_every_run() -> None:
    assert list(lines(PERSONS)) == list(lines(PERSONS))


def test_size_is_near_the_one_asked_for(tmp_path: Path) -> None:
    assert 95_000 < write("100k", tmp_path / "graph.nq") < 110_000


def test_referrals_are_a_forest() -> None:
    edges = [line.split() for line in lines(PERSONS) if "#referredTo>" in line]
    referred = [edge[2] for edge in edges]
    assert len(referred) == len(set(referred)) > PERSONS / 2


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question.name))
def test_engines_give_the_same_answer(answers: tuple[Answer, Answer], question: Question) -> None:
    ours, theirs = (sorted(answer(question.text(3))) for answer in answers)
    assert ours == theirs
    assert ours or "CONTAINS" in question.name
