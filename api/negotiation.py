"""Chooses the format of an answer: by the parameter `format`, else by the header `Accept`."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request
from werkzeug.exceptions import NotAcceptable

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
    if not request.accept_mimetypes:
        return offered[0], offered[0].media_type
    choices = [(one, media) for one in offered for media in one.media_types]
    # The quality of the most specific range that matches counts, so that q=0 excludes (RFC 9110,
    # section 12.5.1); among equals the first offered wins.
    best = max(choices, key=lambda choice: request.accept_mimetypes.quality(choice[1]))
    if request.accept_mimetypes.quality(best[1]) <= 0:
        types = ", ".join(one.media_type for one in offered)
        raise NotAcceptable(f"This answer comes as {types}; ask for one of them in Accept.")
    return best


def _named(name: str, offered: Sequence[Format]) -> tuple[Format, str]:
    for one in offered:
        if name.lower() in (one.name, one.suffix, *one.aliases, *one.media_types):
            return one, one.media_type
    names = ", ".join(one.name for one in offered)
    raise UsageError(f"There is no format {name!r} for this answer; choose {names}.")
