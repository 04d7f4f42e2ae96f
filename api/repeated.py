"""Requests that were answered lately, answered again before the application reads them.

To read a request, to choose its answer and to write the head of that takes much longer than to find
an answer that is there. A request whose method, address, headers and body are those of an earlier
one has its answer, while nothing is committed and who sends it may see the same. Its view says that
an answer may be given again; cookies are for the application to read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from werkzeug.exceptions import Unauthorized
from werkzeug.wsgi import ClosingIterator

from api.config import services_of
from api.identity import Caller, caller, caller_by
from api.metrics import metrics_of
from api.remembered import LARGEST, Lately, Sent

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATHS = ("/sparql", "/sparql/")
_MARK = "clientgraph.repeat"
_OK = "200 OK"
_LONGEST = 64 * 1024
"""Bytes of the body of a request that is looked at."""
_SAID = (
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "CONTENT_TYPE",
    "SERVER_PROTOCOL",
    "SERVER_NAME",
    "SERVER_PORT",
    "wsgi.url_scheme",
)
"""What an answer may depend on, beside the headers."""
_UNREAD = frozenset({"HTTP_USER_AGENT"})
"""Headers on which none does."""


@dataclass(frozen=True, slots=True)
class _Answered(Sent):
    """What was answered, on which commit and to whom; `endpoint` counts it."""

    commit: int
    caller: Caller
    endpoint: str | None


def repeat(commit: int) -> None:
    """Let the answer of the current request be given again until the next commit."""
    request.environ[_MARK] = (commit, caller(), request.endpoint)


def register_repetition(app: Flask) -> None:
    """Let an application answer repeated requests at once."""
    app.wsgi_app = _Repetition(app, app.wsgi_app)  # type: ignore[method-assign]


class _Repetition:
    """An application before which repeated requests are answered."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._app = app
        self._inner = inner
        self._store = services_of(app).store
        self._answered: Lately[_Answered] = Lately()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        key = _key(environ)
        if key is None:
            return self._inner(environ, start_response)
        found = self._answered.find(key)
        if found is None or not self._is_right(found, environ):
            return self._computed(key, environ, start_response)
        metrics_of(self._app).answered(found.endpoint, environ["REQUEST_METHOD"], 200)
        start_response(_OK, list(found.headers))
        return [found.body]

    def _is_right(self, found: _Answered, environ: WSGIEnvironment) -> bool:
        """Tell whether what was answered is the answer now."""
        if found.commit != self._store.head:
            return False
        try:
            return caller_by(self._store, environ.get("HTTP_AUTHORIZATION")) == found.caller
        except Unauthorized:
            return False

    def _computed(
        self, key: str, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        """Return the answer of the application; keep it where that may be."""
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def start_and_tell(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            told.append((status, headers))
            return start(status, headers, *error)

        body = self._inner(environ, start_and_tell)
        if _MARK not in environ or not told or told[-1][0] != _OK:
            return body
        headers = told[-1][1]
        if not _is_small(headers):
            return body
        whole = b"".join(body)
        self._answered.keep(key, _Answered(whole, tuple(headers), *environ[_MARK]))
        return ClosingIterator([whole], getattr(body, "close", None))


def _is_small(headers: Iterable[tuple[str, str]]) -> bool:
    """Tell whether an answer has a length, and a small one."""
    lengths = [int(value) for name, value in headers if name.lower() == "content-length"]
    return bool(lengths) and lengths[0] <= LARGEST


def _key(environ: WSGIEnvironment) -> str | None:
    """Return what tells a request from others, None for one whose answer is not kept.

    Its body can still be read afterwards.
    """
    if environ["PATH_INFO"] not in _PATHS or "HTTP_COOKIE" in environ:
        return None
    body = b""
    if environ["REQUEST_METHOD"] == "POST":
        length = environ.get("CONTENT_LENGTH") or ""
        if not length.isdecimal() or int(length) > _LONGEST:
            return None
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = BytesIO(body)
    elif environ["REQUEST_METHOD"] != "GET":
        return None
    said = [environ.get(name) for name in _SAID]
    headers = [
        one for one in environ.items() if one[0].startswith("HTTP_") and one[0] not in _UNREAD
    ]
    return hashlib.blake2b(repr((said, headers, body)).encode(), digest_size=24).hexdigest()
