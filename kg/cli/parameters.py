"""The command `params`: parameter sets kept under a name."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from kg.cli.output import TABLE_FORMATS, write_table
from kg.cli.session import opened_store
from kg.errors import UsageError
from kg.lifecycle import Parameters, load_parameters, named_parameters, save_parameters
from kg.lifecycle import saved_parameters as saved

_format = click.option(
    "--format", "form", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
)


@click.group()
def params() -> None:
    """Parameter sets of the analyses, kept under names that never change their meaning."""


@params.command("save")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def save(name: str, file: Path) -> None:
    """Keep the set of FILE (YAML or JSON of parameter names and values) as NAME."""
    if name.startswith("{") or not name.strip():
        raise UsageError(f"{name!r} is no name for a parameter set; choose a word.")
    parameters = dataclasses.replace(load_parameters(file), name=name)
    with opened_store() as store:
        commit = save_parameters(store, parameters, agent="cli")
    click.echo(parameters.iri)
    click.echo(f"Saved by commit {commit}." if commit else "It was there already.", err=True)


@params.command("list")
@_format
def list_sets(form: str) -> None:
    """List the sets that were saved."""
    with opened_store() as store:
        found = saved(store.cursor())
    write_table(("name", "params"), [(one.name, one.iri) for one in found], form)


@params.command("show")
@click.argument("name")
@_format
def show(name: str, form: str) -> None:
    """Show the values of the set NAME, and where they differ from the defaults."""
    with opened_store() as store:
        found = named_parameters(store.cursor(), name).as_mapping()
    defaults = Parameters().as_mapping()
    rows = [(key, value, defaults[key], value != defaults[key]) for key, value in found.items()]
    write_table(("parameter", "value", "default", "changed"), rows, form)
