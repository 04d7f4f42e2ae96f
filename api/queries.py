"""The named questions over HTTP, and the queries that users keep beside them.

`/api/queries` lists them, `/api/queries/NAME` answers one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from rdflib.term import Identifier
from werkzeug.exceptions import Conflict

from api.asking import ask
from api.config import services
from api.kept import (
    asked_version,
    find_question,
    find_visible,
    forget,
    keep,
    read_number,
    visible_queries,
)
from api.protocol import read_timeout
from api.sparql import send_result
from kg.catalog import NamedQuery, Parameter
from kg.errors import UsageError
from kg.library import KeptQuery, cut_to_page, find_kept, settled
from kg.sparql import Result

OWN_PARAMETERS = frozenset({"format", "timeout", "lang", "version", "commit", "rows", "offset"})
"""Parameters of a request that are not those of the question."""

blueprint = Blueprint("queries", __name__, url_prefix="/api/queries")


@blueprint.get("")
def list_queries() -> Response:
    """Answer with every question of the project, and the queries kept by users that one may see."""
    return jsonify(
        queries=[_description(one) for one in services().catalog.values()],
        kept=[_about(one) for one in visible_queries()],
    )


@blueprint.post("")
def post_query() -> Response:
    """Keep a query under a name of its own."""
    members = _members()
    name = members.pop("name", None)
    if not isinstance(name, str):
        raise UsageError("The body has no 'name': say under which the query is to be kept.")
    if find_kept(services().store, name) is not None:
        raise Conflict(f"There is a query {name!r} already: PUT changes your own.")
    if "text" not in members:
        raise UsageError("The body has no 'text': the query itself is missing.")
    response = jsonify(_about(keep(name, members)))
    response.status_code = 201
    response.headers["Location"] = f"{blueprint.url_prefix}/{name}"
    return response


@blueprint.put("/<name>")
def put_query(name: str) -> Response:
    """Change a kept query, or keep a new one: a new text makes a new version."""
    return jsonify(_about(keep(name, _members())))


@blueprint.delete("/<name>")
def delete_query(name: str) -> Response:
    """Forget a kept query with all its versions."""
    forget(name)
    return Response(status=204)


@blueprint.get("/<name>/versions")
def show_versions(name: str) -> Response:
    """Answer with a kept query and all its versions."""
    found = find_visible(name)
    return jsonify(
        **_about(found),
        versions=[{"version": v.number, "at": v.at, "text": v.text} for v in found.versions],
    )


@blueprint.get("/<name>")
def run_query(name: str) -> Response:
    """Answer a question; its parameters are those of the URL.

    With `version` and `commit` the answer is the same for ever. With `rows` it comes in pages,
    all of them of one commit, from the row `offset` on.
    """
    given = _given()
    commit, rows, offset = (read_number(name) for name in ("commit", "rows", "offset"))
    if rows == 0 or (offset is not None and rows is None):
        raise UsageError("Give rows, how many a page has, from 1 on; offset goes with it.")
    version = asked_version(name)
    found = find_question(name, version)
    bindings = found.bind(given, organization=services().settings.organization)
    services().store.check_commit(commit)
    first = None if rows is None else (offset or 0) + rows + 1
    result = _answered(found.text, bindings, commit, first)
    if rows is not None:
        commit = result.commit
    if commit is None:
        return send_result(result)
    result = settled(result, found.text)
    if rows is None or result.form != "select":
        return send_result(result)
    more = cut_to_page(result, offset or 0, rows)
    response = send_result(result)
    if more:
        further = {**request.args, "commit": commit, "offset": (offset or 0) + rows}
        if version is not None:
            further["version"] = version
        for one in found.parameters:
            # A page that is turned after midnight is still of the same answer.
            if one.default == "today" and not given.get(one.name):
                further[one.name] = str(bindings[one.name])
        response.headers["Link"] = f'<{request.path}?{urlencode(further)}>; rel="next"'
    return response


def _given() -> dict[str, str]:
    """Return the parameters of the question in the URL.

    Raises:
        UsageError: one is given several times.
    """
    for name, texts in request.args.lists():
        if len(texts) > 1:
            raise UsageError(f"The parameter {name!r} is given {len(texts)} times; give it once.")
    return {key: text for key, text in request.args.items() if key not in OWN_PARAMETERS}


def _answered(
    text: str, bindings: Mapping[str, Identifier], commit: int | None, first: int | None
) -> Result:
    """Return an answer as of a commit, of which the first rows may be all that is read.

    The graph as it is answers faster than the same graph as of the last commit.
    """
    timeout = read_timeout(request.args.get("timeout"))
    if commit in (None, services().store.head):
        result = ask(text, timeout=timeout, bindings=bindings, first=first)
        if commit in (None, result.commit):
            return result
        result.close()
    return ask(text, timeout=timeout, bindings=bindings, first=first, as_of_commit=commit)


def _members() -> dict[str, Any]:
    """Return the members of the body, all of them texts that can be kept.

    Raises:
        UsageError: it is no JSON object, or a member is unknown or no text.
    """
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise UsageError("The body is no JSON object: send application/json with 'text'.")
    for key, value in body.items():
        if key not in ("name", "text", "description", "sharing") or not isinstance(value, str):
            raise UsageError(
                f"The member {key!r} is unknown or no text: name, text, description and sharing"
                " can be given."
            )
    return body


def _about(one: KeptQuery) -> dict[str, Any]:
    last = one.version()
    return {
        "name": one.name,
        "owner": one.owner,
        "description": one.description,
        "sharing": one.sharing,
        "version": last.number,
        "parameters": [_parameter(parameter) for parameter in one.parameters()],
        "text": last.text,
    }


def _description(one: NamedQuery) -> Mapping[str, Any]:
    return {
        "name": one.name,
        "id": one.id,
        "title": dict(one.titles),
        "question": dict(one.questions),
        "answer": one.answer,
        "parameters": [_parameter(parameter) for parameter in one.parameters],
        "text": one.text,
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "type": one.kind,
        "required": one.required,
        "default": one.default,
        "example": one.example,
    }
