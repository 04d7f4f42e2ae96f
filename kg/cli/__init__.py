"""The command line `clientgraph`: one module per family of commands, `app` joins them."""

from kg.cli.app import main

__all__ = ["main"]
