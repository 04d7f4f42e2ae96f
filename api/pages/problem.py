"""The page of an error."""

from __future__ import annotations

from flask import Response, make_response, render_template
from werkzeug.exceptions import HTTPException, default_exceptions

from api.errors import Problem
from api.language import text_keys, translate


def render_problem(problem: Problem) -> Response:
    """Return the page that tells of a problem."""
    key = f"problem.{problem.status}"
    title = translate(key) if key in text_keys() else problem.title
    said = f"{key}.detail"
    usual = default_exceptions.get(problem.status, HTTPException).description
    detail = translate(said) if problem.detail == usual and said in text_keys() else problem.detail
    page = render_template("problem.html", problem=problem, title=title, detail=detail)
    return make_response(page, problem.status)
