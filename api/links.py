"""Links from a page to itself with one thing changed: its language, its colours, its page."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, request


def link_with(**changed: object) -> str:
    """Return the address of the current page with some of its arguments changed; None drops one."""
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in changed]
    added = [(name, value) for name, value in changed.items() if value is not None]
    return f"{request.path}?{urlencode([*kept, *added])}"


def register_links(app: Flask) -> None:
    """Give the templates `link_with`."""
    app.jinja_env.globals["link_with"] = link_with
