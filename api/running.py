"""What runs: `/api/running` lists it, and `DELETE /api/running/ID` stops one thing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import NotFound

from api.config import services
from api.identity import Right, caller
from kg.sparql.running import Running, running_on

blueprint = Blueprint("running", __name__, url_prefix="/api/running")


@blueprint.get("")
def list_running() -> Response:
    """Answer with what the caller runs, or what all run for an administrator."""
    return jsonify(running=[_described(one) for one in _reachable()])


@blueprint.delete("/<number>")
def stop_running(number: str) -> Response:
    """Stop something of the caller's, or anything for an administrator."""
    for one in _reachable():
        if str(one.id) == number:
            running_on(services().store).stop(one.id)
            return jsonify(stopped=_described(one))
    raise NotFound(f"Nothing of yours runs under the number {number}.")


def _reachable() -> list[Running]:
    """Return what the caller may see and stop."""
    one = caller()
    everything = running_on(services().store).listed()
    return [r for r in everything if Right.ADMIN in one.rights or r.owner == one.name]


def _described(one: Running) -> dict[str, Any]:
    return {
        "id": one.id,
        "owner": one.owner,
        "kind": one.kind,
        "age": round(one.age, 3),
        "engine": one.engine,
        "text": one.text,
        "progress": one.progress,
    }
