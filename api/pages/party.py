"""The pages of parties: all that are classified so, and one with everything known about it."""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from api.analyses import compute, read_context, reading
from api.as_of import shown_date
from api.config import services
from api.errors import wants_page
from api.labels import concept, concept_label, concepts_of, names_of
from api.pages.panels import panel, render_panel
from api.parties import (
    EVENTS_SHOWN,
    FACTS_SHOWN,
    Event,
    Party,
    are_many,
    find_parties,
    read_events,
    read_facts,
    read_naming,
    read_party,
    read_referrals,
)
from kg.analysis import ANALYSES
from kg.analysis.described import without_broken_segments
from kg.errors import ClientgraphError, UsageError
from kg.lifecycle import CHANGES, Change, Table, Wanted, list_classified
from kg.namespaces import CG, ID, RDF
from kg.store import Cursor, EngineError, decode, lookup_nodes
from kg.terminology import Term

ROWS_SHOWN = 500
FILTERS = {"stage": "stage", "depth": "depth", "former_kind": "former-kind", "flag": "flag"}
"""Arguments that narrow the list of parties, each with the scheme of its values."""


OPEN = "open"
"""Argument that leaves closed parties out, as figures over time do."""
_OF_ONE = ("classify", "explain", "history", "roles")
"""The analyses of the parts about one party."""
_AXES = ("stage", "depth", "former_kind", "pipeline", "position", "tier")
_SCHEMES_OF_ROLES = ("role", "computed-role", "referral-role")

blueprint = Blueprint("party", __name__)


def prepare() -> None:
    """Compute the parts about some party once: their statements are made then, which takes longer.

    Without a party, or where it fails, whoever asks first has them made.
    """
    here = services()
    with suppress(ClientgraphError, EngineError), closing(here.store.cursor()) as cursor:
        context = read_context(here.settings, cursor, {})
        for iri in _some_party(cursor):
            for name in _OF_ONE:
                ANALYSES[name].run(cursor, context.pinned(), {"party": iri})


def _some_party(cursor: Cursor) -> list[str]:
    """Return the IRI of a party, if there is any."""
    kind, *classes = lookup_nodes(cursor, [RDF.type, CG.NaturalPerson, CG.LegalEntity])
    rows = cursor.execute(
        "SELECT s FROM live WHERE p = ? AND o IN (SELECT unnest(?::BIGINT[])) LIMIT 1",
        [kind, classes],
    ).fetchall()
    return [known[1] for known in decode(cursor, [row[0] for row in rows]).values()]


@blueprint.get("/parties")
def show_parties() -> str:
    """Show how to find a party, and those that are classified as asked."""
    change = _change()
    kept = {name: request.args[name] for name in (*CHANGES, "before_stage") if name in request.args}
    given = _given()
    asked = {**given, **kept}
    return render_template(
        "parties.html", given=given, kept=kept, asked=asked, change=change, choices=_choices()
    )


@blueprint.get("/parts/parties")
@panel
def show_classified() -> str:
    """Show the parties that are classified as asked."""
    table, total = _listed(_wanted())
    names = names_of(table.column("party"))
    records = list(table.records())
    return render_panel("parties_panel.html", records=records, total=total, names=names)


@blueprint.get("/parties/<path:name>")
def show_party(name: str) -> str:
    """Show a party; where a key names several, which they are."""
    found = find_parties(name)
    if len(found) > 1:
        parties = [read_party(iri) for iri in found]
        return render_template("party_choice.html", name=name, parties=parties)
    party = read_party(found[0])
    day = shown_date()
    # What very many things name is not waited for.
    naming = read_naming(party)
    events = None if are_many(naming) else read_events(party, day, naming)
    referrals = read_referrals(party, day, naming)
    facts, cut = read_facts(party.iri)
    merged = names_of([party.merged_into]) if party.merged_into else {}
    return render_template(
        "party.html",
        party=party,
        outside=_is_outside(party),
        merged=merged.get(party.merged_into),
        facts=facts,
        cut=cut,
        facts_shown=FACTS_SHOWN,
        **_shown(events),
        referred_by=[one for one in referrals if not one.given],
        referred=[one for one in referrals if one.given],
    )


@blueprint.get("/id/<path:name>")
def show_id(name: str) -> AnyResponse:
    """Lead from an IRI of ours to the page about it; a program to its description in RDF."""
    iri = str(ID[name])
    described = f"DESCRIBE <{iri}>"
    if not wants_page():
        return redirect(url_for("sparql.get_sparql", query=described), 303)
    if name.startswith("party/"):
        return redirect(url_for("pages.party.show_party", name=name.rpartition("/")[2]), 303)
    return redirect(url_for("pages.query.show_query", query=described), 303)


