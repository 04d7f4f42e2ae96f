"""Whom a crowd's organisation addresses, and what it says and keeps to itself.

Segments, targetings, personas, messages, facts on products and who may know them, opinions on
persons, and the classifications that were written once.
"""

from __future__ import annotations

from collections.abc import Iterator

from rdflib import Namespace

from benchmarks.crowd import FOCAL, chunks, purchases
from benchmarks.dealings import position, was_asked
from benchmarks.drawing import (
    DERIVED,
    PERSONAL,
    chosen,
    concept,
    dated,
    day,
    draw,
    flag,
    node,
    numbers,
    quads,
    text,
    thing,
    where,
)
from benchmarks.members import UNITS, staff
from benchmarks.trade import PRODUCTS, companies
from kg.namespaces import BASE, CG, PROV, RDFS, XSD

_DPV = Namespace("https://w3id.org/dpv#")
_SEGMENTS, _PERSONAS, _STUDIES, _TARGETINGS = 300, 100, 50, 200
_MARKETING = 50
"""Targetings of direct marketing, the first ones: nobody against whom is in them."""
_FAMILIES = ("behavioural", "geographic", "sociodemographic", "psychographic")
_PROFILES = (
    "king", "anxious", "complainer", "indecisive", "understanding", "distrustful", "authoritarian",
    "thrifty", "hurried",
)  # fmt: skip
_TOPICS = ("price", "variants", "origin", "production", "usage", "aftersales")


def statements(parties: int) -> Iterator[str]:
    """Yield the SELECTs of the quads about the audiences of a crowd's organisation."""
    yield from _segments()
    yield from _targetings(parties)
    yield from _personas()
    yield from _messages(parties)
    yield from _information(parties)
    yield from _assessments(parties)


def _segments() -> Iterator[str]:
    named = {RDFS.label: ("'Segment ' || n", "@en")}
    criteria = f"SELECT n, i FROM ({numbers(0, _SEGMENTS)}), range(3) AS turn(i)"
    criterion = node("criterion", "n, i")
    yield quads(
        numbers(0, _SEGMENTS),
        *thing(node("segment", "n"), CG.Segment, {CG.sourceKey: text("'S' || n"), **named}),
        *thing(node("segment", "n"), None, {RDFS.label: ("'Segment ' || n", "@fr")}),
    )
    chosen_by = {
        CG.criterionFamily: concept("criterion", chosen("n * 3 + i", "family", _FAMILIES)),
        CG.criterionProperty: f"'{CG.annualPotential}'",
        CG.operator: text("'>='"),
        CG.criterionValue: ("CAST(n * 1000 AS VARCHAR)", str(XSD.decimal)),
    }
    yield quads(
        f"{criteria} WHERE i <= {draw('n', 'criteria', 3)}",
        *thing(criterion, CG.Criterion, chosen_by),
        *thing(node("segment", "n"), None, {CG.hasCriterion: criterion}),
    )


def _targetings(parties: int) -> Iterator[str]:
    start = draw("n", "targeted from", 1300)
    until = f"{start} + 100 + {draw('n', 'targeted for', 900)}"
    targeting = {
        CG.segment: node("segment", draw("n", "segment", _SEGMENTS)),
        CG.withOrganization: f"'{FOCAL}'",
        CG.startDate: dated(start),
        CG.endDate: (where(f"{draw('n', 'open', 3)} > 0", day(until)), str(XSD.date)),
        CG.offering: node("product", "n"),
        CG.isCore: flag("n % 7 = 0"),
        CG.directMarketing: flag(f"n < {_MARKETING}"),
    }
    yield quads(numbers(0, _TARGETINGS), *thing(node("targeting", "n"), CG.Targeting, targeting))
    against = f"({was_asked()} AND {position()} <> 'given')"
    other = f"{_MARKETING} + {draw('n', 'other targeting', _TARGETINGS - _MARKETING)}"
    number = f"CASE WHEN {against} THEN {other} ELSE {draw('n', 'targeting', _TARGETINGS)} END"
    yield quads(
        numbers(0, parties, f"{draw('n', 'targeted', 10)} = 0"),
        *thing(node("targeting", number), None, {CG.targetedParty: node("party", "n")}),
    )


def _personas() -> Iterator[str]:
    study = {
        RDFS.label: text("'Study ' || n"),
        CG.date: dated(draw("n", "studied", 1400)),
    }
    yield quads(numbers(0, _STUDIES), *thing(node("study", "n"), CG.MarketStudy, study))
    persona = {
        CG.sourceKey: text("'PE' || n"),
        CG.personaName: text("'Persona ' || n"),
        CG.ageBand: text(chosen("n", "age", ("18-24", "25-34", "35-44", "45-54"))),
        CG.occupation: text("'Occupation ' || n % 30"),
        CG.residence: text("'Town ' || n % 40"),
        CG.incomeBand: text(chosen("n", "income", ("20000-30000", "30000-50000"))),
        CG.lifeValue: text("'Value ' || n % 9"),
        CG.personaNeed: text("'Need ' || n % 20"),
        CG.basedOn: where("n % 4 > 0", node("study", f"n % {_STUDIES}")),
    }
    yield quads(numbers(0, _PERSONAS), *thing(node("persona", "n"), CG.BuyerPersona, persona))


