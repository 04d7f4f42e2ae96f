"""The command `serve`."""

from __future__ import annotations

from typing import Any

import click
from flask import Flask
from waitress import create_server

from api.config import LOOPBACK, WebOptions
from api.factory import create_app, open_store
from kg.config import Settings
from kg.errors import UsageError

_MEGABYTE = 1024 * 1024


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
@click.option("--threads", default=8, show_default=True, help="Requests answered at a time.")
@click.pass_obj
def serve(
    settings: Settings, host: str, port: int, allowed_hosts: tuple[str, ...], threads: int
) -> None:
    """Serve the SPARQL endpoint, the API and the pages over HTTP."""
    name = f"[{host}]" if ":" in host else host
    if name not in LOOPBACK:
        click.echo(
            f"Warning: whoever reaches {name}:{port} can read and write; there are no accounts.",
            err=True,
        )
    with open_store(settings) as store:
        app = create_app(settings, store, WebOptions((*LOOPBACK, name, *allowed_hosts)))
        server = _listen(app, host, port, threads, settings)
        click.echo(f"clientgraph serves on http://{name}:{port} (Ctrl+C stops it)", err=True)
        try:
            server.run()
        finally:
            server.close()


def _listen(app: Flask, host: str, port: int, threads: int, settings: Settings) -> Any:
    """Return a server that listens.

    Raises:
        UsageError: the address cannot be listened on.
    """
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            ident=None,
            # Larger than the application's own limit, so that the application can explain it.
            max_request_body_size=2 * settings.max_upload_mb * _MEGABYTE,
        )
    except OSError as error:
        raise UsageError(
            f"The server cannot listen on {host}:{port} ({error.strerror}). Choose another --port"
            " or --host."
        ) from None
