"""Records of one party over HTTP: `/api/duplicates`, `/api/merges`, `/api/distinctions`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, request

from api.analyses import reading
from api.config import services
from api.identity import caller
from kg.errors import UsageError
from kg.merging import Decision, candidates, distinguish, list_merges, merge, unmerge

_MOST = 10_000

blueprint = Blueprint("merging", __name__, url_prefix="/api")


@blueprint.get("/duplicates")
def show_duplicates() -> Response:
    """Answer with likely duplicates, of what the caller may see, the likeliest first."""
    least = _number("least", 0.5, 1)
    most = int(_number("limit", 1000, _MOST))
    with reading("duplicates", request.args) as cursor:
        found = candidates(cursor, least=least, most=most)
    return jsonify(duplicates=[dataclasses.asdict(one) for one in found])


@blueprint.get("/merges")
def show_merges() -> Response:
    """Answer with the merges that stand, the last decided first."""
    with reading("merges", request.args) as cursor:
        found = list_merges(cursor)
    return jsonify(merges=[dataclasses.asdict(one) for one in found])


@blueprint.post("/merges")
def post_merge() -> Response:
    """Merge the records that a JSON object names as `duplicate` and `canonical`."""
    given = _object("duplicate", "canonical")
    try:
        decided = date.fromisoformat(given["date"]) if given.get("date") else None
    except ValueError:
        raise UsageError(f"'date' is {given['date']!r}; write YYYY-MM-DD.") from None
    return _decided(merge, given, "duplicate", "canonical", decided=decided)


@blueprint.delete("/merges")
def delete_merge() -> Response:
    """Take back the merge of the record that the parameter `duplicate` names."""
    (duplicate,) = _named("duplicate")
    reason = request.args.get("reason", "")
    return _decided(unmerge, {"duplicate": duplicate, "reason": reason}, "duplicate")


@blueprint.post("/distinctions")
def post_distinction() -> Response:
    """Set the records that a JSON object names as `one` and `other` aside as not the same."""
    given = _object("one", "other")
    return _decided(distinguish, given, "one", "other")


@blueprint.delete("/distinctions")
def delete_distinction() -> Response:
    """Take back that the records of the parameters `one` and `other` are not the same."""
    one, other = _named("one", "other")
    return _decided(distinguish, {"one": one, "other": other}, "one", "other", back=True)


def _decided(
    decide: Callable[..., Decision], given: Mapping[str, str], *names: str, **more: object
) -> Response:
    """Decide about the records of the members `names`, for the caller, and answer with it."""
    records = [given[name] for name in names]
    reason = given.get("reason", "")
    decision = decide(services().store, *records, agent=caller().name, reason=reason, **more)
    return jsonify(dataclasses.asdict(decision))


def _object(*required: str) -> dict[str, str]:
    """Return the JSON object of the request, whose members are texts.

    Raises:
        UsageError: it is none, or a required member is missing.
    """
    given: Any = request.get_json(silent=True)
    whole = isinstance(given, dict) and all(isinstance(each, str) for each in given.values())
    if not whole or not all(given.get(name) for name in required):
        names = " and ".join(repr(name) for name in required)
        raise UsageError(f"Send a JSON object with {names}, each the key or the IRI of a party.")
    return dict(given)


def _named(*required: str) -> list[str]:
    """Return the values of parameters of the address.

    Raises:
        UsageError: one is missing.
    """
    found = [request.args.get(name, "") for name in required]
    if not all(found):
        names = " and ".join(repr(name) for name in required)
        raise UsageError(f"The address lacks {names}: the key or the IRI of a party.")
    return found


def _number(name: str, usual: float, most: float) -> float:
    """Return a parameter that is a number from 0 to a limit.

    Raises:
        UsageError: it is not.
    """
    try:
        value = float(request.args.get(name, usual))
    except ValueError:
        value = -1
    if not 0 <= value <= most:
        raise UsageError(f"{name!r} is {request.args[name]!r}; give a number from 0 to {most:g}.")
    return value
