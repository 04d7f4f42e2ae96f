"""How answers are sent to clients: at once, and by one thread at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask

_PATIENCE = 0.001
"""Seconds in which a thread that sends comes to its end."""


class Task(WSGITask):  # type: ignore[misc]
    """The answering of a request, whose head is sent together with the first bytes of its body.

    One after the other, as they go otherwise, they take twice the time, and wake the client twice.
    """

    def write(self, data: bytes) -> None:
        """Send bytes of an answer, the head before the first."""
        if self.wrote_header:
            super().write(data)
            return
        with self.channel.together():
            super().write(data)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    task_class = Task
    _held: list[bytes] | None = None
    """What waits to be sent together."""

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send at once what is written meanwhile."""
        held = self._held = []
        try:
            yield
        finally:
            self._held = None
        self.write_soon(b"".join(held))

    def write_soon(self, data: Any) -> int:
        """Send bytes, or a file, as soon as may be."""
        if self._held is None:
            return int(super().write_soon(data))
        self._held.append(data)
        return len(data)

    def handle_write(self) -> None:
        """Send what waits, once nobody else is sending it.

        Else the loop would come back at once, and keep the thread that sends from its turn.
        """
        if self.outbuf_lock.acquire(timeout=_PATIENCE):
            self.outbuf_lock.release()
        super().handle_write()


def send_at_once() -> None:
    """Let every connection of the servers of this process be a `Channel`."""
    TcpWSGIServer.channel_class = Channel
