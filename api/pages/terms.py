"""How terms are shown to people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from api.labels import text_of
from kg.namespaces import PREFIXES
from kg.sparql.formats.terms import BLANK, IRI, blank_label
from kg.store import Kind, RawTerm

_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE})
_UNFAMILIAR = frozenset({Kind.OTHER, Kind.ILL})
_LOCAL_NAME = re.compile(r"\w[\w./-]*")
_OPAQUE = re.compile(r"(?<=/)([0-9a-f]{8})[0-9a-f]{24}$")
_BY_LENGTH = sorted(PREFIXES.items(), key=lambda pair: -len(pair[1]))


@dataclass(frozen=True, slots=True)
class Cell:
    """A term as a cell of a table: its text, the IRI it leads to, and what it is."""

    text: str
    iri: str | None = None
    note: str | None = None
    numeric: bool = False


def cell_of(term: RawTerm | None) -> Cell | None:
    """Return how a term is shown; None stays None."""
    if term is None:
        return None
    kind, lex, datatype, language = term
    if kind == IRI:
        return Cell(abbreviate(lex), iri=lex)
    if kind == BLANK:
        return Cell(f"_:{blank_label(lex)}")
    if language:
        return Cell(lex, note=language)
    if kind in _UNFAMILIAR and datatype:
        return Cell(lex, note=abbreviate(datatype))
    return Cell(text_of(term), numeric=kind in _NUMBERS)


def numeric_columns(rows: Sequence[Sequence[Cell | None]]) -> list[bool]:
    """Return for each column whether it holds numbers and nothing else."""
    return [
        any(column) and all(cell is None or cell.numeric for cell in column)
        for column in zip(*rows, strict=True)
    ]


def abbreviate(iri: str) -> str:
    """Return an IRI as a short name: with one of our prefixes, the digits that hide a key cut."""
    for prefix, namespace in _BY_LENGTH:
        local = iri[len(namespace) :]
        if iri.startswith(namespace) and _LOCAL_NAME.fullmatch(local):
            return prefix + ":" + _OPAQUE.sub(r"\1…", local)
    return iri
