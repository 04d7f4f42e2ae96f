"""The commands of the analyses, made from their table: `classify`, `referrals`, `chains`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from kg.analysis import ANALYSES, Analysis, Option
from kg.cli.output import TABLE_FORMATS, write_table
from kg.cli.session import current_settings, opened_store, today
from kg.errors import UsageError
from kg.lifecycle import Context, Parameters, load_parameters

_DAY = click.DateTime(["%Y-%m-%d"])
_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"])


def common_options() -> list[click.Parameter]:
    """Return the options that every analysis takes."""
    return [
        click.Option(
            ["--as-of"],
            type=_DAY,
            metavar="DATE",
            help="The date T of the answer.  [default: today]",
        ),
        click.Option(
            ["--knowledge"],
            type=_MOMENT,
            metavar="DATETIME",
            help="Read only what was recorded by then.  [default: now]",
        ),
        click.Option(
            ["--params", "parameters"],
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="YAML or JSON file of parameter names and values.",
        ),
        click.Option(
            ["--format", "name"],
            type=click.Choice(TABLE_FORMATS),
            default="table",
            show_default=True,
            help="Format of the answer.",
        ),
    ]


def run_analysis(
    analysis: Analysis,
    as_of: datetime | None,
    knowledge: datetime | None,
    parameters: Path | None,
    name: str,
    **options: str | datetime | None,
) -> None:
    """Evaluate an analysis over the store and write its table.

    Raises:
        UsageError: an option or a parameter has a wrong value.
    """
    settings = current_settings()
    context = Context(
        as_of=as_of.date() if as_of else today(),
        organization=settings.organization,
        knowledge=knowledge,
        parameters=load_parameters(parameters) if parameters else Parameters(),
        timezone=settings.timezone,
        currency=settings.currency,
    )
    given = {option.name: _plain(options.get(option.argument)) for option in analysis.options}
    with opened_store() as store:
        table = analysis.run(store.cursor(), context, given)
        write_table(table.columns, table.rows, name)


def _plain(value: str | datetime | None) -> str | date | None:
    return value.date() if isinstance(value, datetime) else value


def _option(option: Option) -> click.Option:
    """Return an option of an analysis as one of its command."""
    names = [f"--{option.name}", option.argument]
    required, text = option.required, option.en
    if option.choices:
        return click.Option(names, type=click.Choice(option.choices), required=required, help=text)
    if option.kind is date:
        return click.Option(names, type=_DAY, metavar="DATE", required=required, help=text)
    return click.Option(names, metavar="KEY", required=required, help=text)


def _command(analysis: Analysis) -> click.Command:
    """Return the command of an analysis."""

    def run(**values: object) -> None:
        run_analysis(analysis, **values)  # type: ignore[arg-type]

    return click.Command(
        analysis.name.split()[-1],
        callback=run,
        params=[*map(_option, analysis.options), *common_options()],
        help=f"{analysis.en}.\n\nColumns: {', '.join(analysis.columns)}.",
        short_help=f"{analysis.en}.",
    )


def _group(name: str, text: str) -> click.Group:
    """Return a group with the analyses whose name starts with its own."""
    members = [_command(one) for key, one in ANALYSES.items() if key.startswith(f"{name} ")]
    return click.Group(name, commands=members, help=text)


def _classify() -> click.Command:
    """Return `classify`, which also explains one party."""
    command = _command(ANALYSES["classify"])

    def run(*, explained: bool, **values: object) -> None:
        if explained and not values.get("party"):
            raise UsageError("--explain tells about one party; name it with --party.")
        run_analysis(ANALYSES["explain" if explained else "classify"], **values)  # type: ignore[arg-type]

    command.callback = run
    command.params.append(
        click.Option(["--explain", "explained"], is_flag=True, help="Why the party has its stage.")
    )
    return command


classify = _classify()
referrals = _group("referrals", "Referral chains: who brought whom, and what came of it.")
chains = _group("chains", "Internal supplier-client chains, down to external clients.")
