"""Which files an import is made of, and which document maps each."""

from __future__ import annotations

import contextlib
import gzip
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from kg.errors import MappingError, SourceError, UsageError
from kg.ingest.mapping import Document, Source
from kg.ingest.readers import is_table, sheets_of, stem
from kg.ingest.rml import parse_rml
from kg.ingest.yarrrml import load_document
from kg.store.documents import EXTENSIONS

_TEMPLATES = Path(__file__).parent / "templates"
_LINKED = re.compile(rb'"(@(context|graph|id|type|value|list|set)|(https?|urn):[^"\s]*)"\s*:')
_LOOKED_AT = 1 << 20
"""Bytes of a JSON file that are looked at to tell JSON-LD from a table."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file with a table, or one sheet of it."""

    path: Path
    sheet: str | None = None


@dataclass(slots=True)
class Inputs:
    """Documents with the file of each of their sources, and RDF files."""

    tables: list[tuple[Document, dict[str, TableFile]]] = field(default_factory=list)
    rdf: list[Path] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)


def template_names() -> list[str]:
    """Return the names of the templates: `parties` for `parties.csv`."""
    return sorted(path.stem for path in _TEMPLATES.glob("*.yml"))


@lru_cache
def template(name: str) -> Document:
    """Return the mapping document of a template.

    Raises:
        UsageError: there is no template of that name.
    """
    return load_document(template_path(name))


def template_path(name: str) -> Path:
    """Return the file of a template's mapping document.

    Raises:
        UsageError: there is no template of that name.
    """
    if name not in template_names():
        raise UsageError(
            f"There is no template {name!r}. The templates are {', '.join(template_names())}."
        )
    return _TEMPLATES / f"{name}.yml"


def find_inputs(paths: Sequence[Path], mapping: Path | None) -> Inputs:
    """Sort files and folders into tables and RDF, and find the document of each table.

    Raises:
        UsageError: nothing to import, or a file that nothing maps.
        SourceError: a path does not exist.
        MappingError: the mapping document is wrong, or does not fit the files.
    """
    if not paths:
        raise UsageError("There is nothing to import: give files or folders.")
    inputs = Inputs()
    document = None if mapping is None else load_mapping(mapping)
    tables: list[Path] = []
    for path in paths:
        if not path.exists():
            raise SourceError(f"{path} does not exist.", file=path.name)
        given = _folder(path, inputs, mapped=document is not None) if path.is_dir() else [path]
        for file in given:
            (inputs.rdf if is_rdf(file, document) else tables).append(file)
    if document is not None:
        inputs.tables.append((document, _files_of(document, tables)))
    else:
        for table in tables:
            inputs.tables += _templated(table, inputs)
    if not inputs.tables and not inputs.rdf:
        raise UsageError(
            f"{paths[0]} holds no file to import. Templates are"
            f" {', '.join(f'{name}.csv' for name in template_names())}."
        )
    return inputs


