"""The commands that look after the store's file: `doctor` and `compact`."""

from __future__ import annotations

import click

from kg.cli.output import TABLE_FORMATS, write_table
from kg.cli.session import current_settings, opened_store
from kg.derivation import derive_anew, examine_derived
from kg.errors import StoreError
from kg.store.compaction import compact
from kg.store.doctor import examine

_COLUMNS = ("check", "state", "rows", "problem", "remedy")


@click.command()
@click.option(
    "--format", "name", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
)
@click.option("--derive", is_flag=True, help="First derive anew what follows from the facts.")
def doctor(name: str, *, derive: bool) -> None:
    """Check that the store is whole: dictionary, quads, history, notes, imports.

    Nothing is changed without --derive. Each check says what is wrong and what to do; the exit code
    is 1 when something is.
    """
    with opened_store() as store:
        if derive:
            number = derive_anew(store)
            click.echo(
                "What is derived was right." if number is None else f"Derived by commit {number}.",
                err=True,
            )
        cursor = store.cursor()
        cursor.begin()
        found = [*examine(cursor), ("derived facts", examine_derived(store, cursor))]
    broken = [finding for _, finding in found if finding is not None]
    rows = [
        (check, "wrong", one.rows, one.problem, one.remedy) if one else (check, "ok", 0, None, None)
        for check, one in found
    ]
    if name == "table":
        for check, _, count, problem, remedy in rows:
            click.echo(f"{check}: {f'{count} times {problem}. {remedy}' if problem else 'ok'}")
    else:
        write_table(_COLUMNS, rows, name)
    if broken:
        click.echo(f"The store is not whole: {len(broken)} checks of {len(rows)} fail.", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"The store is whole: {len(rows)} checks passed.", err=True)


@click.command("compact")
def compact_command() -> None:
    """Write the store anew: sorted, without what is no longer used; history stays.

    The new file replaces the old one in one step, so that a crash leaves either.
    """
    settings = current_settings()
    path = settings.store_path
    if not path.exists():
        raise StoreError(
            f"There is no store in {settings.data_dir}. Import something first, or name another"
            " folder with --data-dir."
        )
    done = compact(path, memory_limit=settings.memory_limit, threads=settings.threads)
    click.echo(f"The store took {done.before} bytes and takes {done.after} now.", err=True)
