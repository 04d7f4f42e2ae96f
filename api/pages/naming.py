"""Things and values of the graph by their names, in the language of the request."""

from __future__ import annotations

from collections.abc import Iterable

from api.language import current_language, text_keys, translate
from api.pages.terms import Cell, abbreviate, cell_of
from kg.sparql.formats.terms import IRI
from kg.store import Cursor, decode, lookup
from kg.terminology import load_terminology, things_of

_CONTACTS = ("mailto:", "tel:")
"""Beginnings of IRIs that people read without them."""


class Naming:
    """The names of some terms, by their ids, read at once."""

    def __init__(self, cursor: Cursor, ids: Iterable[int]) -> None:
        self._terms = decode(cursor, sorted(set(ids)))
        nodes = [number for number, term in self._terms.items() if term[0] <= IRI]
        self._things = things_of(cursor, nodes)

    @classmethod
    def of_iris(cls, cursor: Cursor, iris: Iterable[str]) -> dict[str, Cell]:
        """Return how things are shown, by their IRIs; one that is not stored keeps a short IRI."""
        wanted = list(dict.fromkeys(iris))
        ids = lookup(cursor, [(iri, None, None) for iri in wanted])
        naming = cls(cursor, [number for number in ids if number is not None])
        return {
            iri: naming.cell(number) if number is not None else _named(iri)
            for iri, number in zip(wanted, ids, strict=True)
        }

    def cell(self, number: int) -> Cell:
        """Return how a term is shown: a thing by its name and class, a value as it is."""
        thing = self._things.get(number)
        if thing is None:
            return cell_of(self._terms[number]) or Cell("")
        if thing.iri.startswith(_CONTACTS):
            return Cell(thing.iri.partition(":")[2])
        name = thing.name(current_language())
        if load_terminology().of_iri(thing.iri) is not None or (name is None and not thing.kind):
            return _named(thing.iri)
        note = label_of(thing.kind) if thing.kind else None
        if name is None:
            short = abbreviate(thing.iri)
            return Cell(f"{note} {short.rpartition('/')[2]}" if note else short, iri=thing.iri)
        return Cell(name, iri=thing.iri, note=note)

    def key(self, number: int) -> str | None:
        """Return the key that the source gives a thing."""
        return self._things[number].key


def label_of(iri: str) -> str:
    """Return the label of a term of ours or of a vocabulary that we reuse, else a short IRI."""
    term = load_terminology().of_iri(iri)
    if term is not None:
        return term.label(current_language())
    short = abbreviate(iri)
    return translate(key) if (key := f"term.{short}") in text_keys() else short


def _named(iri: str) -> Cell:
    return Cell(label_of(iri), iri=iri)
