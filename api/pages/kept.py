"""Keeping a query from its page: under a name, with what it is for and who may see it."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from api.errors import Problem, problem_of
from api.kept import find_visible, forget, keep
from api.pages.query import render_refused
from kg.errors import ClientgraphError

_MEMBERS = ("text", "description", "sharing")

blueprint = Blueprint("kept", __name__)


@blueprint.post("/query")
def post_kept() -> AnyResponse:
    """Keep the query of the editor, and go to its page."""
    given = request.form.to_dict()
    name = given.get("name", "").strip()
    try:
        keep(name, _members(given))
    except ClientgraphError as error:
        return render_refused(problem_of(error), given)
    except Forbidden as error:
        return render_refused(Problem(403, error.name, error.description or ""), given)
    return redirect(url_for("pages.query.show_named", name=name, done="saved"), 303)


@blueprint.post("/query/<name>/sharing")
def post_sharing(name: str) -> AnyResponse:
    """Change what a kept query is for and who may see it."""
    find_visible(name)
    given = request.form.to_dict()
    given.pop("text", None)
    keep(name, _members(given))
    return redirect(url_for("pages.query.show_named", name=name, done="changed"), 303)


@blueprint.post("/query/<name>/forget")
def post_forget(name: str) -> AnyResponse:
    """Forget a kept query."""
    forget(name)
    return redirect(url_for("pages.query.show_query", done="forgotten"), 303)


def _members(given: dict[str, str]) -> dict[str, str]:
    # Browsers send the ends of lines as a form has them, in two characters.
    return {key: given[key].replace("\r\n", "\n") for key in _MEMBERS if key in given}
