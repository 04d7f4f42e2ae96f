"""SHACL validation over HTTP, at `/shacl`: a document, or a stored graph, in; a report out.

A document is loaded into a store in memory of its own, and leaves nothing behind.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, json, request
from rdflib import URIRef
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound, UnsupportedMediaType

from api.answers import send_whole
from api.asking import allowance
from api.config import services
from api.identity import caller
from api.negotiation import choose_format
from api.protocol import read_timeout
from kg.errors import UsageError
from kg.shacl import Report, project_shapes, shapes_of_documents, validate
from kg.shacl.rows import COLUMNS, rows
from kg.sparql.deadline import Deadline
from kg.sparql.formats import GRAPH_FORMATS, Format
from kg.sparql.running import running_on
from kg.store import Cursor, Store, lookup_nodes
from kg.store.documents import FORMATS as RDF_FORMATS
from kg.store.documents import format_of, rdf_format
from kg.store.rdf import load_bytes
from kg.store.visibility import narrow

LISTED_PER_SHAPE = 1000
"""Results listed for each shape when the request does not say; all are counted."""
ROW_FORMATS = (Format("json", ("application/json",), "json"), Format("csv", ("text/csv",), "csv"))
_GRAPH_FORMATS = tuple(
    Format(one.name, tuple(m for m in one.media_types if m != "application/json"), one.suffix)
    for one in GRAPH_FORMATS
)
OFFERED = (*_GRAPH_FORMATS, *ROW_FORMATS)
"""Formats of a report: SHACL's own graph in the formats of RDF, or rows."""

_UNTYPED = {"", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"}

Document = tuple[str, bytes, str]
"""Name, content and format of an RDF document."""

blueprint = Blueprint("shacl", __name__)


@blueprint.post("/shacl")
def post_shacl() -> Response:
    """Validate the document of the request, or the stored graph that `graph` names."""
    chosen, media_type = choose_format(OFFERED)
    limit, timeout = _limit(), read_timeout(request.args.get("timeout"))
    data, shapes = _documents()
    rules = shapes_of_documents(shapes) if shapes else project_shapes()
    allowed = allowance("validation")
    with (
        _cursor(data, allowed.memory) as cursor,
        Deadline(cursor, timeout, gone=allowed.gone) as deadline,
        running_on(services().store).entered(deadline, allowed, _told(data)) as entry,
    ):
        entry.engine = "sql"
        report = validate(cursor, rules, _today(), limit=limit, deadline=deadline)
        response = send_whole(_written(report, chosen.name), media_type)
    complete = len(report.results) == report.total
    response.headers["X-Clientgraph-Complete"] = "true" if complete else "false"
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response


def _limit() -> int:
    """Return how many results are listed for each shape.

    Raises:
        UsageError: the parameter is not a number.
    """
    text = request.args.get("limit", str(LISTED_PER_SHAPE))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError(f"The limit {text!r} is not a number of results for each shape.")
    return int(text)


def _told(data: list[Document]) -> str:
    """Return what is validated, as the list of what runs shows it."""
    return ", ".join(name for name, _, _ in data) or request.args["graph"]


def _today() -> date:
    return datetime.now(ZoneInfo(services().settings.timezone)).date()


# --- What is validated ----------------------------------------------------------------------------


def _documents() -> tuple[list[Document], list[Document]]:
    """Return the data and the shapes that the request brings.

    Raises:
        UsageError: there is no data, or data beside the name of a stored graph.
        UnsupportedMediaType: a document is not in a format of RDF.
    """
    if request.mimetype == "multipart/form-data":
        data, shapes = _parts("data"), _parts("shapes")
        if unknown := {*request.files, *request.form} - {"data", "shapes"}:
            raise UsageError(
                f"The part {sorted(unknown)[0]!r} is not known: send 'data' and 'shapes'."
            )
    else:
        body = request.get_data()
        data = [("The document", body, _media_format(request.mimetype))] if body.strip() else []
        shapes = []
    if bool(data) == ("graph" in request.args):
        raise UsageError(
            "Send an RDF document to validate, or name a stored graph with ?graph=IRI, one of the"
            " two."
        )
    return data, shapes


def _parts(name: str) -> list[Document]:
    """Return the documents of a multipart form that are sent under a name."""
    texts = [(f"The part {name!r}", one.encode(), "turtle") for one in request.form.getlist(name)]
    return [*texts, *(_file(one, name) for one in request.files.getlist(name))]


def _file(part: FileStorage, name: str) -> Document:
    called = Path(part.filename or f"The part {name!r}").name
    if part.mimetype in _UNTYPED:
        return called, part.read(), format_of(Path(called)).media_type
    return called, part.read(), _media_format(part.mimetype)


def _media_format(media_type: str) -> str:
    """Return a media type of RDF.

    Raises:
        UnsupportedMediaType: it is another one.
    """
    try:
        return rdf_format(media_type).media_type
    except UsageError as error:
        types = ", ".join(one.media_type for one in RDF_FORMATS.values())
        raise UnsupportedMediaType(
            f"{media_type or 'A document without Content-Type'} is not known: send one of {types}."
        ) from error


@contextmanager
def _cursor(data: list[Document], memory: str | None) -> Iterator[Cursor]:
    """Yield a cursor that sees the documents, or the stored graph that the request names."""
    if not data:
        with _stored(request.args["graph"], memory) as cursor:
            yield cursor
        return
    settings = services().settings
    with Store.open(
        None,
        memory_limit=settings.memory_limit,
        threads=settings.threads,
        spill_limit=settings.spill_limit,
        workers=0,
    ) as store:
        with store.write(activity="validate") as tx:
            for name, content, kind in data:
                load_bytes(tx, content, format=kind, name=name)
        yield store.cursor(memory=memory)


@contextmanager
def _stored(graph: str, memory: str | None) -> Iterator[Cursor]:
    """Yield a cursor that sees one graph of the store.

    Raises:
        NotFound: there is no such graph, or the caller may not see it.
    """
    with services().store.cursor(memory=memory) as cursor:
        cursor.begin()
        (number,) = lookup_nodes(cursor, [URIRef(graph)])
        if number is None or not _is_open(number):
            raise NotFound(f"There is no graph <{graph}>.")
        narrow(cursor, number)
        yield cursor


def _is_open(graph: int) -> bool:
    """Tell whether the caller may see a graph that holds something."""
    with services().store.cursor(hidden_graphs=caller().hidden_graphs) as reader:
        found = reader.execute("SELECT 1 FROM live WHERE g = ? LIMIT 1", [graph]).fetchone()
        return found is not None


# --- What is answered -----------------------------------------------------------------------------


def _written(report: Report, name: str) -> Iterator[bytes]:
    """Yield a report in a format."""
    writers: dict[str, Callable[[Report], bytes]] = {"json": _json, "csv": _csv}
    write = writers.get(name)
    yield write(report) if write else report.graph().serialize(format=name, encoding="utf-8")


def _json(report: Report) -> bytes:
    document = {
        "conforms": report.conforms,
        "total": report.total,
        "results": [dict(zip(COLUMNS, row, strict=True)) for row in rows(report)],
        "notes": report.notes(),
    }
    return (json.dumps(document) + "\n").encode()


def _csv(report: Report) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([COLUMNS, *rows(report)])
    return buffer.getvalue().encode()
