"""The forms of queries."""

from __future__ import annotations

from kg.sparql.compiled import FORMS
from kg.sparql.lifting import read


def form_of(text: str, base: str | None = None) -> str:
    """Return the form of a query: `select`, `ask`, `construct` or `describe`.

    Raises:
        QuerySyntaxError: the text is not a SPARQL query.
    """
    return FORMS[read(text, base).template.query.algebra.name]
