"""The other events of a relationship: contracts, refusals, bad experiences, use, engagement."""

from __future__ import annotations

from kg.lifecycle.evaluation import NEVER, Evaluation


def build_events(evaluation: Evaluation) -> None:
    """Make one table per kind of evidence of section 3, and `imprecise` for section 6.2."""
    _contract(evaluation)
    _refusal(evaluation)
    _end_terminated_contracts(evaluation)
    build_scores(evaluation)
    _incident(evaluation)
    _bad(evaluation)
    _usage(evaluation)
    _interaction(evaluation)
    _recommendation(evaluation)
    _qualification(evaluation)
    _need(evaluation)
    _signal(evaluation)
    _designation(evaluation)
    _undated(evaluation)
    _imprecise(evaluation)


def _event(evaluation: Evaluation, classes: tuple[str, ...], role: str, date: str) -> str:
    """Return a relation (s, party, first_day, day) of the known events of some classes."""
    return f"""(
        SELECT e.s, coalesce(m.canonical, r.o) AS party, d.first_day, d.day
        FROM {evaluation.instances(*classes)} AS e
        JOIN {evaluation.triples(role)} AS r ON r.s = e.s
        LEFT JOIN {evaluation.dates(date)} AS d ON d.s = e.s
        LEFT JOIN merged AS m ON m.id = r.o
        WHERE e.s NOT IN (SELECT s FROM unknown) AND {evaluation.in_focus("r.o")}
    )"""


def _contract(evaluation: Evaluation) -> None:
    """Keep contracts, without those withdrawn (end ≤ start as written)."""
    evaluation.table(
        "contract",
        f"""
        SELECT e.s AS contract, e.party, e.first_day, e.day AS start,
            f.day AS written_end, coalesce(f.day, {NEVER}) AS finish
        FROM {_event(evaluation, ("Contract",), "client", "startDate")} AS e
        LEFT JOIN {evaluation.dates("endDate")} AS f ON f.s = e.s
        WHERE coalesce(f.day > e.day, TRUE) AND e.party <> (SELECT id FROM self)
        """,
    )


def _refusal(evaluation: Evaluation) -> None:
    """Keep refusals with x_eff: the later of the date and the end of a contract covering it."""
    evaluation.table(
        "refusal",
        f"""
        SELECT e.s AS refusal, e.party, e.first_day, e.day,
            coalesce(max(c.written_end), e.day) AS effective
        FROM {_event(evaluation, ("Refusal",), "party", "date")} AS e
        LEFT JOIN contract AS c ON c.party = e.party
            AND c.start <= e.day AND e.day < c.written_end
        GROUP BY e.s, e.party, e.first_day, e.day
        """,
    )


def _end_terminated_contracts(evaluation: Evaluation) -> None:
    """End a contract without end at the first refusal dated under it."""
    evaluation.run(
        """
        UPDATE contract SET finish = (
            SELECT min(r.day) FROM refusal AS r
            WHERE r.party = contract.party AND r.day >= contract.start
        )
        WHERE written_end IS NULL AND EXISTS (
            SELECT 1 FROM refusal AS r
            WHERE r.party = contract.party AND r.day >= contract.start
        )
        """
    )


def build_scores(evaluation: Evaluation) -> None:
    """Make the table `score`: satisfaction scores (0..1)."""
    evaluation.table(
        "score",
        f"""
        SELECT e.s AS measurement, e.party, e.first_day, e.day, v.dbl AS score
        FROM {_event(evaluation, ("SatisfactionMeasurement",), "party", "date")} AS e
        JOIN {evaluation.triples("score")} AS v ON v.s = e.s
        """,
    )


