"""The analyses over HTTP, under the names of the command line: `/api/referrals/chain`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, request

from api.answers import send_whole
from api.asking import allowance
from api.config import services
from api.identity import caller
from api.negotiation import choose_format
from api.protocol import read_timeout
from api.tables import FORMATS, write_table
from kg.analysis import ANALYSES, Analysis
from kg.config import Settings
from kg.errors import UsageError
from kg.lifecycle import Context, Parameters, Table, parameters_from
from kg.sparql.deadline import Deadline, memory_error
from kg.sparql.running import running_on
from kg.store import EngineInterrupted, EngineOutOfMemory

SHARED_OPTIONS = ("as_of", "knowledge", "params")
"""Options that every analysis takes: the date T, the knowledge time K and the parameters."""
_OF_THE_REQUEST = frozenset({*SHARED_OPTIONS, "format", "timeout", "lang"})

blueprint = Blueprint("analyses", __name__, url_prefix="/api")


@blueprint.get("/analyses")
def list_analyses() -> Response:
    """Answer with every analysis: its address, titles, options and columns."""
    return jsonify(analyses=[_description(one) for one in ANALYSES.values()])


def run_analysis(name: str) -> Response:
    """Answer with the table of an analysis, as JSON or CSV."""
    options = {key: text for key, text in request.args.items() if key not in _OF_THE_REQUEST}
    commit = services().store.head
    table = compute(ANALYSES[name], request.args, options)
    complete = len(table) <= (limit := caller().limits.max_rows or len(table))
    if not complete:
        table = Table(table.columns, table.rows[:limit])
    chosen, media_type = choose_format(FORMATS)
    response = send_whole(write_table(table, chosen.name), media_type)
    response.headers["X-Clientgraph-Commit"] = str(commit)
    response.headers["X-Clientgraph-Complete"] = str(complete).lower()
    response.vary.add("Accept")
    return response


for _name in ANALYSES:
    blueprint.add_url_rule(
        "/" + _name.replace(" ", "/"), view_func=run_analysis, defaults={"name": _name}
    )


def compute(analysis: Analysis, shared: Mapping[str, str], options: Mapping[str, str]) -> Table:
    """Return the table of an analysis as of the date, knowledge time and parameters of a request.

    Raises:
        UsageError: an option has a wrong value, is missing or unknown.
        QueryError: the deadline passed, it was stopped, or there is no room or memory for it.
    """
    context = read_context(services().settings, shared)
    store, allowed = services().store, allowance("analysis")
    cursor = store.cursor(caller().hidden_graphs, memory=allowed.memory)
    seconds = read_timeout(shared.get("timeout"))
    with (
        closing(cursor),
        Deadline(cursor, seconds, gone=allowed.gone) as deadline,
        running_on(store).entered(deadline, allowed, analysis.name) as entry,
    ):
        entry.engine = "sql"
        try:
            return analysis.run(cursor, context, options)
        except EngineInterrupted:
            raise deadline.error() from None
        except EngineOutOfMemory:
            raise memory_error() from None


def read_context(settings: Settings, shared: Mapping[str, str]) -> Context:
    """Return what an analysis is evaluated under.

    Raises:
        UsageError: a date, a time or the parameters cannot be read.
    """
    day, moment = shared.get("as_of", "").strip(), shared.get("knowledge", "").strip()
    return Context(
        as_of=_day(day) if day else today(settings),
        organization=settings.organization,
        knowledge=_moment(moment) if moment else None,
        parameters=_parameters(shared.get("params", "").strip()),
        timezone=settings.timezone,
        currency=settings.currency,
    )


def today(settings: Settings) -> date:
    """Return today's date where the focal organisation is."""
    return datetime.now(ZoneInfo(settings.timezone)).date()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"as_of is {text!r}; give a date like 2025-12-31.") from None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"knowledge is {text!r}; give a time like 2025-12-31T18:00:00Z.") from None


def _parameters(text: str) -> Parameters:
    if not text:
        return Parameters()
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise UsageError('params is no JSON object; give one like {"D_act": 180}.')
    return parameters_from(values)


def _description(analysis: Analysis) -> dict[str, Any]:
    return {
        "name": analysis.name,
        "path": f"{blueprint.url_prefix}/{analysis.name.replace(' ', '/')}",
        "title": {"en": analysis.en, "fr": analysis.fr},
        "columns": list(analysis.columns),
        "options": [
            {
                "name": option.name,
                "type": option.kind.__name__,
                "required": option.required,
                "choices": list(option.choices),
                "help": {"en": option.en, "fr": option.fr},
            }
            for option in analysis.options
        ],
    }
