"""The commands that take the whole store out and back: `export`, `backup` and `restore`."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click

from kg.cli.session import current_settings, opened_store
from kg.errors import StoreFormatError, UsageError
from kg.store import Store
from kg.store.documents import FORMATS
from kg.store.export import dump
from kg.store.tokens import list_tokens

_force = click.option("--force", is_flag=True, help="Replace what is there.")
_file = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--format",
    "name",
    type=click.Choice(list(FORMATS)),
    default="nquads",
    show_default=True,
    help="nquads, trig and json-ld keep named graphs; the others write their union.",
)
@click.option("--graph", "graphs", multiple=True, metavar="IRI", help="Only it; repeatable.")
@click.option("--as-of-commit", type=click.IntRange(min=0), help="The graph as it was then.")
@click.option("-o", "--output", type=_file, help="File to write; standard output otherwise.")
def export(
    name: str, graphs: tuple[str, ...], as_of_commit: int | None, output: Path | None
) -> None:
    """Write the whole graph, with its named graphs, as an RDF document."""
    with opened_store() as store, ExitStack() as stack:
        store.check_commit(as_of_commit)
        target: BinaryIO = sys.stdout.buffer
        if output is not None:
            target = stack.enter_context(_opened_for_writing(output))
        dump(store.cursor(), target, name, graphs=graphs or None, as_of_commit=as_of_commit)
        target.flush()


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
        with Store.open(part) as store:
            active = sum(token.active() for token in list_tokens(store))
    except StoreFormatError:
        part.unlink()
        raise StoreFormatError(f"{file} is no backup of a store of this version.") from None
    part.replace(path)
    click.echo(f"The store of {settings.data_dir} is what {file} holds.", err=True)
    if active:
        # One that was revoked after the backup opens the store again.
        click.echo(
            f"It has {active} active {'token' if active == 1 else 'tokens'} of that time:"
            " see 'clientgraph token list'.",
            err=True,
        )


def _check_free(file: Path, *, force: bool) -> None:
    """Raise `UsageError` where a file would be replaced and that was not asked for."""
    if file.exists() and not force:
        raise UsageError(f"{file} exists; give another name, or --force to replace it.")


def _opened_for_writing(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
