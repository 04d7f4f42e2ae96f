"""Validity and outcome of each referral at T (rules-and-metrics, sections 6.3, 7.1)."""

from __future__ import annotations

from kg.analysis.parties import one_party
from kg.lifecycle.classify import build_facts
from kg.lifecycle.context import Context, Note
from kg.lifecycle.evaluation import Evaluation
from kg.lifecycle.purchases import build_occasions
from kg.lifecycle.records import build_records
from kg.lifecycle.rows import Things, rows_of
from kg.lifecycle.stages import decide
from kg.store import Cursor
from kg.store.signals import WANTED

_CLASSES = ("Recommendation", "Referral")


def evaluate_referrals(
    cursor: Cursor,
    context: Context,
    *,
    all_parties: bool = False,
    above: str | None = None,
    below: str | None = None,
) -> Evaluation:
    """Leave the table `referral` (see `_OUTCOME`) and return its evaluation.

    Only the events of parties in referrals are read, unless `all_parties`. `above` and `below`
    name a party: only the referrals on the way up from it, or down from it, are then judged.
    Call it inside `kg.lifecycle.evaluation.snapshot`.

    Raises:
        UsageError: no party has this key.
    """
    evaluation = Evaluation(cursor, context)
    build_records(evaluation)
    _state(evaluation)
    evaluation.run(_KEYED_BY_IRI)
    if above:
        evaluation.run(_BEYOND.format(walked=_UP), start=one_party(evaluation, above))
    if below:
        evaluation.run(_BEYOND.format(walked=_DOWN), start=one_party(evaluation, below))
    if not all_parties:
        evaluation.table("focus", _ENDS)
        evaluation.focused = True
    build_facts(evaluation, occasions=False)
    _judge(evaluation)
    return evaluation


def build_referrals(evaluation: Evaluation) -> None:
    """Make the table `referral` of what an evaluation reads, which has its facts already."""
    _state(evaluation)
    _judge(evaluation)


def _state(evaluation: Evaluation) -> None:
    """Make the table `stated_referral`: those known at K and dated up to T, or without date."""
    evaluation.table("stated_referral", _stated(evaluation))
    evaluation.run(_LEFT_OUT)


def _judge(evaluation: Evaluation) -> None:
    """Make the table `referral` of the stated ones."""
    evaluation.table("first_acquisition", _FIRST_ACQUISITION)
    evaluation.table(
        "known_party",
        "SELECT p.party, a.first FROM party AS p LEFT JOIN first_acquisition AS a USING (party)",
    )
    matching = "TRUE"
    if evaluation.context.parameters.match_product:
        evaluation.table("matching", _matching(evaluation))
        matching = "referral IN (SELECT referral FROM matching)"
    evaluation.table("acting", _ACTING)
    evaluation.table("referral", _OUTCOME.format(matching=matching))


def build_stages(evaluation: Evaluation, *, cold_only: bool = False) -> None:
    """Make the table `referral_party`: (party, stage ...) of the parties in referrals at T.

    With `cold_only`, of those referrers of converted referrals alone who may be lost relays (7.7).
    """
    ends = _CONVERTED_GIVERS if cold_only else _ALL_ENDS
    evaluation.table("referral_probe", _PROBES.format(ends=ends))
    build_occasions(evaluation, "referral_probe" if cold_only else None, counted=False)
    decide(evaluation, "referral_probe", "referral_party", ["stage"])


def undated_notes(evaluation: Evaluation) -> tuple[Note, ...]:
    """Return how many referrals have no date, and so are in no period."""
    return evaluation.notes_of(
        "SELECT count(*) FROM referral WHERE day IS NULL",
        "Referrals without a date, which are in no period: {count}.",
        "Recommandations sans date, qui ne sont d'aucune période : {count}.",
    )


COLD = (
    "outcome = 'converted' AND giver IN (SELECT party FROM referral_party WHERE stage = 'FORMER')"
)
"""SQL condition of a cold link, after `build_stages`: its referrer is FORMER at T (7.7)."""


_BEYOND = """
DELETE FROM stated_referral WHERE receiver NOT IN (
    WITH RECURSIVE walk(id) AS (SELECT $start::BIGINT UNION {walked}) SELECT id FROM walk
)
"""
"""A ring met on the way lies wholly on it: what is left gives the same forest there."""
_UP = (
    "SELECT giver FROM walk JOIN stated_referral ON receiver = id"
    f" WHERE giver IS NOT NULL AND {WANTED}"
)
_DOWN = f"SELECT receiver FROM walk JOIN stated_referral ON giver = id WHERE {WANTED}"


def _stated(evaluation: Evaluation) -> str:
    """Return the SELECT of referrals as stated, dated up to T or without date."""
    things = Things(_CLASSES, "referred", ("recommender", "statedOutcome"), ("date",), keyed=True)
    return f"""
    SELECT e.s AS referral, e.key, coalesce(a.canonical, e.recommender) AS giver,
        coalesce(b.canonical, e.referred) AS receiver, e.date_day AS day,
        coalesce(e.statedOutcome = $word_declined, FALSE) AS declined
    FROM {rows_of(evaluation, things)} AS e
    LEFT JOIN merged AS a ON a.id = e.recommender
    LEFT JOIN merged AS b ON b.id = e.referred
    """


