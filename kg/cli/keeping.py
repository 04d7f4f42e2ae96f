"""The commands that take the whole store out and back: `export`, `backup` and `restore`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click
import pyoxigraph

from kg.cli.session import current_settings, opened_store
from kg.errors import StoreFormatError, UsageError
from kg.store import Kind, RawTerm, Store

_BATCH = 50_000
_QUADS = """
SELECT s.kind, s.lex, s.dt, s.lang, p.kind, p.lex, p.dt, p.lang,
    o.kind, o.lex, o.dt, o.lang, g.kind, g.lex, g.dt, g.lang
FROM live AS q
JOIN term AS s ON s.id = q.s
JOIN term AS p ON p.id = q.p
JOIN term AS o ON o.id = q.o
LEFT JOIN term AS g ON g.id = q.g
"""
_FORMATS = {"nquads": pyoxigraph.RdfFormat.N_QUADS, "trig": pyoxigraph.RdfFormat.TRIG}

_force = click.option("--force", is_flag=True, help="Replace what is there.")
_file = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--format", "name", type=click.Choice(list(_FORMATS)), default="nquads")
@click.option("-o", "--output", type=_file, help="File to write; standard output otherwise.")
def export(name: str, output: Path | None) -> None:
    """Write the whole graph, with its named graphs, as an RDF document."""
    with opened_store() as store, ExitStack() as stack:
        if output is None:
            target: BinaryIO = sys.stdout.buffer
        else:
            target = stack.enter_context(_opened_for_writing(output))
        pyoxigraph.serialize(_quads(store), target, _FORMATS[name])


@click.command()
@click.argument("file", type=_file)
@_force
def backup(file: Path, *, force: bool) -> None:
    """Copy the store to FILE."""
    _check_free(file, force=force)
    path = current_settings().store_path
    with ExitStack() as stack:
        with opened_store() as store:
            store.checkpoint()
            # Closing any handle of the file ends the store's lock, so this one is closed last.
            source = stack.enter_context(path.open("rb"))
            part = file.with_name(file.name + ".part")
            with _opened_for_writing(part) as target:
                shutil.copyfileobj(source, target, 1 << 20)
        part.replace(file)
    click.echo(f"The store of {path.parent} is in {file}.", err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_force
def restore(file: Path, *, force: bool) -> None:
    """Put a backup back as the store of the data folder."""
    settings = current_settings()
    path = settings.store_path
    if path.exists():
        _check_free(path, force=force)
        with opened_store():  # says whether another process holds it
            pass
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    shutil.copyfile(file, part)
    try:
        Store.open(part).close()
    except StoreFormatError:
        part.unlink()
        raise StoreFormatError(f"{file} is no backup of a store of this version.") from None
    part.replace(path)
    click.echo(f"The store of {settings.data_dir} is what {file} holds.", err=True)


def _check_free(file: Path, *, force: bool) -> None:
    """Raise `UsageError` where a file would be replaced and that was not asked for."""
    if file.exists() and not force:
        raise UsageError(f"{file} exists; give another name, or --force to replace it.")


def _opened_for_writing(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None


def _quads(store: Store) -> Iterator[pyoxigraph.Quad]:
    """Yield the live quads."""
    cursor = store.cursor().execute(_QUADS)
    while rows := cursor.fetchmany(_BATCH):
        for row in rows:
            graph = pyoxigraph.DefaultGraph() if row[12] is None else _node(row[12:16])
            yield pyoxigraph.Quad(
                _node(row[:4]), pyoxigraph.NamedNode(row[5]), _term(row[8:12]), graph
            )


def _term(raw: RawTerm) -> pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal:
    kind, lex, datatype, language = raw
    if kind in (Kind.IRI, Kind.BLANK):
        return _node(raw)
    if language:
        return pyoxigraph.Literal(lex, language=language)
    return pyoxigraph.Literal(lex, datatype=pyoxigraph.NamedNode(datatype) if datatype else None)


def _node(raw: RawTerm) -> pyoxigraph.NamedNode | pyoxigraph.BlankNode:
    kind, lex = raw[:2]
    if kind == Kind.BLANK:
        return pyoxigraph.BlankNode(lex.removeprefix("_:"))
    return pyoxigraph.NamedNode(lex)
