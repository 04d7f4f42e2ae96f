"""Memory and disk are bounded: what needs more is refused, and the store lives on."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import QueryMemoryError
from kg.sparql import Result, query, update
from kg.sparql.holding import bytes_of
from kg.sparql.results import write_bindings, write_graph
from kg.sparql.running import Allowance
from kg.store import Store
from kg.store.rdf import load_bytes

NODES = 2500
PAIRS = "?a <urn:v> ?x . ?b <urn:v> ?y"
EVALUATED = f"{PAIRS} BIND(SHA512(STR(?a)) AS ?z)"
HUGE = {
    "sort": f"SELECT * {{ {PAIRS} }} ORDER BY ?y ?b ?a",
    "groups": f"SELECT ?a ?b (COUNT(*) AS ?n) {{ {PAIRS} }} GROUP BY ?a ?b",
    "text": f"SELECT (GROUP_CONCAT(STR(?a)) AS ?all) {{ {PAIRS} }}",
    "path": "SELECT (COUNT(*) AS ?n) { ?a <urn:next>+ ?b }",
    "path within": "SELECT (COUNT(*) AS ?n) { ?a <urn:next>* ?b . ?b <urn:v> ?x FILTER(?x > 1) }",
    "pairs twice": f"CONSTRUCT {{ ?a <urn:with> ?b }} WHERE {{ {PAIRS} }}",
}
HELD = {
    "sort": f"SELECT * {{ {EVALUATED} }} ORDER BY ?z ?b",
    "distinct": f"SELECT DISTINCT ?a ?b ?z {{ {EVALUATED} }}",
    "triples": f"CONSTRUCT {{ ?a <urn:with> ?b ; <urn:z> ?z }} WHERE {{ {EVALUATED} }}",
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("memory") / "clientgraph.duckdb"
    lines = (
        f"<urn:n{i}> <urn:v> {i} ; <urn:next> <urn:n{(i + 1) % NODES}> ." for i in range(NODES)
    )
    with Store.open(path) as store, store.write() as tx:
        load_bytes(tx, "\n".join(lines).encode(), format="turtle")
    return path


@pytest.fixture(scope="module")
def store(path: Path) -> Iterator[Store]:
    with Store.open(path, memory_limit="40MB", spill_limit="1MB", workers=1) as store:
        yield store


def written(result: Result) -> int:
    write = write_bindings if result.form == "select" else write_graph
    return sum(map(len, write(result, "csv" if result.form == "select" else "nt")))


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_what_needs_more_than_memory_and_disk_is_refused(store: Store, text: str) -> None:
    with pytest.raises(QueryMemoryError, match="memory"):
        written(query(store, text, timeout=60))
    assert written(query(store, "SELECT * { <urn:n7> <urn:v> ?x }")) > 0


@pytest.mark.parametrize("text", HELD.values(), ids=HELD)
def test_the_evaluator_holds_no_more_than_a_query_may(store: Store, text: str) -> None:
    result = query(store, text.replace(PAIRS, "?a <urn:v> 7 . ?b <urn:v> 8"), timeout=60)
    assert result.engine == "rdflib"
    assert written(result) > 0
    with pytest.raises(QueryMemoryError, match="memory"):
        written(query(store, text, timeout=60, allowance=Allowance(memory="4MB")))


def test_an_update_is_refused_and_changes_nothing(store: Store) -> None:
    head = store.head
    for where in (PAIRS, EVALUATED):
        text = f"INSERT {{ ?a <urn:with> ?b }} WHERE {{ {where} }}"
        with pytest.raises(QueryMemoryError, match="memory"):
            update(store, text, timeout=60, allowance=Allowance(kind="update", memory="4MB"))
    assert store.head == head


def test_what_is_spilled_stays_below_its_limit(path: Path, tmp_path: Path) -> None:
    spilled, ended = [0], threading.Event()
    path = Path(shutil.copy(path, tmp_path))

    def look() -> None:
        while not ended.wait(0.005):
            files = [file for file in path.parent.rglob("*") if ".duckdb.tmp" in str(file.parent)]
            spilled.append(sum(file.stat().st_size for file in files if file.exists()))

    with Store.open(path, memory_limit="40MB", spill_limit="30MB", workers=1) as store:
        looking = threading.Thread(target=look)
        looking.start()
        with pytest.raises(QueryMemoryError, match="memory"):
            written(query(store, HUGE["sort"], timeout=60))
        ended.set()
        looking.join()
    # Two threads may each pass the limit by a block.
    assert 5e6 < max(spilled) < 32e6


@pytest.mark.parametrize(
    ("text", "size"),
    [("512MB", 512_000_000), ("1GiB", 2**30), ("1.5 kB", 1500), ("7B", 7)],
)
def test_sizes_are_read_as_the_engine_reads_them(text: str, size: int) -> None:
    assert bytes_of(text) == size
