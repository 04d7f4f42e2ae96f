"""Solutions of ids as text in a result format: each term is written once, however often it comes.

What is written here is, byte for byte, what the other writers of these formats write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring as quoted

from kg.sparql.formats.json_bindings import json_term
from kg.sparql.formats.text_bindings import are_plain, csv_value, turtle_term
from kg.store import RawTerm

Cells = Sequence[int | None]
"""A solution: the id of a term, or None where unbound, per variable."""

CELL_FORMATS = ("csv", "json", "tsv")
"""Formats that are written here."""


def lines_of_cells(
    name: str, variables: Sequence[str], rows: Iterable[Cells], terms: Mapping[int, RawTerm]
) -> list[str]:
    """Return the text of each solution in one of `CELL_FORMATS`; `terms` are those of its ids."""
    if name == "json":
        keys = [quoted(variable) + ":" for variable in variables]
        objects: dict[int | None, str] = {number: json_term(term) for number, term in terms.items()}
        return [f"{{{','.join(_members(keys, row, objects))}}}" for row in rows]
    # What is not there is written as nothing.
    text = defaultdict(str, _texts(name, terms)).__getitem__
    separator, end = (",", "\r\n") if name == "csv" else ("\t", "\n")
    return [separator.join(map(text, row)) + end for row in rows]


def _texts(name: str, terms: Mapping[int, RawTerm]) -> dict[int | None, str]:
    """Return terms as fields of CSV, or of TSV."""
    if name == "tsv":
        return {number: turtle_term(term) for number, term in terms.items()}
    if are_plain(terms.values()):
        return {number: lex for number, (_, lex, _, _) in terms.items()}
    return {number: csv_value(term) for number, term in terms.items()}


def _members(keys: Sequence[str], row: Cells, objects: Mapping[int | None, str]) -> list[str]:
    """Return the members of the object of a solution; unbound variables are left out."""
    return [key + objects[cell] for key, cell in zip(keys, row, strict=True) if cell is not None]
