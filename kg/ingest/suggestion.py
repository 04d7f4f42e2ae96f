"""A mapping document proposed for a file, from its headers and its values.

The file is taken for the template that most of its columns are known to, in English or French. The
proposal computes the template's columns from the file's own, each in the form that its values show
(day first, decimal comma ...), and maps them as the template does, without what the file lacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kg.errors import UsageError
from kg.ingest.headers import SYNONYMS, folded, recognise
from kg.ingest.inputs import template, template_names, template_path
from kg.ingest.layout import Layout
from kg.ingest.mapping import Cell
from kg.ingest.readers import formulation, read_table
from kg.ingest.values import Column, form_of, meaning_of
from kg.store import Cursor

SAMPLE = 1000
"""Rows whose values are looked at."""

_REFERENCE = re.compile(r"\$\(([^()]+)\)")
_ALL_NAMES = {folded(name) for names in SYNONYMS.values() for name in names} | {
    folded(name) for name in SYNONYMS
}


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


def suggest(cursor: Cursor, path: Path, name: str | None = None) -> Suggestion:
    """Return the document proposed for a file, after the template `name` or the one that fits.

    Raises:
        SourceError: the file cannot be read.
        UsageError: no template fits it, or there is none of that name.
    """
    layout = Layout(lambda cells: sum(folded(cell) in _ALL_NAMES for cell in cells))
    table = read_table(cursor, path, "suggested", layout)
    values = [
        Column(header, _sample(cursor, position))
        for position, header in enumerate(table.columns)
        if header
    ]
    chosen = name or _fitting(path, [column.header for column in values])
    cells = next(source.cells for source in template(chosen).sources if source.access)
    found = _found(cells, values)
    columns = {
        cell.column: form_of(cell, found[cell.column]) for cell in cells if cell.column in found
    }
    columns |= _assumed(cells, columns)
    used = {column.header for column in found.values()}
    missing = tuple(c.column for c in cells if c.required and c.column not in columns)
    left_out = tuple(column.header for column in values if column.header not in used)
    text = _document(path, chosen, columns, left_out, missing)
    return Suggestion(text, chosen, columns, left_out, missing)


def _sample(cursor: Cursor, position: int) -> tuple[str, ...]:
    """Return the first values of a column."""
    rows = cursor.execute(
        f"SELECT c{position} FROM temp.suggested WHERE c{position} IS NOT NULL"
        f" ORDER BY _row LIMIT {SAMPLE}"
    ).fetchall()
    return tuple(row[0] for row in rows)


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
    free = [column for column in values if column not in found.values()]
    wanted = {cell.column for cell in cells}
    for column in free:
        meaning = meaning_of(column)
        if meaning in wanted and meaning not in found:
            found[meaning] = column
    return found


def _assumed(cells: Sequence[Cell], columns: Mapping[str, str]) -> dict[str, str]:
    """Return what the template needs and a file of one kind of party does not say."""
    needed = {cell.column for cell in cells if cell.required} - set(columns)
    if "kind" not in needed or "key" not in {cell.column for cell in cells if cell.names}:
        return {}
    personal = {"given_name", "family_name", "birth_date", "sex"} & set(columns)
    return {"kind": "person" if personal else "legal"}


def _document(
    path: Path,
    name: str,
    columns: Mapping[str, str],
    left_out: Sequence[str],
    missing: Sequence[str],
) -> str:
    """Return the text of the document."""
    raw = yaml.safe_load(template_path(name).read_text(encoding="utf-8"))
    (own,) = (key for key, source in raw["sources"].items() if "access" in source)
    computed = dict(raw["sources"][own].get("columns", {}))
    known = set(columns)
    for key, rule in computed.items():
        if _present(rule, known):
            known.add(key)
    sources: dict[str, Any] = {
        "file": {"access": path.name, "referenceFormulation": formulation(path)},
        own: {
            "from": "file",
            "columns": dict(columns) | {key: computed[key] for key in computed if key in known},
        },
    }
    for key, source in raw["sources"].items():
        if key != own:
            pruned = _pruned(source, known)
            sources[key] = pruned
            known |= set(pruned.get("columns", {}))
    mappings = {
        key: kept
        for key, mapping in raw["mappings"].items()
        if (kept := _mapping(mapping, known)) is not None
    }
    comments = [f"{path.name} read as the template {name}. Check it, then import with --mapping."]
    comments += [f"Not mapped: {header}" for header in left_out]
    comments += [f"MISSING, and required: {column}" for column in missing]
    body = yaml.safe_dump(
        {"sources": sources, "mappings": mappings},
        allow_unicode=True,
        sort_keys=False,
        width=100,
    )
    return "".join(f"# {line}\n" for line in comments) + body


def _present(value: object, known: set[str]) -> bool:
    """Tell whether all columns that a part of a document names are known."""
    if isinstance(value, dict):
        return all(_present(item, known) for item in value.values())
    if isinstance(value, list):
        return all(_present(item, known) for item in value)
    return set(_REFERENCE.findall(str(value))) <= known


def _pruned(source: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    """Return a derived source without the columns that are not known."""
    kept = dict(source)
    if "group by" in kept:
        kept["group by"] = [name for name in kept["group by"] if name in known]
    if "columns" in kept:
        kept["columns"] = {
            key: rule for key, rule in kept["columns"].items() if _present(rule, known)
        }
    return kept


def _mapping(mapping: Mapping[str, Any], known: set[str]) -> dict[str, Any] | None:
    """Return a mapping without what is not known, None when nothing is left."""
    subject = _reduced(mapping["s"], known)
    entries = [kept for entry in mapping["po"] if (kept := _reduced(entry, known)) is not None]
    condition = _reduced(mapping["condition"], known) if "condition" in mapping else ""
    if subject is None or condition is None or not entries:
        return None
    return (
        dict(mapping)
        | {"s": subject, "po": entries}
        | ({"condition": condition} if condition else {})
    )


def _reduced(value: Any, known: set[str]) -> Any:
    """Return a part of a document without optional arguments that are not known, else None."""
    if isinstance(value, dict):
        reduced = {key: _reduced(item, known) for key, item in value.items()}
        return None if None in reduced.values() else reduced
    if isinstance(value, list):
        items = [_reduced(item, known) for item in value]
        return None if None in items else items
    if not isinstance(value, str):
        return value
    for column in set(_REFERENCE.findall(value)) - known:
        value = _without(value, f"$({column})")
    return value if _present(value, known) else None


def _without(text: str, reference: str) -> str:
    """Return a call without an argument that it can do without."""
    if re.match(r"mint\([\w-]+, " + re.escape(reference), text):
        return text
    wrapped = re.search(r"(?:isNotNull\(|mint\([\w-]+, )" + re.escape(reference) + r"\)", text)
    gone = wrapped.group() if wrapped else reference
    for form in (f", {gone}", f"{gone}, "):
        if text.startswith(("mint(", "first(", "any(")) and form in text:
            return text.replace(form, "", 1)
    return text
