"""The commands about records of one party: `duplicates`, `merge`, `merges` and their like."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import click

from kg.cli.output import TABLE_FORMATS, write_table
from kg.cli.session import opened_store
from kg.merging import Decision, candidates, distinguish, list_merges, merge, unmerge
from kg.merging.candidates import COLUMNS as CANDIDATE
from kg.merging.records import COLUMNS as MERGE

_AGENT = "cli"
_format = click.option(
    "--format", "name", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
)
_reason = click.option("--reason", default="", help="Why; kept with the decision.")


@click.command("duplicates")
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Lowest score, from 0 to 1.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Pairs at most, the likeliest.",
)
@_format
def duplicates_command(least: float, limit: int, name: str) -> None:
    """Propose records that may be one party, with what they have in common.

    Nothing is merged: see 'merge' and 'distinguish'.
    """
    with opened_store() as store:
        found = candidates(store.cursor(), least=least, most=limit)
    write_table(CANDIDATE, [one.row() for one in found], name)


@click.command("merge")
@click.argument("duplicate")
@click.argument("canonical")
@click.option(
    "--date",
    "decided",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Day of the decision.  [default: today]",
)
@_reason
def merge_command(duplicate: str, canonical: str, decided: datetime | None, reason: str) -> None:
    """Read the record DUPLICATE as CANONICAL from now on; 'unmerge' takes it back.

    Records are named by their source key or their IRI.
    """
    day = decided.date() if decided else None
    with opened_store() as store:
        _tell(merge(store, duplicate, canonical, agent=_AGENT, reason=reason, decided=day))


@click.command("unmerge")
@click.argument("duplicate")
@_reason
def unmerge_command(duplicate: str, reason: str) -> None:
    """Take back the merge of the record DUPLICATE: it stands for itself again."""
    with opened_store() as store:
        _tell(unmerge(store, duplicate, agent=_AGENT, reason=reason))


@click.command("merges")
@_format
def merges_command(name: str) -> None:
    """List the merges that stand, the last decided first."""
    with opened_store() as store:
        found = list_merges(store.cursor())
    write_table(MERGE, [dataclasses.astuple(one) for one in found], name)


@click.command("distinguish")
@click.argument("one")
@click.argument("other")
@click.option("--back", is_flag=True, help="Take that back.")
@_reason
def distinguish_command(one: str, other: str, *, back: bool, reason: str) -> None:
    """Set two records aside as not the same party: they are proposed no more."""
    with opened_store() as store:
        _tell(distinguish(store, one, other, agent=_AGENT, reason=reason, back=back))


def _tell(decision: Decision) -> None:
    told = f"{decision.kind} {decision.duplicate} {decision.canonical}"
    click.echo(f"Commit {decision.commit}: {told}", err=True)
