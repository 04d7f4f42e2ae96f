"""The commands `map suggest` and `map preview`: a first mapping document, and what it makes."""

from __future__ import annotations

from pathlib import Path

import click

from kg.cli.output import TABLE_FORMATS, shortened, write_table
from kg.cli.session import current_settings, language_option
from kg.french import in_both
from kg.ingest.preview import ROWS, PreviewQuad, preview
from kg.ingest.suggestion import suggest
from kg.namespaces import graph_iri
from kg.store import Store

_TEXTS = {
    "en": {
        "mapped": "template {template}: {count} columns mapped",
        "missing": "required, and not found: {column}",
        "place": "{file}, row {row}: ",
    },
    "fr": {
        "mapped": "modèle {template} : {count} colonnes reprises",
        "missing": "obligatoire, et introuvable : {column}",
        "place": "{file}, ligne {row} : ",
    },
}
_COLUMNS = ("file", "row", "subject", "predicate", "object", "graph")
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("map")
def map_group() -> None:
    """Write mapping documents, and try them."""


@map_group.command("suggest")
@click.argument("file", type=_file)
@click.option("--template", "name", help="The template to follow; the one that fits otherwise.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; standard output otherwise.",
)
@language_option
def map_suggest(file: Path, *, name: str | None, output: Path | None, language: str) -> None:
    """Propose a mapping document for FILE, from its headers and its values."""
    with Store.open() as store:
        found = suggest(store.cursor(), file, name, language=language)
    if output is None:
        click.echo(found.text, nl=False)
    else:
        output.write_text(found.text, encoding="utf-8", newline="\n")
    texts = _TEXTS[language]
    told = [texts["mapped"].format(template=found.template, count=len(found.columns))]
    told += [texts["missing"].format(column=column) for column in found.missing]
    told += [in_both(notice).get(language, notice) for notice in found.notices]
    click.echo("\n".join(told), err=True)


@map_group.command("preview")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--mapping", type=_file, help="Mapping document; the templates otherwise.")
@click.option(
    "--rows",
    type=click.IntRange(1, 1000),
    default=ROWS,
    show_default=True,
    help="Rows shown of each file.",
)
@click.option(
    "--format", "name", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
)
@language_option
def map_preview(
    paths: tuple[Path, ...], *, mapping: Path | None, rows: int, name: str, language: str
) -> None:
    """Show the first rows of PATHS as triples; nothing is kept.

    The exit code is 1 when a cell of these rows cannot be mapped.
    """
    found = preview(paths, mapping, rows=rows, settings=current_settings())
    write_table(_COLUMNS, [_row(quad) for quad in found.quads], name)
    for finding in found.findings:
        place = _TEXTS[language]["place"].format(file=finding.file, row=finding.row)
        click.echo(f"{place}{finding.message[language]}", err=True)
    if found.findings:
        raise click.exceptions.Exit(1)


def _row(quad: PreviewQuad) -> tuple[object, ...]:
    """Return a quad as a row, its IRIs shortened."""
    literal = f'"{quad.object}"'
    if quad.language:
        shown = f"{literal}@{quad.language}"
    elif quad.datatype:
        shown = f"{literal}^^{shortened(quad.datatype)}"
    else:
        shown = shortened(quad.object)
    graph = _graph(quad.graph)
    return (quad.file, quad.row, shortened(quad.subject), shortened(quad.predicate), shown, graph)


def _graph(iri: str) -> str:
    """Return the kind of a graph of the import, the IRI of another graph."""
    for kind in ("facts", "personal"):
        if iri == str(graph_iri(kind, "preview")):
            return kind
    return shortened(iri)
