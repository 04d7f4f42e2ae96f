"""SERVICE: parts of a query that endpoints elsewhere answer, where the operator lists them.

(https://www.w3.org/TR/sparql11-federated-query/) An endpoint is asked once for each time that it
is named, without what the rest of the query has found: no value of ours is sent to it.
"""

from __future__ import annotations

import io
import time
import urllib.parse
import urllib.request
from collections.abc import Collection, Iterator
from http.client import HTTPException
from typing import Any

from rdflib import URIRef
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Prologue
from rdflib.query import Result
from rdflib.term import Identifier, Variable

from kg.errors import QueryEvaluationError
from kg.sparql.deadline import Deadline

_SECONDS = 10.0
"""Longest wait for an endpoint, within the deadline of the query."""
_MOST_BYTES = 32 * 1024 * 1024
_PIECE = 64 * 1024
_TYPE = "application/sparql-results+json"

Solutions = list[dict[Variable, Identifier]]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: only what the operator lists is asked."""

    def redirect_request(self, *_: object) -> None:
        """Leave the redirection as the error that it is then."""


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


def refuse_unlisted(node: Any, endpoints: Collection[str]) -> None:
    """Check that an algebra calls no SERVICE but those that are listed.

    Raises:
        QueryEvaluationError: it calls another one.
    """
    if isinstance(node, CompValue):
        if node.name == "ServiceGraphPattern" and not _is_listed(node.term, endpoints):
            raise QueryEvaluationError(
                f"SERVICE is not offered for {node.term.n3()}: no query leaves this server but for"
                " endpoints that its operator lists. Import the data of the other endpoint, or ask"
                " it directly."
            )
        for key in node:
            if key != "_vars":
                refuse_unlisted(node[key], endpoints)
    elif isinstance(node, dict):
        for value in node.values():
            refuse_unlisted(value, endpoints)
    elif isinstance(node, list | tuple):
        for item in node:
            refuse_unlisted(item, endpoints)


class Endpoints:
    """The endpoints that one query asks, with what they answered."""

    def __init__(self, prologue: Prologue, deadline: Deadline) -> None:
        self._prologue = prologue
        self._deadline = deadline
        self._answers: dict[str, Solutions] = {}

    def __call__(self, part: CompValue) -> Solutions:
        """Return the solutions of a SERVICE pattern.

        Raises:
            QueryTimeoutError: the deadline of the query passed meanwhile.
            QueryEvaluationError: the endpoint does not answer, and the call is not SILENT.
        """
        text = str(part.service_string)
        if text not in self._answers:
            self._answers[text] = self._asked(part)
            self._deadline.check()
        return self._answers[text]

    def _asked(self, part: CompValue) -> Solutions:
        end = self._deadline.moment
        left = _SECONDS if end is None else max(0.1, min(_SECONDS, end - time.monotonic()))
        try:
            document = _fetched(str(part.term), _text(part, self._prologue), left)
            return list(_solutions(document))
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            self._deadline.check()
            if part.silent:
                return [{}]
            raise QueryEvaluationError(
                f"The endpoint {part.term} did not answer ({error}). Ask again later, or write"
                " SERVICE SILENT to go on without it."
            ) from None


def _is_listed(term: object, endpoints: Collection[str]) -> bool:
    web = str(term).startswith(("http://", "https://"))
    return isinstance(term, URIRef) and web and str(term) in endpoints


def _text(part: CompValue, prologue: Prologue) -> str:
    """Return the query that the endpoint is asked."""
    written = str(part.service_string)
    body = written[written.index("{") : written.rindex("}") + 1]
    prefixes = "".join(
        f"PREFIX {name}: {iri.n3()}\n" for name, iri in prologue.namespace_manager.namespaces()
    )
    base = f"BASE <{prologue.base}>\n" if prologue.base else ""
    return f"{base}{prefixes}SELECT * {body}"


def _fetched(endpoint: str, text: str, seconds: float) -> bytes:
    body = urllib.parse.urlencode({"query": text}).encode()
    request = urllib.request.Request(endpoint, body, {"Accept": _TYPE})  # noqa: S310 - it is listed
    end = time.monotonic() + seconds
    document = bytearray()
    with _OPENER.open(request, timeout=seconds) as response:
        # One by one, since the timeout is that of each piece.
        while piece := response.read1(_PIECE):
            document += piece
            if len(document) > _MOST_BYTES:
                raise ValueError("its answer is too long")
            if time.monotonic() > end:
                raise TimeoutError("its answer takes too long")
    return bytes(document)


def _solutions(document: bytes) -> Iterator[dict[Variable, Identifier]]:
    for solution in Result.parse(io.BytesIO(document), format="json").bindings:
        yield dict(solution.items())
