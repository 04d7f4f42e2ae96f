"""Conditional requests (RFC 9110, section 13): what a client has already need not be sent again.

The graph only changes with a commit, so the tag of an answer is made of the commit and of what was
asked for. It is weak: answers of one commit are the same solutions, perhaps in another order.
"""

from __future__ import annotations

import hashlib
import re

from flask import Response, request

_VOLATILE = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID)\s*\(", re.IGNORECASE)


def tag_of(commit: int, *parts: object) -> str:
    """Return the tag of what `parts` describe as of a commit."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=9).hexdigest()
    return f"{commit}-{digest}"


def is_repeatable(text: str) -> bool:
    """Tell whether a query answers the same while nothing is committed."""
    return not _VOLATILE.search(text)


def is_known(tag: str) -> bool:
    """Tell whether the client has what this tag names."""
    return request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(tag)


def not_modified(tag: str) -> Response:
    """Return the answer that the client's copy is still right."""
    response = Response(status=304)
    response.vary.add("Accept")
    return with_tag(response, tag)


def with_tag(response: Response, tag: str) -> Response:
    """Return a response with its tag, to be checked again at each use."""
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "no-cache"
    return response
