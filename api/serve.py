"""The command `serve`."""

from __future__ import annotations

import gc
import sys
from typing import Any

import click
from flask import Flask
from waitress import create_server

from api.config import LOOPBACK, WebOptions
from api.connections import send_at_once
from api.cors import checked_origins
from api.factory import create_app, open_store
from api.figures import figures_of
from api.pages import SHOWN, prepare_pages
from api.pages.dashboard import figures_of_today
from kg.config import Settings
from kg.errors import UsageError
from kg.store.tokens import any_token
from kg.store.upkeep import Upkeep

_MEGABYTE = 1024 * 1024
_TURN = 0.0001
"""Seconds that a thread computes in Python while others wait. A small question waits for its turn
several times, after each statement, so that with Python's own 5 ms a long one would slow it down
much."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=5000, show_default=True, help="Port to listen on.")
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="A name by which browsers may call the server, besides the loopback's and --host; "
    "repeat for several, '*' for any.",
)
@click.option(
    "--allowed-origin",
    "allowed_origins",
    multiple=True,
    metavar="ORIGIN",
    help="An origin whose pages may call the server from their scripts, such as "
    "https://app.example; repeat for several, '*' lets every page read.",
)
@click.option("--threads", default=8, show_default=True, help="Requests answered at a time.")
@click.option(
    "--trusted-proxy",
    "proxy",
    metavar="ADDRESS",
    help="A reverse proxy's address, whose X-Forwarded-For, -Proto and -Host are believed.",
)
@click.pass_obj
def serve(
    settings: Settings,
    host: str,
    port: int,
    allowed_hosts: tuple[str, ...],
    allowed_origins: tuple[str, ...],
    threads: int,
    proxy: str | None,
) -> None:
    """Serve the SPARQL endpoint, the API and the pages over HTTP."""
    name = f"[{host}]" if ":" in host else host
    origins = checked_origins(allowed_origins)
    sys.setswitchinterval(_TURN)
    with open_store(settings) as store:
        if not any_token(store):
            _check_closed(name, allowed_hosts)
        web = WebOptions((*LOOPBACK, name, *allowed_hosts), origins)
        app = create_app(settings, store, web)
        Upkeep(store).start()
        figures_of(app).keep_ready(
            SHOWN, lambda: prepare_pages(app), lambda: figures_of_today(settings)
        )
        server = _listen(app, host, port, threads, settings, proxy)
        # What is there now stays: no request waits for a look through all of it.
        gc.collect()
        gc.freeze()
        click.echo(f"clientgraph serves on http://{name}:{port} (Ctrl+C stops it)", err=True)
        try:
            server.run()
        finally:
            server.close()


def _check_closed(name: str, allowed_hosts: tuple[str, ...]) -> None:
    """Check that a server without tokens is reached from this machine only.

    Raises:
        UsageError: it would be reached from elsewhere.
    """
    if any(one not in LOOPBACK for one in (name, *allowed_hosts)):
        raise UsageError(
            f"Without a token the server is open to whoever reaches it, so it does not listen for"
            f" {name} or other names. Make a token first: clientgraph token create NAME --role"
            " admin."
        )


def _proxied(proxy: str | None) -> dict[str, Any]:
    """Return the options by which the server believes a reverse proxy."""
    if proxy is None:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    return {
        "trusted_proxy": proxy,
        "trusted_proxy_headers": headers,
        "clear_untrusted_proxy_headers": True,
    }


def _listen(
    app: Flask, host: str, port: int, threads: int, settings: Settings, proxy: str | None
) -> Any:
    """Return a server that listens.

    Raises:
        UsageError: the address cannot be listened on.
    """
    send_at_once()
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            ident=None,
            # Looks at a connection while its request is answered, so that a client that left is
            # noticed.
            channel_request_lookahead=1,
            **_proxied(proxy),
            # The connection of an answer that breaks off is closed; its reason is in the log.
            log_socket_errors=False,
            # Larger than the application's own limit, so that the application can explain it.
            max_request_body_size=2 * settings.max_upload_mb * _MEGABYTE,
        )
    except OSError as error:
        raise UsageError(
            f"The server cannot listen on {host}:{port} ({error.strerror}). Choose another --port"
            " or --host."
        ) from None
