"""The commands of `quarantine`: what waits there, trying it again, taking it out."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import click

from kg.cli.import_report import report_lines
from kg.cli.output import TABLE_FORMATS, write_json, write_table
from kg.cli.session import current_server, current_settings, language_option, opened_store
from kg.errors import UsageError
from kg.french import LANGUAGES
from kg.ingest import (
    ImportOptions,
    discard,
    list_quarantine,
    quarantine_sheets,
    retry_quarantine,
)
from kg.ingest.fixsheet import write_sheets
from kg.ingest.kept import reason_text

_COLUMNS = ("import_id", "at", "source", "file", "row", "waits_for", "message_en", "message_fr")


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
    server = current_server()
    if server:
        found = server.list_quarantine(import_id)
    else:
        with opened_store() as store:
            found = [one.as_json() for one in list_quarantine(store, import_id)]
    rows = [
        [one[column] for column in _COLUMNS[:6]]
        + [reason_text(one["reasons"], language) for language in LANGUAGES]
        for one in found
    ]
    write_table(_COLUMNS, rows, name)


@quarantine.command()
@click.argument("import_id", required=False)
@click.option(
    "--format", "name", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@language_option
def retry(import_id: str | None, name: str, language: str) -> None:
    """Import what is in quarantine, or what IMPORT_ID put there, as far as it can stand now."""
    server = current_server()
    if server:
        reports = server.retry_quarantine(import_id)
    else:
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
    server = current_server()
    if server:
        written = _fetched(server.quarantine_sheets(import_id), path)
    else:
        with opened_store() as store:
            sheets = quarantine_sheets(store, import_id)
        written = write_sheets(sheets, path) if sheets else []
    if not written:
        raise UsageError("There is nothing of that in quarantine.")
    for one in written:
        click.echo(str(one))


def _fetched(sheet: tuple[str, bytes] | None, path: Path) -> list[Path]:
    """Write what a server sent to a file, or the sheets of an archive to a folder; return them.

    Raises:
        UsageError: the file or folder cannot be written.
    """
    if sheet is None:
        return []
    name, content = sheet
    try:
        if name.endswith(".zip"):
            path.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                return [Path(packed.extract(one, path)) for one in packed.namelist()]
        target = path / name if path.is_dir() else path
        target.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    return [target]


@quarantine.command("discard")
@click.argument("import_id")
@click.option("--row", "rows", type=int, multiple=True, help="Only the record of this row.")
def discard_command(import_id: str, rows: tuple[int, ...]) -> None:
    """Give up what the import IMPORT_ID put into quarantine."""
    server = current_server()
    if server:
        gone = server.discard(import_id, rows)
    else:
        with opened_store() as store:
            gone = discard(store, import_id, rows, agent="cli")
    click.echo(f"{gone} rows given up.")
