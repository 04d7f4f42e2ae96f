"""SPARQL 1.1 Graph Store HTTP Protocol, at `/graphs`.

https://www.w3.org/TR/sparql11-http-rdf-update/. `?graph=IRI` and `?default` name a graph
indirectly; the address of a request below `/graphs/` is the IRI of a graph itself. `default` is the
unnamed graph, while the default graph of a query is the union of all. Without a name, GET answers
with the whole dataset and POST makes a new graph.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import (
    Forbidden,
    MethodNotAllowed,
    NotFound,
    PreconditionFailed,
    UnsupportedMediaType,
)

from api.answers import send
from api.bodies import received
from api.conditional import is_known, not_modified, tag_of, with_tag
from api.config import services
from api.identity import caller
from api.negotiation import choose_format
from api.protocol import UPDATE, checked_iri, read_update
from api.updating import change
from kg.errors import UsageError
from kg.sparql.deadline import Deadline
from kg.sparql.formats import DATASET_FORMATS, GRAPH_FORMATS
from kg.sparql.protection import PROTECTED
from kg.sparql.restriction import OneGraph
from kg.store import Cursor, EngineInterrupted, Transaction, hides
from kg.store.export import document
from kg.store.graphs import graph_exists, graph_id, graph_version
from kg.store.rdf import load_file

blueprint = Blueprint("graphs", __name__)


@dataclass(frozen=True, slots=True)
class Target:
    """A graph that a request is about, None standing for the unnamed one."""

    name: str | None

    def __str__(self) -> str:
        return "the unnamed graph" if self.name is None else f"<{self.name}>"


@blueprint.get("/graphs", strict_slashes=False)
@blueprint.get("/graphs/<path:name>")
def get_graph(name: str = "") -> Response:
    """Answer with a graph, or with the whole dataset when none is named."""
    target = _target(name)
    chosen, media_type = choose_format(DATASET_FORMATS if target is None else GRAPH_FORMATS)
    with ExitStack() as stack:
        cursor = stack.enter_context(services().store.cursor(caller().hidden_graphs))
        cursor.begin()
        tag = tag_of(_version(cursor, target), target, media_type, caller().hidden_graphs)
        if is_known(tag):
            return not_modified(tag)
        deadline = stack.enter_context(Deadline(cursor, caller().limits.timeout))
        graphs = None if target is None else [target.name]
        written = document(cursor, chosen.name, graphs=graphs, merged=target is not None)
        response = send(_timed(written, deadline), media_type, deadline.paused)
        response.call_on_close(stack.pop_all().close)
    response.vary.add("Accept")
    return with_tag(response, tag)


@blueprint.put("/graphs", strict_slashes=False)
@blueprint.put("/graphs/<path:name>")
def put_graph(name: str = "") -> Response:
    """Put the graph of the body in the place of a graph."""
    return _write(_named(name), replace=True)


@blueprint.post("/graphs", strict_slashes=False)
@blueprint.post("/graphs/<path:name>")
def post_graph(name: str = "") -> Response:
    """Add the body to a graph, or to a new one when none is named."""
    target = _target(name)
    if target is not None:
        return _write(target, replace=False)
    address = url_for("graphs.get_graph", name=secrets.token_hex(16), _external=True)
    response = _write(Target(address), replace=False)
    if response.status_code == 204:
        raise UsageError("The body holds no triple, of which no graph can be made: send some.")
    response.headers["Location"] = address
    return response


@blueprint.patch("/graphs", strict_slashes=False)
@blueprint.patch("/graphs/<path:name>")
def patch_graph(name: str = "") -> Response:
    """Run an update that changes one graph only."""
    target = _named(name)
    _check_writable(target)
    if request.mimetype != UPDATE:
        raise UnsupportedMediaType(f"Send the update of the graph as {UPDATE}.")
    existed: list[bool] = []

    def check(cursor: Cursor) -> None:
        _check_precondition(cursor, target)
        existed.append(graph_exists(cursor, target.name))

    done = change(read_update(), target.name or request.base_url, OneGraph(target.name, check))
    response = Response(status=201 if done.inserted and not existed[-1] else 204)
    response.headers["X-Clientgraph-Commit"] = str(done.commit)
    return response


@blueprint.delete("/graphs", strict_slashes=False)
@blueprint.delete("/graphs/<path:name>")
def delete_graph(name: str = "") -> Response:
    """Take a graph away."""
    target = _named(name)
    _check_writable(target)
    with _transaction(target) as tx:
        _check_precondition(tx.cursor, target)
        if not graph_exists(tx.cursor, target.name) and target.name is not None:
            raise NotFound(f"There is no graph {target}.")
        _clear(tx, target)
        if not tx.changes.deleted:
            tx.rollback()
    return _written(204, tx)


def _target(name: str) -> Target | None:
    """Return the graph that the request names, None when it names none.

    Raises:
        UsageError: it names several, or one by what is no absolute IRI.
    """
    named = request.args.getlist("graph")
    ways = len(named) + ("default" in request.args) + bool(name)
    if ways > 1:
        raise UsageError("More than one graph is named: name it by 'graph', 'default' or address.")
    if name:
        return Target(request.base_url)
    if named:
        return Target(checked_iri(named[0], "The parameter graph"))
    return Target(None) if "default" in request.args else None


def _named(name: str) -> Target:
    target = _target(name)
    if target is None:
        raise MethodNotAllowed(
            ["GET", "HEAD", "POST", "OPTIONS"],
            "Name the graph that is meant: ?graph=IRI, or ?default for the unnamed one.",
        )
    return target


def _version(cursor: Cursor, target: Target | None) -> int:
    """Return the last commit that changed a graph, or the dataset.

    Raises:
        NotFound: the graph is not there, or hidden from the caller.
    """
    if target is None:
        row = cursor.execute('SELECT coalesce(max(number), 0) FROM "commit"').fetchone()
        return int(row[0]) if row else 0
    if target.name is not None and not graph_exists(cursor, target.name):
        raise NotFound(f"There is no graph {target}; /graphs holds them all.")
    return graph_version(cursor, target.name)


def _write(target: Target, *, replace: bool) -> Response:
    """Load the body into a graph as one commit; 201 when this makes the graph, else 204."""
    _check_writable(target)
    base = target.name or request.base_url
    with received() as documents, _transaction(target) as tx:
        _check_precondition(tx.cursor, target)
        existed = graph_exists(tx.cursor, target.name)
        if replace:
            _clear(tx, target)
        for one in documents:
            load_file(tx, one.path, graph=target.name, format=one.format, base=base, one_graph=True)
        made = not existed and graph_exists(tx.cursor, target.name)
        if not tx.changes.inserted and not tx.changes.deleted:
            tx.rollback()
    return _written(201 if made else 204, tx)


def _clear(tx: Transaction, target: Target) -> None:
    known = graph_id(tx.cursor, target.name)
    if known is not None:
        tx.clear([known])


def _check_writable(target: Target) -> None:
    """Raise Forbidden for a graph that the store itself keeps, or that the caller cannot see."""
    rules = (*PROTECTED, *caller().hidden_graphs)
    if target.name is not None and hides(rules, target.name):
        raise Forbidden(f"The graph {target} is kept by the store itself: write to another graph.")


def _check_precondition(cursor: Cursor, target: Target) -> None:
    """Raise PreconditionFailed unless the graph is as the request asks (RFC 9110, section 13.1).

    The tag of any format tells the version of its graph.
    """
    version = str(graph_version(cursor, target.name))
    exists = graph_exists(cursor, target.name)
    wanted, unwanted = request.if_match, request.if_none_match
    if wanted and not (exists and (wanted.star_tag or version in _versions(wanted.to_header()))):
        raise PreconditionFailed(f"The graph {target} is not as you read it: read it again.")
    if unwanted.star_tag and exists:
        raise PreconditionFailed(f"The graph {target} is there already.")


def _versions(header: str) -> set[str]:
    return {
        tag.strip().removeprefix("W/").strip('"').partition("-")[0] for tag in header.split(",")
    }


def _transaction(target: Target) -> AbstractContextManager[Transaction]:
    """Begin to write, for a commit that tells of the request."""
    return services().store.write(
        agent=caller().name,
        activity="graph-store",
        note=f"{request.method} {target}",
        wait=caller().limits.timeout,
    )


def _written(status: int, tx: Transaction) -> Response:
    response = Response(status=status)
    commit = tx.number - 1 if tx.rolled_back else tx.number
    response.headers["X-Clientgraph-Commit"] = str(commit)
    return response


def _timed(chunks: Iterator[bytes], deadline: Deadline) -> Iterator[bytes]:
    """Yield chunks until the deadline, which is then told as such."""
    try:
        for chunk in chunks:
            deadline.check()
            yield chunk
    except EngineInterrupted:
        raise deadline.error() from None
