"""One shape for every error: `application/problem+json` (RFC 9457), or a page for people.

The only place where errors meet HTTP status codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

from kg import errors as kg
from kg.french import in_both
from kg.namespaces import BASE

MEDIA_TYPE = "application/problem+json"
_TEXT = "text/plain"

_PROBLEMS: tuple[tuple[type[kg.ClientgraphError], int, str, str], ...] = (
    (kg.QuerySyntaxError, 400, "query-syntax", "The query is not SPARQL"),
    (kg.QueryTimeoutError, 503, "query-timeout", "The query took too long"),
    (kg.QueryStoppedError, 503, "query-stopped", "The query was stopped"),
    (kg.QueryBusyError, 503, "busy", "Too much runs already"),
    (kg.QueryMemoryError, 503, "query-memory", "The query needs too much memory"),
    (kg.UpdateError, 422, "update", "The update fails"),
    (kg.QueryError, 422, "query-evaluation", "The query cannot be answered"),
    (kg.RdfSyntaxError, 400, "rdf-syntax", "The RDF document cannot be read"),
    (kg.SourceError, 422, "source", "The file cannot be read"),
    (kg.MappingError, 422, "mapping", "The mapping document is wrong"),
    (kg.ImportStoppedError, 503, "import-stopped", "The import was stopped"),
    (kg.IngestError, 422, "import", "The import cannot go on"),
    (kg.ShapesError, 422, "shapes", "The shapes cannot be used"),
    (kg.StoreLockedError, 503, "store-locked", "The store is in use"),
    (kg.StoreBusyError, 503, "store-busy", "The store is being written"),
    (kg.StoreFullError, 507, "store-full", "There is no room for the write"),
    (kg.StoreError, 503, "store", "The store cannot do this now"),
    (kg.UsageError, 400, "usage", "The request is wrong"),
    (kg.ClientgraphError, 400, "request", "The request cannot be served"),
)
_PASSING = (kg.QueryBusyError, kg.QueryMemoryError, kg.StoreBusyError)
"""What may be over a little later."""
_PAUSE = 5
"""Seconds after which a client may try again."""
_PLACES = ("line", "column", "file", "row")
_UNEXPECTED = "Something went wrong in the server; its log says more."


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is shown: `place` holds line, column, file and row where they are known."""

    status: int
    title: str
    detail: str
    kind: str = "about:blank"
    place: dict[str, int | str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the members of the problem document; `message` is the detail by language."""
        return {
            "type": self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **({"message": texts} if len(texts := in_both(self.detail)) > 1 else {}),
            **self.place,
        }

    def response(self, *, as_text: bool = False) -> Response:
        """Return the problem document as a response, or its title and detail as plain text."""
        if as_text:
            return Response(f"{self.title}\n{self.detail}\n", self.status, mimetype=_TEXT)
        body = json.dumps(self.document()) + "\n"
        return Response(body, self.status, content_type=MEDIA_TYPE)


def problem_of(error: kg.ClientgraphError) -> Problem:
    """Return the problem that tells of an error of ours."""
    status, slug, title = next(row[1:] for row in _PROBLEMS if isinstance(error, row[0]))
    found = {name: getattr(error, name, None) for name in _PLACES}
    place = {name: value for name, value in found.items() if value is not None}
    return Problem(status, title, str(error), f"{BASE}problem/{slug}", place)


def problem_of_any(error: Exception) -> Problem:
    """Return the problem that tells of any error; what is in the server's log is not shown."""
    if isinstance(error, kg.ClientgraphError):
        return problem_of(error)
    if isinstance(error, RecursionError):
        return problem_of(kg.TooDeepError())
    return Problem(500, "Internal server error", _UNEXPECTED)


def register_errors(app: Flask) -> None:
    """Answer every error of the application with a problem, never with a traceback."""
    app.register_error_handler(kg.ClientgraphError, _answer_ours)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(RecursionError, lambda error: _answer(problem_of_any(error)))
    app.register_error_handler(Exception, _answer_unexpected)


def _answer_ours(error: kg.ClientgraphError) -> Response:
    response = _answer(problem_of(error))
    if isinstance(error, _PASSING):
        response.headers["Retry-After"] = str(_PAUSE)
    return response


def _answer_http(error: HTTPException) -> Response:
    status = error.code or InternalServerError.code
    detail = error.description or error.name
    if detail == RequestEntityTooLarge.description:
        detail = f"The body is larger than {request.max_content_length} bytes: send it in parts."
    response = _answer(Problem(status, error.name, detail))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "location", "retry-after", "www-authenticate"):
            response.headers[name] = value
    return response


def _answer_unexpected(error: Exception) -> Response:
    current_app.logger.error("%s %s", request.method, request.path, exc_info=error)
    return _answer(problem_of_any(error))


def _answer(problem: Problem) -> Response:
    """Return the problem as a page or as text where that was asked for, else as a document."""
    if wants_page():
        # The pages use this module, so they are known only when the first error comes.
        from api.pages.problem import render_problem

        return render_problem(problem)
    return problem.response(as_text=_preferred(_TEXT))


def wants_page() -> bool:
    """Tell whether a person asked; programs name HTML among others they take."""
    if request.path.startswith("/api/"):
        return False
    if request.path.startswith(("/sparql", "/graphs", "/shacl")):
        return (request.accept_mimetypes.best or "").lower() == "text/html"
    return _preferred("text/html")


def _preferred(media_type: str) -> bool:
    offered = [MEDIA_TYPE, "application/json", media_type]
    return request.accept_mimetypes.best_match(offered, default=MEDIA_TYPE) == media_type
