"""Processes that measure an engine, with a time limit, and the machine that they run on."""

from __future__ import annotations

import json
import os
import platform
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

Answer = dict[str, Any]


class Worker:
    """One engine in a process of its own that answers queries until one passes the limit."""

    def __init__(self, engine: str, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.engines", engine, "query", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._lines.get(timeout=60)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def ask(self, text: str, limit: float) -> Answer | None:
        """Return the measured answer, or None after `limit` seconds: the process is then ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        try:
            line = self._lines.get(timeout=limit)
        except queue.Empty:
            self.end()
            return None
        if not line:
            raise RuntimeError(f"the engine ended on this query:\n{text}")
        found: Answer = json.loads(line)
        return found

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Measure:
    """Runs of one question on one engine; None when the first passed the limit."""

    seconds: list[float] | None
    rows: int = 0
    checksums: tuple[str, ...] = ()
    memory: int = 0


def measure(engine: str, path: Path, texts: Sequence[str], limit: float) -> Measure:
    """Run the queries one after the other in a fresh process; a slow run is the last."""
    worker = Worker(engine, path)
    try:
        answers: list[Answer] = []
        for text in texts:
            answer = worker.ask(text, limit)
            if answer is None:
                return Measure(None)
            answers.append(answer)
            if answer["seconds"] > 5:
                break
    finally:
        worker.end()
    return Measure(
        [answer["seconds"] for answer in answers],
        answers[-1]["rows"],
        tuple(answer["checksum"] for answer in answers),
        max(answer["memory"] for answer in answers),
    )


def load(engine: str, path: Path, file: Path) -> Answer:
    """Load a file in a process of its own; return time, bytes on disk and memory."""
    command = [sys.executable, "-m", "benchmarks.engines", engine, "load", str(path), str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: Answer = json.loads(done.stdout.splitlines()[-1])
    return found


def machine() -> str:
    """Return what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    engines = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyoxigraph", "rdflib"))
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, load {os.getloadavg()[0]:.1f}, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {engines}"
    )
