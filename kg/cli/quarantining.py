"""The commands of `quarantine`: what waits there, trying it again, taking it out."""

from __future__ import annotations

from pathlib import Path

import click

from kg.cli.import_report import report_lines
from kg.cli.output import TABLE_FORMATS, write_json, write_table
from kg.cli.session import current_settings, opened_store
from kg.errors import UsageError
from kg.ingest import (
    ImportOptions,
    discard,
    list_quarantine,
    quarantine_sheets,
    retry_quarantine,
)
from kg.ingest.fixsheet import write_sheets

_COLUMNS = ("import_id", "at", "source", "file", "row", "waits_for", "message_en", "message_fr")

_language = click.option(
    "--lang", "language", type=click.Choice(["en", "fr"]), default="en", show_default=True
)


@click.group()
def quarantine() -> None:
    """Records that imports refused, and that wait to be mended or for what they miss."""


@quarantine.command("list")
@click.argument("import_id", required=False)
@click.option(
    "--format", "name", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
)
def list_command(import_id: str | None, name: str) -> None:
    """List the rows in quarantine, or those that the import IMPORT_ID put there."""
    with opened_store() as store:
        found = list_quarantine(store, import_id)
    rows = [
        [getattr(one, column) for column in _COLUMNS[:6]] + [one.text("en"), one.text("fr")]
        for one in found
    ]
    write_table(_COLUMNS, rows, name)


@quarantine.command()
@click.argument("import_id", required=False)
@click.option(
    "--format", "name", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@_language
def retry(import_id: str | None, name: str, language: str) -> None:
    """Import what is in quarantine, or what IMPORT_ID put there, as far as it can stand now."""
    with opened_store() as store:
        options = ImportOptions(agent="cli", settings=current_settings())
        reports = [one.as_json() for one in retry_quarantine(store, options, import_id)]
    if name == "json":
        write_json(reports)
    elif not reports:
        click.echo("Nothing is in quarantine.", err=True)
    for report in reports if name == "text" else ():
        click.echo("\n".join(report_lines(report, language)))


@quarantine.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("import_id", required=False)
def export(path: Path, import_id: str | None) -> None:
    """Write fix sheets of what is in quarantine to PATH: a file, or a folder for several."""
    with opened_store() as store:
        sheets = quarantine_sheets(store, import_id)
    if not sheets:
        raise UsageError("There is nothing of that in quarantine.")
    for written in write_sheets(sheets, path):
        click.echo(str(written))


@quarantine.command("discard")
@click.argument("import_id")
@click.option("--row", "rows", type=int, multiple=True, help="Only the record of this row.")
def discard_command(import_id: str, rows: tuple[int, ...]) -> None:
    """Give up what the import IMPORT_ID put into quarantine."""
    with opened_store() as store:
        gone = discard(store, import_id, rows, agent="cli")
    click.echo(f"{gone} rows given up.")
