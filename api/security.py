"""What every response carries, and which requests of a browser are refused.

The danger is a page elsewhere that makes the browser of somebody who can reach this server, or who
is logged in, write to it. Browsers say where a request comes from: one that writes and shows the
cookie of a session has to say so, and no other one may come from elsewhere.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, Forbidden

from api.config import WebOptions
from api.cors import is_welcome
from api.identity import COOKIE

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:@/\[\]\s]+)(?::[0-9]+)?")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})


def protect(app: Flask, web: WebOptions) -> None:
    """Check where requests come from and for which host, and add the headers of `HEADERS`."""
    if "*" not in web.allowed_hosts:
        allowed = frozenset(name.lower() for name in web.allowed_hosts)
        app.before_request(lambda: _refuse_other_names(allowed))
    app.before_request(lambda: _refuse_foreign_writes(web.allowed_origins))
    app.after_request(_add_headers)


def _refuse_other_names(allowed: frozenset[str]) -> None:
    """Refuse a request for a host name that is not this server's."""
    name = _HOST.fullmatch(request.headers.get("Host", "").lower())
    if name is None or name[1] not in allowed:
        raise BadRequest(
            "This server is not called by this host name: use 127.0.0.1 or localhost, or start it"
            " with --allowed-host."
        )


def _refuse_foreign_writes(origins: tuple[str, ...]) -> None:
    """Refuse a request that a page of another origin, not welcome here, made a browser send."""
    if request.method in _SAFE_METHODS or is_welcome(origins):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in _OWN_SITES:
        raise Forbidden("A page of another site sent this request. Send it from a page of ours.")
    if site is None and origin is None and COOKIE in request.cookies:
        raise Forbidden("This request does not say which page sent it. Show a token instead.")
    if site is None and origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden("The Origin of this request is not this server. Send it from our pages.")


def _add_headers(response: Response) -> Response:
    if request.endpoint != "static":
        # What one caller sees is not what another one sees: no cache may mix them up.
        response.vary.update(("Authorization", "Cookie"))
        response.cache_control.private = True
    # As setdefault would do for each; that takes a tenth of the time of a remembered answer.
    present = {name.lower() for name, _ in response.headers}
    response.headers.extend(
        [(name, value) for name, value in HEADERS.items() if name.lower() not in present]
    )
    return response
