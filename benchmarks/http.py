"""Small queries over HTTP: `python -m benchmarks.http [--size 1M|10M] [--seconds 10] [--keep]`.

Clients ask look-ups and small joins over connections that stay open, each request as soon as the
last answer is there: one client alone, then several at a time; queries that differ in their
constants, then a few queries again and again. Beside clientgraph stands pyoxigraph's store behind
the same HTTP server (waitress with Flask), which parses, evaluates and writes JSON as well. The
clients are processes on the same machine, and take their share of it.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.load import folder_for, load_all, write_graph
from benchmarks.queries import QUESTIONS, Question
from benchmarks.servers import Server, free_port, store_path

ASKED = ("party-properties", "party-purchases", "party-by-key")
PEER = "pyoxigraph, same server"
_PROCESSES = 2
_FEW = 30
"""Queries that are asked again and again."""
_HEADER = """
| queries | clients | engine | answers/s | median ms | 95 % ms | errors |
|---|---|---|---|---|---|---|"""


@dataclass(slots=True)
class Client:
    """One connection, and the answer that it waits for."""

    connection: socket.socket
    started: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self.received.clear()
        self.started = time.perf_counter()
        self.connection.sendall(request)

    def answered(self) -> bool:
        """Read what has come; return whether the answer is whole.

        Raises:
            ConnectionError: the server closed the connection.
        """
        part = self.connection.recv(1 << 16)
        if not part:
            raise ConnectionError("the server closed the connection")
        self.received += part
        head, end, body = bytes(self.received).partition(b"\r\n\r\n")
        if not end:
            return False
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        return len(body) >= length

    @property
    def is_good(self) -> bool:
        """Whether the answer is one."""
        return self.received.startswith(b"HTTP/1.1 200")


@dataclass(frozen=True)
class Measured:
    """What some clients saw."""

    seconds: tuple[float, ...]
    errors: int


def ask_for(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Measured:
    """Ask requests in turn with several clients for a time."""
    taken: list[float] = []
    errors = 0
    todo = iter(requests)
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for _ in range(clients):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = Client(connection)
            selector.register(connection, selectors.EVENT_READ, client)
            client.ask(next(todo))
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for key, _ in selector.select(timeout=1):
                client = key.data
                if client.answered():
                    taken.append(time.perf_counter() - client.started)
                    errors += not client.is_good
                    request = next(todo, None)
                    if request is None:
                        return Measured(tuple(taken), errors)
                    client.ask(request)
    return Measured(tuple(taken), errors)


def requests_for(texts: Sequence[str]) -> list[bytes]:
    """Return queries as requests of the SPARQL protocol."""
    return [_request(urlencode({"query": text}).encode()) for text in texts]


def _request(form: bytes) -> bytes:
    return (
        b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Accept: application/sparql-results+json\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(form), form)
    )


def different(first: int, count: int) -> list[str]:
    """Return queries about one party after the other."""
    questions = _questions()
    return [questions[n % len(questions)].text(first + n // len(questions)) for n in range(count)]


def _questions() -> list[Question]:
    return [question for question in QUESTIONS if question.slug in ASKED]


def _part(port: int, texts: list[str], clients: int, seconds: float) -> Measured:
    return ask_for(port, requests_for(texts), clients, seconds)


def measure(port: int, texts: Sequence[str], clients: int, seconds: float) -> Measured:
    """Ask with several clients, spread over processes; each asks its own part of the queries."""
    processes = min(_PROCESSES, clients)
    parts = [
        (port, list(texts[n::processes]), clients // processes, seconds) for n in range(processes)
    ]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        found = pool.starmap(_part, parts)
    taken = tuple(second for one in found for second in one.seconds)
    return Measured(taken, sum(one.errors for one in found))


@contextlib.contextmanager
def serving(engine: str, folder: Path) -> Iterator[int]:
    """Yield the port of a server, which is ended afterwards."""
    if engine != PEER:
        server = Server(engine, folder, 60)
        try:
            yield server.port
        finally:
            server.end()
        return
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.http_peer"]
    path = str(store_path(folder, "pyoxigraph"))
    process = subprocess.Popen([*command, path, str(port)], stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def _row(name: str, clients: int, engine: str, found: Measured, seconds: float) -> str:
    times = sorted(found.seconds)
    median = statistics.median(times) * 1000
    slow = times[int(len(times) * 0.95)] * 1000
    rate = f"{len(times) / seconds:,.0f}"
    cells = (name, f"{clients}", engine, rate, f"{median:.1f}", f"{slow:.1f}", f"{found.errors}")
    return f"| {' | '.join(cells)} |"


def ask_both(folder: Path, seconds: float, clients: int) -> None:
    """Measure both engines, one after the other, and print the table."""
    print(f"waitress {version('waitress')}, flask {version('flask')}\n{_HEADER}")
    many = int(2000 * seconds)
    for engine in ("clientgraph", PEER):
        with serving(engine, folder) as port:
            measure(port, different(0, 3 * _FEW), 1, 5)
            for number, first in ((1, 100), (clients, 100 + many // len(ASKED))):
                found = measure(port, different(first, many), number, seconds)
                print(_row("each another", number, engine, found, seconds), flush=True)
            for number in (1, clients):
                texts = (different(50, _FEW) * (2 * many // _FEW))[: 2 * many]
                found = measure(port, texts, number, seconds)
                print(_row(f"the same {_FEW}", number, engine, found, seconds), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Load, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1M")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each line of the table")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--keep", action="store_true", help="use and keep the loaded stores")
    given = parser.parse_args(arguments)
    folder = folder_for(given.folder, given.size, keep=given.keep)
    load_all(folder, write_graph(folder, given.size), ("clientgraph", "pyoxigraph"))
    ask_both(folder, given.seconds, given.clients)
    if not given.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
