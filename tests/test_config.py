"""Settings from the environment."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from kg.config import Settings, settings_from
from kg.errors import UsageError


def test_an_empty_environment_gives_the_defaults() -> None:
    assert settings_from({}) == Settings()
    assert settings_from({"CLIENTGRAPH_TIMEOUT": "", "OTHER": "x"}) == Settings()


def test_every_setting_can_be_given() -> None:
    given = {
        "data_dir": Path("mine"),
        "organization": "ACME",
        "currency": "CHF",
        "timezone": "America/New_York",
        "memory_limit": "512MB",
        "threads": 2,
        "timeout": 2.5,
        "max_upload_mb": 10,
        "load_folders": (Path("in"), Path("/srv/in")),
        "max_rows": 1000,
        "query_memory": "256MB",
        "max_running": 2,
        "role_limits": "reader.timeout=5",
        "spill_limit": "1GB",
        "workers": 2,
        "services": "https://a.example/sparql",
        "token": "secret",
    }
    environment = {
        f"CLIENTGRAPH_{name.upper()}": os.pathsep.join(map(str, value))
        if isinstance(value, tuple)
        else str(value)
        for name, value in given.items()
    }
    assert dataclasses.asdict(settings_from(environment)) == given


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("THREADS", "two"),
        ("THREADS", "-1"),
        ("TIMEOUT", "soon"),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "nan"),
        ("TIMEOUT", "inf"),
        ("TIMEZONE", "Mars/Olympus"),
        ("TIMEZONE", "../etc"),
        ("MEMORY_LIMIT", "much"),
        ("MAX_UPLOAD_MB", "0"),
        ("CURRENCY", "euro"),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"CLIENTGRAPH_{name} is '{text}'; give "):
        settings_from({f"CLIENTGRAPH_{name}": text})
