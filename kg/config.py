"""The settings of a running clientgraph, one frozen object passed in by its entry points."""

from __future__ import annotations

import dataclasses
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kg.errors import UsageError
from kg.roles import Role


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query, analysis or update may use."""

    timeout: float
    """Seconds."""
    max_rows: int
    """Rows of an answer; 0 means no limit."""
    query_memory: str
    """Memory for sorting and hashing before it spills to disk."""
    max_running: int
    """What one caller may run at a time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set; each field is read from `CLIENTGRAPH_<NAME>`."""

    data_dir: Path = field(
        default=Path("var"), metadata={"help": "Folder of the store's file and of uploads."}
    )
    organization: str = field(
        default="ORG", metadata={"help": "Source key of the focal organisation."}
    )
    currency: str = field(default="EUR", metadata={"help": "Currency of the focal organisation."})
    timezone: str = field(
        default="Europe/Paris", metadata={"help": "Time zone in which a time becomes a day."}
    )
    memory_limit: str = field(
        default="3GB", metadata={"help": "Memory of the engine before it spills to disk."}
    )
    threads: int = field(
        default=0, metadata={"help": "Threads of the engine; 0 means one per core."}
    )
    timeout: float = field(default=30.0, metadata={"help": "Deadline of a query, in seconds."})
    max_upload_mb: int = field(
        default=512, metadata={"help": "Largest upload accepted over HTTP, in megabytes."}
    )
    load_folders: tuple[Path, ...] = field(
        default=(),
        metadata={"help": "Folders whose files SPARQL LOAD may read, between colons; none."},
    )

    max_rows: int = field(
        default=0, metadata={"help": "Rows of an answer at most; 0 means no limit."}
    )
    query_memory: str = field(
        default="1GB",
        metadata={"help": "Memory that a query sorts and hashes in before it spills to disk."},
    )
    max_running: int = field(
        default=4, metadata={"help": "Queries, analyses and updates at a time; others wait."}
    )
    role_limits: str = field(
        default="reader.timeout=10 reader.max_rows=100000 reader.max_running=2"
        " analyst.max_rows=1000000",
        metadata={"help": "What roles have instead, of the four settings above and `TIMEOUT`."},
    )
    spill_limit: str = field(
        default="20GB", metadata={"help": "Disk that all queries together may spill to."}
    )
    workers: int = field(
        default=1, metadata={"help": "Threads of a server that help a query alone; see below."}
    )
    services: str = field(
        default="",
        metadata={"help": "Endpoints that SERVICE may ask, between spaces; none."},
    )
    token: str = field(
        default="", repr=False, metadata={"help": "Token that `--url` shows to a server."}
    )

    def limits(self, role: Role) -> Limits:
        """Return what a role may use."""
        return _limits(self, role)

    @property
    def store_path(self) -> Path:
        """File of the store."""
        return self.data_dir / "clientgraph.duckdb"


@lru_cache(maxsize=64)
def _limits(settings: Settings, role: Role) -> Limits:
    own = _role_limits(settings.role_limits).get(role, {})
    general = {one.name: getattr(settings, one.name) for one in dataclasses.fields(Limits)}
    return Limits(**{**general, **own})


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Return the settings that an environment asks for, with defaults for the rest.

    Raises:
        UsageError: a variable does not hold a value of its type, or one out of its range.
    """
    given: dict[str, object] = {}
    for setting in dataclasses.fields(Settings):
        name = f"CLIENTGRAPH_{setting.name.upper()}"
        if text := environment.get(name, ""):
            default: Any = setting.default
            given[setting.name] = _parsed(name, text, default)
            _check(name, text, setting.name, given[setting.name])
    return Settings(**given)  # type: ignore[arg-type]


def _parsed(name: str, text: str, default: Path | str | float | tuple[Path, ...]) -> object:
    """Return `text` as a value of the type of the default."""
    if isinstance(default, tuple):
        return tuple(Path(folder) for folder in text.split(os.pathsep) if folder)
    try:
        return type(default)(text)
    except ValueError:
        kind = type(default).__name__
        raise UsageError(f"{name} is {text!r}; give a value of type {kind}.") from None


def _check(variable: str, text: str, setting: str, value: Any) -> None:
    """Raise `UsageError` where a value is of its type and still means nothing."""
    if setting in _RULES:
        holds, wanted = _RULES[setting]
        if not holds(value):
            raise UsageError(f"{variable} is {text!r}; give {wanted}.")


def _role_limits(text: str) -> dict[Role, dict[str, Any]]:
    """Return the limits of roles by name.

    Raises:
        ValueError: a word is not `role.limit=value`, or its value is none.
    """
    found: dict[Role, dict[str, Any]] = {}
    for word in text.split():
        name, sign, value = word.partition("=")
        role, _, limit = name.partition(".")
        kinds = {one.name: type(getattr(_DEFAULTS, one.name)) for one in dataclasses.fields(Limits)}
        if not sign or limit not in kinds:
            raise ValueError(word)
        typed = kinds[limit](value)
        if not _RULES[limit][0](typed):
            raise ValueError(word)
        found.setdefault(Role(role), {})[limit] = typed
    return found


def _are_role_limits(text: str) -> bool:
    try:
        _role_limits(text)
    except ValueError:
        return False
    return True


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


_SIZE = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B", re.IGNORECASE)
_DEFAULTS = Settings()
_RULES: dict[str, tuple[Callable[[Any], object], str]] = {
    "currency": (re.compile(r"[A-Z]{3}").fullmatch, "three capital letters, such as EUR"),
    "timezone": (_is_timezone, "the name of a time zone, such as Europe/Paris"),
    "memory_limit": (
        _SIZE.fullmatch,
        "a size, such as 3GB",
    ),
    "threads": (lambda value: value >= 0, "0 or a number of threads"),
    "workers": (lambda value: value >= 0, "0 or a number of threads"),
    "max_rows": (lambda value: value >= 0, "0 or a number of rows"),
    "max_running": (lambda value: value >= 1, "a number above 0"),
    "query_memory": (_SIZE.fullmatch, "a size, such as 512MB"),
    "spill_limit": (_SIZE.fullmatch, "a size, such as 20GB"),
    "role_limits": (_are_role_limits, "words such as reader.timeout=10"),
    "timeout": (lambda value: 0 < value < math.inf, "a number of seconds above 0"),
    "max_upload_mb": (lambda value: value >= 1, "a number of megabytes above 0"),
}
"""What a value must be beyond its type, and how a message asks for it."""
