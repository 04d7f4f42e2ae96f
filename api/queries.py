"""The named questions over HTTP, and the queries that users keep beside them.

`/api/queries` lists them, `/api/queries/NAME` answers one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import Conflict, Forbidden, NotFound

from api.asking import ask
from api.config import services
from api.identity import Right, caller
from api.protocol import read_timeout
from api.sparql import send_result
from kg.catalog import NamedQuery, Parameter, Term, find_query
from kg.errors import UsageError
from kg.library import KeptQuery, find_kept, forget_query, keep_query, kept_queries, settled

OWN_PARAMETERS = frozenset({"format", "timeout", "lang", "version", "commit"})
"""Parameters of a request that are not those of the question."""

blueprint = Blueprint("queries", __name__, url_prefix="/api/queries")


@blueprint.get("")
def list_queries() -> Response:
    """Answer with every question of the project, and the queries kept by users that one may see."""
    kept = (one for one in kept_queries(services().store) if _may_see(one))
    return jsonify(
        queries=[_description(one) for one in services().catalog.values()],
        kept=[_about(one) for one in kept],
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
    response = _kept(name, members)
    response.status_code = 201
    response.headers["Location"] = f"{blueprint.url_prefix}/{name}"
    return response


@blueprint.put("/<name>")
def put_query(name: str) -> Response:
    """Change a kept query, or keep a new one: a new text makes a new version."""
    return _kept(name, _members())


@blueprint.delete("/<name>")
def delete_query(name: str) -> Response:
    """Forget a kept query with all its versions."""
    _own_or_refuse(_find_kept(name))
    forget_query(services().store, name, owner=caller().name, all_queries=_is_admin())
    return Response(status=204)


@blueprint.get("/<name>/versions")
def show_versions(name: str) -> Response:
    """Answer with a kept query and all its versions."""
    found = _find_kept(name)
    return jsonify(
        **_about(found),
        versions=[{"version": v.number, "at": v.at, "text": v.text} for v in found.versions],
    )


@blueprint.get("/<name>")
def run_query(name: str) -> Response:
    """Answer a question; its parameters are those of the URL.

    With `version` and `commit` the answer is the same for ever.
    """
    given = {key: text for key, text in request.args.items() if key not in OWN_PARAMETERS}
    version, commit = _number("version"), _number("commit")
    text, bindings = _asked(name, given, version)
    if commit is not None and commit > services().store.head:
        raise NotFound(f"There is no commit {commit}; the last one is {services().store.head}.")
    result = ask(
        text,
        timeout=read_timeout(request.args.get("timeout")),
        bindings=bindings,
        as_of_commit=commit,
    )
    return send_result(result if commit is None else settled(result, text))


def _asked(
    name: str, given: Mapping[str, str], version: int | None
) -> tuple[str, Mapping[str, Term]]:
    """Return the text of a question, or of a kept query, with the terms of its parameters."""
    organization = services().settings.organization
    kept = find_kept(services().store, name)
    if kept is None or not _may_see(kept):
        if version is not None and name in services().catalog:
            raise UsageError(f"{name} is a question of the project, which has no versions.")
        found = find_named(name)
        return found.text, found.bind(given, organization=organization)
    try:
        text = kept.version(version).text
    except UsageError as error:
        raise NotFound(str(error)) from None
    return text, kept.bind(given, number=version, organization=organization)


def _number(name: str) -> int | None:
    """Return a parameter of the request that is a number from 0 on, None where it is not given.

    Raises:
        UsageError: it is none.
    """
    text = request.args.get(name)
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,15}", text):
        raise UsageError(f"{name} is {text!r}; give a number.")
    return int(text)


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


def _kept(name: str, members: Mapping[str, str]) -> Response:
    """Keep a query for the caller and tell what is kept."""
    known = find_kept(services().store, name)
    if known is not None:
        _own_or_refuse(known)
    done = keep_query(
        services().store,
        name,
        owner=caller().name,
        text=members.get("text"),
        description=members.get("description"),
        sharing=members.get("sharing"),
        all_queries=_is_admin(),
    )
    return jsonify(_about(done))


def _find_kept(name: str) -> KeptQuery:
    """Return the kept query of a name.

    Raises:
        NotFound: there is none that the caller may see.
    """
    found = find_kept(services().store, name)
    if found is None or not _may_see(found):
        raise NotFound(f"There is no kept query {name!r}. GET /api/queries lists them.")
    return found


def _own_or_refuse(found: KeptQuery) -> None:
    """Raise Forbidden where the caller may not change a kept query."""
    if found.owner != caller().name and not _is_admin():
        raise Forbidden(
            f"The name {found.name!r} is taken by a query of another: only its owner may change it."
        )


def _may_see(one: KeptQuery) -> bool:
    return one.seen_by(caller().name, all_queries=_is_admin())


def _is_admin() -> bool:
    return Right.ADMIN in caller().rights


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


def find_named(name: str) -> NamedQuery:
    """Return the question of this name or id.

    Raises:
        NotFound: there is none.
    """
    try:
        return find_query(name, services().catalog)
    except UsageError as error:
        raise NotFound(str(error)) from None


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
