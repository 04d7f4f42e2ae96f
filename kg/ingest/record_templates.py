"""Templates of which one row says one record, and how: what names it, what a row may have said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from rdflib import RDF

from kg.ingest.inputs import template, template_names
from kg.ingest.mapping import Call, Constant, Document, Reference, Value, references
from kg.ingest.mapping import Mapping as DocumentMapping
from kg.ingest.template_files import cells_of


def can_be_changed(name: str) -> bool:
    """Say whether records of a template are each said by one row as it is, which names them."""
    document = template(name)
    as_it_is = all(
        not (one.parent or one.group or one.match or one.where) for one in document.sources
    )
    return as_it_is and bool(key_columns(name)) and _tells_all(document)


def key_columns(name: str) -> tuple[str, ...]:
    """Return the columns that name the records of a template, none where others do."""
    return named_by(template(name))


@cache
def template_of(kind: str) -> str | None:
    """Return the template whose records are of a class and can be changed, None where none is."""
    return next((name for name in template_names() if kind in _kinds(name)), None)


def _kinds(name: str) -> set[str]:
    """Return the classes of the records of a template that can be changed."""
    if not can_be_changed(name):
        return set()
    return {
        made.value.text
        for rule in template(name).mappings[0].rules
        if Constant(str(RDF.type)) in [one.value for one in rule.predicates]
        for made in rule.objects
        if isinstance(made.value, Constant)
    }


def named_by(document: Document) -> tuple[str, ...]:
    """Return the columns of which the IRI of a record is made, none where it is not of these.

    It is the first thing that a document makes of a row.
    """
    columns = {one.column for one in cells_of(document)}
    made = document.mappings[0].subjects[0].value
    if not isinstance(made, Call) or made.function != "mint":
        return ()
    names = [one.column for one in made.arguments[1:] if isinstance(one, Reference)]
    whole = len(names) == len(made.arguments) - 1 and columns.issuperset(names)
    return tuple(names) if whole else ()


def _tells_all(document: Document) -> bool:
    """Say whether what is named as a record is tells of every column."""
    columns, computed = named_by(document), computed_columns(document)
    if computed is None:
        return False
    told = set(columns)
    for mapping in document.mappings:
        if is_made_of(mapping, columns):
            for rule in mapping.rules:
                for made in rule.objects:
                    told |= {*references(made.value)}
                told |= {one for made in rule.objects for one in _asked(rule.condition)}
    told |= {one for name, made in computed.items() if name in told for one in references(made)}
    return told.issuperset(one.column for one in cells_of(document))


def _asked(condition: Call | None) -> Iterator[str]:
    return iter(()) if condition is None else references(condition)


_REVERSIBLE = ("slug", "replace")


def computed_columns(document: Document) -> dict[str, Call] | None:
    """Return how columns are computed of others, None where no text can be told from what is."""
    found = {name: made for source in document.sources for name, made in source.columns}
    calls = {name: made for name, made in found.items() if isinstance(made, Call)}
    plain = all(
        made.function in _REVERSIBLE and isinstance(made.arguments[0], Reference)
        for made in calls.values()
    )
    return calls if plain and len(calls) == len(found) else None


def made_of_keys(document: Document) -> list[Value]:
    """Return what makes the IRIs of a record and its parts of its key, the record's own first."""
    columns = named_by(document)
    return [one.subjects[0].value for one in document.mappings if is_made_of(one, columns)]


def is_made_of(mapping: DocumentMapping, columns: Sequence[str]) -> bool:
    """Say whether the subject of a mapping is named by what names a record alone."""
    (subject, *more) = mapping.subjects
    made = subject.value
    return (
        not more
        and isinstance(made, Call)
        and made.function == "mint"
        and list(made.arguments[1:]) == [Reference(one) for one in columns]
    )
