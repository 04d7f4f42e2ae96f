"""The demo passes the gate, and every named question gives the rows that are kept for it.

The rows in `expected/` are written by `python -m tests.data.demo_answers`, which keeps an answer
only where pyoxigraph gives the same over the exported N-Quads; here both engines are held to them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import date, datetime

import pyoxigraph as ox
import pytest

from kg.analysis import ANALYSES
from kg.catalog import NamedQuery
from kg.ingest import ImportReport
from kg.lifecycle import Context
from kg.sparql import query
from kg.store import Store
from tests.data.demo_answers import (
    DEMO,
    EXPECTED,
    QUESTIONS,
    answer,
    answer_of_peer,
    by_value,
    demo,
    expected,
    peer_of,
)

Demo = tuple[Store, ImportReport]


@pytest.fixture(scope="module")
def organisation() -> Iterator[Demo]:
    with demo() as made:
        yield made


@pytest.fixture(scope="module")
def peer(organisation: Demo) -> ox.Store:
    return peer_of(organisation[0])


def test_demo_has_warnings_but_no_violation(organisation: Demo) -> None:
    _, report = organisation
    assert (report.status, report.violations) == ("committed", 0)
    assert {"T02b", "T03-order", "F02", "F06"} <= set(report.by_shape)
    assert report.by_shape["F06"] == 3
    assert [(file.rows, file.unused) for file in report.files] == [
        (file.mapped, 0) for file in report.files
    ]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question.id))
def test_a_question_gives_the_rows_kept_for_it(organisation: Demo, question: NamedQuery) -> None:
    store, _ = organisation
    assert answer(store, question) == expected(question)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question.id))
def test_pyoxigraph_gives_the_same_rows(peer: ox.Store, question: NamedQuery) -> None:
    _, rows = expected(question)
    assert rows, "the demo shows nothing of it"
    assert answer_of_peer(peer, question) == by_value(rows)


def test_no_rows_are_kept_for_what_is_no_question() -> None:
    assert {path.stem for path in EXPECTED.iterdir()} == {one.id for one in QUESTIONS}


def test_the_question_that_the_documents_show_has_an_answer(organisation: Demo) -> None:
    text = (DEMO.parents[1] / "docs" / "questions.md").read_text("utf-8")
    (shown,) = re.findall(r"```sparql\n(.*?)```", text, re.DOTALL)
    rows = [[term[1] for term in row if term] for row in query(organisation[0], shown).rows()]
    assert rows == [["P0012", "E005"], ["P0027", "E009"]]


TEXT = (DEMO.parents[1] / "docs" / "questions.md").read_text("utf-8")
COMMANDS = re.findall(r"^\| ([A-I]\d+) \| `clientgraph (.+?)` \|", TEXT, re.MULTILINE)


def test_every_analysis_that_answers_a_question_is_shown_as_a_command() -> None:
    rows = re.findall(r"^\| ([A-I]\d+) \|.*\| ([^|]+) \|$", TEXT, re.MULTILINE)
    answered = {name for name, answer in rows if answer.startswith("analysis")}
    assert answered <= {name for name, _ in COMMANDS}


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_a_command_that_the_documents_show_has_an_answer(
    organisation: Demo, name: str, command: str
) -> None:
    words = shlex.split(command)
    first = next(place for place, word in enumerate(words) if word.startswith("--"))
    analysis = " ".join(words[:first])
    if "--explain" in words:
        words.remove("--explain")
        analysis = "explain"
    options = {
        option.removeprefix("--"): value
        for option, value in zip(words[first::2], words[first + 1 :: 2], strict=True)
    }
    known = options.pop("knowledge", None)
    as_of = date.fromisoformat(options.pop("as-of"))
    context = Context(as_of, knowledge=datetime.fromisoformat(known) if known else None)
    table = ANALYSES[analysis].run(organisation[0].cursor(), context, dict(options))
    assert table.rows, name
