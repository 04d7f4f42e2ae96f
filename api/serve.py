"""The command `serve`."""

from __future__ import annotations

import click
from waitress import serve as run_waitress

from api.config import LOOPBACK, WebOptions
from api.factory import create_app, open_store
from kg.config import Settings

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
    if host not in LOOPBACK:
        click.echo(
            f"Warning: whoever reaches {host}:{port} can read and write; there are no accounts.",
            err=True,
        )
    with open_store(settings) as store:
        app = create_app(settings, store, WebOptions((*LOOPBACK, host, *allowed_hosts)))
        click.echo(f"clientgraph serves on http://{host}:{port} (Ctrl+C stops it)", err=True)
        run_waitress(
            app,
            host=host,
            port=port,
            threads=threads,
            ident=None,
            # Larger than the application's own limit, so that the application can explain it.
            max_request_body_size=2 * settings.max_upload_mb * _MEGABYTE,
        )
