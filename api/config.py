"""What the server adds to the settings of clientgraph, and what every view may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from kg.catalog import NamedQuery
from kg.config import Settings
from kg.ingest import ImportJobs
from kg.store import Store

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class WebOptions:
    """Options of the server itself.

    `allowed_hosts` are the names by which browsers may call it; a page elsewhere whose name is
    made to point here (DNS rebinding) is not among them. `*` allows every name. Pages at
    `allowed_origins` may call it from their scripts (see `api.cors`).
    """

    allowed_hosts: tuple[str, ...] = LOOPBACK
    allowed_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """What the views work with."""

    store: Store
    settings: Settings
    catalog: Mapping[str, NamedQuery]
    jobs: ImportJobs


def services() -> Services:
    """Return what the application works with in whose request this runs."""
    return services_of(current_app)


def services_of(app: Flask) -> Services:
    """Return what an application works with."""
    return cast(Services, app.extensions["clientgraph"])
