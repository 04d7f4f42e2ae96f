"""The commands `import` and `imports`: what comes in, and what came in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from kg.analysis.impact import figures_under
from kg.cli.import_report import Document, report_lines
from kg.cli.output import TABLE_FORMATS, write_json, write_table
from kg.cli.progress import shown, shown_of_server
from kg.cli.remote import Server
from kg.cli.session import current_server, current_settings, language_option, opened_store, today
from kg.french import LANGUAGES
from kg.ingest import ImportOptions, list_imports, run_import
from kg.ingest.options import ON_VIOLATION
from kg.lifecycle import Context

_FINDING = ("severity", "file", "row", "column", "value", "shape", "focus", "kind")
_RUN = ("commit", "at", "agent", "source", "id", "quads_written", "warnings", "quarantined")


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--source", default="default", show_default=True, help="Whose keys the files use.")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Mapping document; the templates otherwise.",
)
@click.option("--graph", metavar="IRI", help="Graph for the facts; one of the import otherwise.")
@click.option(
    "--complete", is_flag=True, help="The files hold all records: remove those they do not name."
)
@click.option("--dry-run", is_flag=True, help="Do everything, report, and keep nothing.")
@click.option(
    "--on-violation",
    type=click.Choice(ON_VIOLATION),
    default="reject",
    show_default=True,
    help="Refuse everything, or set apart the records that cannot stand.",
)
@click.option(
    "--fix-sheet",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the refused rows there, with what is wrong with each.",
)
@click.option(
    "--format",
    "name",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
)
@language_option
def import_command(
    paths: tuple[Path, ...],
    *,
    source: str,
    mapping: Path | None,
    graph: str | None,
    complete: bool,
    dry_run: bool,
    on_violation: str,
    fix_sheet: Path | None,
    name: str,
    language: str,
) -> None:
    """Import tables and RDF documents, or folders of them, as one commit.

    The exit code is 1 when the data are refused: then nothing was written.
    """
    server = current_server()
    if server:
        fields = _fields(source, graph, complete=complete, dry_run=dry_run)
        fields["on_violation"] = on_violation
        if fix_sheet is not None:
            _fetch_fix_sheet(server, paths, mapping, fields, fix_sheet)
        report = _send(server, paths, mapping, fields, language)
    else:
        settings = current_settings()
        options = ImportOptions(
            source=source,
            mapping=mapping,
            graph=graph,
            complete=complete,
            dry_run=dry_run,
            on_violation=on_violation,
            fix_sheet=fix_sheet,
            agent="cli",
            settings=settings,
            figures=figures_under(
                Context(today(), settings.organization, timezone=settings.timezone)
            ),
        )
        with opened_store("memory" if dry_run else "create") as store, shown(language) as progress:
            told = replace(options, progress=progress)
            report = run_import(store, list(paths), told).as_json()
    _write_report(report, name, language)
    if report["refused"]:
        raise click.exceptions.Exit(1)


@click.command()
@click.option(
    "--format", "name", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
)
def imports(name: str) -> None:
    """List what came in, the last first."""
    server = current_server()
    if server:
        runs = server.list_imports()
    else:
        with opened_store() as store:
            runs = [run.as_json() | run.report for run in list_imports(store)]
    write_table(_RUN, [[run.get(column) for column in _RUN] for run in runs], name)


def _fields(source: str, graph: str | None, *, complete: bool, dry_run: bool) -> dict[str, str]:
    """Return the options of an import as a server takes them."""
    fields = {"source": source, "graph": graph or ""}
    fields |= {"complete": str(complete).lower(), "dry_run": str(dry_run).lower()}
    return {name: value for name, value in fields.items() if value}


def _send(
    server: Server,
    paths: Iterable[Path],
    mapping: Path | None,
    fields: dict[str, str],
    language: str,
) -> Document:
    """Import through a server, and return its report; its progress is told in a language."""
    with shown_of_server(language) as show:
        return server.upload(_parts(paths, mapping), fields, show)


def _fetch_fix_sheet(
    server: Server,
    paths: Iterable[Path],
    mapping: Path | None,
    fields: dict[str, str],
    target: Path,
) -> None:
    """Ask a server for the fix sheet of files, and write it where there is one."""
    content = server.fix_sheet(_parts(paths, mapping), fields)
    if content:
        target.write_bytes(content)


def _parts(paths: Iterable[Path], mapping: Path | None) -> list[tuple[str, Path]]:
    """Return the files of an import by the field of the form that they go to."""
    parts = [("files", path) for path in _files(paths)]
    return [*parts, ("mapping", mapping)] if mapping else parts


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    """Yield files as they are, and the files of folders."""
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.is_file())
        else:
            yield path


def _write_report(report: Document, name: str, language: str) -> None:
    if name == "json":
        write_json(report)
    elif name == "csv":
        rows = [_finding(one) for one in report["findings"]]
        write_table([*_FINDING, "message_en", "message_fr"], rows, "csv")
    else:
        click.echo("\n".join(report_lines(report, language)))


def _finding(one: Document) -> list[object]:
    return [*(one[name] for name in _FINDING), *(one["message"].get(code) for code in LANGUAGES)]
