"""Who is who: merged records, the focal organisation and its units, parties and memberships."""

from __future__ import annotations

from kg.lifecycle.evaluation import NEVER, Evaluation
from kg.store.signals import WANTED

PARTY_CLASSES = (
    "NaturalPerson",
    "LegalEntity",
    "OrganizationalUnit",
    "Household",
    "Organization",
    "Party",
)


def build_records(evaluation: Evaluation) -> None:
    """Make the tables of merged records, of the focal organisation and of memberships.

    They are `unknown`, `recorded_merge`, `merged`, `self`, `within`, `house` and `membership`.
    """
    _unknown(evaluation)
    _merged(evaluation)
    _within(evaluation)
    _membership(evaluation)


def _unknown(evaluation: Evaluation) -> None:
    """Keep the subjects that were recorded only after the knowledge time (section 1)."""
    recorded = evaluation.moments("recordedAt")
    late = evaluation.table(
        "unknown", f"SELECT DISTINCT s FROM {recorded} WHERE moment > $known_at"
    )
    if late:
        evaluation.run(
            f"DELETE FROM unknown WHERE s IN (SELECT s FROM {recorded} WHERE moment <= $known_at)"
        )


def _merged(evaluation: Evaluation) -> None:
    """Keep (id, canonical) of the records merged into another one (section 6.7)."""
    # A merge is known once any of the events that record it is.
    evaluation.table(
        "recorded_merge",
        f"""
        SELECT d.o AS id, bool_and(e.s IN (SELECT s FROM unknown)) AS late
        FROM {evaluation.instances("RecordMerge")} AS e
        JOIN {evaluation.triples("duplicate")} AS d ON d.s = e.s
        GROUP BY d.o
        """,
    )
    evaluation.table(
        "merged",
        f"""
        WITH RECURSIVE step AS (
            SELECT m.s AS id, m.o AS target FROM {evaluation.triples("mergedInto")} AS m
            WHERE m.s NOT IN (SELECT id FROM recorded_merge WHERE late) AND m.s <> m.o
        ), walk(id, target) AS (
            SELECT id, target FROM step
            UNION
            SELECT walk.id, step.target FROM walk JOIN step ON step.id = walk.target
            WHERE {WANTED}
        )
        SELECT id, min(target) AS canonical FROM walk
        WHERE target NOT IN (SELECT id FROM step)
        GROUP BY id
        """,
    )
    evaluation.table(
        "self",
        "SELECT coalesce((SELECT canonical FROM merged WHERE id = $focal), $focal) AS id",
    )
    if not evaluation.merging:
        # Who f is stays as it is.
        evaluation.run("DELETE FROM merged WHERE canonical <> (SELECT id FROM self)")


def _within(evaluation: Evaluation) -> None:
    """Keep (part, whole): the units of an organisation, itself included, at any depth."""
    evaluation.table(
        "within",
        f"""
        WITH RECURSIVE up AS (
            SELECT DISTINCT coalesce(a.canonical, u.s) AS part, coalesce(b.canonical, u.o) AS whole
            FROM {evaluation.triples("unitOf")} AS u
            LEFT JOIN merged AS a ON a.id = u.s
            LEFT JOIN merged AS b ON b.id = u.o
        ), closure(part, whole) AS (
            SELECT part, whole FROM up
            UNION
            SELECT closure.part, up.whole FROM closure JOIN up ON up.part = closure.whole
            WHERE {WANTED}
        )
        SELECT part, whole FROM closure WHERE part <> whole
        """,
    )
    evaluation.table(
        "house",
        "SELECT id FROM self UNION SELECT part FROM within WHERE whole = (SELECT id FROM self)",
    )


def _membership(evaluation: Evaluation) -> None:
    """Keep memberships with their interval; a missing start means since always."""
    evaluation.table(
        "membership",
        f"""
        SELECT m.s AS membership, coalesce(a.canonical, m.o) AS member,
            coalesce(b.canonical, org.o) AS organization,
            m.s IN (SELECT s FROM {evaluation.triples("role")} WHERE o = $contractor)
                AS contractor,
            coalesce(started.day, DATE '-infinity') AS start,
            coalesce(ended.day, {NEVER}) AS finish
        FROM {evaluation.triples("member")} AS m
        JOIN {evaluation.triples("organization")} AS org ON org.s = m.s
        LEFT JOIN {evaluation.dates("startDate")} AS started ON started.s = m.s
        LEFT JOIN {evaluation.dates("endDate")} AS ended ON ended.s = m.s
        LEFT JOIN merged AS a ON a.id = m.o
        LEFT JOIN merged AS b ON b.id = org.o
        WHERE m.s NOT IN (SELECT s FROM unknown)
        """,
    )


def build_parties(evaluation: Evaluation) -> None:
    """Keep (party, closed): canonical parties other than f, with the day they closed."""
    evaluation.table(
        "party",
        f"""
        SELECT coalesce(m.canonical, t.s) AS party, min(c.day) AS closed
        FROM {evaluation.instances(*PARTY_CLASSES, once=False)} AS t
        LEFT JOIN merged AS m ON m.id = t.s
        LEFT JOIN {evaluation.dates("closedOn")} AS c ON c.s = t.s
        WHERE {evaluation.in_focus("t.s")}
            AND coalesce(m.canonical, t.s) <> (SELECT id FROM self)
        GROUP BY 1
        """,
    )


def event(evaluation: Evaluation, classes: tuple[str, ...], role: str, date: str) -> str:
    """Return a relation (s, party, first_day, day) of the known events of some classes."""
    return f"""(
        SELECT e.s, coalesce(m.canonical, r.o) AS party, d.first_day, d.day
        FROM {evaluation.instances(*classes)} AS e
        JOIN {evaluation.triples(role)} AS r ON r.s = e.s
        LEFT JOIN {evaluation.dates(date)} AS d ON d.s = e.s
        LEFT JOIN merged AS m ON m.id = r.o
        WHERE e.s NOT IN (SELECT s FROM unknown) AND {evaluation.in_focus("r.o")}
    )"""
