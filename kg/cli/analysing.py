"""The commands of the analyses, made from their table: `classify`, `referrals`, `chains` ..."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import click

from kg.analysis import ANALYSES, Analysis, Option, OptionValue, result_document, write_derived
from kg.analysis.network import FORMATS as NETWORK_FORMATS
from kg.analysis.network import OVER_TIME, network_document, referral_network
from kg.cli.analysing_remotely import (
    RDF_FORMATS,
    Form,
    ask_server,
    tell_context,
    tell_derived,
    told_by,
    write_answer,
)
from kg.cli.output import TABLE_FORMATS, write_chunks
from kg.cli.session import (
    current_server,
    current_settings,
    opened_store,
    today,
)
from kg.errors import UsageError
from kg.lifecycle import Context, Parameters, load_parameters, read_parameters
from kg.store import Cursor

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
            metavar="FILE|NAME",
            help="YAML or JSON file of parameter names and values, or the name of a saved set.",
        ),
        click.Option(
            ["--format", "name"],
            type=click.Choice([*TABLE_FORMATS, *RDF_FORMATS]),
            default="table",
            show_default=True,
            help="Format of the answer: a table, or RDF.",
        ),
        click.Option(
            ["--with-context"],
            is_flag=True,
            help="Name the date, knowledge time, parameters and rules in the answer itself.",
        ),
        click.Option(
            ["--write"],
            is_flag=True,
            help="Keep the answer as a derived graph, and tell its name.",
        ),
    ]


def run_analysis(
    analysis: Analysis,
    as_of: datetime | None,
    knowledge: datetime | None,
    parameters: str | None,
    name: str,
    write: bool,  # noqa: FBT001 - an option of the command line
    with_context: bool,  # noqa: FBT001 - an option of the command line
    **options: str | datetime | None,
) -> None:
    """Evaluate an analysis over the store, and write its table or keep it as a derived graph.

    Raises:
        UsageError: an option or a parameter has a wrong value.
    """
    if server := current_server():
        asked = {
            option.name: _sent(option, value)
            for option in analysis.options
            if (value := options.get(option.argument))
        }
        fields = _shared_fields(as_of, knowledge, parameters) | asked
        ask_server(server, analysis, fields, Form(name, with_context), keep=write)
        return
    with opened_store() as store:
        cursor = store.cursor()
        context = _context(cursor, as_of, knowledge, parameters)
        given = {
            option.name: _value(cursor, option, options.get(option.argument))
            for option in analysis.options
        }
        if write:
            derived = write_derived(store, analysis, context, given, agent="cli")
            tell_derived(derived.graph, derived.rows, derived.quads)
            return
        pinned = context.pinned()
        table = analysis.run(cursor, pinned, given)
        if name in RDF_FORMATS:
            known_at = pinned.known_at
            write_chunks(result_document(cursor, analysis, context, given, table, known_at, name))
        else:
            write_answer(analysis, table, pinned.told(), Form(name, with_context))
        tell_context(pinned.told(), table.notes)


def _shared_fields(
    as_of: datetime | None, knowledge: datetime | None, parameters: str | None
) -> dict[str, str]:
    """Return the options that every analysis takes as a server reads them."""
    fields = {
        "as_of": (as_of.date() if as_of else today()).isoformat(),
        "knowledge": knowledge.isoformat() if knowledge else "",
        "params": _sent_parameters(parameters) if parameters else "",
    }
    return {name: text for name, text in fields.items() if text}


def _sent(option: Option, value: str | datetime) -> str:
    """Return the value of an option as a server reads it."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return _sent_parameters(value) if option.kind is Parameters else value


def _sent_parameters(given: str) -> str:
    """Return what names parameters to a server: of a file, its values."""
    path = Path(given)
    return json.dumps(load_parameters(path).as_mapping()) if path.is_file() else given


def _context(
    cursor: Cursor, as_of: datetime | None, knowledge: datetime | None, parameters: str | None
) -> Context:
    """Return what the options say that an analysis is evaluated under."""
    settings = current_settings()
    return Context(
        as_of=as_of.date() if as_of else today(),
        organization=settings.organization,
        knowledge=knowledge,
        parameters=_parameters(cursor, parameters) if parameters else Parameters(),
        timezone=settings.timezone,
        currency=settings.currency,
    )


def _parameters(cursor: Cursor, given: str) -> Parameters:
    """Return the parameters of a file, else those that the text stands for."""
    path = Path(given)
    return load_parameters(path) if path.is_file() else read_parameters(cursor, given)


def _value(cursor: Cursor, option: Option, value: str | datetime | None) -> OptionValue:
    """Return the value of an option as the analysis takes it."""
    if isinstance(value, datetime):
        return value.date()
    if value and option.kind is Parameters:
        return _parameters(cursor, value)
    return value


def _option(option: Option) -> click.Option:
    """Return an option of an analysis as one of its command."""
    names = [f"--{option.name}", option.argument]
    required, text = option.required, option.en
    if option.choices:
        return click.Option(names, type=click.Choice(option.choices), required=required, help=text)
    if option.kind is date:
        return click.Option(names, type=_DAY, metavar="DATE", required=required, help=text)
    metavar = "FILE|NAME" if option.kind is Parameters else "KEY"
    return click.Option(names, metavar=metavar, required=required, help=text)


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
    command.params += [
        click.Option(["--explain", "explained"], is_flag=True, help="Why the party has its stage.")
    ]
    return command


classify = _classify()
history = _command(ANALYSES["history"])
transitions = _command(ANALYSES["transitions"])
moves = _command(ANALYSES["moves"])
differences = _command(ANALYSES["differences"])
merge_effects = _command(ANALYSES["merge-effects"])
trend = _command(ANALYSES["trend"])
loyalty = _command(ANALYSES["loyalty"])
roles = _command(ANALYSES["roles"])
referrals = _group("referrals", "Referral chains: who brought whom, and what came of it.")
chains = _group("chains", "Internal supplier-client chains, down to external clients.")

segments = _group("segments", "Segments, targets, personas and look-alikes.")
value = _group("value", "Value of clients, and what insiders pay and know more.")


@referrals.command("network", params=common_options()[:3])
@click.option(
    "--format",
    "name",
    type=click.Choice(list(NETWORK_FORMATS)),
    default="graphml",
    show_default=True,
    help="Format of the document.",
)
def network(
    as_of: datetime | None, knowledge: datetime | None, parameters: str | None, name: str
) -> None:
    """Write the network of referrals as a document for graph tools.

    GEXF carries the dates as the time of nodes and edges; JSON has nodes and links.
    """
    if server := current_server():
        fields = _shared_fields(as_of, knowledge, parameters) | {"format": name}
        with server.analyse("referrals network", fields, "*/*") as response:
            write_chunks(iter(lambda: response.read(1 << 16), b""))
            tell_context(told_by(response), [])
        return
    with opened_store() as store:
        cursor = store.cursor()
        context = _context(cursor, as_of, knowledge, parameters).pinned()
        graph = referral_network(cursor, context, over_time=name in OVER_TIME)
    write_chunks([network_document(graph, name)])
    tell_context(context.told(), [])