def load_mapping(path: Path) -> Document:
    """Read a mapping document: RML where its ending is `.ttl`, YARRRML otherwise.

    Raises:
        MappingError: it is missing, or says something that is not understood.
    """
    if path.suffix.lower() != ".ttl":
        return load_document(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MappingError(f"The mapping document {path} cannot be read ({error}).") from error
    return parse_rml(content, path.name)


def is_rdf(path: Path, document: Document | None = None) -> bool:
    """Tell whether a file is an RDF document, by its ending.

    JSON is JSON-LD where it says so, and no source of the mapping `document` reads it.
    """
    name = path.name.lower().removesuffix(".gz")
    if f".{name.rpartition('.')[2]}" not in EXTENSIONS:
        return False
    return not (is_table(path) and (_is_read(path, document) or not _is_linked(path)))


def _is_read(path: Path, document: Document | None) -> bool:
    """Tell whether a source of a mapping document reads a file of that name."""
    sources = document.sources if document is not None else ()
    return path.name.removesuffix(".gz") in map(_access, sources)


def _access(source: Source) -> str:
    """Return the name of the file that a source reads, without `.gz`."""
    return Path(source.access or "").name.removesuffix(".gz")


def _is_linked(path: Path) -> bool:
    """Tell whether a JSON file has a keyword of JSON-LD, or an IRI for a key, near its start."""
    unpacked = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with unpacked(path, "rb") as file:
            return _LINKED.search(file.read(_LOOKED_AT)) is not None
    except (OSError, EOFError, zlib.error):
        return False


def _folder(path: Path, inputs: Inputs, *, mapped: bool) -> list[Path]:
    """Return the files of a folder that can be imported, and note the others."""
    found: list[Path] = []
    for file in sorted(path.iterdir()):
        known = is_table(file) and (mapped or stem(file) in template_names() or _has_sheets(file))
        if file.is_file() and (known or is_rdf(file)):
            found.append(file)
        elif not file.name.startswith("."):
            inputs.notes.append(
                {
                    "en": f"{file.name} was left out: it is neither a template nor RDF.",
                    "fr": f"{file.name} est laissé de côté : ni gabarit, ni RDF.",
                }
            )
    return found


def _templated(table: Path, inputs: Inputs) -> list[tuple[Document, dict[str, TableFile]]]:
    """Return the template that a file, or each of its sheets, is named after, with its source."""
    if stem(table) in template_names():
        return [_with_template(stem(table), TableFile(table))]
    sheets = sheets_of(table)
    names = {name: sheet for sheet in reversed(sheets) if (name := _sheet_template(sheet))}
    for sheet in (sheet for sheet in sheets if sheet not in names.values()):
        inputs.notes.append(
            {
                "en": f"Sheet {sheet!r} of {table.name} was left out: it is no template, or not the"
                " first one of its name.",
                "fr": f"La feuille {sheet!r} de {table.name} est laissée de côté : ce n'est pas un"
                " gabarit, ou pas la première de ce nom.",
            }
        )
    read = [(name, sheet) for sheet in sheets for name in names if names[name] == sheet]
    found = [_with_template(name, TableFile(table, sheet)) for name, sheet in read]
    if not found:
        raise UsageError(
            f"{table.name} is not named after a template. Name it, or its sheets, after one"
            f" ({', '.join(template_names())}), or give a mapping document with --mapping, such as"
            " `clientgraph map suggest` proposes."
        )
    return found


def _has_sheets(table: Path) -> bool:
    """Tell whether a file is a workbook with sheets named after templates."""
    with contextlib.suppress(SourceError):
        return any(_sheet_template(sheet) for sheet in sheets_of(table))
    return False


def _sheet_template(sheet: str) -> str | None:
    """Return the template that a sheet is named after."""
    name = sheet.strip().lower()
    return name if name in template_names() else None


def _with_template(name: str, file: TableFile) -> tuple[Document, dict[str, TableFile]]:
    """Return a template with the file of its source."""
    document = template(name)
    return document, {source.name: file for source in document.sources if source.access}


def _files_of(document: Document, tables: Sequence[Path]) -> dict[str, TableFile]:
    """Return the file of each source of a mapping document that reads one.

    A source takes the file of its name, with or without `.gz`; when the document reads one file
    and one is given, that one.
    """
    reading = [source for source in document.sources if source.access is not None]
    wanted = {_access(source) for source in reading}
    found: dict[str, TableFile] = {}
    for source in reading:
        name = _access(source)
        named = [table for table in tables if table.name.removesuffix(".gz") == name]
        if not named and len(wanted) == 1 and len(tables) == 1:
            named = list(tables)
        if len(named) != 1:
            given = ", ".join(table.name for table in tables) or "no table"
            raise MappingError(
                f"{document.name}: the source {source.name!r} reads {name}, but"
                f" {'several files have that name' if named else f'{given} was given'}."
            )
        found[source.name] = TableFile(named[0], source.sheet)
    read = {file.path for file in found.values()}
    left = [table.name for table in tables if table not in read]
    if left:
        raise UsageError(
            f"{document.name} has no source for {', '.join(left)}. Leave the file out, or name it"
            " under 'sources'."
        )
    return found
