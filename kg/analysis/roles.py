"""The roles of parties at T: those that events show, and the computed ones (axes F and G)."""

from __future__ import annotations

from kg.analysis.parties import one_party
from kg.analysis.referrals import build_referrals, evaluate_referrals
from kg.analysis.supply import build_supply
from kg.lifecycle import Context, Table
from kg.lifecycle.alone import PartyEvaluation
from kg.lifecycle.classify import build_acts
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.places import ROLE_PLACES
from kg.lifecycle.purchases import build_occasions
from kg.lifecycle.records import build_records
from kg.lifecycle.stages import decide
from kg.lifecycle.surroundings import TooLargeError
from kg.store import Cursor

ROLE_COLUMNS = (
    "party", "party_key", "axis", "role", "since", "until", "events", "as_of", "params",
)  # fmt: skip
ROLES = (
    "CLIENT", "BUYER", "PAYER", "RECIPIENT", "USER", "CONSUMER", "REQUESTER",
    "INTERNAL_SPECIFIER", "PROCUREMENT_OFFICER", "AFFECTED_PARTY", "EXTERNAL_CLIENT",
    "INTERNAL_CLIENT", "STAFF_BUYER", "RECOMMENDER", "REFERRER", "EFFECTIVE_REFERRER", "REFERRED",
)  # fmt: skip
"""Roles by their notation: shown by events, computed at T, and of referrals."""


def roles(
    cursor: Cursor, context: Context, *, party: str | None = None, role: str | None = None
) -> Table:
    """Return the roles of each party, or of one, with the first and last day and the events.

    Axis F: roles shown by an event dated up to T, cumulative; the computed ones (EXTERNAL_CLIENT,
    INTERNAL_CLIENT, STAFF_BUYER) hold at T and have neither dates nor events. Axis G: roles in
    referrals. Without a payer or recipient of its own, a purchase has its client as such.

    Raises:
        UsageError: the party is unknown.
    """
    with snapshot(cursor) as settled:
        if party is None:
            evaluation = _of_all(cursor, context)
            only = None
        else:
            evaluation, only = _of_one(cursor, context, party, settled=settled)
        _build_events(evaluation)
        evaluation.table("played", _PLAYED)
        evaluation.name_terms("SELECT party FROM played")
        keys = evaluation.source_keys("played", "party")
        rows = evaluation.run(_ROWS.format(keys=keys), only=only, role=role).fetchall()
    return Table(ROLE_COLUMNS, rows)


def _of_all(cursor: Cursor, context: Context) -> Evaluation:
    """Return an evaluation with the referrals, classes and internal clients of all parties."""
    evaluation = evaluate_referrals(cursor, context, all_parties=True)
    _decide(evaluation)
    build_supply(evaluation)
    evaluation.table("internal_client", f"SELECT party AS id FROM ({_internal(evaluation)})")
    return evaluation


def _of_one(
    cursor: Cursor, context: Context, party: str, *, settled: bool
) -> tuple[Evaluation, int]:
    """Return the same for what is around one party, and its id; where that is much, for all.

    Raises:
        UsageError: the party is unknown, or there are several.
    """
    try:
        if context.parameters.match_product:
            raise TooLargeError
        evaluation = PartyEvaluation(cursor, context, party, settled=settled, places=ROLE_PLACES)
    except TooLargeError:
        of_all = _of_all(cursor, context)
        return of_all, one_party(of_all, party)
    build_records(evaluation)
    only = one_party(evaluation, party)
    build_acts(evaluation)
    evaluation.leave_untargeted()
    build_referrals(evaluation)
    _decide(evaluation)
    evaluation.keep_ids("internal_client", _if_internal(evaluation, only))
    return evaluation, only


def _decide(evaluation: Evaluation) -> None:
    """Make the table `role_decided`: the classes of the parties."""
    evaluation.table("role_probe", "SELECT party, least($as_of, closed) AS asked FROM party")
    build_occasions(evaluation)
    decide(evaluation, "role_probe", "role_decided", ("stage", "position"))


