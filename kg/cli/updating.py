"""The command `update`: a SPARQL Update, executed here or by a server."""

from __future__ import annotations

import click

from kg.cli.output import write_json
from kg.cli.session import current_server, current_settings, opened_store
from kg.cli.texts import read_text
from kg.errors import UsageError
from kg.sparql import UpdateResult, update


@click.command("update")
@click.argument("source", required=False, metavar="[FILE.ru]")
@click.option("-e", "--execute", "text", metavar="TEXT", help="The update itself.")
@click.option("--note", default="", metavar="TEXT", help="Note that the commit keeps.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds.")
@click.option(
    "--format",
    "name",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
def update_command(
    source: str | None, text: str | None, *, note: str, timeout: float | None, name: str
) -> None:
    """Execute the SPARQL Update of a file ('-' for standard input), or a TEXT, as one commit."""
    if (source is None) == (text is None):
        raise UsageError("Give a FILE.ru or -e TEXT, one of them.")
    asked = text if text is not None else read_text(source or "-")
    settings = current_settings()
    seconds = timeout or settings.timeout
    server = current_server()
    if server:
        result = UpdateResult(**server.update(asked, note, seconds))
    else:
        with opened_store("create") as store:
            result = update(
                store,
                asked,
                agent="cli",
                note=note,
                timeout=seconds,
                load_folders=settings.load_folders,
            )
    _write(result, name)


def _write(result: UpdateResult, name: str) -> None:
    """Write what an update did."""
    if name == "json":
        write_json(result.as_json())
    elif result.changed:
        click.echo(
            f"commit {result.commit}: {result.inserted} quads inserted, {result.deleted} deleted"
        )
    else:
        click.echo(f"nothing changed: the last commit is {result.commit}")
