"""The engines as servers of their own on a port of the loopback, started and ended by their id."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from benchmarks import virtuoso
from benchmarks.processes import peak_memory

ENGINES = ("clientgraph", "pyoxigraph", "virtuoso", "rdflib")
_PATIENCE = 600
_UPKEEP = 600
"""Seconds that what clientgraph builds after its start may take; it answers meanwhile."""
# The command as it is, found without an installed entry point.
_SERVE = """
import os
from api.serve import serve
from kg.config import settings_from
serve.main(obj=settings_from(os.environ))
"""


def store_path(folder: Path, engine: str) -> Path:
    """Return where an engine keeps its store; rdflib reads the file each time it starts."""
    names = {"clientgraph": "clientgraph.duckdb", "rdflib": "graph.nq"}
    return folder / names.get(engine, engine)


class Server:
    """One engine that listens."""

    def __init__(self, engine: str, folder: Path, limit: float) -> None:
        self._engine = engine
        self.port = free_port()
        self.path = "/sparql/" if engine == "virtuoso" else "/sparql"
        settings = {"CLIENTGRAPH_TIMEOUT": str(limit), "CLIENTGRAPH_DATA_DIR": str(folder)}
        self._process = subprocess.Popen(
            _command(engine, folder.resolve(), self.port),
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        if engine == "clientgraph":
            self._wait_for_rest()

    def _wait(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.05)
        self.end()
        raise RuntimeError(f"{self._engine} did not start")

    def _wait_for_rest(self) -> None:
        """Wait until look-ups are answered from their index, the last of what it builds."""
        end = time.monotonic() + _UPKEEP
        for number in itertools.count():
            # Each another, for an answer that is remembered tells who gave it first.
            if self._engine_of(f"ASK {{ <urn:x:{number}> a ?class }}") == "index":
                return
            if time.monotonic() > end:
                print(f"{self._engine} has no look-up index after {_UPKEEP} s", flush=True)
                return
            time.sleep(0.5)

    def _engine_of(self, query: str) -> str | None:
        """Return what a query is answered by."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", f"{self.path}?query={quote(query)}")
            with connection.getresponse() as response:
                response.read()
                return response.getheader("X-Clientgraph-Engine")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection):
            try:
                connection.request("GET", "/")
                with connection.getresponse() as response:
                    response.read()
            except (OSError, http.client.HTTPException):
                return False
            return True

    def memory(self) -> int:
        """Return the peak resident memory of the process in bytes."""
        return peak_memory(self._process.pid)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def serving(engine: str, folder: Path, limit: float = 3600) -> Iterator[Server]:
    """Yield a server that is ended afterwards."""
    server = Server(engine, folder, limit)
    try:
        yield server
    finally:
        server.end()


def _command(engine: str, folder: Path, port: int) -> list[str]:
    if engine == "clientgraph":
        return [sys.executable, "-c", _SERVE, "--port", str(port)]
    if engine == "virtuoso":
        # An instance that was killed leaves its lock; nothing was written since its checkpoint.
        (folder / engine / "virtuoso.lck").unlink(missing_ok=True)
        return virtuoso.command(folder / engine, port)
    path = str(store_path(folder, engine))
    return [sys.executable, "-m", "benchmarks.wrapper", engine, path, str(port)]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
