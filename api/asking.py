"""The one place where a request's query is run: under the rights and limits of its caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import request
from rdflib.term import Identifier

from api.config import services
from api.identity import caller
from kg.sparql import Result, query
from kg.sparql.running import Allowance


def ask(
    text: str,
    *,
    timeout: float | None = None,
    bindings: Mapping[str, Identifier] | None = None,
    default_graphs: Sequence[str] | None = None,
    named_graphs: Sequence[str] | None = None,
    as_of_commit: int | None = None,
    base: str | None = None,
    first: int | None = None,
) -> Result:
    """Answer a query for the caller of the current request, as `kg.sparql.query` does.

    Raises:
        QuerySyntaxError: the text is not a SPARQL query.
        QueryTimeoutError: the deadline passed (also while rows are read).
        QueryStoppedError: somebody stopped it, or nobody waits for it any more.
        QueryBusyError: the caller, or all callers, run too much already.
        QueryMemoryError: it needs more memory than there is for it.
        QueryEvaluationError: the query asks for what is not offered.
    """
    limit = caller().limits.timeout
    return query(
        services().store,
        text,
        timeout=min(timeout or limit, limit),
        bindings=bindings,
        default_graphs=default_graphs,
        named_graphs=named_graphs,
        as_of_commit=as_of_commit,
        hidden_graphs=caller().hidden_graphs,
        base=base,
        allowance=allowance("query"),
        first=first,
    )


def allowance(kind: str) -> Allowance:
    """Return what the caller of the current request may use for a query, analysis or update."""
    one, settings = caller(), services().settings
    limits = one.limits
    return Allowance(
        owner=one.name,
        kind=kind,
        max_rows=limits.max_rows or None,
        memory=limits.query_memory,
        max_running=limits.max_running,
        capacity=settings.max_running,
        endpoints=tuple(settings.services.split()),
        # Only the server that holds the connection knows; under another one nothing is asked.
        gone=request.environ.get("waitress.client_disconnected"),
    )
