"""Paths of any length stop at their deadline, whatever number of threads helps."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import QueryStoppedError
from kg.sparql import query, update
from kg.sparql.running import running_on
from kg.store import Store
from kg.store.rdf import load_bytes

PROJECT = Path(__file__).parents[2]
CYCLE = 10_000
PATHS = [
    "SELECT (COUNT(*) AS ?n) { ?a <urn:next>+ ?b }",
    "SELECT ?a (COUNT(?b) AS ?n) { ?a <urn:next>* ?b } GROUP BY ?a ORDER BY ?n LIMIT 3",
    "SELECT * { ?a <urn:next>+ ?b }",
    "SELECT ?a { ?a <urn:next>+ ?b . ?b <urn:v> ?v FILTER(?v > 5) }",
    "SELECT (COUNT(*) AS ?n) { ?a <urn:next>* ?b . ?b <urn:next>+ ?c }",
    "SELECT (COUNT(*) AS ?n) { ?a (<urn:next>/<urn:next>/^<urn:next>|<urn:v>)+ ?b }",
    "SELECT (COUNT(*) AS ?n) { ?a (<urn:same>/^<urn:same>)+ ?b }",
    "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?a (<urn:next>+/<urn:next>)* ?b } }",
    "ASK { ?a <urn:next>+ ?b . ?b <urn:nowhere>* ?a FILTER(?a = <urn:nobody>) }",
    "CONSTRUCT { ?a <urn:reaches> ?b } WHERE { ?a (<urn:next>|^<urn:next>)+ ?b }",
]
UPDATE = "INSERT { ?a <urn:reaches> ?b } WHERE { ?a <urn:next>+ ?b }"
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
[] a sh:NodeShape ; sh:targetSubjectsOf <urn:next> ;
    sh:property [ sh:path [ sh:oneOrMorePath <urn:next> ] ; sh:nodeKind sh:Literal ] .
"""

RUN = """
import sys, time
from datetime import date
from rdflib import Graph
from kg.errors import QueryTimeoutError
from kg.shacl import load_shapes, validate
from kg.sparql import query, update
from kg.store import Store
from kg.store.rdf import load_bytes
from tests.sparql.test_stopping_paths import CYCLE, PATHS, SHAPES, UPDATE, graph

def validated(store):
    cursor = store.cursor()
    cursor.begin()
    validate(cursor, shapes, date(2025, 1, 1), timeout=seconds)

workers = int(sys.argv[1])
with Store.open(memory_limit="1GB", workers=workers) as store:
    with store.write() as tx:
        load_bytes(tx, graph(CYCLE), format="turtle", graph="urn:g")
    shapes = load_shapes(Graph().parse(data=SHAPES, format="turtle"))
    jobs = [lambda text=text: list(query(store, text, timeout=seconds).rows()) for text in PATHS]
    jobs += [lambda: update(store, UPDATE, timeout=seconds), lambda: validated(store)]
    for run in range(2):
        for number, job in enumerate(jobs):
            seconds = 0.15 + 0.05 * run
            started = time.monotonic()
            try:
                job()
            except QueryTimeoutError:
                print(number, round(time.monotonic() - started - seconds, 3), flush=True)
"""


def graph(size: int) -> bytes:
    """Return a cycle, all of whose nodes share a value."""
    return "\n".join(
        f"<urn:n{i}> <urn:next> <urn:n{(i + 1) % size}> ; <urn:v> {i} ; <urn:same> <urn:one> ."
        for i in range(size)
    ).encode()


@pytest.mark.parametrize("workers", [1, 2])
def test_paths_stop_at_their_deadline(workers: int) -> None:
    # A hang of the engine cannot be ended from within the process.
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(workers)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [int(number) for number, _ in lines] == [*range(len(PATHS) + 2)] * 2, done.stdout
    assert max(float(late) for _, late in lines) < 5, done.stdout


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Yield a store in which no test leaves a change."""
    with Store.open(workers=1) as store:
        with store.write() as tx:
            load_bytes(tx, graph(CYCLE), format="turtle", graph="urn:g")
        yield store


def test_somebody_stops_a_path(store: Store) -> None:
    def stop() -> None:
        while not (found := running_on(store).listed()):
            time.sleep(0.01)
        time.sleep(0.2)
        running_on(store).stop(found[0].id)

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(QueryStoppedError):
        list(query(store, PATHS[0], timeout=60).rows())
    stopper.join()
    short = "SELECT * { <urn:n9990> <urn:v>* ?b }"
    assert len(list(query(store, short, timeout=60).rows())) == 2


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { <urn:n9990> <urn:next>+ <urn:n9992> }",
        "SELECT ?nothing { <urn:n9990> <urn:v>+ ?b }",
        "SELECT ?b { <urn:n9990> <urn:v>+ ?b } LIMIT 1",
        "SELECT ?v ?b { ?a <urn:v> ?v ; <urn:same>+ ?b FILTER(?v = 3) }",
        "SELECT (COUNT(?b) AS ?n) { <urn:n9990> <urn:v>* ?b }",
    ],
)
def test_paths_are_followed_by_the_engine(store: Store, text: str) -> None:
    found = query(store, text.replace("<urn:next>+", "(<urn:next>/<urn:next>)+"), timeout=60)
    assert found.engine == "sql"
    assert len(list(found.rows())) == 1


def test_many_paths_run_at_once(store: Store) -> None:
    expected = {i: CYCLE - i - 1 for i in range(0, CYCLE, CYCLE // 12)}
    text = "SELECT (COUNT(*) AS ?n) {{ <urn:n{0}> <urn:other>* ?b . ?b <urn:v> ?v }}"
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        rows = list(query(store, text.format(number), timeout=60).rows())
        answers[number] = rows[0][0][1] if rows[0][0] else None

    threads = [threading.Thread(target=ask, args=(number,)) for number in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == dict.fromkeys(expected, "1")


def test_an_update_follows_paths_twice(store: Store) -> None:
    done = update(
        store,
        "INSERT { ?a <urn:above> ?b } WHERE { ?a <urn:v>+ ?b } ;"
        " DELETE { ?a <urn:above> ?b } WHERE { ?a <urn:above>+ ?b }",
        timeout=60,
    )
    assert not done.changed
