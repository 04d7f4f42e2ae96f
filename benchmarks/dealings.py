"""What passes between a crowd's parties and the organisation beside trade.

Relationships, contacts, incidents, requests, opinions, consents and designations; and the records
that are entered twice, referrals of which the recommender is not known, and purchases without a
date, which some questions are about.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.crowd import ARRIVALS, FOCAL, arrival, chunks, purchases
from benchmarks.drawing import (
    PERSONAL,
    Value,
    amount,
    chosen,
    concept,
    dated,
    day,
    draw,
    node,
    numbers,
    quads,
    text,
    thing,
    where,
)
from benchmarks.members import staff
from benchmarks.trade import CHANNELS, companies, product
from kg.namespaces import CG, FOAF, VCARD, XSD

_ANSWERS = ("yes", "yes", "no", "unknown")
_AMBASSADORS = (96, 97)
"""Which of each thousand parties recommend the ten that follow them."""


def statements(parties: int) -> Iterator[str]:
    """Yield the SELECTs of the quads of all dealings of a crowd."""
    for first, end in chunks(parties):
        yield from _parties(first, end)
        yield from _contacts(first, end, parties)
        yield from _opinions(first, end, parties)
        yield from _referrals(first, end, parties)
        yield from _faults(first, end)
    yield from _designations(parties)
    yield from _accounts(parties)


def _one_of(count: int, what: str) -> str:
    """Return the condition that holds of one of so many parties."""
    return f"{draw('n', what, count)} = 0"


def _later(what: str) -> str:
    """Return the SQL of the place of a day after all parties have come."""
    return f"{ARRIVALS} + {draw('n', what, 800)}"


def _on(place: str, condition: str) -> Value:
    """Return a date that is there under a condition only."""
    return where(condition, day(place)), str(XSD.date)


def _parties(first: int, end: int) -> Iterator[str]:
    """Yield what is recorded of the parties themselves, and what they agreed to."""
    party = node("party", "n")
    # What is declared was true once: one of fifty has changed since.
    client = f"(({purchases()} > 0) = ({draw('n', 'changed', 50)} > 0))"
    known = {
        CG.firstContactDate: _on(arrival(), _one_of(2, "met")),
        CG.declaredType: text(
            where(_one_of(2, "declared"), f"CASE WHEN {client} THEN 'client' ELSE 'prospect' END")
        ),
        CG.acquisitionSource: where(
            _one_of(3, "source known"),
            concept("acquisition-source", chosen("n", "source", ("search", "social", "event"))),
        ),
    }
    yield quads(numbers(first, end), *thing(party, None, known))
    personal = {
        FOAF.name: text(f"'Name ' || {draw('n', 'name', 1_000_000)}"),
        VCARD.hasEmail: where(_one_of(2, "mail"), "'mailto:p' || n || '@example.org'"),
        VCARD.hasAddress: where(_one_of(5, "address"), node("address", "n")),
    }
    yield quads(numbers(first, end), *thing(party, None, personal), graph=PERSONAL)
    place = {VCARD.locality: text(f"'Town ' || {draw('n', 'town', 500)}")}
    yield quads(
        numbers(first, end, _one_of(5, "address")),
        *thing(node("address", "n"), VCARD.Address, place),
        graph=PERSONAL,
    )
    consent = {
        CG.party: party,
        CG.consentStatus: concept("consent", position()),
        CG.date: dated(_later("consented")),
    }
    yield quads(
        numbers(first, end, was_asked()),
        *thing(node("consent", "n"), CG.ConsentRecord, consent),
    )


def was_asked() -> str:
    """Return the condition that a party was asked for its consent."""
    return _one_of(10, "asked for consent")


def position() -> str:
    """Return the SQL of what a party that was asked has said."""
    return chosen("n", "consent", ("given", "given", "given", "given", "withdrawn", "objected"))


def _contacts(first: int, end: int, parties: int) -> Iterator[str]:
    """Yield interactions, incidents and requests."""
    party = node("party", "n")
    spoken = {
        CG.party: party,
        CG.date: dated(_later("spoken")),
        CG.direction: text(chosen("n", "direction", ("in", "out", "out", "both"))),
        CG.channel: text(chosen("n", "channel", ("phone", "mail", "shop", "web"))),
        CG.adviser: where(_one_of(2, "advised"), staff("n", "adviser", parties)),
    }
    yield quads(
        numbers(first, end, _one_of(5, "spoken")),
        *thing(node("interaction", "n"), CG.Interaction, spoken),
    )
    happened = _later("incident")
    incident = {
        CG.sourceKey: text("'X' || n"),
        CG.party: party,
        CG.date: dated(happened),
        CG.severity: text(chosen("n", "severity", ("minor", "minor", "major", "critical"))),
        CG.resolvedOn: _on(f"{happened} + {draw('n', 'days', 30)}", f"NOT {_one_of(4, 'left')}"),
    }
    yield quads(
        numbers(first, end, _one_of(10, "incident")),
        *thing(node("incident", "n"), CG.BadExperience, incident),
    )
    asked = _later("asked")
    request = {
        CG.sourceKey: text("'Q' || n"),
        CG.requester: party,
        CG.date: dated(asked),
        CG.dueDate: _on(f"{asked} + 28", f"NOT {_one_of(10, 'no hurry')}"),
        CG.priority: concept("priority", chosen("n", "priority", ("high", "normal", "low"))),
        CG.status: where(
            f"NOT {_one_of(20, 'no status')}",
            concept("request-status", chosen("n", "status", _REQUESTED)),
        ),
        CG.item: node("product", product("n", "asked about")),
        CG.handledBy: staff("n", "handler", parties),
    }
    yield quads(
        numbers(first, end, _one_of(10, "asks")),
        *thing(node("client-request", "n"), CG.ClientRequest, request),
    )


_REQUESTED = ("submitted", "submitted", "done", "done", "done", "rejected", "withdrawn")


def _opinions(first: int, end: int, parties: int) -> Iterator[str]:
    """Yield satisfaction, refusals and qualifications, the parties' opinions and those on them."""
    party = node("party", "n")
    answered = {
        CG.party: party,
        CG.date: dated(_later("answered")),
        CG.score: (f"printf('%.2f', {draw('n', 'score', 5)} / 4)", str(XSD.decimal)),
        CG.scale: text("'1-5'"),
    }
    yield quads(
        numbers(first, end, _one_of(10, "answered")),
        *thing(node("answer", "n"), CG.SatisfactionMeasurement, answered),
    )
    refused = {CG.party: party, CG.date: dated(_later("refused"))}
    yield quads(
        numbers(first, end, _one_of(50, "refuses")),
        *thing(node("refusal", "n"), CG.Refusal, refused),
    )
    judged = {
        CG.party: party,
        CG.date: dated(draw("n", "qualified on", 1400)),
        CG.level: text(chosen("n", "level", ("marketing", "sales"))),
        CG.budgetFit: text(chosen("n", "budget", _ANSWERS)),
        CG.needFit: text(chosen("n", "need", _ANSWERS)),
        CG.timingFit: text(chosen("n", "timing", _ANSWERS)),
        CG.assessor: staff("n", "assessor", parties),
    }
    yield quads(
        numbers(first, end, _one_of(50, "qualified")),
        *thing(node("qualification", "n"), CG.Qualification, judged),
    )


