"""SPARQL 1.1 Protocol, query operation (https://www.w3.org/TR/sparql11-protocol/), at `/sparql`."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, field

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wrappers import Response as AnyResponse

from api.answers import send_whole
from api.asking import ask
from api.config import services
from api.description import describe_service
from api.negotiation import choose_format
from kg.errors import UsageError
from kg.sparql import Result
from kg.sparql.results import formats_of, write_bindings, write_graph

MAX_QUERY_BYTES = 1024 * 1024

blueprint = Blueprint("sparql", __name__)


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A query operation of the protocol; empty lists of graphs leave the choice to the query."""

    text: str
    default_graphs: list[str] = field(default_factory=list)
    named_graphs: list[str] = field(default_factory=list)
    timeout: float | None = None


@blueprint.get("/sparql")
def get_sparql() -> AnyResponse:
    """Answer a query given in the URL; describe the service when none is given."""
    if "query" not in request.args:
        if request.accept_mimetypes.best_match(["text/turtle", "text/html"]) == "text/html":
            return redirect(url_for("pages.query.show_query"))
        return describe_service()
    return answer(read_query(_one_text(request.args.getlist("query"))))


@blueprint.post("/sparql")
def post_sparql() -> AnyResponse:
    """Answer a query given as a form or as the body itself."""
    request.max_content_length = MAX_QUERY_BYTES
    request.max_form_memory_size = MAX_QUERY_BYTES
    if request.mimetype == "application/x-www-form-urlencoded":
        return answer(read_query(_one_text(request.form.getlist("query"))))
    if request.mimetype == "application/sparql-query":
        return answer(read_query(_body_text()))
    raise UnsupportedMediaType(
        "Send a query as application/x-www-form-urlencoded or application/sparql-query."
    )


def read_query(text: str) -> QueryRequest:
    """Return the query operation of the current request, whose query is `text`.

    Raises:
        UsageError: the timeout is not a positive number.
    """
    return QueryRequest(
        text,
        request.values.getlist("default-graph-uri"),
        request.values.getlist("named-graph-uri"),
        read_timeout(request.values.get("timeout")),
    )


def read_timeout(text: str | None) -> float:
    """Return the deadline in seconds that a request asks for, never more than the setting.

    Raises:
        UsageError: it is not a positive number.
    """
    limit = services().settings.timeout
    if not text:
        return limit
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise UsageError(f"The timeout {text!r} is not a positive number of seconds.")
    return min(seconds, limit)


def answer(asked: QueryRequest) -> Response:
    """Run a query and answer in the format that the request accepts."""
    result = ask(
        asked.text,
        timeout=asked.timeout,
        default_graphs=asked.default_graphs or None,
        named_graphs=asked.named_graphs or None,
    )
    return send_result(result)


def send_result(result: Result) -> Response:
    """Return the answer of a query in the format that the request accepts, with our headers."""
    with closing(result):
        chosen, media_type = choose_format(formats_of(result.form))
        write = write_bindings if result.form in ("select", "ask") else write_graph
        response = send_whole(write(result, chosen.name), media_type)
    response.headers["X-Clientgraph-Commit"] = str(result.commit)
    response.headers["X-Clientgraph-Complete"] = "true"
    response.headers["X-Clientgraph-Engine"] = result.engine
    if result.reason:
        response.headers["X-Clientgraph-Reason"] = _header_text(result.reason)
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Accept")
    return response


def _one_text(texts: list[str]) -> str:
    if not texts:
        raise UsageError("There is no query: give it as the parameter 'query'.")
    if len(texts) > 1:
        raise UsageError("There is more than one query: send one per request.")
    return texts[0]


def _body_text() -> str:
    try:
        return request.get_data().decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"The query is not UTF-8 from byte {error.start} on.") from None


def _header_text(text: str) -> str:
    """Return a text as one line of ASCII, which is all that a header carries everywhere."""
    return " ".join(text.encode("ascii", "replace").decode().split())[:200]
