"""Answers that were sent lately, to be sent again while nothing is committed.

An answer is found by its tag, which is made of the commit, of what was asked for and of what its
caller may see (see `api.conditional`): another commit, or another caller's limits, is another tag.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import cast

from flask import Flask, Response, current_app

_KEY = "clientgraph.answers"
_LARGEST = 256 * 1024
_MOST = 32 * 1024 * 1024
_OVERHEAD = 1024
"""Bytes that an answer takes beside its body, roughly."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What makes a response again."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


class Answers:
    """The answers of one application, the one used longest ago going first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0

    def find(self, tag: str) -> Response | None:
        """Return the response that has this tag, if it is kept."""
        with self._lock:
            kept = self._kept.get(tag)
            if kept is None:
                return None
            self._kept.move_to_end(tag)
        return Response(kept.body, headers=list(kept.headers))

    def keep(self, tag: str, response: Response) -> None:
        """Keep a response that is there as a whole, unless it is large."""
        if not response.is_sequence or (response.content_length or 0) > _LARGEST:
            return
        kept = _Kept(response.get_data(), tuple(response.headers))
        with self._lock:
            self._forget(tag)
            self._kept[tag] = kept
            self._size += len(kept.body) + _OVERHEAD
            while self._size > _MOST:
                self._forget(next(iter(self._kept)))

    def _forget(self, tag: str) -> None:
        kept = self._kept.pop(tag, None)
        if kept is not None:
            self._size -= len(kept.body) + _OVERHEAD


def register_answers(app: Flask) -> None:
    """Let an application remember its answers."""
    app.extensions[_KEY] = Answers()


def answers() -> Answers:
    """Return the answers of the application in whose request this runs."""
    return cast(Answers, current_app.extensions[_KEY])