def _referrals(first: int, end: int, parties: int) -> Iterator[str]:
    """Yield what ambassadors bring, and what is only known of some referrals."""
    ambassador = f"n % 1000 IN {_AMBASSADORS}"
    brought = {
        CG.sourceKey: text("'AR' || n || '-' || i"),
        CG.recommender: node("party", "n"),
        CG.referred: node("party", f"(n + i) % {parties}"),
        CG.date: dated(arrival("n + i")),
        CG.channel: text("'event'"),
        CG.recommendsItem: node("product", product("n + i", "recommended")),
        CG.notifiedOn: _on(f"{arrival('n + i')} + 20", "i % 2 = 0"),
    }
    yield quads(
        f"SELECT n, i FROM ({numbers(first, end, ambassador)}), range(1, 11) AS turn(i)",
        *thing(node("recommendation", "n, i"), CG.Referral, brought),
    )
    named = {
        CG.party: node("party", "n"),
        CG.roleType: concept("role", "'ambassador'"),
        CG.startDate: dated("0"),
        CG.designatedBy: staff("n", "designates", parties),
    }
    yield quads(
        numbers(first, end, ambassador),
        *thing(node("designation", "n, 0"), CG.RoleAssignment, named),
    )
    more = {
        CG.channel: text(where(_one_of(2, "told by"), chosen("n", "told", CHANNELS))),
        CG.notifiedOn: _on(_later("notified"), _one_of(3, "notified")),
    }
    yield quads(numbers(first, end), *thing(node("recommendation", "n"), None, more))


