"""The command `validate`: RDF documents, or the whole graph, against shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from kg.cli.output import write_chunks, write_table
from kg.cli.session import language_option, opened_store, today
from kg.namespaces import COMPUTED_GRAPHS
from kg.shacl import Report, project_shapes, shapes_of, validate
from kg.shacl.rows import COLUMNS, rows
from kg.store import Store
from kg.store.rdf import load_file

_readable = click.Path(exists=True, path_type=Path)


@click.command("validate")
@click.argument("paths", nargs=-1, type=_readable)
@click.option("--shapes", multiple=True, type=_readable, help="RDF file of shapes; repeatable.")
@click.option(
    "--format",
    "name",
    type=click.Choice(["text", "turtle", "json", "csv"]),
    default="text",
    show_default=True,
)
@language_option
def validate_command(
    paths: tuple[Path, ...], *, shapes: tuple[Path, ...], name: str, language: str
) -> None:
    """Check RDF documents, or the whole graph when no PATH is given, against shapes.

    Nothing is imported. The exit code is 1 when there is a violation; warnings do not change it.
    """
    rules = shapes_of(shapes) if shapes else project_shapes()
    with _graph_of(paths) as store:
        report = validate(store.cursor(COMPUTED_GRAPHS), rules, today())
        _write(report, name, language)
    if report.has_violations:
        raise click.exceptions.Exit(1)


@contextmanager
def _graph_of(paths: Sequence[Path]) -> Iterator[Store]:
    """Yield a store in memory with the documents, or that of the data folder when there is none."""
    if not paths:
        with opened_store() as store:
            yield store
        return
    with Store.open(None) as store:
        with store.write(activity="validate") as tx:
            for path in paths:
                load_file(tx, path)
        yield store


def _write(report: Report, name: str, language: str) -> None:
    for note in report.notes():
        click.echo(note[language], err=True)
    if name == "turtle":
        write_chunks([report.graph().serialize(format="turtle").encode()])
    elif name == "text":
        shown = [0, 1, 2, 3, 4, 6 if language == "fr" else 5]
        shown_rows = [[row[i] for i in shown] for row in rows(report)]
        if shown_rows:
            write_table(
                [COLUMNS[i].removesuffix(f"_{language}") for i in shown], shown_rows, "table"
            )
        click.echo("The data conform." if report.conforms else _counted(report), err=True)
    else:
        write_table(COLUMNS, rows(report), name)


def _counted(report: Report) -> str:
    """Return the number of results by severity, the gravest first."""
    counts = Counter[str]()
    for (_shape, severity), number in report.counts().items():
        counts[str(severity).rpartition("#")[2].lower()] += number
    known = ["violation", "warning", "info"]
    return ", ".join(f"{counts[one]} {one}" for one in known if counts[one]) + "."
