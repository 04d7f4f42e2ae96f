"""The settings of a running clientgraph, one frozen object passed in by its entry points."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kg.errors import UsageError


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

    @property
    def store_path(self) -> Path:
        """File of the store."""
        return self.data_dir / "clientgraph.duckdb"


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Return the settings that an environment asks for, with defaults for the rest.

    Raises:
        UsageError: a variable does not hold a value of its type.
    """
    given: dict[str, object] = {}
    for setting in dataclasses.fields(Settings):
        name = f"CLIENTGRAPH_{setting.name.upper()}"
        if text := environment.get(name, ""):
            given[setting.name] = _parsed(name, text, type(setting.default))
    return Settings(**given)  # type: ignore[arg-type]


def _parsed(name: str, text: str, kind: type) -> object:
    """Return `text` as a value of `kind` (Path, str, int or float)."""
    try:
        if issubclass(kind, Path):
            return Path(text)
        return kind(text)
    except ValueError:
        raise UsageError(f"{name} is {text!r}; give a value of type {kind.__name__}.") from None