_LEFT_OUT = """
DELETE FROM stated_referral WHERE day > $as_of OR referral IN (SELECT s FROM unknown)
"""
_KEYED_BY_IRI = """
UPDATE stated_referral SET key = t.lex FROM term AS t WHERE t.id = referral AND key IS NULL
"""


_ENDS = """
WITH ends AS (SELECT giver AS id FROM stated_referral UNION SELECT receiver FROM stated_referral)
SELECT id FROM ends WHERE id IS NOT NULL
UNION SELECT m.id FROM merged AS m JOIN ends ON ends.id = m.canonical
"""

_PROBES = """
SELECT p.party, $as_of AS asked FROM party AS p SEMI JOIN ({ends}) AS e ON e.id = p.party
"""
_ALL_ENDS = "SELECT giver AS id FROM stated_referral UNION ALL SELECT receiver FROM stated_referral"
_CONVERTED_GIVERS = """
SELECT giver AS id FROM referral
WHERE outcome = 'converted' AND (
    giver NOT IN (
        SELECT party FROM counting
        WHERE day <= $as_of AND $as_of - day <= $D_lost AND $as_of < until
    )
    OR giver IN (SELECT party FROM refusal UNION ALL SELECT party FROM bad)
)
"""
"""Whoever acquired within D_lost days is FORMER after a refusal alone (section 4, rules 2 to 5)."""

_FIRST_ACQUISITION = """
SELECT party, min(day) AS first FROM (
    SELECT party, day FROM counting WHERE day <= $as_of AND $as_of < until
    UNION ALL SELECT party, start FROM contract WHERE start <= $as_of
) GROUP BY party
"""
"""The first acquisition of each party up to T (section 3)."""


def _matching(evaluation: Evaluation) -> str:
    """Return the SELECT of referrals whose item is in the first acquisition of the referred."""
    return f"""
    WITH acquired AS (
        SELECT c.party, c.day, i.o AS item FROM counting AS c
        JOIN {evaluation.triples("hasLine")} AS l ON l.s = c.purchase
        JOIN {evaluation.triples("item")} AS i ON i.s = l.o
        WHERE $as_of < c.until
        UNION
        SELECT c.party, c.start, i.o FROM contract AS c
        JOIN {evaluation.triples("item")} AS i ON i.s = c.contract
    )
    SELECT DISTINCT r.referral FROM stated_referral AS r
    JOIN {evaluation.triples("recommendsItem")} AS w ON w.s = r.referral
    JOIN first_acquisition AS p ON p.party = r.receiver
    JOIN acquired AS a ON a.party = r.receiver AND a.day = p.first AND a.item = w.o
    """


_ACTING = """
SELECT DISTINCT r.referral FROM stated_referral AS r
JOIN membership AS m ON m.member = r.giver AND m.start <= r.day AND r.day < m.finish
WHERE m.organization = r.receiver
    OR (m.organization, r.receiver) IN (SELECT part, whole FROM within)
"""
"""Referrals to an organisation by one of its members (section 6.3)."""

_OUTCOME = """
WITH judged AS (
    SELECT r.*, b.first AS receiver_first,
        CASE
            WHEN r.giver = r.receiver THEN 'self-referral'
            WHEN r.referral IN (SELECT referral FROM acting)
                THEN 'self-referral: the referrer acts for the referred organisation'
            WHEN r.giver IS NULL THEN 'no referrer'
            WHEN g.party IS NULL AND r.giver <> (SELECT id FROM self) THEN 'unknown referrer'
            WHEN b.party IS NULL THEN 'unknown referred party'
            WHEN r.day IS NULL THEN 'no date'
            WHEN r.day > b.first THEN 'after the first acquisition'
            WHEN $referrerMustBeClient AND NOT coalesce(g.first <= r.day, FALSE)
                THEN 'the referrer was not a client'
        END AS flaw
    FROM stated_referral AS r
    LEFT JOIN known_party AS g ON g.party = r.giver
    LEFT JOIN known_party AS b ON b.party = r.receiver
)
SELECT referral, key, giver, receiver, day, flaw, flaw IS NULL AS valid,
    receiver_first - day AS age,
    CASE
        WHEN flaw IS NOT NULL THEN 'invalid'
        WHEN coalesce(receiver_first - day <= $W_attr, FALSE)
            AND {matching} THEN 'converted'
        WHEN declined THEN 'declined'
        WHEN $as_of - day > $W_attr THEN 'expired'
        ELSE 'pending'
    END AS outcome
FROM judged
"""
"""Columns: referral, key, giver, receiver, day, flaw (why invalid), valid, age (days from the
referral to the first acquisition), outcome."""
