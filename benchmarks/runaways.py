"""Runaways: `python -m benchmarks.runaways [--size 1M] [--deadline 2] [--runs 5] [--only path]`.

Each kind of question that would take for ever is asked of a running server, while another client
asks a small question every 50 ms. The table tells by how much the deadline was passed, and what
the other client saw before and meanwhile. The server works on a copy of the store.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.load import folder_for, load_all, write_graph
from benchmarks.queries import QUESTIONS
from benchmarks.servers import Server, serving, store_path
from kg.namespaces import PREFIXES

_PAUSE = 0.05
_BEFORE = 3.0
"""Seconds in which the other client is alone."""
_PREFIXES = (
    "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("cg", "foaf"))
    + "PREFIX cgf: <https://w3id.org/clientgraph/function#>\n"
)
_PAIRS = "?a cg:netAmount ?x . ?b cg:netAmount ?y"
_EVALUATED = f"{_PAIRS} BIND(SHA512(STR(?a)) AS ?z)"
"""The engine has no SHA512: the general evaluator answers."""
_NAMES = "?a foaf:name ?x . ?b foaf:name ?y"
_UNION = " UNION ".join(f"{{ {_PAIRS} FILTER(?x + {n} > ?y) }}" for n in range(40))
_SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix cg: <https://w3id.org/clientgraph/ns#> .
<urn:x:shape> a sh:NodeShape ; sh:targetSubjectsOf cg:netAmount ; sh:sparql [ sh:message "m" ;
    sh:select "SELECT $this { $this ?p ?x . ?b ?q ?y FILTER(?x = ?y && ?p != ?q) }" ] .
"""
_SHAPES_PATH = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix cg: <https://w3id.org/clientgraph/ns#> .
<urn:x:shape> a sh:NodeShape ; sh:targetSubjectsOf cg:client ;
    sh:property [ sh:path [ sh:zeroOrMorePath [ sh:alternativePath (
        cg:client [ sh:inversePath cg:client ] cg:seller [ sh:inversePath cg:seller ] ) ] ] ;
    sh:nodeKind sh:Literal ] .
"""

QUERIES = {
    "cross product": "SELECT (COUNT(*) AS ?n) { ?a ?p ?x . ?b ?q ?y FILTER(?x > ?y) }",
    "path of any length": "SELECT (COUNT(*) AS ?n)"
    " { ?a (cg:client|^cg:client|cg:seller|^cg:seller)+ ?b }",
    "path within a pattern": "SELECT ?a { ?a cg:seller ?s ; (cg:client|^cg:client)* ?b ."
    " ?b cg:netAmount ?x }",
    "sort": f"SELECT * {{ {_PAIRS} }} ORDER BY ?y ?x",
    "GROUP BY": f"SELECT ?a ?b (COUNT(*) AS ?n) {{ {_PAIRS} }} GROUP BY ?a ?b",
    "DISTINCT": f"SELECT DISTINCT ?x ?y ?b {{ {_PAIRS} }}",
    "regex": f'SELECT (COUNT(*) AS ?n) {{ {_NAMES} FILTER(REGEX(CONCAT(?x, ?y), "(a|b)*x+y$")) }}',
    "strings": "SELECT (SUM(STRLEN(?z)) AS ?n)"
    f' {{ {_NAMES} BIND(REPLACE(CONCAT(?x, ?y, ?x), "[a-m]", "$0$0$0") AS ?z) }}',
    "UNION": f"SELECT (COUNT(*) AS ?n) {{ {_UNION} }}",
    "MINUS": f"SELECT (COUNT(*) AS ?n) {{ {_PAIRS} MINUS {{ ?a cg:item ?i . ?b cg:item ?i }} }}",
    "sub-select": f"SELECT ?x (COUNT(*) AS ?m) {{ {{ SELECT ?x ?n {{ {{ SELECT ?x (COUNT(*) AS ?n)"
    f" {{ {_PAIRS} }} GROUP BY ?x }} }} }} ?c ?p ?x }} GROUP BY ?x",
    "median": f"SELECT (cgf:median(?x * ?y) AS ?m) (cgf:mode(?y) AS ?o) {{ {_PAIRS} }}",
    "GROUP_CONCAT": f"SELECT (GROUP_CONCAT(?x) AS ?all) {{ {_NAMES} }}",
    "evaluated": f"SELECT (COUNT(*) AS ?n) {{ {_EVALUATED} FILTER(?x > ?y) }}",
    "evaluated sort": f"SELECT * {{ {_EVALUATED} }} ORDER BY ?z ?x",
    "evaluated path": "SELECT (COUNT(*) AS ?n)"
    " { ?a (cg:client|^cg:client)* ?b BIND(SHA512(STR(?a)) AS ?z) FILTER(?z != STR(?b)) }",
    "large answer": f"SELECT * {{ {_PAIRS} }}",
    "large answer in XML": f"SELECT * {{ {_PAIRS} }}",
    "CONSTRUCT": f"CONSTRUCT {{ ?a cg:with ?b }} WHERE {{ {_PAIRS} }}",
    "DESCRIBE": "DESCRIBE ?s WHERE { ?s ?p ?o . ?t ?q ?o }",
}
UPDATES = {
    "INSERT": f"INSERT {{ ?a cg:with ?b }} WHERE {{ {_PAIRS} }}",
    "INSERT along a path": "INSERT { ?a cg:with ?b }"
    " WHERE { ?a (cg:client|^cg:client|cg:seller|^cg:seller)+ ?b }",
    "DELETE of everything": "DELETE { ?a ?p ?b } WHERE { ?a ?p ?b . ?c ?q ?b }",
}
SHAPES = {"SHACL with a query": _SHAPES, "SHACL with a path": _SHAPES_PATH}


@dataclass(frozen=True)
class Request:
    """What is sent."""

    path: str
    body: bytes
    kind: str
    accept: str


def requests(deadline: float, graph: str) -> dict[str, Request]:
    """Return every runaway as a request, with its deadline; SHACL looks at a graph."""
    form = "application/x-www-form-urlencoded"
    found: dict[str, Request] = {}
    for name, text in QUERIES.items():
        body = urlencode({"query": _PREFIXES + text, "timeout": deadline}).encode()
        formats = "application/sparql-results+xml" if "XML" in name else "text/csv"
        if name in ("CONSTRUCT", "DESCRIBE"):
            formats = "text/turtle"
        found[name] = Request("/sparql", body, form, formats)
    for name, text in UPDATES.items():
        body = urlencode({"update": _PREFIXES + text, "timeout": deadline}).encode()
        found[name] = Request("/sparql", body, form, "application/json")
    for name, text in SHAPES.items():
        boundary = "runaway"
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="shapes"; filename="s.ttl"'
            f"\r\nContent-Type: text/turtle\r\n\r\n{text}\r\n--{boundary}--\r\n"
        ).encode()
        path = f"/shacl?{urlencode({'graph': graph, 'timeout': deadline})}"
        found[name] = Request(
            path, body, f"multipart/form-data; boundary={boundary}", "text/turtle"
        )
    return found


def send(port: int, request: Request, patience: float) -> tuple[float, int]:
    """Send a request and read the answer to its end; return the seconds and the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    start = time.perf_counter()
    headers = {"Content-Type": request.kind, "Accept": request.accept}
    with contextlib.closing(connection):
        connection.request("POST", request.path, request.body, headers)
        answer = connection.getresponse()
        with contextlib.suppress(http.client.IncompleteRead, ConnectionError):
            while answer.read(1 << 20):
                pass
    return time.perf_counter() - start, answer.status


