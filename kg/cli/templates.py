"""The command `template`: the CSV file of a template, to be filled."""

from __future__ import annotations

from pathlib import Path

import click

from kg.cli.session import language_option
from kg.ingest import template_names
from kg.ingest.template_files import template_file


@click.command("template")
@click.argument("name", required=False)
@click.option("--list", "listed", is_flag=True, help="The names of the templates.")
@language_option
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; standard output otherwise.",
)
def template_command(name: str | None, *, listed: bool, language: str, output: Path | None) -> None:
    """Write the CSV file of the template NAME: header, example rows, what each column is for."""
    if listed or name is None:
        click.echo("\n".join(template_names()))
        return
    text = template_file(name.removesuffix(".csv"), language)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")
