"""SPARQL 1.1 Protocol: what a request asks for (https://www.w3.org/TR/sparql11-protocol/)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from flask import request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from api.config import services
from api.identity import caller
from kg.errors import UsageError

MAX_QUERY_BYTES = 1024 * 1024
MAX_NOTE = 1000
"""Characters of a note that are kept."""
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"

_ABSOLUTE_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|\\^`]*')


@dataclass(frozen=True, slots=True)
class Operation:
    """A query or an update; without graphs, the choice is left to its text.

    `default_graphs` and `named_graphs` hold IRIs: those of `default-graph-uri` and
    `named-graph-uri` for a query, of `using-graph-uri` and `using-named-graph-uri` for an update.
    """

    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    timeout: float | None = None
    is_update: bool = False
    note: str = ""
    """What the commit of an update keeps as its note."""


def read_operation() -> Operation | None:
    """Return the operation that the current request asks for, None when it asks for none.

    Raises:
        UsageError: it asks for several, for an update by GET, or a parameter is wrong.
        UnsupportedMediaType: its body has another media type than the protocol's three.
        RequestEntityTooLarge: the body is larger than is accepted.
    """
    if request.method != "POST":
        if "update" in request.args:
            raise UsageError("An update changes the graph: send it by POST.")
        return _of_parameters(request.args) if "query" in request.args else None
    kind = request.mimetype
    limit = MAX_QUERY_BYTES if kind == QUERY else services().settings.max_upload_mb * 2**20
    request.max_content_length = limit
    request.max_form_memory_size = limit
    if kind == FORM:
        return _of_parameters(request.form)
    if kind in (QUERY, UPDATE):
        return _operation(_body_text(), is_update=kind == UPDATE)
    raise UnsupportedMediaType(f"Send a query or an update as {FORM}, {QUERY} or {UPDATE}.")


def read_update() -> Operation:
    """Return the update that is the body of the current request.

    Raises:
        UsageError: it is not text in UTF-8, or a parameter is wrong.
        RequestEntityTooLarge: the body is larger than is accepted.
    """
    request.max_content_length = services().settings.max_upload_mb * 2**20
    return _operation(_body_text(), is_update=True)


def read_timeout(text: str | None) -> float:
    """Return the deadline in seconds that a request asks for, never more than its caller may have.

    Raises:
        UsageError: it is not a positive number.
    """
    limit = caller().limits.timeout
    if not text:
        return limit
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise UsageError(f"The timeout {text!r} is not a positive number of seconds.")
    return min(seconds, limit)


def base_iri() -> str:
    """Return the base of the relative IRIs of queries and updates: the endpoint."""
    return url_for("sparql.get_sparql", _external=True)


def checked_iri(text: str, what: str) -> str:
    """Return a text that is an absolute IRI.

    Raises:
        UsageError: it is none; `what` names it in the message.
    """
    if not _ABSOLUTE_IRI.fullmatch(text):
        raise UsageError(f"{what} is {text!r}, not an absolute IRI: write it in full.")
    return text


def _of_parameters(given: MultiDict[str, str]) -> Operation:
    """Return the operation of a form or of an address."""
    texts = [(name, text) for name in ("query", "update") for text in given.getlist(name)]
    if not texts:
        raise UsageError("There is no query: give it as the parameter 'query' (or 'update').")
    if len(texts) > 1:
        raise UsageError("There is more than one query or update: send one per request.")
    name, text = texts[0]
    if name == "query" and len(text) > MAX_QUERY_BYTES:
        raise RequestEntityTooLarge(f"The query has more than {MAX_QUERY_BYTES} characters.")
    return _operation(text, is_update=name == "update")


def _operation(text: str, *, is_update: bool) -> Operation:
    if "\0" in text:
        raise UsageError("The text holds the character U+0000: send it in UTF-8.")
    default, named = (
        ("using-graph-uri", "using-named-graph-uri")
        if is_update
        else ("default-graph-uri", "named-graph-uri")
    )
    return Operation(
        text,
        _graphs(default),
        _graphs(named),
        read_timeout(request.values.get("timeout")),
        is_update,
        request.values.get("note", "")[:MAX_NOTE],
    )


def _graphs(name: str) -> tuple[str, ...]:
    return tuple(
        checked_iri(text, f"The parameter {name}") for text in request.values.getlist(name)
    )


def _body_text() -> str:
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower().replace("_", "-") not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType(f"The text is in {charset}: send it in UTF-8.")
    try:
        return request.get_data().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"The text is not UTF-8 from byte {error.start} on.") from None
