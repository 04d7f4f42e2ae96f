"""The commands `queries list`, `queries save` and `queries delete`: what users keep."""

from __future__ import annotations

import click

from kg.cli.output import TABLE_FORMATS, write_table
from kg.cli.session import opened_store
from kg.cli.texts import read_text
from kg.library import SHARINGS, forget_query, keep_query, kept_queries

_COLUMNS = ("name", "owner", "sharing", "version", "at", "description")
_OWNER = "local"
"""Who works on the file: the name that a server without tokens gives its callers."""


@click.group("queries")
def queries_group() -> None:
    """Keep queries of one's own, with all their versions."""


@queries_group.command("list")
@click.option(
    "--format", "name", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
)
def list_command(name: str) -> None:
    """List the queries that are kept, of all owners."""
    with opened_store() as store:
        rows = [
            [one.name, one.owner, one.sharing, last.number, last.at, one.description]
            for one in kept_queries(store)
            for last in (one.version(),)
        ]
    write_table(_COLUMNS, rows, name)


@queries_group.command("save")
@click.argument("name")
@click.argument("source", required=False, metavar="[FILE.rq]")
@click.option("-e", "--execute", "text", metavar="TEXT", help="The query itself.")
@click.option("--description", help="What it is for.")
@click.option("--sharing", type=click.Choice(SHARINGS), help="Who may see it; at first private.")
def save_command(
    name: str,
    source: str | None,
    text: str | None,
    description: str | None,
    sharing: str | None,
) -> None:
    """Keep the query of a file ('-' for standard input) or a TEXT as NAME.

    Without either, what is kept under NAME is described or shared otherwise. A new text is a new
    version; the earlier ones stay.
    """
    given = read_text(source) if source is not None else text
    with opened_store() as store:
        kept = keep_query(
            store,
            name,
            owner=_OWNER,
            text=given,
            description=description,
            sharing=sharing,
            all_queries=True,
        )
    click.echo(f"{kept.name}, version {kept.version().number}, {kept.sharing}.", err=True)


@queries_group.command("delete")
@click.argument("name")
def delete_command(name: str) -> None:
    """Delete the kept query NAME with all its versions."""
    with opened_store() as store:
        forget_query(store, name, owner=_OWNER, all_queries=True)
    click.echo(f"{name} is deleted.", err=True)
