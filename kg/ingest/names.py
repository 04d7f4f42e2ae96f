"""The columns that a mapping document names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg.ingest.headers import recognise
from kg.ingest.layout import Layout
from kg.ingest.mapping import (
    Aggregate,
    ColumnRule,
    Document,
    Mapping,
    Ordinal,
    Running,
    Source,
    TermMap,
    references,
)


def names_of(document: Document) -> set[str]:
    """Return the names of all columns that a document reads or computes."""
    names: set[str] = set()
    for source in document.sources:
        names.update(_source_names(source))
    for mapping in document.mappings:
        names.update(_mapping_names(mapping))
    return names


def layout_of(document: Document, source: Source, sheet: str | None) -> Layout:
    """Return where the table of a source is in its file; its columns tell the header."""
    columns = [cell.column for cell in source.cells]
    names = names_of(document)

    def known(cells: Sequence[str]) -> int:
        if columns:
            return len(recognise(cells, columns))
        return len(names & {cell.strip() for cell in cells})

    return Layout(known, sheet, source.header, source.encoding, source.separator, source.iterator)


def _source_names(source: Source) -> Iterator[str]:
    """Yield the columns that a source reads or computes."""
    yield from source.group
    yield from (cell.column for cell in source.cells)
    if source.where is not None:
        yield from references(source.where)
    if source.match is not None:
        yield from (name for pair in source.match.same for name in pair)
        yield from [source.match.latest] if source.match.latest else []
        for ours, theirs in source.match.columns:
            yield from (ours, theirs)
    for name, rule in source.columns:
        yield name
        yield from _column_names(rule)
    for item in source.set_aside:
        yield from references(item.when)


def _column_names(rule: ColumnRule) -> Iterator[str]:
    """Yield the columns that a computed column reads."""
    if isinstance(rule, Ordinal):
        yield from rule.by
    elif isinstance(rule, Running):
        yield from (rule.total, *rule.by, *rule.order)
    elif isinstance(rule, Aggregate):
        yield rule.column
    else:
        yield from references(rule)


def _mapping_names(mapping: Mapping) -> Iterator[str]:
    """Yield the columns that a mapping reads, of the sources that it joins too."""
    terms: list[TermMap | str] = [*mapping.subjects, *mapping.graphs]
    if mapping.condition is not None:
        yield from references(mapping.condition)
    for rule in mapping.rules:
        terms += [*rule.predicates, *rule.objects, *rule.graphs]
        if rule.condition is not None:
            yield from references(rule.condition)
        for join in rule.joins:
            for pair in join.same:
                yield from (name for value in pair for name in references(value))
    for term in terms:
        if isinstance(term, TermMap):
            yield from (name for value in term.values() for name in references(value))
