"""Who calls: the caller of the current request, and what it may do and see.

A program shows a token with every request; a person shows one once, on the page of the login, and
the browser then shows a signed cookie that holds the token's id. The token is looked up for every
request, so that revoking it ends its sessions too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import cast

from flask import Flask, Request, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.datastructures import Authorization, WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from api.config import services
from kg.config import Limits
from kg.errors import StoreError
from kg.namespaces import PERSONAL_GRAPHS
from kg.roles import Role
from kg.store import Store
from kg.store.tokens import Token, any_token, check_token, find_token

COOKIE = "clientgraph"
"""Name of the cookie of a session."""
_KEY = "token"
_SESSION = timedelta(hours=12)


class Right(StrEnum):
    """Something that a caller may be allowed to do."""

    READ = "read"
    """Ask questions, and read what is not personal data."""
    PERSONAL = "personal"
    """See personal data."""
    WRITE = "write"
    """Import and change data."""
    ADMIN = "admin"
    """See and stop what others run; give and take access."""


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.READER: frozenset({Right.READ}),
    Role.ANALYST: frozenset({Right.READ}),
    Role.STEWARD: frozenset({Right.READ, Right.PERSONAL, Right.WRITE}),
    Role.ADMIN: frozenset(Right),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request."""

    name: str
    role: Role
    rights: frozenset[Right]
    by_cookie: bool = False
    """Whether a browser shows who it is by itself, also when a page elsewhere makes it do so."""

    @property
    def hidden_graphs(self) -> tuple[str, ...]:
        """Rules of the graphs that are not there for this caller (see `kg.store.visibility`)."""
        return () if Right.PERSONAL in self.rights else (PERSONAL_GRAPHS,)

    @property
    def limits(self) -> Limits:
        """What the caller's role may use."""
        return services().settings.limits(self.role)


LOCAL = Caller("local", Role.STEWARD, _RIGHTS[Role.STEWARD])
"""Whoever reaches a server that listens on the loopback address only and knows no tokens."""


class _Sessions(SecureCookieSessionInterface):
    """Cookies signed with SHA-256, for encrypted connections only where the login came by one."""

    digest_method = staticmethod(sha256)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of a request; one without a cookie has nothing to be checked."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def register_identity(app: Flask, store: Store) -> None:
    """Sign the cookies of sessions with the store's own secret."""
    secret = store.setting("session_secret")
    if secret is None:
        raise StoreError("The store has no secret for sessions: it was not made by clientgraph.")
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=_SESSION,
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.session_interface = _Sessions()


def caller() -> Caller:
    """Return who sends the current request.

    Raises:
        Unauthorized: it does not tell who it is, or with a token that opens nothing.
    """
    known = identified()
    if known is None:
        raise unauthorized("Show a token: 'Authorization: Bearer TOKEN', or log in.")
    return known


def identified() -> Caller | None:
    """Return who sends the current request, None for somebody unknown.

    Raises:
        Unauthorized: a token is shown that opens nothing.
    """
    if "caller" not in g:
        # Also for the page that tells of the error, when what is shown opens nothing.
        g.caller = None
        g.caller = _identify()
    return cast("Caller | None", g.caller)


def require(right: Right) -> None:
    """Refuse the current request when its caller has not a right.

    Raises:
        Unauthorized: nobody knows who sends it.
        Forbidden: the caller has not the right.
    """
    one = caller()
    if right not in one.rights:
        raise Forbidden(
            f"The role {one.role} has not the right '{right}' that this needs. Ask an"
            " administrator for a token that has."
        )


def unauthorized(detail: str) -> Unauthorized:
    """Return the error that asks for a token (RFC 6750, section 3)."""
    return Unauthorized(
        detail, www_authenticate=WWWAuthenticate("bearer", {"realm": "clientgraph"})
    )


def log_in(text: str) -> bool:
    """Start a session for a token; return whether it opens anything."""
    token = check_token(services().store, text.strip())
    session.clear()
    if token is not None:
        session.permanent = True
        session[_KEY] = token.id
    return token is not None


def log_out() -> None:
    """End the session."""
    session.clear()


def caller_by(store: Store, shown: str | None) -> Caller | None:
    """Return who shows a header `Authorization`, or none; None for somebody unknown.

    Raises:
        Unauthorized: the token in it opens nothing.
    """
    if not shown:
        return None if any_token(store) else LOCAL
    given = Authorization.from_header(shown)
    text = given.token if given is not None and given.type == "bearer" else None
    token = check_token(store, text) if text else None
    if token is None:
        raise unauthorized("This token opens nothing: it is unknown, expired or revoked.")
    return _caller_of(token)


def _identify() -> Caller | None:
    store, shown = services().store, request.headers.get("Authorization")
    if not shown and (number := session.get(_KEY)):
        token = find_token(store, str(number))
        return _caller_of(token, by_cookie=True) if token and token.active() else None
    return caller_by(store, shown)


def _caller_of(token: Token, *, by_cookie: bool = False) -> Caller:
    rights = _RIGHTS[token.role] | ({Right.PERSONAL} if token.personal else set())
    return Caller(token.name, token.role, rights, by_cookie)
