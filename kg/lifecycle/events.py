"""Contracts, refusals, bad experiences and what else the decision list weighs (section 3)."""

from __future__ import annotations

from kg.lifecycle.context import Note
from kg.lifecycle.engagement import build_engagement
from kg.lifecycle.evaluation import NEVER, Evaluation
from kg.lifecycle.records import event


def build_events(evaluation: Evaluation) -> None:
    """Make one table per kind of evidence of section 3, and `imprecise` for section 6.2."""
    _contract(evaluation)
    _refusal(evaluation)
    _end_terminated_contracts(evaluation)
    build_scores(evaluation)
    _incident(evaluation)
    _bad(evaluation)
    build_engagement(evaluation)
    _designation(evaluation)
    _undated(evaluation)
    _imprecise(evaluation)


def _contract(evaluation: Evaluation) -> None:
    """Keep contracts, without those withdrawn (end ≤ start as written)."""
    evaluation.table(
        "written_contract",
        f"""
        SELECT e.s AS contract, e.party, e.first_day, e.day AS start, f.day AS written_end
        FROM {event(evaluation, ("Contract",), "client", "startDate")} AS e
        LEFT JOIN {evaluation.dates("endDate")} AS f ON f.s = e.s
        WHERE e.party <> (SELECT id FROM self)
        """,
    )
    evaluation.table(
        "contract",
        f"""
        SELECT contract, party, start, written_end, coalesce(written_end, {NEVER}) AS finish
        FROM written_contract WHERE coalesce(written_end > start, TRUE)
        """,
    )


def _refusal(evaluation: Evaluation) -> None:
    """Keep refusals with x_eff: the later of the date and the end of a contract covering it."""
    evaluation.table(
        "refusal",
        f"""
        SELECT e.s AS refusal, e.party, e.first_day, e.day,
            coalesce(max(c.written_end), e.day) AS effective
        FROM {event(evaluation, ("Refusal",), "party", "date")} AS e
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
        FROM {event(evaluation, ("SatisfactionMeasurement",), "party", "date")} AS e
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
        FROM {event(evaluation, ("BadExperience",), "party", "date")} AS e
        JOIN {evaluation.triples("severity")} AS v ON v.s = e.s
            AND v.o IN ($severe_minor, $severe_major, $severe_critical)
        LEFT JOIN {evaluation.dates("resolvedOn")} AS resolved ON resolved.s = e.s
        """,
    )


def _bad(evaluation: Evaluation) -> None:
    """Keep bad experiences; the next score above S_bad resolves a low one."""
    evaluation.table(
        "bad",
        f"""
        SELECT incident AS experience, party, day, resolved FROM incident WHERE day IS NOT NULL
        UNION ALL
        SELECT low.measurement, low.party, low.day, coalesce(min(high.day), {NEVER})
        FROM score AS low
        LEFT JOIN score AS high ON high.party = low.party AND high.day > low.day
            AND high.score > $S_bad
        WHERE low.score <= $S_bad AND low.day IS NOT NULL
        GROUP BY low.measurement, low.party, low.day
        """,
    )


def _designation(evaluation: Evaluation) -> None:
    """Keep key-account designations with their interval."""
    evaluation.table(
        "designation",
        f"""
        SELECT e.party, coalesce(e.day, DATE '-infinity') AS start,
            coalesce(f.day, {NEVER}) AS finish
        FROM {event(evaluation, ("RoleAssignment",), "party", "startDate")} AS e
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


def evidence_notes(evaluation: Evaluation) -> tuple[Note, ...]:
    """Return of how many parties some evidence has no date, or only a month or a year."""
    return evaluation.notes_of(
        "SELECT count(DISTINCT party) FROM imprecise SEMI JOIN party USING (party)",
        "Parties with evidence of which the day is not known: {count}.",
        "Parties dont un indice est d'un jour inconnu : {count}.",
    )


def _imprecise(evaluation: Evaluation) -> None:
    """Keep events whose day is not known: left out at each T before their latest day."""
    evaluation.table(
        "imprecise",
        """
        SELECT DISTINCT party, first_day, day FROM (
            SELECT party, first_day, day FROM purchase
            UNION ALL SELECT party, first_day, day FROM refund
            UNION ALL SELECT party, first_day, start FROM written_contract
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
