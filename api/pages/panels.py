"""Parts of pages that are computed after the page is shown, and remembered until the next commit.

The address of a part answers with a page of its own, so that it can be read without script; with
the argument `part` it answers with the part alone, which `panels.js` puts into the page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, make_response, render_template, request

from api.as_of import shown_date
from api.conditional import tag_of
from api.config import services
from api.errors import problem_of
from api.identity import caller
from api.language import current_language
from api.remembered import answers
from kg.errors import ClientgraphError

ARGUMENT = "part"

_Given = ParamSpec("_Given")


def render_panel(template: str, **values: Any) -> str:
    """Return a part of a page, or a page that holds just it.

    The template has the blocks `title` and `panel`, and extends `frame`.
    """
    return render_template(template, frame=_frame(), **values)


def panel(view: Callable[_Given, str]) -> Callable[_Given, Response]:
    """Let a view that returns `render_panel` be remembered, and tell its errors in its place."""

    @wraps(view)
    def answered(*args: _Given.args, **kwargs: _Given.kwargs) -> Response:
        tag = _tag()
        kept = answers().find(tag) if ARGUMENT in request.args else None
        if kept is not None:
            return kept
        try:
            response = make_response(view(*args, **kwargs))
        except ClientgraphError as error:
            problem = problem_of(error)
            return make_response(render_panel("panel_failed.html", problem=problem), problem.status)
        answers().keep(tag, response)
        return response

    return answered


def _frame() -> str:
    return "part.html" if ARGUMENT in request.args else "whole.html"


def _tag() -> str:
    """Return the tag of the part asked for, as its caller may see it on its date."""
    one = caller()
    seen = (one.hidden_graphs, one.limits.max_rows, current_language(), shown_date())
    return tag_of(services().store.head, "panel", request.full_path, *seen)
