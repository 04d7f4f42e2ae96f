"""Chooses the format of an answer: by the parameter `format`, else by the header `Accept`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable
from werkzeug.http import parse_accept_header

from kg.errors import UsageError
from kg.sparql.formats import Format


def choose_format(offered: Sequence[Format]) -> tuple[Format, str]:
    """Return the format to answer in and the media type to call it.

    Raises:
        UsageError: the parameter `format` names none of those offered.
        NotAcceptable: the header `Accept` accepts none of them.
    """
    if name := request.values.get("format"):
        return _named(name, offered)
    return _best(tuple(offered), request.headers.get("Accept", ""))


@lru_cache(maxsize=256)
def _best(offered: tuple[Format, ...], accept: str) -> tuple[Format, str]:
    """Return the format that a header `Accept` wants most, and the media type to call it."""
    accepted = _accepted_ranges(accept)
    if not accepted:
        return offered[0], offered[0].media_type
    choices = [(one, media) for one in offered for media in one.media_types]
    # Among equals the first offered wins.
    best = max(choices, key=lambda choice: _quality(choice[1], accepted))
    if _quality(best[1], accepted) <= 0:
        types = ", ".join(one.media_type for one in offered)
        raise NotAcceptable(f"This answer comes as {types}; ask for one of them in Accept.")
    return best


def _accepted_ranges(accept: str) -> dict[str, float]:
    """Return the quality of each media range of a header, without its parameters.

    A charset or profile never decides here: there is one of each. What is no range is left out.
    """
    found: dict[str, float] = {}
    for text, quality in parse_accept_header(accept, MIMEAccept):
        name = text.partition(";")[0].strip().lower()
        if "/" in name:
            found[name] = max(quality, found.get(name, 0.0))
    return found


def _quality(media_type: str, accepted: dict[str, float]) -> float:
    """Return the quality of a media type: that of the most specific range that matches.

    So q=0 excludes (RFC 9110, section 12.5.1).
    """
    ranges = (media_type, media_type.partition("/")[0] + "/*", "*/*")
    return next((accepted[one] for one in ranges if one in accepted), 0.0)


def _named(name: str, offered: Sequence[Format]) -> tuple[Format, str]:
    for one in offered:
        if name.lower() in (one.name, one.suffix, *one.aliases, *one.media_types):
            return one, one.media_type
    names = ", ".join(one.name for one in offered)
    raise UsageError(f"There is no format {name!r} for this answer; choose {names}.")
