"""The one place where a request's query is run: under the rights and limits of its caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdflib.term import Identifier

from api.config import services
from api.identity import caller
from kg.sparql import Result, query


def ask(
    text: str,
    *,
    timeout: float | None = None,
    bindings: Mapping[str, Identifier] | None = None,
    default_graphs: Sequence[str] | None = None,
    named_graphs: Sequence[str] | None = None,
    as_of_commit: int | None = None,
    base: str | None = None,
) -> Result:
    """Answer a query for the caller of the current request, as `kg.sparql.query` does.

    Raises:
        QuerySyntaxError: the text is not a SPARQL query.
        QueryTimeoutError: the deadline passed (also while rows are read).
        QueryEvaluationError: the query asks for what is not offered.
    """
    here = services()
    return query(
        here.store,
        text,
        timeout=min(timeout or here.settings.timeout, here.settings.timeout),
        bindings=bindings,
        default_graphs=default_graphs,
        named_graphs=named_graphs,
        as_of_commit=as_of_commit,
        hidden_graphs=caller().hidden_graphs,
        base=base,
    )
