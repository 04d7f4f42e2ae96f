"""Answers that were sent lately, to be sent again while nothing is committed.

An answer is found by its tag, which is made of the commit, of what was asked for and of what its
caller may see (see `api.conditional`): another commit, or another caller's limits, is another tag.
A request that says all that an earlier one said is not even read again (see `api.repeated`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from flask import Flask, Response, current_app

_KEY = "clientgraph.answers"
LARGEST = 256 * 1024
"""Bytes of a body that is kept, at most."""
_MOST = 32 * 1024 * 1024
_OVERHEAD = 1024
"""Bytes that an answer takes beside its body, roughly."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What makes a response again."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


Kept = TypeVar("Kept", bound=Sent)


class Lately(Generic[Kept]):
    """What was sent lately, by key, the one used longest ago going first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._size = 0

    def find(self, key: str) -> Kept | None:
        """Return what has this key, if it is kept."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def keep(self, key: str, sent: Kept) -> None:
        """Keep what was sent, unless it is large."""
        if len(sent.body) > LARGEST:
            return
        with self._lock:
            self._forget(key)
            self._kept[key] = sent
            self._size += len(sent.body) + _OVERHEAD
            while self._size > _MOST:
                self._forget(next(iter(self._kept)))

    def _forget(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size -= len(kept.body) + _OVERHEAD


class Answers:
    """The answers of one application."""

    def __init__(self) -> None:
        self._sent: Lately[Sent] = Lately()

    def find(self, tag: str) -> Response | None:
        """Return the response that has this tag, if it is kept."""
        kept = self._sent.find(tag)
        return None if kept is None else Response(kept.body, headers=list(kept.headers))

    def keep(self, tag: str, response: Response) -> None:
        """Keep a response that is there as a whole, unless it is large."""
        if is_whole(response):
            self._sent.keep(tag, Sent(response.get_data(), tuple(response.headers)))


def is_whole(response: Response) -> bool:
    """Tell whether a response is there as a whole, and not large."""
    return response.is_sequence and (response.content_length or 0) <= LARGEST


def register_answers(app: Flask) -> None:
    """Let an application remember its answers."""
    app.extensions[_KEY] = Answers()


def answers() -> Answers:
    """Return the answers of the application in whose request this runs."""
    return cast(Answers, current_app.extensions[_KEY])