def _incident(evaluation: Evaluation) -> None:
    """Keep incidents that are severe enough, with the day of their resolution."""
    evaluation.table(
        "incident",
        f"""
        SELECT e.s AS incident, e.party, e.first_day, e.day,
            coalesce(resolved.day, {NEVER}) AS resolved
        FROM {_event(evaluation, ("BadExperience",), "party", "date")} AS e
        JOIN {evaluation.triples("severity")} AS v ON v.s = e.s
            AND list_contains($severe::BIGINT[], v.o)
        LEFT JOIN {evaluation.dates("resolvedOn")} AS resolved ON resolved.s = e.s
        """,
    )


def _bad(evaluation: Evaluation) -> None:
    """Keep bad experiences; the next score above S_bad resolves a low one."""
    evaluation.table(
        "bad",
        f"""
        SELECT party, day, resolved FROM incident WHERE day IS NOT NULL
        UNION ALL
        SELECT low.party, low.day, coalesce(min(high.day), {NEVER})
        FROM score AS low
        LEFT JOIN score AS high ON high.party = low.party AND high.day > low.day
            AND high.score > $S_bad
        WHERE low.score <= $S_bad AND low.day IS NOT NULL
        GROUP BY low.measurement, low.party, low.day
        """,
    )


def _usage(evaluation: Evaluation) -> None:
    """Keep uses, by date or by the start of their period, and free samples received."""
    evaluation.table(
        "usage",
        f"""
        SELECT u.s AS use, u.party, coalesce(u.first_day, started.first_day) AS first_day,
            coalesce(u.day, started.day) AS day
        FROM {_event(evaluation, ("Use",), "user", "date")} AS u
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
        SELECT e.party, e.first_day, e.day, coalesce(w.o = $word_in, FALSE) AS inbound,
            coalesce(w.o IN ($word_in, $word_both), FALSE) AS two_way
        FROM {_event(evaluation, classes, "party", "date")} AS e
        LEFT JOIN {evaluation.triples("direction")} AS w ON w.s = e.s
        UNION ALL
        SELECT coalesce(m.canonical, d.s), d.first_day, d.day, FALSE, TRUE
        FROM {evaluation.dates("firstContactDate")} AS d
        LEFT JOIN merged AS m ON m.id = d.s
        WHERE d.s NOT IN (SELECT s FROM unknown) AND {evaluation.in_focus("d.s")}
        """,
    )


