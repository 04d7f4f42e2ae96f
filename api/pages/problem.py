"""The page of an error."""

from __future__ import annotations

from flask import Response, make_response, render_template

from api.errors import Problem
from api.language import text_keys, translate


def render_problem(problem: Problem) -> Response:
    """Return the page that tells of a problem."""
    key = f"problem.{problem.status}"
    title = translate(key) if key in text_keys() else problem.title
    page = render_template("problem.html", problem=problem, title=title)
    return make_response(page, problem.status)
