"""A server on a real port, in a thread of the tests."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

from waitress import create_server, wasyncore

from api.config import WebOptions
from api.connections import send_at_once
from api.factory import create_app
from kg.config import Settings
from kg.store import Store


@dataclass(frozen=True)
class Answer:
    """A response, read to its end."""

    status: int
    headers: Message
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get_content_type()


def send(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send exactly these headers and return the answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@contextmanager
def running(
    store: Store, folder: Path, web: WebOptions | None = None, **settings: object
) -> Iterator[str]:
    """Serve a store; yield the address of the server."""
    given = Settings(data_dir=folder, organization="shop", **settings)  # type: ignore[arg-type]
    app = create_app(given, store, web or WebOptions())
    send_at_once()
    server = create_server(app, host="127.0.0.1", port=0, threads=4, ident=None)

    def run() -> None:
        # The sockets are closed under the loop that waits for them.
        with suppress(OSError, ValueError):
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.task_dispatcher.shutdown()
        server.close()
        # What clients left open would be closed by the garbage collector, with a warning.
        wasyncore.close_all(server._map, ignore_all=True)
        thread.join(10)
