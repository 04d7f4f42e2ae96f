"""Pages of other origins that may call the server (https://fetch.spec.whatwg.org/#http-cors-protocol).

None may unless the operator names it. A named origin is trusted like a page of ours; `*` lets every
page read, and none write. No cookie is ever sent along.
"""

from __future__ import annotations

import re

from flask import Flask, Response, request

from api.protocol import FORM, QUERY
from kg.errors import UsageError

ANY = "*"
_PATHS = ("/sparql", "/graphs", "/shacl", "/api/", "/id/", "/ns", "/scheme/")
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[^:@/\[\]\s*?#]+)(:[0-9]+)?")
_SAFE = ("GET", "HEAD", "OPTIONS")
_READ = "GET, HEAD, POST"
_WRITE = "GET, HEAD, POST, PUT, PATCH, DELETE"
_SENT = "Accept, Authorization, Content-Type, If-Match, If-None-Match, Prefer"
_EXPOSED = (
    "ETag, Location, Preference-Applied, Retry-After, X-Clientgraph-Commit, X-Clientgraph-Complete,"
    " X-Clientgraph-Engine, X-Clientgraph-Reason"
)
_SECONDS = "600"


def checked_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Return the origins that an operator names, in lower case.

    Raises:
        UsageError: one is neither an origin nor `*`.
    """
    for one in origins:
        if one != ANY and not _ORIGIN.fullmatch(one.lower()):
            raise UsageError(
                f"--allowed-origin is {one!r}; give scheme, host and port, such as"
                " https://app.example, or '*'."
            )
    return tuple(one.lower() for one in origins)


def register_cors(app: Flask, origins: tuple[str, ...]) -> None:
    """Answer preflights of pages at these origins, and let them read what is answered."""
    if not origins:
        return

    def answer_preflight() -> Response | None:
        return _preflight(origins)

    def share(response: Response) -> Response:
        return _shared(response, origins)

    app.before_request(answer_preflight)
    app.after_request(share)


def is_welcome(origins: tuple[str, ...]) -> bool:
    """Tell whether the current request may come from the page that it says it comes from."""
    return _origin() in origins or (ANY in origins and _only_reads())


def _origin() -> str:
    return request.headers.get("Origin", "").lower()


def _only_reads() -> bool:
    if request.method in _SAFE:
        return True
    if request.path.rstrip("/") != "/sparql" or request.method != "POST":
        return False
    if request.mimetype == FORM:
        return "query" in request.form and "update" not in request.form
    return request.mimetype == QUERY


def _preflight(origins: tuple[str, ...]) -> Response | None:
    wanted = request.headers.get("Access-Control-Request-Method")
    if request.method != "OPTIONS" or wanted is None or not request.path.startswith(_PATHS):
        return None
    response = Response(status=204)
    if _origin() in origins or ANY in origins:
        methods = _WRITE if _origin() in origins else _READ
        response.headers["Access-Control-Allow-Methods"] = methods
        response.headers["Access-Control-Allow-Headers"] = _SENT
        response.headers["Access-Control-Max-Age"] = _SECONDS
    return response


def _shared(response: Response, origins: tuple[str, ...]) -> Response:
    if not request.path.startswith(_PATHS):
        return response
    response.vary.add("Origin")
    if origin := request.headers.get("Origin"):
        named = origin.lower() in origins
        if named or ANY in origins:
            response.headers["Access-Control-Allow-Origin"] = origin if named else ANY
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    return response
