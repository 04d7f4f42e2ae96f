"""Solutions of ids as text in a result format: each term is written once, however often it comes.

What is written here is, byte for byte, what the other writers of these formats write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from json.encoder import encode_basestring as quoted

from kg.sparql.formats.json_bindings import json_term
from kg.sparql.formats.text_bindings import csv_value, plain_fields, turtle_term
from kg.store import RawTerm

Cells = Sequence[int | None]
"""The ids of the terms of a variable, None where it is unbound: one for each solution."""

CELL_FORMATS = ("csv", "json", "tsv")
"""Formats that are written here."""


def lines_of_cells(
    name: str, variables: Sequence[str], columns: Sequence[Cells], terms: Mapping[int, RawTerm]
) -> list[str]:
    """Return the text of each solution in one of `CELL_FORMATS`; `terms` are those of the ids.

    There is a column for each variable, of which there is one at least.
    """
    if name == "json":
        keys = [quoted(variable) + ":" for variable in variables]
        objects: dict[int | None, str] = {number: json_term(term) for number, term in terms.items()}
        rows = zip(*columns, strict=True)
        return [f"{{{','.join(_members(keys, row, objects))}}}" for row in rows]
    # What is not there is written as nothing.
    written: defaultdict[int | None, str] = defaultdict(str)
    written.update(zip(terms, _texts(name, terms.values()), strict=True))
    separator, end = (",", "\r\n") if name == "csv" else ("\t", "\n")
    texts = [map(written.__getitem__, column) for column in columns]
    return [line + end for line in map(separator.join, zip(*texts, strict=True))]


def _texts(name: str, terms: Collection[RawTerm]) -> Sequence[str]:
    """Return terms as fields of CSV, or of TSV."""
    if name == "tsv":
        return [*map(turtle_term, terms)]
    plain = plain_fields(terms)
    return [*map(csv_value, terms)] if plain is None else plain


def _members(
    keys: Sequence[str], row: Sequence[int | None], objects: Mapping[int | None, str]
) -> list[str]:
    """Return the members of the object of a solution; unbound variables are left out."""
    return [key + objects[cell] for key, cell in zip(keys, row, strict=True) if cell is not None]
