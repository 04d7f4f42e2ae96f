"""Use and engagement: what a party does short of acquiring (rules-and-metrics, section 3)."""

from __future__ import annotations

from dataclasses import replace

from kg.lifecycle.evaluation import Evaluation
from kg.lifecycle.records import event
from kg.lifecycle.rows import Things, rows_of


def build_engagement(evaluation: Evaluation) -> None:
    """Make the tables of use, interactions, recommendations, qualifications and `signal`."""
    _usage(evaluation)
    _interaction(evaluation)
    _recommendation(evaluation)
    _qualification(evaluation)
    _need(evaluation)
    _signal(evaluation)


def _usage(evaluation: Evaluation) -> None:
    """Keep uses, by date or by the start of their period, and free samples received."""
    evaluation.table(
        "usage",
        f"""
        SELECT u.s AS use, u.party, coalesce(u.first_day, started.first_day) AS first_day,
            coalesce(u.day, started.day) AS day
        FROM {event(evaluation, ("Use",), "user", "date")} AS u
        LEFT JOIN {evaluation.dates("startDate")} AS started ON started.s = u.s
        WHERE u.party <> (SELECT id FROM self)
        UNION ALL
        SELECT p.purchase, p.party, p.first_day, p.day
        FROM purchase AS p SEMI JOIN free ON free.purchase = p.purchase
        """,
    )


def _interaction(evaluation: Evaluation) -> None:
    """Keep interactions; a recorded first contact is one of direction `both` on that day."""
    classes = ("Interaction", "Feedback", "Communication")
    evaluation.table(
        "interaction",
        f"""
        SELECT e.s AS event, e.party, e.first_day, e.day,
            coalesce(w.o = $word_in, FALSE) AS inbound,
            coalesce(w.o IN ($word_in, $word_both), FALSE) AS two_way
        FROM {event(evaluation, classes, "party", "date")} AS e
        LEFT JOIN {evaluation.triples("direction")} AS w ON w.s = e.s
        UNION ALL
        SELECT d.s, coalesce(m.canonical, d.s), d.first_day, d.day, FALSE, TRUE
        FROM {evaluation.dates("firstContactDate")} AS d
        LEFT JOIN merged AS m ON m.id = d.s
        WHERE d.s NOT IN (SELECT s FROM unknown) AND {evaluation.in_focus("d.s")}
        """,
    )


def _recommendation(evaluation: Evaluation) -> None:
    """Keep recommendations given and received, without self-referrals (section 6.3)."""
    ends = ("recommender", "referred", "addressee")
    given = Things(("Recommendation", "Referral"), None, ends, ("date",))
    if evaluation.focused:
        # Few recommendations are near a party in focus: they are found before anything is joined.
        met = " UNION ".join(
            f"SELECT s FROM {evaluation.triples(end)} WHERE {evaluation.in_focus('o')}"
            for end in ends
        )
        evaluation.table("met_recommendation", met)
        given = replace(given, within="met_recommendation")
    evaluation.table("given_recommendation", f"SELECT * FROM {rows_of(evaluation, given)}")
    evaluation.table("stated_recommendation", _STATED)
    # Who recommends to an organisation as its member: joined from the few memberships.
    evaluation.table("acting_recommendation", _ACTING)
    evaluation.table(
        "recommendation",
        """
        SELECT r.* FROM stated_recommendation AS r
        ANTI JOIN acting_recommendation AS a
            ON a.recommendation = r.recommendation AND a.giver = r.giver
                AND a.receiver = r.receiver
        WHERE NOT coalesce(r.giver = r.receiver, FALSE)
        """,
    )


_STATED = """
WITH received AS (
    SELECT s, recommender, referred AS receiver, date_first, date_day FROM given_recommendation
    WHERE referred IS NOT NULL OR addressee IS NULL
    UNION ALL
    SELECT s, recommender, addressee, date_first, date_day FROM given_recommendation
    WHERE addressee IS NOT NULL AND coalesce(addressee <> referred, TRUE)
)
SELECT e.s AS recommendation, coalesce(a.canonical, e.recommender) AS giver,
    coalesce(b.canonical, e.receiver) AS receiver, e.date_first AS first_day, e.date_day AS day
FROM received AS e
LEFT JOIN merged AS a ON a.id = e.recommender
LEFT JOIN merged AS b ON b.id = e.receiver
WHERE e.s NOT IN (SELECT s FROM unknown)
"""
_ACTING = """
SELECT DISTINCT r.recommendation, r.giver, r.receiver FROM stated_recommendation AS r
JOIN membership AS m ON m.member = r.giver AND m.start <= r.day AND r.day < m.finish
WHERE m.organization = r.receiver
    OR (m.organization, r.receiver) IN (SELECT part, whole FROM within)
"""


def _qualification(evaluation: Evaluation) -> None:
    """Keep qualifications with their number of positive criteria; no level means sales."""
    criteria = " + ".join(
        f"(e.s IN (SELECT s FROM {evaluation.triples(fit)} WHERE o = $word_yes))::INTEGER"
        for fit in ("budgetFit", "needFit", "timingFit")
    )
    evaluation.table(
        "qualification",
        f"""
        SELECT e.s AS qualification, e.party, e.first_day, e.day,
            coalesce(l.o = $word_sales, TRUE) AS sales, {criteria} AS positive
        FROM {event(evaluation, ("Qualification",), "party", "date")} AS e
        LEFT JOIN {evaluation.triples("level")} AS l ON l.s = e.s
        """,
    )


def _need(evaluation: Evaluation) -> None:
    """Keep the needs and requests that a party expressed."""
    evaluation.table(
        "need",
        f"""
        SELECT s AS event, party, first_day, day
        FROM {event(evaluation, ("Need",), "party", "date")}
        UNION ALL
        SELECT s, party, first_day, day
        FROM {event(evaluation, ("ClientRequest",), "requester", "date")}
        """,
    )


def _signal(evaluation: Evaluation) -> None:
    """Keep engagement signals: dated `day`, seen from `shown` on.

    A voided purchase is a signal of its own date, but only once it is void.
    """
    staff = (
        "UNION ALL SELECT p.purchase, p.party, p.day, p.day, FALSE, TRUE FROM purchase AS p"
        " SEMI JOIN staff ON staff.purchase = p.purchase"
        " ANTI JOIN free ON free.purchase = p.purchase"
    )
    counted = evaluation.context.parameters.count_staff_purchases
    evaluation.table(
        "signal",
        f"""
        SELECT * FROM (
            SELECT event, party, day, day AS shown, two_way, inbound AS started FROM interaction
            UNION ALL SELECT event, party, day, day, FALSE, FALSE FROM need
            UNION ALL SELECT recommendation, giver, day, day, FALSE, FALSE FROM recommendation
            UNION ALL SELECT recommendation, receiver, day, day, FALSE, FALSE FROM recommendation
            UNION ALL SELECT qualification, party, day, day, FALSE, FALSE FROM qualification
            UNION ALL
            SELECT p.purchase, p.party, p.day, greatest(p.day, v.day), FALSE, TRUE
            FROM purchase AS p JOIN voided AS v ON v.purchase = p.purchase
            {"" if counted else staff}
        ) WHERE party IS NOT NULL AND day IS NOT NULL
        """,
    )
