"""The benchmark's graph is reproducible, and both engines answer its questions alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import by_hand, engines, http, questions, runaways
from benchmarks.answers import canonical, rows_of
from benchmarks.generate import lines, write
from benchmarks.measuring import Asker, asking
from benchmarks.queries import QUESTIONS, Question, questions_about
from benchmarks.servers import store_path
from kg.catalog import NamedQuery, load_catalog
from kg.store import Store
from kg.store.property_steps import Worth
from kg.store.upkeep import build

PERSONS = 200
LIMIT = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("benchmarks")
    file = folder / "graph.nq"
    write("10k", file)
    for engine in ("clientgraph", "pyoxigraph"):
        engines.LOADERS[engine](store_path(folder, engine), [file])
    return folder


@pytest.fixture(scope="module")
def askers(folder: Path) -> Iterator[tuple[Asker, Asker]]:
    with asking("clientgraph", folder, LIMIT) as ours, asking("pyoxigraph", folder, LIMIT) as peer:
        yield ours, peer


def test_questions_are_chosen_by_kind_or_name() -> None:
    assert questions_about("") == list(QUESTIONS)
    assert {one.kind for one in questions_about("aggregate")} == {"aggregate"}
    assert [one.slug for one in questions_about("party-by-key")] == ["party-by-key"]


# That each kind of work stops is held by the tests of its package; here it is how that is measured.
_STOPPED = [
    "cross product",
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in ("evaluated", "INSERT", "SHACL with a path")
    ),
]


@pytest.mark.parametrize("name", _STOPPED)
def test_runaways_stop_while_another_client_is_answered(folder: Path, name: str) -> None:
    with runaways.copied(folder) as copy, runaways.serving("clientgraph", copy) as server:
        found = runaways.requests(0.01, runaways.largest_graph(server.port))
        row = runaways.measure(server.port, name, found[name], 0.01, 1, before=0.2)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[0] == name
    assert cells[2] == "503"
    assert cells[-1] == "0"


def test_graph_is_the_same_on_every_run() -> None:
    assert list(lines(PERSONS)) == list(lines(PERSONS))


@pytest.mark.parametrize("engine", ["clientgraph", http.PEER])
def test_several_clients_are_answered(folder: Path, engine: str) -> None:
    requests = http.requests_for(http.different(3, 60))
    with http.serving(engine, folder) as port:
        found = http.ask_for(port, requests, clients=4, seconds=LIMIT)
    assert len(found.seconds) > 60 - 4
    assert found.errors == 0


def test_size_is_near_the_one_asked_for(tmp_path: Path) -> None:
    assert 95_000 < write("100k", tmp_path / "graph.nq") < 110_000


def test_referrals_are_a_forest() -> None:
    edges = [line.split() for line in lines(PERSONS) if "#referredTo>" in line]
    referred = [edge[2] for edge in edges]
    assert len(referred) == len(set(referred)) > PERSONS / 2


# A graph this small may have no answer to these.
_RARE = ("same-day", "buyers-who-refer", "names-containing", "names-matching")
# The store's own provenance and conclusions are in the graph of the one engine only.
_WHOLE = ("full scan", "objects-per-predicate", "party-properties")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question.slug))
def test_engines_give_the_same_answer(askers: tuple[Asker, Asker], question: Question) -> None:
    ours, theirs = (asker.measure([question.text(3)]) for asker in askers)
    assert ours.checksums
    assert ours.rows or question.slug in _RARE or not question.analytical
    if question.kind not in _WHOLE and question.slug not in _WHOLE:
        assert ours.checksums == theirs.checksums


@pytest.mark.parametrize("question", by_hand.PAIRS, ids=lambda question: str(question.slug))
def test_sql_by_hand_asks_the_same(folder: Path, question: Question, tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(store_path(folder, "clientgraph").read_bytes())
    with Store.open(copy) as store:
        build(store, Worth(quads=1))
        cursor = store.cursor()
        compiled, hand = by_hand.statements(cursor, question, store.property_table)
        rows = by_hand.answered(cursor, compiled)
        by_sql = cursor.execute(hand).fetchall()
    decoded = [row[1::4] for row in rows]
    ours, theirs = (
        sorted(tuple(canonical(str(cell)) for cell in row) for row in rows)
        for rows in (decoded, by_sql)
    )
    assert ours == theirs


def test_answers_are_compared_by_value() -> None:
    ours = b"a,b\r\nx,1.50\r\ny,\r\n"
    theirs = b'"a","b"\n"y",\n"x",1.5\n'
    assert rows_of(ours, "text/csv") == rows_of(theirs, "text/csv")
    assert rows_of(ours, "text/csv") != rows_of(b"a,b\r\nx,1.51\r\ny,\r\n", "text/csv")


@pytest.mark.parametrize("question", load_catalog().values(), ids=lambda question: str(question.id))
def test_named_questions_are_asked_with_values(question: NamedQuery) -> None:
    header, text = question.text, questions.text_of(question)
    assert all(f"${one.name}" not in text for one in question.parameters if not one.optional)
    assert (text != header) == bool(question.parameters)