def _messages(parties: int) -> Iterator[str]:
    """Yield what units say to one another, and the organisation to parties and companies.

    One unit of ten is only spoken down to.
    """
    count = 2 * UNITS + parties // 50
    unit = node("unit", draw("n", "sender", UNITS))
    said = {CG.sourceKey: text("'MS' || n"), CG.date: dated(draw("n", "said", 1400))}
    by = {
        CG.tool: concept("tool", chosen("n", "tool", ("emailing", "event", "phone-call"))),
        CG.goal: concept("commgoal", chosen("n", "goal", ("information", "image", "awareness"))),
    }
    inside = {
        **said,
        CG.sender: unit,
        CG.communicationKind: concept(
            "comm", "CASE n % 3 WHEN 0 THEN 'downward' WHEN 1 THEN 'upward' ELSE 'horizontal' END"
        ),
        **by,
    }
    message = node("message", "n")
    yield quads(numbers(0, count, "n % 2 = 0"), *thing(message, CG.Communication, inside))
    spoken_to = f"10 * {draw('n * 3 + i', 'hears', UNITS // 10)}"
    anywhere, elsewhere = draw("n * 3 + i", "seat", 10), draw("n * 3 + i", "seat", 9)
    place = f"CASE n % 3 WHEN 0 THEN {anywhere} ELSE {elsewhere} END"
    hearers = f"SELECT n, i FROM ({numbers(0, count, 'n % 2 = 0')}), range(3) AS turn(i)"
    yield quads(
        hearers, *thing(message, None, {CG.receiver: node("unit", f"{spoken_to} + {place}")})
    )
    kinds = ("marketing", "corporate", "event", "responsible")
    public = node("information", f"{draw('n', 'carried', PRODUCTS)}, 0")
    outside = {
        **said,
        CG.sender: f"'{FOCAL}'",
        CG.communicationKind: concept("comm", chosen("n", "kind", kinds)),
        **by,
        CG.carries: where("n % 4 = 1", public),
    }
    yield quads(numbers(0, count, "n % 2 = 1"), *thing(message, CG.Communication, outside))
    reader = (
        f"CASE i WHEN 0 THEN {node('company', draw('n', 'read by', companies(parties)))}"
        f" ELSE {node('party', draw('n * 8 + i', 'read by', parties))} END"
    )
    readers = f"SELECT n, i FROM ({numbers(0, count, 'n % 2 = 1')}), range(8) AS turn(i)"
    yield quads(readers, *thing(message, None, {CG.receiver: reader}))


def _information(parties: int) -> Iterator[str]:
    """Yield facts on products: the price of each is public, its making confidential."""
    items = f"SELECT n, i FROM ({numbers(0, PRODUCTS)}), range({len(_TOPICS)}) AS turn(i)"
    topics = ", ".join(f"'{topic}'" for topic in _TOPICS)
    drawn = chosen("n * 6 + i", "level", ("public", "client", "internal"))
    fact = node("information", "n, i")
    known = {
        CG.sourceKey: text("'I' || n || '-' || i"),
        CG.item: node("product", "n"),
        CG.topic: concept("topic", f"([{topics}])[1 + i]"),
        CG.accessLevel: concept(
            "access", f"CASE i WHEN 0 THEN 'public' WHEN 3 THEN 'confidential' ELSE {drawn} END"
        ),
        CG.statement: text("'Statement ' || n || '-' || i"),
    }
    yield quads(items, *thing(fact, CG.ProductInformation, known))
    grantee = (
        f"CASE i WHEN 0 THEN {staff('n', 'knows', parties)}"
        f" ELSE {node('unit', draw('n * 3 + i', 'knows', UNITS))} END"
    )
    grant = {
        CG.information: node("information", "n, 3"),
        CG.grantee: grantee,
        CG.startDate: dated(draw("n * 3 + i", "granted", 1000)),
        CG.endDate: dated(f"1000 + {draw('n * 3 + i', 'granted until', 1000)}"),
    }
    yield quads(
        f"SELECT n, i FROM ({numbers(0, PRODUCTS)}), range(3) AS turn(i)",
        *thing(node("grant", "n, i"), CG.AccessGrant, grant),
    )
    purposes = ("CustomerRelationshipManagement", "DirectMarketing", "Profiling")
    processing = {
        _DPV.hasPurpose: f"'{_DPV}' || ([{', '.join(map(repr, purposes))}])[1 + n]",
        _DPV.hasLegalBasis: f"'{_DPV}' || CASE n WHEN 0 THEN 'Contract' ELSE 'Consent' END",
    }
    yield quads(
        numbers(0, len(purposes)),
        *thing(node("processing", "n"), CG.PersonalDataProcessing, processing),
    )


def _assessments(parties: int) -> Iterator[str]:
    """Yield opinions on persons, and the classifications of one run."""
    date = draw("n", "judged", 1400)
    opinion = {
        CG.party: node("party", "n"),
        CG.profile: concept("profile", chosen("n", "profile", _PROFILES)),
        CG.date: dated(date),
        CG.assessor: staff("n", "judge", parties),
        CG.expiresOn: dated(f"{date} + 365"),
        CG.confidence: (f"'0.' || (1 + {draw('n', 'confidence', 9)})", str(XSD.decimal)),
    }
    yield quads(
        numbers(0, parties, f"{draw('n', 'judged at all', 20)} = 0"),
        *thing(node("assessment", "n"), CG.ProfileAssessment, opinion),
        graph=PERSONAL,
    )
    stage = (
        f"CASE WHEN {purchases()} = 0 THEN 'potential'"
        f" ELSE {chosen('n', 'stage', ('current', 'current', 'dormant', 'former'))} END"
    )
    depth = chosen("n", "depth", ("occasional", "occasional", "regular", "loyal"))
    classified = {
        CG.about: node("party", "n"),
        CG.stage: concept("stage", stage),
        CG.depth: where(f"{stage} = 'current'", concept("depth", depth)),
        PROV.wasGeneratedBy: f"'{BASE}id/run/crowd'",
    }
    for first, end in chunks(parties):
        yield quads(
            numbers(first, end),
            *thing(node("classification", "n"), CG.Classification, classified),
            graph=DERIVED,
        )