def _faults(first: int, end: int) -> Iterator[str]:
    """Yield what imports leave: records entered twice, unknown recommenders, missing dates."""
    party, double = node("party", "n"), node("double", "n")
    twice = {CG.sourceKey: text("'D' || n"), CG.mergedInto: party}
    merge = {
        CG.duplicate: double,
        CG.canonical: party,
        CG.date: dated(_later("merged")),
        CG.mergeReason: text("'entered twice'"),
    }
    condition = _one_of(500, "entered twice")
    yield quads(
        numbers(first, end, condition),
        *thing(double, CG.NaturalPerson, twice),
        *thing(node("merge", "n"), CG.RecordMerge, merge),
    )
    itself = {
        CG.sourceKey: text("'DR' || n"),
        CG.recommender: party,
        CG.referred: double,
        CG.date: dated(_later("referred itself")),
    }
    yield quads(
        numbers(first, end, f"{condition} AND n % 2 = 0"),
        *thing(node("recommendation", "n, 'double'"), CG.Referral, itself),
    )
    hearsay = {
        CG.sourceKey: text("'HR' || n"),
        CG.referred: party,
        CG.date: dated(_later("hearsay")),
    }
    yield quads(
        numbers(first, end, _one_of(100, "hearsay")),
        *thing(node("recommendation", "n, 'hearsay'"), CG.Referral, hearsay),
    )
    line = node("line", "n, 'undated'")
    undated = {
        CG.orderNumber: text("'U' || n"),
        CG.client: party,
        CG.seller: f"'{FOCAL}'",
        CG.hasLine: line,
    }
    sold = {
        CG.item: node("product", product("n", "undated")),
        CG.quantity: ("'1'", str(XSD.decimal)),
        CG.netAmount: amount(f"{draw('n', 'undated', 40_000)} + 100"),
        CG.currency: text("'EUR'"),
    }
    yield quads(
        numbers(first, end, f"{purchases()} > 0 AND {_one_of(200, 'undated')}"),
        *thing(node("purchase", "n, 'undated'"), CG.Purchase, undated),
        *thing(line, CG.PurchaseLine, sold),
    )


def _designations(parties: int) -> Iterator[str]:
    """Yield the declared roles of companies, and of those whom the products only affect."""
    start, lasting = draw("n", "designated", 700), draw("n", "designated for", 1400)
    designated = {
        CG.startDate: dated(start),
        CG.endDate: _on(f"{start} + {lasting}", _one_of(3, "no longer")),
        CG.designatedBy: staff("n", "designates", parties),
    }
    roles = ("key-account", "key-account", "supplier", "competitor", "partner")
    named = {
        CG.party: node("company", "n"),
        CG.roleType: concept("role", chosen("n", "role", roles)),
        **designated,
    }
    yield quads(
        numbers(0, companies(parties), "n % 10 = 0"),
        *thing(node("designation", "n, 1"), CG.RoleAssignment, named),
    )
    affected = {
        CG.party: node("party", "n"),
        CG.roleType: concept("role", "'affected-party'"),
        **designated,
    }
    yield quads(
        numbers(0, parties, _one_of(200, "affected")),
        *thing(node("designation", "n, 2"), CG.RoleAssignment, affected),
    )


def _accounts(parties: int) -> Iterator[str]:
    """Yield the relationships that are kept up with persons and companies."""
    kinds = ("personal", "self-service", "automated", "communities", "dedicated")
    told = {
        CG.withOrganization: f"'{FOCAL}'",
        CG.relationshipType: concept("relationship", chosen("n", "relationship", kinds)),
        CG.preferredChannel: concept("channel", chosen("n", "prefers", ("email", "phone", "shop"))),
        CG.adviser: staff("n", "account", parties),
        CG.startDate: dated("0"),
    }
    yield quads(
        numbers(0, parties, f"{_one_of(2, 'mail')} AND {_one_of(5, 'relationship')}"),
        *thing(
            node("relationship", "n"),
            CG.CustomerRelationship,
            {CG.party: node("party", "n"), **told},
        ),
    )
    company = node("company", "n")
    mail = {VCARD.hasEmail: "'mailto:c' || n || '@example.com'"}
    everyone = numbers(0, companies(parties))
    yield quads(everyone, *thing(company, None, mail), graph=PERSONAL)
    yield quads(
        everyone,
        *thing(node("account", "n"), CG.CustomerRelationship, {CG.party: company, **told}),
    )
    number = "n * 3 + i"
    met = {
        CG.party: company,
        CG.date: dated(draw(number, "meeting", 1400)),
        CG.direction: text("'both'"),
        CG.channel: text(chosen(number, "meeting", ("phone", "fair", "web"))),
        CG.adviser: staff(number, "met", parties),
    }
    yield quads(
        f"SELECT n, i FROM ({everyone}), range(3) AS turn(i)",
        *thing(node("meeting", "n, i"), CG.Interaction, met),
    )
    count = companies(parties)
    led = {
        CG.sourceKey: text("'CR' || n"),
        CG.recommender: node("company", f"(n + 1) % {count}"),
        CG.referred: company,
        CG.date: dated(draw("n", "company referred", 100)),
    }
    yield quads(
        numbers(0, count, "n % 3 > 0"),
        *thing(node("recommendation", "n, 'company'"), CG.Referral, led),
    )
    asked = {
        CG.party: company,
        CG.date: dated(draw("n", "company answered", 1400)),
        CG.score: (f"printf('%.2f', {draw('n', 'company score', 5)} / 4)", str(XSD.decimal)),
        CG.scale: text("'1-5'"),
    }
    yield quads(
        numbers(0, companies(parties), "n % 2 = 0"),
        *thing(node("company-answer", "n"), CG.SatisfactionMeasurement, asked),
    )
