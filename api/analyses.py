"""The analyses over HTTP, under the names of the command line: `/api/referrals/chain`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, request

from api.answers import send_whole
from api.asking import allowance
from api.config import services
from api.identity import caller
from api.imports import flag
from api.language import current_language
from api.negotiation import choose_format
from api.protocol import read_timeout
from api.tables import FORMATS, RDF_FORMATS, TEXT, write_table
from kg.analysis import ANALYSES, Analysis, result_document, write_derived
from kg.analysis.explanation_text import explanation_text
from kg.analysis.network import OVER_TIME, network_document, referral_network
from kg.config import Settings
from kg.errors import UsageError
from kg.lifecycle import Context, Parameters, Table, read_parameters, told_sentence
from kg.sparql.deadline import Deadline, memory_error
from kg.sparql.formats import Format
from kg.sparql.running import running_on
from kg.store import Cursor, EngineInterrupted, EngineOutOfMemory

SHARED_OPTIONS = ("as_of", "knowledge", "params")
"""Options that every analysis takes: the date T, the knowledge time K and the parameters."""
NETWORK_FORMATS = (
    Format("json", ("application/json",), "json"),
    Format("graphml", ("application/graphml+xml",), "graphml"),
    Format("gexf", ("application/gexf+xml",), "gexf"),
)
"""Formats of the network of referrals."""
_WITH_CONTEXT = "with_context"
_OF_THE_REQUEST = frozenset({*SHARED_OPTIONS, "format", "timeout", "lang", _WITH_CONTEXT})

Answer = TypeVar("Answer")

blueprint = Blueprint("analyses", __name__, url_prefix="/api")


@blueprint.get("/analyses")
def list_analyses() -> Response:
    """Answer with every analysis: its address, titles, options and columns."""
    return jsonify(analyses=[_description(one) for one in ANALYSES.values()])


def run_analysis(name: str) -> Response:
    """Answer with the result of an analysis: as JSON, CSV or RDF, an explanation also as text."""
    analysis = ANALYSES[name]
    options = _options(request.args)
    commit = services().store.head
    chosen, media_type = choose_format(formats_of(analysis))
    language = current_language()
    told = flag(_WITH_CONTEXT, request.args)

    def answered(cursor: Cursor, context: Context) -> tuple[Iterable[bytes], list[tuple[str, str]]]:
        pinned = context.pinned()
        table, complete = _cut(analysis.run(cursor, pinned, options))
        headers = [*_told(pinned), ("X-Clientgraph-Complete", str(complete).lower())]
        headers += [("X-Clientgraph-Note", _header_text(note.en)) for note in table.notes]
        if chosen == TEXT:
            lines = [*explanation_text(table.records(), language)]
            lines += ["", told_sentence(pinned.told(), language)] if told else []
            return (f"{line}\n".encode() for line in lines), headers
        if chosen in FORMATS:
            beside = pinned.told() if told else None
            return write_table(table, chosen.name, beside, complete=complete), headers
        known_at = pinned.known_at
        pieces = result_document(cursor, analysis, context, options, table, known_at, chosen.name)
        return list(pieces), headers

    body, headers = _evaluated(name, request.args, answered)
    response = send_whole(body, media_type)
    response.headers["X-Clientgraph-Commit"] = str(commit)
    response.headers.extend(headers)
    response.vary.add("Accept")
    if chosen == TEXT:
        response.headers["Content-Language"] = language
        response.vary.update(("Accept-Language", "Cookie"))
    return response


def formats_of(analysis: Analysis) -> tuple[Format, ...]:
    """Return the formats of the answers of an analysis."""
    own = (TEXT,) if analysis.name == "explain" else ()
    return (*FORMATS, *RDF_FORMATS, *own)


def _told(context: Context) -> list[tuple[str, str]]:
    """Return the headers that name what a figure was computed under."""
    return [
        (f"X-Clientgraph-{name.replace('_', '-').title()}", text)
        for name, text in context.told().items()
    ]


def _header_text(text: str) -> str:
    """Return a text as a header takes it: one line, in letters that every client reads."""
    return " ".join(text.split()).encode("ascii", "replace").decode()


def keep_analysis(name: str) -> tuple[Response, int]:
    """Keep the result of an analysis as a derived graph; answer with its name.

    The options of the request stand in its address or in a form.
    """
    analysis, given = ANALYSES[name], request.values
    with closing(services().store.cursor()) as cursor:
        context = read_context(services().settings, cursor, given)
    derived = write_derived(
        services().store,
        analysis,
        context,
        _options(given),
        agent=caller().name,
        guard=lambda cursor: _guarded(cursor, name, given),
    )
    return jsonify(dataclasses.asdict(derived)), HTTPStatus.CREATED


for _name in ANALYSES:
    _rule = "/" + _name.replace(" ", "/")
    blueprint.add_url_rule(_rule, view_func=run_analysis, defaults={"name": _name})
    blueprint.add_url_rule(
        _rule, view_func=keep_analysis, defaults={"name": _name}, methods=["POST"]
    )


@blueprint.get("/referrals/network")
def show_network() -> Response:
    """Answer with the network of referrals as JSON, GraphML or GEXF."""
    chosen, media_type = choose_format(NETWORK_FORMATS)
    if unknown := _options(request.args):
        raise UsageError(f"The network takes no option {', '.join(unknown)}.")

    def answered(cursor: Cursor, context: Context) -> tuple[bytes, list[tuple[str, str]]]:
        pinned = context.pinned()
        graph = referral_network(cursor, pinned, over_time=chosen.name in OVER_TIME)
        return network_document(graph, chosen.name), _told(pinned)

    body, headers = _evaluated("referrals network", request.args, answered)
    response = send_whole([body], media_type)
    response.headers.extend(headers)
    response.vary.add("Accept")
    return response


def compute(analysis: Analysis, shared: Mapping[str, str], options: Mapping[str, str]) -> Table:
    """Return the table of an analysis as of the date, knowledge time and parameters of a request.

    Raises:
        UsageError: an option has a wrong value, is missing or unknown.
        QueryError: the deadline passed, it was stopped, or there is no room or memory for it.
    """
    return compute_told(analysis, shared, options)[0]


def compute_told(
    analysis: Analysis, shared: Mapping[str, str], options: Mapping[str, str]
) -> tuple[Table, dict[str, str]]:
    """Return the table of an analysis, as `compute` does, and what it was computed under."""

    def answered(cursor: Cursor, context: Context) -> tuple[Table, dict[str, str]]:
        pinned = context.pinned()
        return analysis.run(cursor, pinned, options), pinned.told()

    return _evaluated(analysis.name, shared, answered)


def _evaluated(
    name: str, shared: Mapping[str, str], answer: Callable[[Cursor, Context], Answer]
) -> Answer:
    """Return what `answer` makes of a cursor of the caller's and the context of a request."""
    with reading(name, shared) as cursor:
        return answer(cursor, read_context(services().settings, cursor, shared))


