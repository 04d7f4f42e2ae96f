"""What the addresses of all pages may say: a date, a knowledge time, parameters, a language.

A page never takes something else in the place of what it cannot read: it says so.
"""

from __future__ import annotations

from contextlib import closing

from flask import Flask, request

from api.analyses import SHARED_OPTIONS, day_of, read_context
from api.config import services
from api.identity import identified
from api.language import LANGUAGES
from kg.errors import UsageError


def register_addresses(app: Flask) -> None:
    """Refuse the address of a page that says what cannot be read."""
    app.before_request(_check)


def _check() -> None:
    """Read what the address of a page says.

    Raises:
        UsageError: one of its values cannot be read.
    """
    given = request.args
    if not (request.endpoint or "").startswith("pages."):
        return
    if "lang" in given and given["lang"] not in LANGUAGES:
        raise UsageError(f"lang is {given['lang']!r}; choose among {', '.join(LANGUAGES)}.")
    if not any(given.get(name) for name in SHARED_OPTIONS):
        return
    day_of(given)
    if (one := identified()) is not None:
        with closing(services().store.cursor(one.hidden_graphs)) as cursor:
            read_context(services().settings, cursor, given)