def _recommendation(evaluation: Evaluation) -> None:
    """Keep recommendations given and received, without self-referrals (section 6.3)."""
    acting = """EXISTS (
        SELECT 1 FROM membership AS m
        WHERE m.member = giver AND m.start <= d.day AND d.day < m.finish
            AND (m.organization = receiver
                OR (m.organization, receiver) IN (SELECT part, whole FROM within))
    )"""
    evaluation.table(
        "recommendation",
        f"""
        WITH receiver AS (
            SELECT s, o FROM {evaluation.triples("referred")}
            UNION
            SELECT s, o FROM {evaluation.triples("addressee")}
        )
        SELECT e.s AS recommendation, coalesce(a.canonical, g.o) AS giver,
            coalesce(b.canonical, r.o) AS receiver, d.first_day, d.day
        FROM {evaluation.instances("Recommendation", "Referral")} AS e
        LEFT JOIN {evaluation.triples("recommender")} AS g ON g.s = e.s
        LEFT JOIN receiver AS r ON r.s = e.s
        LEFT JOIN {evaluation.dates("date")} AS d ON d.s = e.s
        LEFT JOIN merged AS a ON a.id = g.o
        LEFT JOIN merged AS b ON b.id = r.o
        WHERE e.s NOT IN (SELECT s FROM unknown)
            AND ({evaluation.in_focus("g.o")} OR {evaluation.in_focus("r.o")})
            AND NOT coalesce(giver = receiver, FALSE) AND NOT {acting}
        """,
    )


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
        FROM {_event(evaluation, ("Qualification",), "party", "date")} AS e
        LEFT JOIN {evaluation.triples("level")} AS l ON l.s = e.s
        """,
    )


def _need(evaluation: Evaluation) -> None:
    """Keep the needs and requests that a party expressed."""
    evaluation.table(
        "need",
        f"""
        SELECT party, first_day, day FROM {_event(evaluation, ("Need",), "party", "date")}
        UNION ALL
        SELECT party, first_day, day
        FROM {_event(evaluation, ("ClientRequest",), "requester", "date")}
        """,
    )


def _signal(evaluation: Evaluation) -> None:
    """Keep engagement signals: dated `day`, seen from `shown` on.

    A voided purchase is a signal of its own date, but only once it is void.
    """
    staff = (
        "UNION ALL SELECT p.party, p.day, p.day, FALSE, TRUE FROM purchase AS p"
        " SEMI JOIN staff ON staff.purchase = p.purchase"
        " ANTI JOIN free ON free.purchase = p.purchase"
    )
    counted = evaluation.context.parameters.count_staff_purchases
    evaluation.table(
        "signal",
        f"""
        SELECT * FROM (
            SELECT party, day, day AS shown, two_way, inbound AS started FROM interaction
            UNION ALL SELECT party, day, day, FALSE, FALSE FROM need
            UNION ALL SELECT giver, day, day, FALSE, FALSE FROM recommendation
            UNION ALL SELECT receiver, day, day, FALSE, FALSE FROM recommendation
            UNION ALL SELECT party, day, day, FALSE, FALSE FROM qualification
            UNION ALL
            SELECT p.party, p.day, greatest(p.day, v.day), FALSE, TRUE
            FROM purchase AS p JOIN voided AS v ON v.purchase = p.purchase
            {"" if counted else staff}
        ) WHERE party IS NOT NULL AND day IS NOT NULL
        """,
    )


def _designation(evaluation: Evaluation) -> None:
    """Keep key-account designations with their interval."""
    evaluation.table(
        "designation",
        f"""
        SELECT e.party, coalesce(e.day, DATE '-infinity') AS start,
            coalesce(f.day, {NEVER}) AS finish
        FROM {_event(evaluation, ("RoleAssignment",), "party", "startDate")} AS e
        JOIN {evaluation.triples("roleType")} AS k ON k.s = e.s AND k.o = $keyAccount
        LEFT JOIN {evaluation.dates("endDate")} AS f ON f.s = e.s
        """,
    )
    evaluation.table(
        "potential",
        f"""
        SELECT coalesce(m.canonical, a.s) AS party, max(a.amount) AS amount
        FROM {evaluation.amounts("annualPotential")} AS a
        LEFT JOIN merged AS m ON m.id = a.s
        WHERE {evaluation.in_focus("a.s")}
        GROUP BY 1
        """,
    )


def _undated(evaluation: Evaluation) -> None:
    """Keep acquisitions without date: the purchases and contracts of `assumeEarliest`."""
    evaluation.table(
        "undated",
        f"""
        SELECT party, until FROM counting WHERE day IS NULL
        UNION ALL
        SELECT party, {NEVER} FROM contract WHERE start IS NULL
        """,
    )


def _imprecise(evaluation: Evaluation) -> None:
    """Keep events whose day is not known: left out at each T before their latest day."""
    evaluation.table(
        "imprecise",
        """
        SELECT DISTINCT party, first_day, day FROM (
            SELECT party, first_day, day FROM purchase
            UNION ALL SELECT party, first_day, day FROM refund
            UNION ALL SELECT party, first_day, start FROM contract
            UNION ALL SELECT party, first_day, day FROM refusal
            UNION ALL SELECT party, first_day, day FROM score
            UNION ALL SELECT party, first_day, day FROM incident
            UNION ALL SELECT party, first_day, day FROM usage
            UNION ALL SELECT party, first_day, day FROM interaction
            UNION ALL SELECT giver, first_day, day FROM recommendation
            UNION ALL SELECT receiver, first_day, day FROM recommendation
            UNION ALL SELECT party, first_day, day FROM qualification
            UNION ALL SELECT party, first_day, day FROM need
        ) WHERE party IS NOT NULL AND (day IS NULL OR first_day < day)
        """,
    )