@contextmanager
def reading(name: str, shared: Mapping[str, str]) -> Iterator[Cursor]:
    """Yield a cursor on what the caller may see, for work that is listed and can be stopped.

    `name` is what the list shows; `shared` are the options of the request, `timeout` among them.

    Raises:
        UsageError: the timeout is no number of seconds.
        QueryError: the deadline passed, it was stopped, or there is no room or memory for it.
    """
    cursor = services().store.cursor(caller().hidden_graphs, memory=allowance("analysis").memory)
    with closing(cursor), _guarded(cursor, name, shared):
        yield cursor


@contextmanager
def _guarded(cursor: Cursor, name: str, shared: Mapping[str, str]) -> Iterator[None]:
    """List what runs on a cursor, and end it at its deadline or when somebody stops it."""
    allowed = allowance("analysis")
    with (
        Deadline(cursor, read_timeout(shared.get("timeout")), gone=allowed.gone) as deadline,
        running_on(services().store).entered(deadline, allowed, name) as entry,
    ):
        entry.engine = "sql"
        try:
            yield
        except EngineInterrupted:
            raise deadline.error() from None
        except EngineOutOfMemory:
            raise memory_error() from None


def _cut(table: Table) -> tuple[Table, bool]:
    """Return the rows that the caller may have, and whether these are all."""
    limit = caller().limits.max_rows or len(table)
    if len(table) <= limit:
        return table, True
    return Table(table.columns, table.rows[:limit], table.notes), False


def _options(given: Mapping[str, str]) -> dict[str, str]:
    """Return the options of the analysis itself."""
    return {key: text for key, text in given.items() if key not in _OF_THE_REQUEST}


def read_context(settings: Settings, cursor: Cursor, shared: Mapping[str, str]) -> Context:
    """Return what an analysis is evaluated under; a saved parameter set is read by the cursor.

    Raises:
        UsageError: a date, a time or the parameters cannot be read.
    """
    return Context(
        as_of=day_of(shared),
        organization=settings.organization,
        knowledge=knowledge_of(shared),
        parameters=parameters_of(cursor, shared),
        timezone=settings.timezone,
        currency=settings.currency,
    )


def today(settings: Settings) -> date:
    """Return today's date where the focal organisation is."""
    return datetime.now(ZoneInfo(settings.timezone)).date()


def day_of(shared: Mapping[str, str]) -> date:
    """Return the date T of a request, today unless it says another.

    Raises:
        UsageError: it is no date.
    """
    text = shared.get("as_of", "").strip()
    return _day(text) if text else today(services().settings)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"as_of is {text!r}; give a date like 2025-12-31.") from None


def knowledge_of(shared: Mapping[str, str]) -> datetime | None:
    """Return the knowledge time K of a request, None where it says none.

    Raises:
        UsageError: it is no time.
    """
    text = shared.get("knowledge", "").strip()
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"knowledge is {text!r}; give a time like 2025-12-31T18:00:00Z.") from None


def parameters_of(cursor: Cursor, shared: Mapping[str, str]) -> Parameters:
    """Return the parameters of a request, those of the rules unless it says others.

    Raises:
        UsageError: they cannot be read.
    """
    text = shared.get("params", "").strip()
    return read_parameters(cursor, text) if text else Parameters()


def _description(analysis: Analysis) -> dict[str, Any]:
    return {
        "name": analysis.name,
        "path": f"{blueprint.url_prefix}/{analysis.name.replace(' ', '/')}",
        "title": {"en": analysis.en, "fr": analysis.fr},
        "columns": list(analysis.columns),
        "rdf": True,
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
