"""The command `undo`: takes an import back, here or on a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from kg.cli.output import write_json
from kg.cli.progress import shown, shown_of_server
from kg.cli.session import current_server, current_settings, language_option, opened_store, today
from kg.ingest import undo_import
from kg.ingest.undo_report import dependent_line
from kg.ingest.undoing import ON_DEPENDENTS

_TEXTS = {
    "en": {
        "counts": "{quads_removed} quads removed, {quads_restored} restored",
        "apart": "{quads_quarantined} quads of later imports go to quarantine, as"
        " {rows_quarantined} rows, for {dependent_count} facts that need it.",
        "discarded": "{rows_discarded} rows that it had in quarantine are given up.",
        "committed": "Commit {commit}: {import_id} taken back, {counts}.",
        "dry-run": "Dry run: {counts}; nothing stands against it. Nothing was written.",
        "refused": "Refused: {dependent_count} later facts depend on it, and {violation_count}"
        " rules would be broken. Take back or correct those first, or let them go to quarantine"
        " with --on-dependents quarantine. Nothing was written.",
    },
    "fr": {
        "counts": "{quads_removed} quadruplets retirés, {quads_restored} rétablis",
        "apart": "{quads_quarantined} quadruplets d'imports ultérieurs vont en quarantaine, en"
        " {rows_quarantined} lignes, pour {dependent_count} faits qui en ont besoin.",
        "discarded": "{rows_discarded} lignes qu'il avait en quarantaine sont abandonnées.",
        "committed": "Commit {commit} : {import_id} retiré, {counts}.",
        "dry-run": "À blanc : {counts} ; rien ne s'y oppose. Rien n'a été écrit.",
        "refused": "Refusé : {dependent_count} faits ultérieurs en dépendent, et {violation_count}"
        " règles seraient enfreintes. Les retirer ou les corriger d'abord, ou les mettre en"
        " quarantaine avec --on-dependents quarantine. Rien n'a été écrit.",
    },
}


@click.command()
@click.argument("import_id")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and keep nothing.")
@click.option(
    "--on-dependents",
    type=click.Choice(ON_DEPENDENTS),
    default="refuse",
    show_default=True,
    help="Refuse while later facts need it, or put what needs it into quarantine.",
)
@click.option(
    "--format", "name", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@language_option
def undo(import_id: str, *, dry_run: bool, on_dependents: str, name: str, language: str) -> None:
    """Take the import IMPORT_ID back; `imports` lists them.

    What it added goes, and what it replaced returns, but where a later import of the same source
    says otherwise. The exit code is 1 when later facts depend on it: then nothing was written.
    """
    server = current_server()
    if server:
        with shown_of_server(language) as show:
            report = server.undo(import_id, dry_run=dry_run, on_dependents=on_dependents, show=show)
    else:
        with opened_store() as store, shown(language) as progress:
            report = undo_import(
                store,
                import_id,
                agent="cli",
                dry_run=dry_run,
                on_dependents=on_dependents,
                as_of=today(),
                settings=current_settings(),
                progress=progress,
            ).as_json()
    if name == "json":
        write_json(report)
    else:
        click.echo("\n".join(_lines(report, language)))
    if report["refused"]:
        raise click.exceptions.Exit(1)


def _lines(report: dict[str, Any], language: str) -> Iterator[str]:
    """Yield a report as lines for people."""
    texts = _TEXTS[language]
    yield from (dependent_line(one, language) for one in report["dependents"])
    if report["refused"]:
        yield from (_broken(one, language) for one in report["violations"])
    for member, text in (
        ("rows_quarantined", "apart"),
        ("rows_discarded", "discarded"),
    ):
        if report[member]:
            yield texts[text].format_map(report)
    counts = texts["counts"].format_map(report)
    yield texts[report["status"]].format_map({**report, "counts": counts})


def _broken(one: dict[str, Any], language: str) -> str:
    """Return a rule that would be broken as a line: the rule, where, and what it says."""
    told = one["message"].get(language)
    return f"{one['shape']}: {one['focus']}" + (f": {told}" if told else "")