def _if_internal(evaluation: PartyEvaluation, party: int) -> list[int]:
    """Return a party alone if it is an internal client, which few are: all supply tells it."""
    inside = "SELECT 1 FROM role_decided WHERE party = $only AND position = 'INTERNAL'"
    if not evaluation.run(inside, only=party).fetchall():
        return []
    if evaluation.context.parameters.employment_implies_internal_client:
        return [party]
    build_records(evaluation.engine)
    build_supply(evaluation.engine)
    internal = f"SELECT 1 FROM ({_internal(evaluation.engine)}) WHERE party = $only"
    return [party] if evaluation.engine.run(internal, only=party).fetchall() else []


_PURCHASE_ROLES = {"BUYER": "actingBuyer", "PAYER": "payer", "RECIPIENT": "recipient"}
_BY_CLIENT = ("PAYER", "RECIPIENT")
_REQUEST_ROLES = {
    "REQUESTER": "requester",
    "INTERNAL_SPECIFIER": "internalSpecifier",
    "PROCUREMENT_OFFICER": "handledBy",
}


def _build_events(evaluation: Evaluation) -> None:
    """Make the table `role_event`: (record, role, event, day) of roles that events show."""
    bought = "(SELECT purchase, party, day FROM counting WHERE day <= $as_of AND $as_of < until)"
    parts = [
        f"SELECT party AS record, 'CLIENT' AS role, purchase AS event, day FROM {bought}",
        "SELECT party, 'CLIENT', contract, start FROM contract WHERE start <= $as_of",
        "SELECT party, 'USER', use, day FROM usage WHERE day <= $as_of",
        "SELECT giver, 'RECOMMENDER', recommendation, day FROM recommendation"
        " WHERE day <= $as_of AND giver IS NOT NULL",
    ]
    for role, predicate in _PURCHASE_ROLES.items():
        named = evaluation.triples(predicate)
        joined, player = ("LEFT JOIN", "coalesce(x.o, b.party)") if role in _BY_CLIENT else (
            "JOIN", "x.o")  # fmt: skip
        parts.append(
            f"SELECT {player}, '{role}', b.purchase, b.day FROM {bought} AS b"
            f" {joined} {named} AS x ON x.s = b.purchase"
        )
    parts.append(_consumed(evaluation, bought))
    asked = evaluation.instances("PurchaseRequest", "ClientRequest")
    for role, predicate in _REQUEST_ROLES.items():
        parts.append(_dated(evaluation, role, predicate, asked))
    parts.append(
        _dated(evaluation, "AFFECTED_PARTY", "affectedParty", evaluation.triples("affectedParty"))
    )
    evaluation.table("role_event", " UNION ALL ".join(parts))


def _dated(evaluation: Evaluation, role: str, predicate: str, events: str) -> str:
    """Return the SELECT of a role that a property of dated events names."""
    return f"""
        SELECT x.o, '{role}', e.s, coalesce(d.day, o.day)
        FROM {events} AS e
        JOIN {evaluation.triples(predicate)} AS x ON x.s = e.s
        LEFT JOIN {evaluation.dates("date")} AS d ON d.s = e.s
        LEFT JOIN {evaluation.dates("orderDate")} AS o ON o.s = e.s
        WHERE e.s NOT IN (SELECT s FROM unknown) AND coalesce(d.day, o.day) <= $as_of
    """


def _consumed(evaluation: Evaluation, bought: str) -> str:
    """Return the SELECT of natural persons for whose personal use something was acquired."""
    return f"""
        SELECT p.record, 'CONSUMER', p.event, p.day FROM (
            SELECT coalesce(x.o, b.party) AS record, b.purchase AS event, b.day, b.purchase
            FROM {bought} AS b
            LEFT JOIN {evaluation.triples("recipient")} AS x ON x.s = b.purchase
            UNION ALL
            SELECT u.party, u.use, u.day, a.o FROM usage AS u
            JOIN {evaluation.triples("acquiredThrough")} AS a ON a.s = u.use
            WHERE u.day <= $as_of
        ) AS p
        WHERE p.purchase IN (
            SELECT s FROM {evaluation.triples("purchasePurpose")} WHERE o = $word_personal
        ) AND p.record IN (SELECT s FROM {evaluation.instances("NaturalPerson")})
    """


