"""A mapping document proposed for a file, from its headers and its values.

The file is taken for the template that most of its columns are known to, in English or French. The
proposal computes the template's columns from the file's own, each in the form that its values show
(day first, decimal comma, words for codes ...), and maps them as the template does, without what
the file lacks. It says which values the codes may have, so that an import refuses others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import UsageError
from kg.french import in_both
from kg.ingest.codes import code_of, codes_of
from kg.ingest.headers import folded, is_name, recognise
from kg.ingest.inputs import template, template_names
from kg.ingest.layout import Layout
from kg.ingest.mapping import Cell
from kg.ingest.readers import read_table
from kg.ingest.reduction import reduced_document
from kg.ingest.values import Column, form_of, meaning_of
from kg.store import Cursor

SAMPLE = 1000
"""Rows whose values are looked at, and different values of a column of codes."""
_NESTED = re.compile(r"\w+(\.\w+)+")
_TOLD = 5
"""Values that a notice names."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A proposed document: its text, the template it follows, and what it does not map."""

    text: str
    template: str
    columns: dict[str, str]
    """Column of the template -> how it comes out of the file."""
    left_out: tuple[str, ...]
    missing: tuple[str, ...]
    """Required columns of the template that nothing in the file gives."""
    notices: tuple[str, ...]
    """What is to be looked at: values that mean no code, and what was assumed."""


def suggest(
    cursor: Cursor, path: Path, name: str | None = None, *, language: str = "en"
) -> Suggestion:
    """Return the document proposed for a file, after the template `name` or the one that fits.

    Its comments are in the language `en` or `fr`.

    Raises:
        SourceError: the file cannot be read.
        UsageError: no template fits it, or there is none of that name.
    """
    layout = Layout(lambda cells: sum(is_name(cell) for cell in cells))
    table = read_table(cursor, path, "suggested", layout)
    values = [
        Column(header, tuple(_sample(cursor, position)))
        for position, header in enumerate(table.columns)
        if header
    ]
    chosen = name or _fitting(path, [column.header for column in values])
    cells = next(source.cells for source in template(chosen).sources if source.access)
    found = _found(cells, values)
    for cell in cells:
        if cell.one_of and cell.column in found:
            header = found[cell.column].header
            different = _different(cursor, table.columns.index(header))
            found[cell.column] = Column(header, tuple(different))
    columns = {
        cell.column: form_of(cell, found[cell.column]) for cell in cells if cell.column in found
    }
    assumed = _assumed(cells, columns)
    columns |= assumed
    used = {column.header for column in found.values()}
    missing = tuple(c.column for c in cells if c.required and c.column not in columns)
    left_out = tuple(column.header for column in values if column.header not in used)
    notices = (*_not_understood(cells, found), *_of_assumed(assumed))
    comments = _comments(path, chosen, left_out, missing, notices)
    text = "".join(f"# {in_both(line).get(language, line)}\n" for line in comments)
    text += reduced_document(path, chosen, columns, _held(cells, found))
    return Suggestion(text, chosen, columns, left_out, missing, notices)


def _sample(cursor: Cursor, position: int) -> Iterator[str]:
    """Yield the first values of a column."""
    rows = cursor.execute(
        f"SELECT c{position} FROM temp.suggested WHERE c{position} IS NOT NULL"
        f" ORDER BY _row LIMIT {SAMPLE}"
    )
    return (row[0] for row in rows.fetchall())


def _different(cursor: Cursor, position: int) -> Iterator[str]:
    """Yield the different values of a column, those that come first."""
    rows = cursor.execute(
        f"SELECT c{position} FROM temp.suggested WHERE c{position} IS NOT NULL"
        f" GROUP BY ALL ORDER BY min(_row) LIMIT {SAMPLE}"
    )
    return (row[0] for row in rows.fetchall())


def _fitting(path: Path, headers: Sequence[str]) -> str:
    """Return the template that knows most columns of a file; its required ones count twice."""
    scores = {}
    for name in template_names():
        cells = next(source.cells for source in template(name).sources if source.access)
        known = recognise(headers, [cell.column for cell in cells])
        required = [cell for cell in cells if cell.required]
        scores[name] = (
            len(known) + sum(cell.column in known for cell in required) - len(required),
            len(known),
            folded(name) in folded(path.stem),
        )
    best = max(scores, key=scores.__getitem__)
    if scores[best][1] < 1:
        raise UsageError(
            f"{path.name}: no column has a name that a template knows. Name the template with"
            f" --template, one of {', '.join(template_names())}."
        )
    return best


