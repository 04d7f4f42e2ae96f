"""The SPARQL endpoint, at `/sparql`."""

from __future__ import annotations

from contextlib import ExitStack

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from api.answers import send, send_whole
from api.asking import ask
from api.conditional import is_known, is_repeatable, not_modified, tag_of, with_tag
from api.config import services
from api.description import describe_service
from api.identity import Right, caller, require
from api.negotiation import choose_format
from api.protocol import Operation, base_iri, read_operation
from api.remembered import answers
from api.repeated import repeat
from api.updating import change
from kg.sparql import Result, form_of
from kg.sparql.results import formats_of, write_bindings, write_graph

blueprint = Blueprint("sparql", __name__)


@blueprint.get("/sparql", strict_slashes=False)
def get_sparql() -> AnyResponse:
    """Answer a query given in the URL; describe the service when none is given."""
    asked = read_operation()
    if asked is not None:
        return answer(asked)
    if request.accept_mimetypes.best_match(["text/turtle", "text/html"]) == "text/html":
        return redirect(url_for("pages.query.show_query"))
    return describe_service()


@blueprint.post("/sparql", strict_slashes=False)
def post_sparql() -> AnyResponse:
    """Answer a query, or run an update, given as a form or as the body itself."""
    asked = read_operation()
    assert asked is not None  # noqa: S101  (a POST without one was refused)
    return answer_update(asked) if asked.is_update else answer(asked)


def answer_update(asked: Operation) -> Response:
    """Run an update and tell its commit, with the numbers of quads inserted and deleted."""
    require(Right.WRITE)
    done = change(asked, base_iri())
    response = jsonify(done.as_json())
    response.headers["X-Clientgraph-Commit"] = str(done.commit)
    return response


def answer(asked: Operation) -> Response:
    """Run a query and answer in the format that the request accepts."""
    base = base_iri()
    _, media_type = choose_format(formats_of(form_of(asked.text, base)))
    graphs = (asked.default_graphs, asked.named_graphs, caller().hidden_graphs)
    what = (asked.text, base, media_type, *graphs, caller().limits.max_rows)
    repeatable = is_repeatable(asked.text)
    if repeatable:
        tag = tag_of(services().store.head, what)
        if is_known(tag):
            return not_modified(tag)
        if (kept := answers().find(tag)) is not None:
            repeat(int(kept.headers["X-Clientgraph-Commit"]))
            return kept
    result = ask(
        asked.text,
        timeout=asked.timeout,
        default_graphs=asked.default_graphs or None,
        named_graphs=asked.named_graphs or None,
        base=base,
    )
    response = send_result(result)
    if repeatable:
        tag = tag_of(result.commit, what)
        with_tag(response, tag)
        # What the evaluator answers may come from elsewhere, by SERVICE.
        if result.engine != "rdflib" and result.complete:
            answers().keep(tag, response)
            repeat(result.commit)
    return response


def send_result(result: Result) -> Response:
    """Return the answer of a query in the format that the request accepts, with our headers."""
    with ExitStack() as stack:
        stack.callback(result.close)
        chosen, media_type = choose_format(formats_of(result.form))
        write = write_bindings if result.form in ("select", "ask") else write_graph
        chunks = write(result, chosen.name)
        # The evaluator may still be at work on its first rows at the deadline; and whether a limit
        # of rows cuts an answer is known at its end, but told before it.
        response = (
            send(chunks, media_type, result.paused)
            if result.engine != "rdflib" and not caller().limits.max_rows
            else send_whole(chunks, media_type)
        )
        response.call_on_close(stack.pop_all().close)
    response.headers["X-Clientgraph-Commit"] = str(result.commit)
    response.headers["X-Clientgraph-Complete"] = str(result.complete).lower()
    response.headers["X-Clientgraph-Engine"] = result.engine
    if result.reason:
        response.headers["X-Clientgraph-Reason"] = _header_text(result.reason)
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Accept")
    return response


def _header_text(text: str) -> str:
    """Return a text as one line of ASCII, which is all that a header carries everywhere."""
    return " ".join(text.encode("ascii", "replace").decode().split())[:200]
