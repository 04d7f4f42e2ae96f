"""What every command works with: the settings, the store's file or the server to speak to."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import click

from kg.cli.remote import Server
from kg.config import Settings
from kg.derivation import derive_in
from kg.errors import StoreError, UsageError
from kg.french import LANGUAGES
from kg.store import Store

_URL = "clientgraph.url"
_LANGUAGE = "clientgraph.language"
_TOKEN = "clientgraph.token"  # noqa: S105 - the name of a place


def current_settings() -> Settings:
    """Return the settings of the command that runs, `--data-dir` included."""
    settings = click.get_current_context().obj
    if not isinstance(settings, Settings):
        raise TypeError("A command was called outside the group that reads the settings.")
    return settings


def current_server() -> Server | None:
    """Return the server named by `--url`, or None to work on the store's file."""
    given = click.get_current_context().meta
    token = given.get(_TOKEN) or current_settings().token
    return Server(str(given[_URL]), str(token)) if given.get(_URL) else None


def today() -> date:
    """Return the day that it is where the focal organisation is."""
    return datetime.now(ZoneInfo(current_settings().timezone)).date()


@contextmanager
def opened_store(
    missing: Literal["refuse", "create", "memory"] = "refuse",
) -> Iterator[Store]:
    """Yield the store of the data folder, and close it at the end.

    `missing` says what to do where there is none: refuse, make it, or take one in memory.

    Raises:
        StoreError: there is no store, and it is not to be made.
        StoreLockedError: another process holds the file.
        StoreFormatError: the file is not a store.
    """
    settings = current_settings()
    path: Path | None = settings.store_path
    if not settings.store_path.exists():
        if missing == "refuse":
            raise StoreError(
                f"There is no store in {settings.data_dir}. Import something first, or name"
                " another folder with --data-dir."
            )
        path = path if missing == "create" else None
    with Store.open(
        path,
        memory_limit=settings.memory_limit,
        threads=settings.threads,
        spill_limit=settings.spill_limit,
    ) as store:
        derive_in(store)
        yield store


def add_shared_options(command: click.Command, *, remote: Container[str | None]) -> None:
    """Give a command, and those below it, what all share; and `--url` if it is named in `remote`.

    The options stand on the commands and on the group, so that they may be written anywhere.
    """
    if isinstance(command, click.Group):
        # A group that speaks to a server does so with all that is below it.
        whole = command.name in remote
        for below in command.commands.values():
            add_shared_options(below, remote=[below.name] if whole else remote)
        return
    taken = {parameter.name for parameter in command.params}
    speaking = [url_option(), token_option()] if command.name in remote else []
    offered = [_data_dir_option(), *speaking]
    if "language" not in taken:
        offered.append(told_language_option())
    command.params.extend(option for option in offered if option.name not in taken)
    if command.name not in remote:
        _refuse_url(command)


def url_option() -> click.Option:
    """Return the option `--url`, kept for `current_server`."""
    return click.Option(
        ["--url"],
        metavar="URL",
        expose_value=False,
        callback=_keep_url,
        help="Speak to a running server instead of working on the store's file.",
    )


def token_option() -> click.Option:
    """Return the option `--token`, kept for `current_server`."""
    return click.Option(
        ["--token"],
        metavar="TOKEN",
        expose_value=False,
        callback=_keep_token,
        help="What the server knows you by; CLIENTGRAPH_TOKEN shows it to nobody else.",
    )


def language_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option `--lang`, which its errors heed too."""
    option = click.option("--lang", "language", help="Language of what is told.", **_LANGUAGE_KIND)
    return option(command)


def told_language_option() -> click.Option:
    """Return the option `--lang`, kept for `language_of`."""
    told = "Language of what is told, errors included."
    return click.Option(["--lang"], expose_value=False, help=told, **_LANGUAGE_KIND)


def language_of(context: click.Context) -> str:
    """Return the language that the command asked for by the user speaks."""
    return str(context.meta.get(_LANGUAGE, "en"))


def speak_as_system(context: click.Context, environment: Mapping[str, str]) -> None:
    """Let commands speak the language of the system, as far as `--lang` does not say another one.

    The variables are those of POSIX (Base Definitions, section 8.2), the first of them that is set.
    """
    found = map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))
    french = re.match("fr(?![a-z])", next(filter(None, found), ""), re.IGNORECASE)
    context.meta.setdefault(_LANGUAGE, "fr" if french else "en")


def _keep_language(context: click.Context, _option: click.Parameter, value: str | None) -> str:
    if value:
        context.meta[_LANGUAGE] = value
    return language_of(context)


_LANGUAGE_KIND: dict[str, Any] = {
    "type": click.Choice(LANGUAGES),
    "show_default": "the system's",
    "callback": _keep_language,
}
"""What the option `--lang` of every command is."""


def _data_dir_option() -> click.Option:
    return click.Option(
        ["--data-dir"],
        type=click.Path(file_okay=False, path_type=Path),
        expose_value=False,
        callback=_keep_data_dir,
        help="Folder of the store.",
    )


def _keep_url(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value:
        context.meta[_URL] = value


def _keep_token(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value:
        context.meta[_TOKEN] = value


def _keep_data_dir(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.obj = dataclasses.replace(context.obj, data_dir=value)


def _refuse_url(command: click.Command) -> None:
    """Make a command that works on the file only say so when `--url` was given to the group."""
    run = command.callback

    def checked(*args: object, **kwargs: object) -> object:
        if click.get_current_context().meta.get(_URL):
            raise UsageError(
                f"{command.name} works on the store's file and takes no --url;"
                " the server offers the same over HTTP."
            )
        return run(*args, **kwargs) if run else None

    command.callback = checked