def _found(cells: Sequence[Cell], values: Sequence[Column]) -> dict[str, Column]:
    """Return the column of the file for each column of the template: by name, else by values."""
    by_header = {column.header: column for column in values}
    named = recognise(by_header, [cell.column for cell in cells])
    found = {column: by_header[header] for column, header in named.items()}
    for cell in cells:
        if cell.required and cell.one_of:
            found |= _coded(cell, found, values)
    inner = _inner(values)
    for name, last in recognise(inner, [cell.column for cell in cells]).items():
        found.setdefault(name, inner[last])
    free = [column for column in values if column not in found.values()]
    wanted = {cell.column for cell in cells}
    for column in free:
        meaning = meaning_of(column)
        if meaning in wanted and meaning not in found:
            found[meaning] = column
    return found


def _inner(values: Sequence[Column]) -> dict[str, Column]:
    """Return the columns of objects within objects by their last names, where these are unique."""
    lasts = {column.header: column.header.rpartition(".")[2] for column in values}
    names = Counter(lasts.values())
    return {
        lasts[column.header]: column
        for column in values
        if _NESTED.fullmatch(column.header) and names[lasts[column.header]] == 1
    }


def _coded(cell: Cell, found: Mapping[str, Column], values: Sequence[Column]) -> dict[str, Column]:
    """Return the column whose values mean codes, unless the one that is named so is it."""
    named = found.get(cell.column)
    taken = [column for column in found.values() if column is not named]
    candidates = [column for column in (named, *values) if column and column not in taken]
    for column in candidates:
        if column.values and all(code_of(cell, value) for value in set(column.values)):
            return {cell.column: column}
    return {}


def _held(cells: Sequence[Cell], found: Mapping[str, Column]) -> dict[str, dict[str, Any]]:
    """Return what the columns of the file must hold, by their headers."""
    held: dict[str, dict[str, Any]] = {}
    for cell in cells:
        if cell.column in found:
            column = found[cell.column]
            rules = held.setdefault(column.header, {})
            if cell.required:
                rules["required"] = True
            if cell.one_of:
                words = [value for value, code in codes_of(cell, column.values).items() if code]
                rules["one of"] = [*words, *(code for code in cell.one_of if code not in words)]
    return held


def _not_understood(cells: Sequence[Cell], found: Mapping[str, Column]) -> Iterator[str]:
    """Yield what to say of values that mean none of the codes of their column."""
    for cell in cells:
        if cell.one_of and cell.column in found:
            column = found[cell.column]
            unknown = [value for value, code in codes_of(cell, column.values).items() if not code]
            if unknown:
                yield (
                    f"Column {column.header!r} has values that mean none of"
                    f" {', '.join(cell.one_of)}: {', '.join(map(repr, unknown[:_TOLD]))}. Say in"
                    " the mapping what they mean; an import refuses them."
                )


def _of_assumed(assumed: Mapping[str, str]) -> Iterator[str]:
    """Yield what to say of what no column gives."""
    for column, value in assumed.items():
        yield f"No column gives {column}: {value} is assumed for all rows. Correct the mapping."


def _assumed(cells: Sequence[Cell], columns: Mapping[str, str]) -> dict[str, str]:
    """Return what the template needs and a file of one kind of party does not say."""
    needed = {cell.column for cell in cells if cell.required} - set(columns)
    if "kind" not in needed or "key" not in {cell.column for cell in cells if cell.names}:
        return {}
    personal = {"given_name", "family_name", "birth_date", "sex"} & set(columns)
    return {"kind": "person" if personal else "legal"}


def _comments(
    path: Path, name: str, left_out: Iterable[str], missing: Iterable[str], notices: Iterable[str]
) -> Iterator[str]:
    """Yield what the document says of itself."""
    yield f"{path.name} read as the template {name}. Check it, then import with --mapping."
    for header in left_out:
        yield f"Not mapped: {header}"
    for column in missing:
        yield f"MISSING, and required: {column}"
    yield from notices
