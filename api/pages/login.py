"""The pages by which people log in and out."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from api.identity import log_in, log_out

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
def show_login() -> Response:
    """Show the form that asks for a token."""
    return _render(request.args.get("next", ""))


@blueprint.post("/login")
def post_login() -> AnyResponse:
    """Start a session, and go on to where the caller wanted to be."""
    target = request.form.get("next", "")
    if log_in(request.form.get("token", "")):
        return redirect(own_path(target) or url_for("pages.start.show_start"), 303)
    return _render(target, failed=True)


@blueprint.post("/logout")
def post_logout() -> AnyResponse:
    """End the session."""
    log_out()
    return redirect(url_for("pages.login.show_login"), 303)


def own_path(text: str) -> str | None:
    """Return a path of this server, None for what leads elsewhere."""
    inside = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if inside and text.isprintable() and "\\" not in text else None


def _render(target: str, *, failed: bool = False) -> Response:
    page = render_template("login.html", target=own_path(target) or "", failed=failed)
    response = make_response(page, 401 if failed else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
