"""Rows of answers and of analyses as people read them: things by name, values in the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from api.labels import labels_of
from api.language import format_exact
from api.pages.naming import label_of
from api.pages.terms import Cell, cell_of
from kg.sparql.formats.terms import IRI
from kg.store import RawTerm


def cells_of(
    rows: Sequence[Sequence[RawTerm | None]], words: Mapping[str, str]
) -> list[list[Cell | None]]:
    """Return the rows of an answer with each thing by its name, as far as it has one.

    `words` are texts that the query itself gives, with what they are called.
    """
    iris = {term[1] for row in rows for term in row if term and term[0] == IRI}
    names = labels_of(sorted(iris))
    return [[_cell(term, names, words) for term in row] for row in rows]


def _cell(term: RawTerm | None, names: Mapping[str, str], words: Mapping[str, str]) -> Cell | None:
    cell = cell_of(term)
    if cell is None or term is None:
        return None
    if cell.iri:
        return replace(cell, text=names.get(cell.iri) or label_of(cell.iri))
    if cell.numeric:
        return replace(cell, text=_number(cell.text))
    return replace(cell, text=words.get(cell.text, cell.text))


def _number(text: str) -> str:
    """Return a number as the language writes it; one without end or with an exponent stays."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format_exact(number) if number.is_finite() and "e" not in text.lower() else text
