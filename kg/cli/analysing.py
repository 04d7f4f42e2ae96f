"""The commands of the analyses: `classify`, `referrals` and `chains`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from kg.cli.output import TABLE_FORMATS, write_table
from kg.cli.session import current_settings, opened_store, today
from kg.lifecycle import Context, Parameters, Table, load_parameters
from kg.lifecycle import classify as classify_parties
from kg.store import Cursor

Analysis = Callable[..., Table]

_DAY = click.DateTime(["%Y-%m-%d"])
_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"])


def evaluated(analysis: Analysis) -> Callable[..., None]:
    """Return a command's function: opens the store, evaluates under the options, writes the table.

    `analysis` takes a cursor, a context, and the options of its own.
    """

    @click.option(
        "--as-of", type=_DAY, metavar="DATE", help="The date T of the answer.  [default: today]"
    )
    @click.option(
        "--knowledge",
        type=_MOMENT,
        metavar="DATETIME",
        help="Read only what was recorded by then.  [default: now]",
    )
    @click.option(
        "--params",
        "parameters",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="YAML or JSON file of parameter names and values.",
    )
    @click.option(
        "--format", "name", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
    )
    @functools.wraps(analysis)
    def run(
        as_of: datetime | None,
        knowledge: datetime | None,
        parameters: Path | None,
        name: str,
        **options: object,
    ) -> None:
        settings = current_settings()
        context = Context(
            as_of=as_of.date() if as_of else today(),
            organization=settings.organization,
            knowledge=knowledge,
            parameters=load_parameters(parameters) if parameters else Parameters(),
            timezone=settings.timezone,
            currency=settings.currency,
        )
        with opened_store() as store:
            table = analysis(store.cursor(), context, **options)
            write_table(table.columns, table.rows, name)

    return run


@click.command()
@click.option("--party", metavar="KEY", help="Only the party with this source key or IRI.")
@evaluated
def classify(cursor: Cursor, context: Context, *, party: str | None) -> Table:
    """Tell the lifecycle stage of each party, with depth, pipeline, position, tier and flags."""
    return classify_parties(cursor, context, party=party)
