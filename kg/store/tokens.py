"""Tokens: what a caller shows to be known, kept as hashes beside the graph and out of its reach.

A token is 32 random bytes, so that one fast hash is enough: there is nothing to guess. It travels
with the store: a backup holds the hashes, and a restore brings back the tokens of that time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from kg.errors import UsageError
from kg.roles import Role
from kg.store.database import Store

_PREFIX = "cg"
_TOKEN = re.compile(r"cg_([0-9a-f]{12})_([0-9A-Za-z_-]{43})")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_LIFETIME = re.compile(r"([1-9][0-9]{0,3})([hd])")
_NOTHING = "0" * 64
_COLUMNS = "id, name, role, personal, created, expires, revoked"
_KNOWN: WeakKeyDictionary[Store, Mapping[str, tuple[str, Token]]] = WeakKeyDictionary()
"""The tokens of each store by id, with their hashes: as they are in the store, which nobody else
can write to. Whoever changes them there forgets these."""
_LOCK = threading.Lock()
"""Held while tokens are changed or read, so that what was read is never older than a change."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; times are in UTC, without zone."""

    id: str
    name: str
    role: Role
    personal: bool
    """Whether personal data was granted."""
    created: datetime
    expires: datetime | None
    revoked: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Return what may be told of the token as values that JSON knows."""
        state = "revoked" if self.revoked else "active" if self.active() else "expired"
        return {
            "id": self.id,
            "name": self.name,
            "role": str(self.role),
            "personal": self.personal,
            "created": _text(self.created),
            "expires": _text(self.expires),
            "state": state,
        }

    def active(self, now: datetime | None = None) -> bool:
        """Tell whether the token opens anything."""
        moment = now or _now()
        return self.revoked is None and (self.expires is None or moment < self.expires)


def create_token(
    store: Store,
    name: str,
    role: Role,
    *,
    personal: bool = False,
    lifetime: timedelta | None = None,
) -> tuple[str, Token]:
    """Make a token; return its text, which is told this once, and what is kept of it.

    Raises:
        UsageError: the name is not usable, an active token has it, or the role cannot see personal
            data.
    """
    if not _NAME.fullmatch(name) or name != name.strip():
        raise UsageError(f"The name {name!r} is empty, too long, or has odd characters.")
    if personal and role is Role.READER:
        raise UsageError("A reader never sees personal data: make the token an analyst's.")
    number, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    created = _now()
    expires = None if lifetime is None else created + lifetime
    token = Token(number, name, role, personal, created, expires, None)
    with _LOCK:
        if any(one.name == name and one.active(created) for _, one in _read(store).values()):
            raise UsageError(
                f"An active token is named {name!r}: choose another name, or revoke it."
            )
        try:
            store.cursor().execute(
                "INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [number, name, _hash(secret), str(role), personal, created, expires, None],
            )
        finally:
            _KNOWN.pop(store, None)
    return f"{_PREFIX}_{number}_{secret}", token


def list_tokens(store: Store) -> Sequence[Token]:
    """Return all tokens ever made, the first one first."""
    return [token for _, token in _known(store).values()]


def any_token(store: Store) -> bool:
    """Tell whether a token was ever made, from when on callers must show one."""
    return bool(_known(store))


def revoke_token(store: Store, name: str) -> Token:
    """End the life of the token with an id, or of the active one with a name.

    Raises:
        UsageError: there is none.
    """
    for token in list_tokens(store):
        if token.id == name or (token.name == name and token.active()):
            if token.revoked is None:
                _revoke(store, token)
            return find_token(store, token.id) or token
    raise UsageError(f"No token is named {name!r}; 'clientgraph token list' shows them.")


def _revoke(store: Store, token: Token) -> None:
    with _LOCK:
        try:
            store.cursor().execute("UPDATE token SET revoked = ? WHERE id = ?", [_now(), token.id])
        finally:
            _KNOWN.pop(store, None)


def find_token(store: Store, number: str) -> Token | None:
    """Return the token with an id, or None."""
    found = _known(store).get(number)
    return found[1] if found else None


def check_token(store: Store, text: str) -> Token | None:
    """Return the active token that a text is, or None.

    The hash is compared in constant time, also where no token has this id.
    """
    match = _TOKEN.fullmatch(text)
    number, secret = (match[1], match[2]) if match else ("", "")
    kept, token = _known(store).get(number, (_NOTHING, None))
    same = hmac.compare_digest(_hash(secret), kept)
    return token if same and token is not None and token.active() else None


def _known(store: Store) -> Mapping[str, tuple[str, Token]]:
    """Return the hash and the token of each id: every request asks, and few change them."""
    found = _KNOWN.get(store)
    if found is None:
        with _LOCK:
            found = _KNOWN[store] = _read(store)
    return found


def _read(store: Store) -> Mapping[str, tuple[str, Token]]:
    rows = store.cursor().execute(f"SELECT hash, {_COLUMNS} FROM token ORDER BY created, id")
    return {str(row[1]): (str(row[0]), _token(row[1:])) for row in rows.fetchall()}


def _token(row: tuple[object, ...]) -> Token:
    number, name, role, personal, *times = row
    return Token(str(number), str(name), Role(str(role)), bool(personal), *times)  # type: ignore[arg-type]


def read_lifetime(text: str | None) -> timedelta | None:
    """Return how long a token lives, such as `90d` or `12h`; None for ever.

    Raises:
        UsageError: the text is no number of days or hours.
    """
    if not text:
        return None
    match = _LIFETIME.fullmatch(text)
    if match is None:
        raise UsageError(f"A token cannot expire after {text!r}; write days or hours, such as 90d.")
    number = int(match[1])
    return timedelta(days=number) if match[2] == "d" else timedelta(hours=number)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds") + "Z"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
