"""The group of all commands: shared options, commands of other packages, and how errors end."""

from __future__ import annotations

import errno
import os
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

import click

from kg import __version__
from kg.cli.session import (
    add_shared_options,
    language_of,
    speak_as_system,
    token_option,
    told_language_option,
    url_option,
)
from kg.config import settings_from
from kg.errors import ClientgraphError, QuerySyntaxError, TooDeepError, UsageError
from kg.french import in_both

_KEYBOARD = "Query interrupted"
"""What the engine says where Ctrl+C ends a statement of it."""
PLUGINS = "clientgraph.commands"
"""Entry point group by which another package adds commands; the server adds `serve`."""

_COMMANDS = {
    "backup": "kg.cli.keeping:backup",
    "chains": "kg.cli.analysing:chains",
    "classify": "kg.cli.analysing:classify",
    "changes": "kg.cli.history:changes_command",
    "commits": "kg.cli.history:commits_command",
    "compact": "kg.cli.upkeep:compact_command",
    "differences": "kg.cli.analysing:differences",
    "distinguish": "kg.cli.merging:distinguish_command",
    "doctor": "kg.cli.upkeep:doctor",
    "duplicates": "kg.cli.merging:duplicates_command",
    "export": "kg.cli.keeping:export",
    "history": "kg.cli.analysing:history",
    "import": "kg.cli.importing:import_command",
    "imports": "kg.cli.importing:imports",
    "loyalty": "kg.cli.analysing:loyalty",
    "map": "kg.cli.mapping:map_group",
    "merge": "kg.cli.merging:merge_command",
    "merge-effects": "kg.cli.analysing:merge_effects",
    "merges": "kg.cli.merging:merges_command",
    "params": "kg.cli.parameters:params",
    "quarantine": "kg.cli.quarantining:quarantine",
    "queries": "kg.cli.storing:queries_group",
    "query": "kg.cli.querying:query_command",
    "referrals": "kg.cli.analysing:referrals",
    "restore": "kg.cli.keeping:restore",
    "roles": "kg.cli.analysing:roles",
    "segments": "kg.cli.analysing:segments",
    "shapes": "kg.cli.terminology:shapes_command",
    "transitions": "kg.cli.analysing:transitions",
    "moves": "kg.cli.analysing:moves",
    "trend": "kg.cli.analysing:trend",
    "template": "kg.cli.templates:template_command",
    "terms": "kg.cli.terminology:terms_command",
    "update": "kg.cli.updating:update_command",
    "token": "kg.cli.tokens:token",
    "undo": "kg.cli.undoing:undo",
    "unmerge": "kg.cli.merging:unmerge_command",
    "validate": "kg.cli.validating:validate_command",
    "value": "kg.cli.analysing:value",
    "why": "kg.cli.history:why_command",
}
"""Where each command is; loaded when it is asked for, since the libraries take a second."""

_REMOTE = (
    "chains", "classify", "differences", "history", "import", "imports", "loyalty",
    "merge-effects", "moves", "quarantine", "query", "referrals", "roles", "segments", "token",
    "transitions", "trend", "undo", "update", "value",
)  # fmt: skip


class Failure(click.ClickException):
    """An error of clientgraph, told in one line; of a query, with the line that is wrong."""

    def __init__(self, error: ClientgraphError, language: str) -> None:
        text = str(error) if isinstance(error, QuerySyntaxError) else " ".join(str(error).split())
        super().__init__(in_both(text).get(language, text))

    def show(self, file: Any = None) -> None:
        """Write the error to standard error."""
        click.echo(f"clientgraph: {self.message}", file=file, err=True)


class WrongUse(Failure):
    """An error in what was asked, rather than in the data."""

    exit_code = 2


class Commands(click.Group):
    """A group that turns errors of clientgraph into exit codes, and loads plug-in commands."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command asked for."""
        try:
            return super().invoke(ctx)
        except (UsageError, QuerySyntaxError) as error:
            raise WrongUse(error, language_of(ctx)) from error
        except ClientgraphError as error:
            raise Failure(error, language_of(ctx)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            name, what = error.filename or "-", error.strerror or str(error)
            told = UsageError(f"The system refused {name}: {what}.")
            raise WrongUse(told, language_of(ctx)) from error
        except RecursionError as error:
            raise WrongUse(TooDeepError(), language_of(ctx)) from error
        except RuntimeError as error:
            if str(error) != _KEYBOARD:
                raise
            raise click.Abort from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, those of other packages included."""
        return sorted({*_COMMANDS, *entry_points(group=PLUGINS).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name, or None."""
        if cmd_name not in self.commands:
            command = _load(cmd_name)
            if command is None:
                return None
            add_shared_options(command, remote=_REMOTE)
            self.add_command(command, cmd_name)
        return self.commands[cmd_name]


def _load(name: str) -> click.Command | None:
    """Return a command of ours or of another package, without the options that all share."""
    if name in _COMMANDS:
        module, _, attribute = _COMMANDS[name].partition(":")
        return cast(click.Command, getattr(import_module(module), attribute))
    for point in entry_points(group=PLUGINS, name=name):
        return cast(click.Command, point.load())
    return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clientgraph")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the store  [default: var; env: CLIENTGRAPH_DATA_DIR]",
)
@click.pass_context
def main(ctx: click.Context, data_dir: Path | None) -> None:
    """Customer knowledge graph: import, check, ask, follow chains, as of any date.

    Exit codes: 0 done, 1 the data is refused or a check failed, 2 wrong use.
    """
    environment = dict(os.environ)
    if data_dir is not None:
        environment["CLIENTGRAPH_DATA_DIR"] = str(data_dir)
    speak_as_system(ctx, environment)
    ctx.obj = settings_from(environment)


main.params.extend([url_option(), token_option(), told_language_option()])