@blueprint.get("/parts/stage/<path:name>")
@panel
def show_stage(name: str) -> str:
    """Show the classification of a party at the date, and why it is so."""
    party = _one(name)
    classified = next(iter(_computed("classify", party=party.iri).records()), None)
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in _computed("explain", party=party.iri).records():
        lines.setdefault(line["kind"], []).append(line)
    return render_panel(
        "party_stage.html", party=party, classified=classified, lines=lines, axes=_AXES
    )


@blueprint.get("/parts/stages/<path:name>")
@panel
def show_history(name: str) -> str:
    """Show the stages of a party over time."""
    party = _one(name)
    periods = list(_computed("history", party=party.iri).records())
    return render_panel("party_history.html", party=party, periods=periods, bars=_bars(periods))


@blueprint.get("/parts/events/<path:name>")
@panel
def show_events(name: str) -> str:
    """Show the last events of a party up to the date."""
    party = _one(name)
    events = read_events(party, shown_date(), read_naming(party))
    return render_panel("party_events.html", party=party, **_shown(events))


@blueprint.get("/parts/roles/<path:name>")
@panel
def show_roles(name: str) -> str:
    """Show the roles of a party at the date."""
    party = _one(name)
    table = _computed("roles", party=party.iri)
    roles = [(one, _role(one["role"])) for one in table.records()]
    return render_panel("party_roles.html", party=party, roles=roles)


def _is_outside(party: Party) -> bool:
    """Tell whether a party is outside the focal organisation, so that it has a stage."""
    unit = party.kind == str(CG.OrganizationalUnit)
    return not unit and party.key != services().settings.organization


def _shown(events: list[Event] | None) -> dict[str, Any]:
    """Return the events that are shown and whether there are more, for a template."""
    if events is None:
        return {"events": None}
    return {"events": events[:EVENTS_SHOWN], "more": len(events) > EVENTS_SHOWN}


def _wanted() -> Wanted:
    """Return which parties are asked for.

    Raises:
        UsageError: a value is none of its scheme, or since when is no date up to that of the page.
    """
    given = _given()
    axes = {name: value for name, value in given.items() if name not in ("flag", OPEN)}
    return Wanted(axes, given.get("flag", ""), OPEN in given, _change())


def _change() -> Change | None:
    """Return the change that is asked for, None where none is.

    Raises:
        UsageError: since when is no date, or one after that of the page.
    """
    for name in CHANGES:
        if text := request.args.get(name, ""):
            try:
                since = date.fromisoformat(text)
            except ValueError:
                raise UsageError(f"{name} is {text!r}; give a date like 2025-12-31.") from None
            if since > (day := shown_date()):
                raise UsageError(f"{name} is {since}; give a date before {day}, that of the page.")
            return Change(name, since, request.args.get("before_stage", ""))
    return None


def _listed(wanted: Wanted) -> tuple[Table, int]:
    """Return the first of the parties that are wanted, and how many there are."""
    shared = {**request.args, "as_of": shown_date().isoformat()}
    with reading("classify", shared) as cursor:
        context = read_context(services().settings, cursor, shared).pinned()
        return without_broken_segments(
            context, lambda asked: list_classified(cursor, asked, wanted, ROWS_SHOWN)
        )


def _one(name: str) -> Party:
    return read_party(find_parties(name)[0])


def _computed(name: str, **options: str) -> Table:
    shared = {**request.args, "as_of": shown_date().isoformat()}
    return compute(ANALYSES[name], shared, options)


def _role(notation: str) -> Term | None:
    """Return the term of a role, whichever kind of role it is."""
    found = (concept(scheme, notation) for scheme in _SCHEMES_OF_ROLES)
    return next((one for one in found if one), None)


def _given() -> dict[str, str]:
    """Return what narrows the list of parties.

    Raises:
        UsageError: a value is none of its scheme.
    """
    given = {name: text for name in (*FILTERS, OPEN) if (text := request.args.get(name, ""))}
    for name, scheme in FILTERS.items():
        if name in given and given[name] not in (known := concepts_of(scheme)):
            raise UsageError(f"{name} is {given[name]!r}; choose among {', '.join(known)}.")
    return given


def _choices() -> dict[str, list[tuple[str, str]]]:
    """Return for each filter the notations of its scheme with their labels."""
    return {
        name: [(one, concept_label(scheme, one)) for one in concepts_of(scheme)]
        for name, scheme in FILTERS.items()
    }


def _bars(periods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the periods as parts of a line of 1000: where each begins, and how long it is."""
    if not periods:
        return []
    start, end = periods[0]["from"], periods[-1]["to"]
    whole = max((end - start).days + 1, 1)
    return [
        {
            **one,
            "x": 1000 * (one["from"] - start).days / whole,
            "width": 1000 * ((one["to"] - one["from"]).days + 1) / whole,
        }
        for one in periods
    ]