@dataclass
class Other:
    """The client with small questions, in a thread of its own."""

    port: int
    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def run(self, stop: threading.Event) -> None:
        """Ask until told to stop, another question each time."""
        (question,) = (one for one in QUESTIONS if one.slug == "party-properties")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        with contextlib.closing(connection):
            for run in itertools.count(time.monotonic_ns() % 20_000):
                body = urlencode({"query": question.text(run % 20_000)}).encode()
                start = time.perf_counter()
                connection.request("POST", "/sparql", body, headers)
                answer = connection.getresponse()
                answer.read()
                self.seconds.append(time.perf_counter() - start)
                self.failed += answer.status != http.client.OK
                if stop.wait(_PAUSE):
                    return


@contextlib.contextmanager
def watched(port: int) -> Iterator[Other]:
    """Let the other client ask while a block runs."""
    other, stop = Other(port), threading.Event()
    thread = threading.Thread(target=other.run, args=(stop,))
    thread.start()
    try:
        yield other
    finally:
        stop.set()
        thread.join()


def measure(
    port: int, name: str, request: Request, deadline: float, runs: int, before: float = _BEFORE
) -> str:
    """Return the row of the table for one kind."""
    late: list[float] = []
    meanwhile: list[float] = []
    failed = 0
    statuses: set[int] = set()
    with watched(port) as alone:
        time.sleep(before)
    for _ in range(runs):
        with watched(port) as other:
            taken, status = send(port, request, deadline + 120)
        late.append(taken - deadline)
        meanwhile += other.seconds
        failed += other.failed
        statuses.add(status)
    told = "/".join(str(status) for status in sorted(statuses))
    ratio = statistics.median(meanwhile) / statistics.median(alone.seconds)
    cells = (f"{max(late) * 1000:,.0f}", told, *_figures(alone.seconds), *_figures(meanwhile))
    return f"| {name} | {' | '.join(cells)} | {ratio:.1f} | {failed} |"


def _figures(seconds: Sequence[float]) -> tuple[str, str]:
    """Return the median and the 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"{statistics.median(ordered) * 1000:.1f}", f"{high * 1000:.1f}"


def largest_graph(port: int) -> str:
    """Return the IRI of the graph with the most purchases."""
    text = (
        "SELECT ?g { GRAPH ?g { ?a cg:netAmount ?x } } GROUP BY ?g ORDER BY DESC(COUNT(*)) LIMIT 1"
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        query = urlencode({"query": _PREFIXES + text})
        connection.request("GET", f"/sparql?{query}", headers={"Accept": "text/csv"})
        return connection.getresponse().read().decode().split()[1]


@contextlib.contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """Yield a folder with a copy of the store, which updates may write to."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(store_path(folder, "clientgraph"), store_path(Path(name), "clientgraph"))
        yield Path(name)


def print_table(server: Server, deadline: float, runs: int, only: str) -> None:
    """Ask every kind whose name holds a word, and print what was seen."""
    print(
        f"\nload {os.getloadavg()[0]:.1f}, deadline {deadline:g} s, worst of {runs}\n\n"
        "| runaway | late, ms | status | median before, ms | 95 % | median meanwhile, ms | 95 % |"
        " times | failed |\n|---|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    for name, request in requests(deadline, largest_graph(server.port)).items():
        if only in name:
            print(measure(server.port, name, request, deadline, runs), flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f}, peak memory {server.memory() / 1e6:,.0f} MB")


def main() -> None:
    """Make the store where there is none, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1M")
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--deadline", type=float, default=2.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="kinds with this in their name")
    options = parser.parse_args()
    folder = folder_for(options.folder, options.size, keep=True)
    load_all(folder, write_graph(folder, options.size), ["clientgraph"])
    with copied(folder) as copy, serving("clientgraph", copy) as server:
        print_table(server, options.deadline, options.runs, options.only)


if __name__ == "__main__":
    sys.exit(main())
