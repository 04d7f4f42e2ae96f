"""An application behind a real server, for clients that speak HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import make_server


@contextmanager
def served(app: Any, *, threaded: bool = True) -> Iterator[str]:
    """Serve an application on a free port of the loopback; yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=threaded)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def idle_of(app: Any) -> threading.Event:
    """Return an event that is set while the application answers nothing."""
    idle, lock = threading.Event(), threading.Lock()
    answering: set[int] = set()
    idle.set()

    def begin() -> None:
        with lock:
            answering.add(threading.get_ident())
            idle.clear()

    def end(_error: object) -> None:
        with lock:
            answering.discard(threading.get_ident())
            if not answering:
                idle.set()

    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.teardown_request(end)
    return idle
