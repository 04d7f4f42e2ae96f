"""What the graph says about a party: its records, facts with their sources, events, referrals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date

from rdflib import URIRef
from werkzeug.exceptions import NotFound

from api.config import services
from api.identity import caller
from api.labels import label_of, names_of, pseudonym, texts_of
from kg.errors import UsageError
from kg.ingest import why
from kg.lifecycle.classify import party_records
from kg.namespaces import CG, DERIVED_GRAPHS, FUNCTION, ID, RDF, VCARD, XSD
from kg.store import Kind, RawTerm, decode, hides

EVENTS_SHOWN = 200
_REFERRALS_SHOWN = 40
_OWN = str(ID["party/"])
_OPAQUE = 32
_NESTED = frozenset({str(VCARD.hasAddress)})
_UNTOLD = frozenset({str(RDF.type)})
_NO_EVENTS = tuple(str(one) for one in (CG.mergedInto, CG.canonical, CG.duplicate))
_FEW = 2000
"""Events that are sorted here, which is faster than in the query."""


@dataclass(frozen=True, slots=True)
class Party:
    """A party: the IRI of its record and of those merged into it, and what the caller sees."""

    iri: str
    key: str
    name: str
    kind: str
    records: tuple[str, ...]
    merged_into: str

    @property
    def handle(self) -> str:
        """What names this party alone in addresses: the end of its IRI where that is ours."""
        own = self.iri.removeprefix(_OWN)
        return own if len(own) == _OPAQUE and own.isalnum() else self.iri


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about a party and where it comes from; `key` stands for a value that is a party."""

    property: str
    value: str
    value_iri: str
    at: str
    agent: str
    import_id: str | None
    file: str | None
    row: int | None
    graph: str
    derived: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An event that names a party, and as what; `amounts` are what a purchase cost, by currency."""

    iri: str
    key: str
    kind: str
    role: str
    on: str
    amounts: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Referral:
    """A recommendation from the party (`given`) or to it, and the party at its other end."""

    other: str
    other_key: str
    name: str
    on: str
    given: bool


def find_parties(name: str) -> list[str]:
    """Return the IRIs of the records that a key, an IRI or the end of one of ours names.

    Raises:
        NotFound: there is none.
    """
    # A server merges the slashes of a path.
    asked = name.replace(":/", "://", 1) if "://" not in name else name
    if len(asked) == _OPAQUE and asked.isalnum():
        asked = _OWN + asked
    with closing(services().store.cursor(caller().hidden_graphs)) as cursor:
        try:
            records = party_records(cursor, asked)
        except UsageError as error:
            raise NotFound(str(error)) from None
        known = decode(cursor, records)
    return [known[record][1] for record in records]


def read_party(iri: str) -> Party:
    """Return a party as the caller sees it.

    Raises:
        NotFound: the IRI is not that of a party.
    """
    known = names_of([iri])
    if iri not in known:
        raise NotFound(f"Nothing is said of {iri}.")
    name, key, kind = known[iri]
    merged = f"SELECT ?other {{ ?other {CG.mergedInto.n3()}+ {URIRef(iri).n3()} }}"
    into = f"SELECT ?other {{ {URIRef(iri).n3()} {CG.mergedInto.n3()} ?other }}"
    records = (iri, *(row[0] for row in texts_of(merged)))
    target = next((row[0] for row in texts_of(into)), "")
    return Party(iri, key, name, kind, records, target)


def read_facts(iri: str) -> list[Fact]:
    """Return the facts about a party that hold and that the caller may see, with their sources.

    Parties that are the value of a fact are called by their names.
    """
    facts = _facts(iri)
    names = names_of([fact.value_iri for fact in facts if fact.value_iri.startswith(_OWN)])
    named = [replace(fact, value=names.get(fact.value_iri, (fact.value,))[0]) for fact in facts]
    return sorted(named, key=lambda fact: (fact.derived, label_of(fact.property), fact.value))


def _facts(iri: str) -> list[Fact]:
    store, hidden = services().store, caller().hidden_graphs
    facts = []
    for one in why(store, (iri, None, None)):
        graph = one.graph[1] if one.graph else ""
        if one.until is not None or hides(hidden, graph) or one.predicate[1] in _UNTOLD:
            continue
        if one.predicate[1] in _NESTED:
            facts += _facts(one.object[1])
            continue
        facts.append(
            Fact(
                one.predicate[1], _value(one.object), _iri(one.object), f"{one.at:%Y-%m-%d %H:%M}",
                one.agent, one.import_id, one.file, one.row, graph, hides((DERIVED_GRAPHS,), graph),
            )
        )  # fmt: skip
    return facts


def read_events(party: Party, day: date) -> list[Event]:
    """Return the last events up to a day that name a party, the last first, the undated at the end.

    One more than `EVENTS_SHOWN` tells that there are others.
    """
    rows = _few_events(party, day)
    if rows is None:
        rows = _last_events(party, day)
    events = [row[0] for row in rows]
    names, amounts = names_of(events), _amounts(events)
    return [
        Event(iri, names[iri][1] if iri in names else "", kind, role, on, tuple(amounts[iri]))
        for iri, role, kind, on in rows
    ]


def _few_events(party: Party, day: date) -> list[list[str]] | None:
    """Return (event, role, class, day) of a party with few events; None for another one."""
    # A party named in the pattern itself is looked up; one of several values would be joined.
    found = [
        row
        for record in party.records
        for row in texts_of(
            f"SELECT ?event ?role ?type {{ ?event ?role {URIRef(record).n3()} ; a ?type }}"
            f" LIMIT {_FEW + 1}"
        )
    ]
    if len(found) > _FEW:
        return None
    days = _days_of([row[0] for row in found])
    kinds: dict[tuple[str, str], str] = {}
    for event, role, kind in found:
        if role not in _NO_EVENTS:
            kinds[event, role] = min(kind, kinds.get((event, role), kind))
    rows = [[event, role, kind, days.get(event, "")] for (event, role), kind in kinds.items()]
    # A month or a year counts from its first day.
    past = [row for row in sorted(rows) if (row[3] + "-01-01")[:10] <= str(day) or not row[3]]
    return sorted(past, key=lambda row: row[3], reverse=True)[: EVENTS_SHOWN + 1]


def _days_of(events: Sequence[str]) -> dict[str, str]:
    """Return the day of each event that has one: its date, else that of its order or start."""
    dates = (CG.startDate, CG.orderDate, CG.date)
    query = f"""
        SELECT ?event ?p ?day {{
          VALUES ?event {{ {_listed(events)} }} VALUES ?p {{ {_listed(dates)} }} ?event ?p ?day
        }}"""
    rows = list(texts_of(query)) if events else []
    rows.sort(key=lambda row: [str(one) for one in dates].index(row[1]))
    return {event: day for event, _, day in rows}


def _last_events(party: Party, day: date) -> list[list[str]]:
    """Return the same of a party with any number of events, the last ones."""
    query = f"""
        SELECT ?event ?role (MIN(?type) AS ?kind) (MIN(?on) AS ?day) {{
          VALUES ?who {{ {_listed(party.records)} }}
          ?event ?role ?who ; a ?type .
          FILTER(?role NOT IN ({", ".join(f"<{one}>" for one in _NO_EVENTS)}))
          OPTIONAL {{ ?event {CG.date.n3()} ?d }} OPTIONAL {{ ?event {CG.orderDate.n3()} ?o }}
          OPTIONAL {{ ?event {CG.startDate.n3()} ?s }}
          BIND(COALESCE(?d, ?o, ?s) AS ?on)
          FILTER(!BOUND(?on) || {FUNCTION.firstDay.n3()}(?on) <= {_day(day)})
        }} GROUP BY ?event ?role ORDER BY DESC(?day) ?event ?role LIMIT {EVENTS_SHOWN + 1}"""
    return list(texts_of(query))


def read_referrals(party: Party, day: date) -> list[Referral]:
    """Return the recommendations to and from a party up to a day, the first first."""
    ends = (("recommender", "referred", "true"), ("referred", "recommender", "false"))
    parts = (
        f"{{ ?r {CG[end].n3()} ?who ; {CG[other].n3()} ?other BIND({given} AS ?given) }}"
        for end, other, given in ends
    )
    query = f"""
        SELECT ?other ?given (MIN(?on) AS ?first) {{
          VALUES ?who {{ {_listed(party.records)} }}
          {" UNION ".join(parts)}
          ?r {CG.date.n3()} ?on FILTER({FUNCTION.firstDay.n3()}(?on) <= {_day(day)})
        }} GROUP BY ?other ?given ORDER BY ?first ?other LIMIT {_REFERRALS_SHOWN}"""
    rows = list(texts_of(query))
    names = names_of([row[0] for row in rows])
    return [
        Referral(
            iri, names[iri][1] if iri in names else "",
            names[iri][0] if iri in names else pseudonym(iri), on, given == "true",
        )
        for iri, given, on in rows
    ]  # fmt: skip


def _amounts(events: Sequence[str]) -> dict[str, list[tuple[float, str]]]:
    """Return what the purchases among some events cost, with the currency."""
    query = f"""
        SELECT ?event ?currency (SUM(?amount) AS ?sum) {{
          VALUES ?event {{ {_listed(events)} }}
          ?event {CG.hasLine.n3()} ?line . ?line {CG.netAmount.n3()} ?amount .
          OPTIONAL {{ ?line {CG.currency.n3()} ?currency }}
        }} GROUP BY ?event ?currency ORDER BY ?currency"""
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for iri, currency, amount in texts_of(query) if events else ():
        found[iri].append((float(amount), currency))
    return found


def _listed(iris: Sequence[str]) -> str:
    return " ".join(URIRef(iri).n3() for iri in iris)


def _day(day: date) -> str:
    return f'"{day}"^^{XSD.date.n3()}'


def _value(term: RawTerm) -> str:
    return label_of(term[1]) if term[0] == Kind.IRI else term[1]


def _iri(term: RawTerm) -> str:
    return term[1] if term[0] == Kind.IRI else ""
