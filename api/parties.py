"""What the graph says about a party: its records, facts with their sources, events, referrals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby

from rdflib import URIRef
from werkzeug.exceptions import NotFound

from api.analyses import reading
from api.config import services
from api.identity import caller
from api.labels import label_of, names_of, pseudonym, text_of, texts_of
from kg.errors import UsageError
from kg.ingest import why
from kg.lifecycle.classify import party_records
from kg.minting import LENGTH
from kg.namespaces import CG, DERIVED_GRAPHS, ID, RDF, VCARD
from kg.store import Kind, RawTerm, decode, hides, lookup
from kg.store.latest import last_naming
from kg.terminology import load_terminology

EVENTS_SHOWN = 200
FACTS_SHOWN = 50
"""Facts of each property that are shown."""
_REFERRALS_SHOWN = 40
_OWN = str(ID["party/"])
_NESTED = frozenset({str(VCARD.hasAddress)})
_TYPE = str(RDF.type)
_UNTOLD = frozenset({_TYPE})
_NO_KINDS = frozenset({"classification", "figures", "parties", "results"})
"""Areas of the vocabulary whose classes are of parties and of what was computed, not of events."""
_NO_EVENTS = tuple(str(one) for one in (CG.mergedInto, CG.canonical, CG.duplicate))
_DATES = (CG.date, CG.orderDate, CG.startDate)
"""Properties that say when an event was; the first one that it has counts."""
_KEYS = (CG.sourceKey, CG.orderNumber)
_OF_EVENTS = (*_DATES, *_KEYS, RDF.type, CG.hasLine)
_ENDS = (CG.recommender, CG.referred)
_FEW = 2000
"""Events that are all looked at; of more, the last ones."""
_AT_ONCE = 2000
"""Things that one query asks about."""

_Told = defaultdict[str, defaultdict[str, list[str]]]


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
        return own if len(own) == LENGTH and own.isalnum() else self.iri


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
    if len(asked) == LENGTH and asked.isalnum():
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
    target = next((row[0] for row in list(texts_of(into))), "")
    return Party(iri, key, name, kind, records, target)


def read_facts(iri: str) -> tuple[list[Fact], list[str]]:
    """Return the facts about a party that hold and that the caller may see, with their sources.

    Parties that are the value of a fact are called by their names. Beside them are the properties
    of which there are more facts than `FACTS_SHOWN`.
    """
    facts: list[Fact] = []
    cut = []
    for one, alike in groupby(_facts(iri), key=lambda fact: fact.property):
        told = list(alike)
        facts += told[:FACTS_SHOWN]
        if len(told) > FACTS_SHOWN:
            cut.append(one)
    names = names_of([fact.value_iri for fact in facts if fact.value_iri.startswith(_OWN)])
    named = [replace(fact, value=names.get(fact.value_iri, (fact.value,))[0]) for fact in facts]
    named.sort(key=lambda fact: (fact.derived, label_of(fact.property), fact.value))
    return named, cut


def _facts(iri: str) -> list[Fact]:
    store, hidden = services().store, caller().hidden_graphs
    facts = []
    for one in why(store, (iri, None, None), with_reasons=False, each=FACTS_SHOWN + 1):
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


def read_naming(party: Party) -> list[tuple[str, str]]:
    """Return (event, role) of what names a party: all, or some more than are few."""
    # A party named in the pattern itself is looked up; one of several values would be joined.
    return [
        (event, role)
        for record in party.records
        for event, role in texts_of(
            f"SELECT ?event ?role {{ ?event ?role {URIRef(record).n3()} }} LIMIT {_FEW + 1}"
        )
    ]


def are_many(naming: Sequence[tuple[str, str]]) -> bool:
    """Tell whether so much names a party that only its last events are looked at."""
    return len(naming) > _FEW


def read_events(party: Party, day: date, naming: Sequence[tuple[str, str]]) -> list[Event]:
    """Return the last events up to a day that name a party, the last first, the undated at the end.

    `naming` is what names it. One more than `EVENTS_SHOWN` tells that there are others.
    """
    pairs = list(naming)
    if are_many(pairs):
        last = _last_naming(party, day)
        pairs = last if len(last) > EVENTS_SHOWN else last + pairs[: EVENTS_SHOWN + 1]
    pairs = [pair for pair in dict.fromkeys(pairs) if pair[1] not in _NO_EVENTS]
    many = len(pairs) > EVENTS_SHOWN
    # A look for a few properties more costs less than another look.
    told = _told_of([event for event, _ in pairs], _DATES if many else _OF_EVENTS)
    days = {event: _day_of(told[event]) for event, _ in pairs}
    past = [pair for pair in sorted(pairs) if _since(days[pair[0]]) <= str(day)]
    past = sorted(past, key=lambda pair: days[pair[0]], reverse=True)[: EVENTS_SHOWN + 1]
    if many:
        told = _told_of([event for event, _ in past], _OF_EVENTS)
    amounts = _amounts({event: told[event][str(CG.hasLine)] for event, _ in past})
    return [
        Event(event, _key_of(told[event]), min(kinds), role, days[event], tuple(amounts[event]))
        for event, role in past
        if (kinds := _kinds_of_event(told[event]))
    ]


def _last_naming(party: Party, day: date) -> list[tuple[str, str]]:
    """Return the last of what names a party that very much names, as of a day."""
    keys = [(str(one), None, None) for one in (*_DATES, *party.records)]
    before = datetime.combine(day + timedelta(days=1), time.min)
    with reading("parties", {}) as cursor:
        ids = [number for number in lookup(cursor, keys[: len(_DATES)]) if number is not None]
        records = [number for number in lookup(cursor, keys[len(_DATES) :]) if number is not None]
        found = last_naming(cursor, records, ids, before, EVENTS_SHOWN + 1)
        known = decode(cursor, [number for pair in found for number in pair])
    return [(known[event][1], known[role][1]) for event, role in found]


def _day_of(told: Mapping[str, list[str]]) -> str:
    """Return the day of an event, "" where it has none: its date, else that of its order."""
    return next((max(told[str(one)]) for one in _DATES if told[str(one)]), "")


def _since(day: str) -> str:
    """Return the day from which a day, a month or a year counts: its first; "" comes before all."""
    return (day + "-01-01")[:10] if day else ""


def _kinds_of_event(told: Mapping[str, list[str]]) -> list[str]:
    """Return the classes of a thing that are of events: of none of them are parties and results."""
    known = load_terminology().of_iri
    return [
        one for one in told[_TYPE] if (term := known(one)) is None or term.area not in _NO_KINDS
    ]


def _key_of(told: Mapping[str, list[str]]) -> str:
    return next((told[str(one)][0] for one in _KEYS if told[str(one)]), "")


def read_referrals(party: Party, day: date, naming: Sequence[tuple[str, str]]) -> list[Referral]:
    """Return the recommendations to and from a party up to a day, the first first.

    `naming` is what names it.
    """
    first: dict[tuple[str, bool], str] = {}
    ends = {one: _referrals_of(party, one, naming) for one in _ENDS}
    told = _told_of([one for found in ends.values() for one in found], (*_ENDS, CG.date))
    for end, other in (_ENDS, _ENDS[::-1]):
        for referral in ends[end]:
            on = min(told[referral][str(CG.date)], default="")
            if not on or _since(on) > str(day):
                continue
            for one in told[referral][str(other)]:
                known = first.get((one, end == CG.recommender), on)
                first[one, end == CG.recommender] = min(on, known)
    shown = sorted(first.items(), key=lambda one: (one[1], one[0]))[:_REFERRALS_SHOWN]
    names = names_of([iri for (iri, _), _ in shown])
    return [
        Referral(
            iri, names[iri][1] if iri in names else "",
            names[iri][0] if iri in names else pseudonym(iri), on, given,
        )
        for (iri, given), on in shown
    ]  # fmt: skip


def _referrals_of(party: Party, end: URIRef, naming: Sequence[tuple[str, str]]) -> list[str]:
    """Return the recommendations that have a party at an end; of very many, the first by date."""
    if not are_many(naming):
        return [event for event, role in naming if role == str(end)]
    found: list[str] = []
    for record in party.records:
        named = f"?r {end.n3()} {URIRef(record).n3()}"
        some = list(texts_of(f"SELECT ?r {{ {named} }} LIMIT {_FEW + 1}"))
        if len(some) > _FEW:
            dated = f"SELECT ?r {{ {named} ; {CG.date.n3()} ?on }} ORDER BY ?on LIMIT {_FEW}"
            some = list(texts_of(dated))
        found += [one for (one,) in some]
    return found


def _amounts(lines: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[float, str]]]:
    """Return what the purchases with some lines cost, with the currency."""
    told = _told_of([one for each in lines.values() for one in each], (CG.netAmount, CG.currency))
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for event, each in lines.items():
        for line in each:
            amounts = [_amount(text) for text in told[line][str(CG.netAmount)]]
            currency = next(iter(told[line][str(CG.currency)]), "")
            for amount in amounts:
                if amount is not None:
                    sums[event, currency] += amount
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for (event, currency), total in sorted(sums.items()):
        found[event].append((float(total), currency))
    return found


def _amount(text: str) -> Decimal | None:
    """Return the number that a text is, None for what is none."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _told_of(things: Sequence[str], predicates: Sequence[URIRef]) -> _Told:
    """Return the values of some properties of things, by thing and property."""
    told: _Told = defaultdict(lambda: defaultdict(list))
    things = list(dict.fromkeys(things))
    for first in range(0, len(things), _AT_ONCE):
        part = _listed(things[first : first + _AT_ONCE])
        for thing, predicate, value in texts_of(
            f"SELECT ?thing ?p ?o {{ VALUES ?thing {{ {part} }}"
            f" VALUES ?p {{ {_listed(predicates)} }} ?thing ?p ?o }}"
        ):
            told[thing][predicate].append(value)
    return told


def _listed(iris: Sequence[str]) -> str:
    return " ".join(URIRef(iri).n3() for iri in iris)


def _value(term: RawTerm) -> str:
    return label_of(term[1]) if term[0] == Kind.IRI else text_of(term)


def _iri(term: RawTerm) -> str:
    return term[1] if term[0] == Kind.IRI else ""
