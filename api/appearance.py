"""The colours of the pages: those of the reader's system, or light or dark as a reader chose."""

from __future__ import annotations

from typing import Literal, cast

from flask import Flask, Response, request

Theme = Literal["light", "dark", "system"]

THEMES: tuple[Theme, ...] = ("system", "light", "dark")
COOKIE = "theme"
_YEAR = 365 * 24 * 3600


def current_theme() -> Theme:
    """Return the theme asked for by `?theme=`, else the cookie, else the system's."""
    asked = (request.args.get("theme"), request.cookies.get(COOKIE))
    return cast(Theme, next((one for one in asked if one in THEMES), "system"))


def register_appearance(app: Flask) -> None:
    """Give the templates the theme, and keep one asked for in a cookie."""
    app.jinja_env.globals["theme"] = current_theme
    app.jinja_env.globals["themes"] = THEMES
    app.after_request(_remember_theme)


def _remember_theme(response: Response) -> Response:
    if (asked := request.args.get("theme")) in THEMES:
        response.set_cookie(COOKIE, cast(str, asked), max_age=_YEAR, samesite="Lax", httponly=True)
    return response
