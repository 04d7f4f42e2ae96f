"""The date that the pages are as of: chosen once, then kept in the address of every page.

Without a date in the address the pages are as of today, and stay so tomorrow.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask, has_request_context, request
from markupsafe import Markup

from api.analyses import today
from api.config import services

ARGUMENT = "as_of"
"""The argument of an address that holds the date, as for the analyses."""


def asked_date() -> date | None:
    """Return the date in the address of the request; None where it holds none, or no date."""
    try:
        return date.fromisoformat(request.args.get(ARGUMENT, "").strip())
    except ValueError:
        return None


def shown_date() -> date:
    """Return the date that the page is as of."""
    return asked_date() or today(services().settings)


def kept_date() -> Markup:
    """Return the hidden field by which a form with the method GET keeps the date."""
    day = asked_date()
    return Markup('<input type="hidden" name="as_of" value="{}">').format(day) if day else Markup()


def register_as_of(app: Flask) -> None:
    """Keep the date in the links to pages, and give it to the templates."""
    app.url_defaults(_keep_date)
    app.jinja_env.globals["asked_date"] = asked_date
    app.jinja_env.globals["kept_date"] = kept_date
    app.jinja_env.globals["shown_date"] = shown_date


def _keep_date(endpoint: str, values: dict[str, Any]) -> None:
    if has_request_context() and endpoint.startswith("pages.") and (day := asked_date()):
        values.setdefault(ARGUMENT, day.isoformat())