_OPEN_REQUEST = """
SELECT r.o AS party FROM {requests} AS e
JOIN {requester} AS r ON r.s = e.s
JOIN {dates} AS d ON d.s = e.s AND d.day <= $as_of
LEFT JOIN (
    SELECT c.o AS request, max_by(coalesce(regexp_extract(t.lex, '[^/]+$'), ''), (w.day, x.s))
        AS status
    FROM {changes} AS c
    JOIN {status} AS x ON x.s = c.s JOIN term AS t ON t.id = x.o
    JOIN {dates} AS w ON w.s = c.s AND w.day <= $as_of
    GROUP BY c.o
) AS changed ON changed.request = e.s
LEFT JOIN (
    SELECT x.s, min(regexp_extract(t.lex, '[^/]+$')) AS status
    FROM {status} AS x JOIN term AS t ON t.id = x.o GROUP BY x.s
) AS said ON said.s = e.s
WHERE e.s NOT IN (SELECT s FROM unknown)
    AND coalesce(changed.status, said.status, '') NOT IN ('ordered', 'rejected', 'withdrawn')
"""


def _internal(evaluation: Evaluation) -> str:
    """Return the SELECT of the INTERNAL parties that are internal clients at T (section 4)."""
    if evaluation.context.parameters.employment_implies_internal_client:
        return "SELECT party FROM role_decided WHERE position = 'INTERNAL'"
    requests = _OPEN_REQUEST.format(
        requests=evaluation.instances("PurchaseRequest"),
        requester=evaluation.triples("requester"),
        changes=evaluation.triples("request"),
        status=evaluation.triples("status"),
        dates=evaluation.dates("date"),
    )
    return f"""
        SELECT client AS party FROM supply
        UNION SELECT member FROM insider_membership
        WHERE organization IN (SELECT client FROM supply)
        UNION ({requests})
    """


_PLAYED = """
WITH shown AS (
    SELECT coalesce(m.canonical, e.record) AS party, e.role, min(e.day) AS since,
        max(e.day) AS until, count(DISTINCT e.event) AS events
    FROM role_event AS e LEFT JOIN merged AS m ON m.id = e.record
    WHERE coalesce(m.canonical, e.record) <> (SELECT id FROM self)
    GROUP BY 1, 2
)
SELECT party, CASE role WHEN 'RECOMMENDER' THEN 'G' ELSE 'F' END AS axis, role, since, until, events
FROM shown
UNION ALL
SELECT party, 'F', 'EXTERNAL_CLIENT', NULL, NULL, NULL FROM role_decided
WHERE position = 'EXTERNAL' AND stage IN ('CURRENT', 'DORMANT')
UNION ALL
SELECT party, 'F', 'STAFF_BUYER', NULL, NULL, NULL FROM role_decided
WHERE position = 'INTERNAL' AND stage = 'CURRENT'
UNION ALL
SELECT d.party, 'F', 'INTERNAL_CLIENT', NULL, NULL, NULL FROM role_decided AS d
SEMI JOIN internal_client AS i ON i.id = d.party WHERE d.position = 'INTERNAL'
UNION ALL
SELECT giver, 'G', 'REFERRER', min(day), max(day), count(*) FROM referral WHERE valid GROUP BY giver
UNION ALL
SELECT giver, 'G', 'EFFECTIVE_REFERRER', min(day), max(day), count(*) FROM referral
WHERE outcome = 'converted' GROUP BY giver
UNION ALL
SELECT receiver, 'G', 'REFERRED', min(day), max(day), count(*) FROM referral
WHERE valid GROUP BY receiver
"""

_ROWS = """
SELECT t.lex, k.key, p.axis, p.role, p.since, p.until, p.events, $as_of AS as_of,
    $params AS params
FROM played AS p
JOIN term AS t ON t.id = p.party
LEFT JOIN {keys} AS k ON k.id = p.party
WHERE coalesce(p.party = $only, TRUE) AND coalesce(p.role = $role, TRUE)
ORDER BY k.key, t.lex, p.axis, p.role
"""
