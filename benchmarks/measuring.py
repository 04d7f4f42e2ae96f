"""Questions asked over HTTP with a time limit, and the machine that answers them."""

from __future__ import annotations

import contextlib
import http.client
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.answers import checksum, rows_of
from benchmarks.servers import Server

Answered = tuple[int, str, bytes]
"""Status, media type asked for, and body of an answer."""

_SLOW = 5.0
"""Seconds after which a run is the last of its question."""


@dataclass(frozen=True)
class Measure:
    """Runs of one question on one engine; no seconds where it passed the limit or refused."""

    seconds: tuple[float, ...] = ()
    rows: int = 0
    checksums: tuple[str, ...] = ()
    refused: str = ""

    @property
    def least(self) -> float | None:
        """The least time in seconds."""
        return min(self.seconds, default=None)


class Asker:
    """Asks one engine; a query that passes the limit ends the server, and another one starts."""

    def __init__(self, engine: str, folder: Path, limit: float) -> None:
        self._engine, self._folder, self._limit = engine, folder, limit
        self._server = Server(engine, folder, limit)
        self.memory = 0

    def measure(self, texts: Sequence[str]) -> Measure:
        """Ask the queries one after the other."""
        return self._measured([partial(self._ask, text) for text in texts])

    def measure_addresses(self, addresses: Sequence[str]) -> Measure:
        """Get addresses of CSV one after the other."""
        return self._measured([partial(self._get, address) for address in addresses])

    def _measured(self, requests: Sequence[Callable[[], Answered]]) -> Measure:
        seconds: list[float] = []
        checksums: list[str] = []
        rows: list[str] = []
        for request in requests:
            start = time.perf_counter()
            try:
                status, kind, body = request()
            except (TimeoutError, http.client.HTTPException, ConnectionError):
                self._restart()
                return Measure()
            taken = time.perf_counter() - start
            if status == http.client.SERVICE_UNAVAILABLE:
                return Measure()
            if status != http.client.OK:
                return Measure(refused=body[:200].decode(errors="replace"))
            seconds.append(taken)
            rows = rows_of(body, kind)
            checksums.append(checksum(rows))
            if taken > _SLOW:
                break
        return Measure(tuple(seconds), len(rows), tuple(checksums))

    def _get(self, address: str) -> Answered:
        """Return what an address answers.

        Raises:
            TimeoutError: the limit has passed.
        """
        return self._sent("GET", address, None, {"Accept": "text/csv"})

    def _ask(self, text: str) -> Answered:
        """Return what a query answers.

        Raises:
            TimeoutError: the limit has passed.
        """
        graph = "CONSTRUCT" in text
        accept = "application/n-triples" if graph else "text/csv"
        form = urlencode({"query": text, "timeout": str(int(self._limit))})
        if self._engine == "virtuoso":
            # There, `timeout` means that half an answer is welcome.
            form = urlencode({"query": text})
        headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        return self._sent("POST", self._server.path, form, headers)

    def _sent(
        self, method: str, address: str, body: str | None, headers: Mapping[str, str]
    ) -> Answered:
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=self._limit)
        ) as connection:
            end = time.monotonic() + self._limit
            connection.request(method, address, body, dict(headers))
            with connection.getresponse() as response:
                parts: list[bytes] = []
                while part := response.read1(1 << 20):
                    parts.append(part)
                    if time.monotonic() > end:
                        raise TimeoutError
                return response.status, headers["Accept"], b"".join(parts)

    def _restart(self) -> None:
        self.end()
        self._server = Server(self._engine, self._folder, self._limit)

    def end(self) -> None:
        """End the server."""
        with contextlib.suppress(OSError):
            self.memory = max(self.memory, self._server.memory())
        self._server.end()


@contextlib.contextmanager
def asking(engine: str, folder: Path, limit: float) -> Iterator[Asker]:
    """Yield what asks an engine; its server is ended afterwards."""
    asker = Asker(engine, folder, limit)
    try:
        yield asker
    finally:
        asker.end()


def machine() -> str:
    """Return what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    engines = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyoxigraph", "rdflib"))
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, load {os.getloadavg()[0]:.1f}, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {engines}"
    )
