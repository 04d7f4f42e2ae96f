"""The queries that users keep, as the caller of a request may see and change them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import request
from werkzeug.exceptions import Forbidden, NotFound

from api.config import services
from api.identity import Right, caller
from kg.catalog import NamedQuery, find_query
from kg.errors import UsageError
from kg.library import KeptQuery, find_kept, forget_query, keep_query, kept_queries


def visible_queries() -> list[KeptQuery]:
    """Return the kept queries that the caller may see, by name."""
    return [one for one in kept_queries(services().store) if _may_see(one)]


def find_visible(name: str) -> KeptQuery:
    """Return the kept query of a name.

    Raises:
        NotFound: there is none that the caller may see.
    """
    found = find_kept(services().store, name)
    if found is None or not _may_see(found):
        raise NotFound(f"There is no kept query {name!r}. GET /api/queries lists them.")
    return found


def find_question(name: str, version: int | None = None) -> NamedQuery:
    """Return the question of this name or id: a kept query, or one of the project.

    Raises:
        NotFound: there is none, or not this version of it.
        UsageError: a version is given for a question of the project.
    """
    kept = find_kept(services().store, name)
    try:
        if kept is not None and _may_see(kept):
            return kept.question(version)
        found = find_query(name, services().catalog)
    except UsageError as error:
        raise NotFound(str(error)) from None
    if version is not None:
        raise UsageError(f"{name} is a question of the project, which has no versions.")
    return found


def asked_version(name: str) -> int | None:
    """Return the version of a kept query that is asked for, None for a question of the project.

    Raises:
        UsageError: it is no number.
    """
    kept = find_kept(services().store, name)
    given = read_number("version")
    if given is not None or kept is None or not _may_see(kept):
        return given
    return kept.version().number


def may_change(one: KeptQuery) -> bool:
    """Tell whether the caller may change a kept query: its owner may, and administrators."""
    return one.owner == caller().name or _is_admin()


def keep(name: str, members: Mapping[str, str]) -> KeptQuery:
    """Keep a query for the caller, with the text, description and sharing that are given.

    Raises:
        Forbidden: the name is that of another's query.
        UsageError: something cannot be kept so.
        QuerySyntaxError: the text is not a SPARQL query.
    """
    known = find_kept(services().store, name)
    if known is not None:
        _own_or_refuse(known)
    return keep_query(
        services().store,
        name,
        owner=caller().name,
        text=members.get("text"),
        description=members.get("description"),
        sharing=members.get("sharing"),
        all_queries=_is_admin(),
    )


def forget(name: str) -> None:
    """Forget a kept query with all its versions.

    Raises:
        NotFound: there is none that the caller may see.
        Forbidden: it is another's.
    """
    _own_or_refuse(find_visible(name))
    forget_query(services().store, name, owner=caller().name, all_queries=_is_admin())


def read_number(name: str) -> int | None:
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


def _own_or_refuse(found: KeptQuery) -> None:
    if not may_change(found):
        raise Forbidden(
            f"The name {found.name!r} is taken by a query of another: only its owner may change it."
        )


def _may_see(one: KeptQuery) -> bool:
    return one.seen_by(caller().name, all_queries=_is_admin())


def _is_admin() -> bool:
    return Right.ADMIN in caller().rights
