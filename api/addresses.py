"""What the addresses of all pages may say: date, knowledge time, parameters, language, theme.

A page never takes something else in the place of what it cannot read: it says so.
"""

from __future__ import annotations

from contextlib import closing

from flask import Flask, request

from api.analyses import day_of, knowledge_of, parameters_of
from api.appearance import THEMES
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
    for name, known in (("lang", LANGUAGES), ("theme", THEMES)):
        if name in given and given[name] not in known:
            raise UsageError(f"{name} is {given[name]!r}; choose among {', '.join(known)}.")
    day_of(given)
    knowledge_of(given)
    # Only a saved set of parameters has to be looked for.
    if given.get("params") and (one := identified()) is not None:
        with closing(services().store.cursor(one.hidden_graphs)) as cursor:
            parameters_of(cursor, given)
