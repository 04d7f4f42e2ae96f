"""Segments, targets, personas and look-alikes at a date (competency questions E1 to E9)."""

from __future__ import annotations

from kg.analysis.names import NOBODY, names_of
from kg.analysis.parties import one_party
from kg.errors import UsageError
from kg.lifecycle import Context, Table
from kg.lifecycle.classify import classified
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.segments import build_criteria, build_members, build_targetings
from kg.store import Cursor

SEGMENT_COLUMNS = (
    "segment", "segment_key", "label_en", "label_fr", "criteria", "members", "as_of", "error",
)  # fmt: skip
MEMBER_COLUMNS = ("segment_key", "party", "party_key", "as_of")
CRITERION_COLUMNS = (
    "segment_key", "criterion", "family", "property", "operator", "value", "met", "failed",
    "unknown", "excludes_alone",
)  # fmt: skip
OVERLAP_COLUMNS = ("segment_key", "other_key", "members", "other_members", "both", "jaccard")
TARGET_COLUMNS = (
    "targeting", "segment_key", "party", "party_key", "core", "excluded", "as_of",
)  # fmt: skip
PERSONA_COLUMNS = (
    "persona_key", "party", "party_key", "score", "coverage", "matched", "known", "criteria",
)  # fmt: skip
ALIKE_COLUMNS = ("party", "party_key", "score", "shared", "attributes")
_LEAST_SEEDS = 2


def list_segments(cursor: Cursor, context: Context) -> Table:
    """Return each segment with its labels, its criteria and its members at T; some are empty.

    `error` says why the query of a segment cannot be evaluated: it then has no members.
    """
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        rows = evaluation.run(
            f"""
            SELECT s.s, en.name, fr.name,
                (SELECT count(*) FROM criterion AS c WHERE c.owner = s.s),
                (SELECT count(*) FROM member AS m WHERE m.segment = s.s)
            FROM {evaluation.instances("Segment")} AS s
            LEFT JOIN {_label(evaluation, "en")} AS en ON en.s = s.s
            LEFT JOIN {_label(evaluation, "fr")} AS fr ON fr.s = s.s
            """
        ).fetchall()
        names = names_of(evaluation, (row[0] for row in rows))
    broken = evaluation.broken_segments
    found = [
        (*names[row[0]], *row[1:], context.as_of, broken[row[0]].en if row[0] in broken else None)
        for row in rows
    ]
    return Table(SEGMENT_COLUMNS, sorted(found, key=lambda row: row[1] or row[0]))


def members(cursor: Cursor, context: Context, *, segment: str) -> Table:
    """Return the parties of a segment at T.

    Raises:
        UsageError: the segment is unknown, or its query cannot be evaluated.
    """
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        chosen = _sound(evaluation, segment)
        rows = evaluation.run("SELECT party FROM member WHERE segment = $s", s=chosen).fetchall()
        names = names_of(evaluation, {chosen, *(row[0] for row in rows)})
    found = [(names[chosen].order, *names[party], context.as_of) for (party,) in rows]
    return Table(MEMBER_COLUMNS, sorted(found, key=lambda row: row[2] or row[1]))


def criteria(cursor: Cursor, context: Context, *, segment: str) -> Table:
    """Return each criterion of a segment with how many parties meet it, fail it, or are unknown.

    `excludes_alone` counts the parties that meet all other criteria: those that this one alone
    keeps out. The conditions of a member shape are criteria too, of the operator `conforms`: each
    property shape one, and what else the shape asks for one together.

    Raises:
        UsageError: the segment is unknown, or its query or shape cannot be evaluated.
    """
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        chosen = _sound(evaluation, segment)
        rows = evaluation.run(
            _CRITERIA.format(values=evaluation.triples("criterionValue")), s=chosen
        ).fetchall()
        ids = {chosen, *(one for row in rows for one in row[:3] if one is not None)}
        names = names_of(evaluation, ids)
    found = [
        (names[chosen].order, names[row[0]].iri, names.get(row[1], NOBODY).iri or None,
         names.get(row[2], NOBODY).iri or None, *row[3:])
        for row in rows
    ]  # fmt: skip
    return Table(CRITERION_COLUMNS, sorted(found, key=lambda row: (row[3] or "", row[1])))


_CRITERIA = """
WITH mine AS (SELECT * FROM criterion WHERE owner = $s),
here AS (SELECT * FROM met WHERE owner = $s),
held AS (SELECT party, count(*) FILTER (holds) AS n FROM here GROUP BY party),
total AS (SELECT count(*) AS parties, (SELECT count(*) FROM mine) AS criteria
    FROM party),
told AS (SELECT v.s, string_agg(t.lex, ', ' ORDER BY t.lex) AS value
    FROM {values} AS v JOIN term AS t ON t.id = v.o GROUP BY v.s),
near AS (
    SELECT p.party FROM party AS p LEFT JOIN held AS h ON h.party = p.party
    WHERE coalesce(h.n, 0) = (SELECT criteria - 1 FROM total)
)
SELECT c.criterion, c.family, c.property, c.operator, told.value,
    count(h.party) FILTER (h.holds) AS met, count(h.party) FILTER (NOT h.holds) AS failed,
    (SELECT parties FROM total) - count(h.party) AS unknown,
    (SELECT count(*) FROM near) - (SELECT count(*) FROM near
        JOIN here AS x ON x.party = near.party AND x.criterion = c.criterion AND x.holds)
FROM mine AS c
LEFT JOIN here AS h ON h.criterion = c.criterion
LEFT JOIN told ON told.s = c.criterion
GROUP BY c.criterion, c.family, c.property, c.operator, told.value
"""


def overlap(cursor: Cursor, context: Context) -> Table:
    """Return how many parties each two segments share at T, over those of either (Jaccard)."""
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        rows = evaluation.run(
            """
            WITH sized AS (SELECT segment, count(*) AS n FROM member GROUP BY segment)
            SELECT a.segment, b.segment, s.n, t.n, count(*), count(*) / (s.n + t.n - count(*))
            FROM member AS a
            JOIN member AS b ON b.party = a.party AND b.segment <> a.segment
            JOIN sized AS s ON s.segment = a.segment
            JOIN sized AS t ON t.segment = b.segment
            GROUP BY a.segment, b.segment, s.n, t.n
            """
        ).fetchall()
        names = names_of(evaluation, {one for row in rows for one in row[:2]})
    found = [(names[row[0]].order, names[row[1]].order, *row[2:]) for row in rows]
    pairs = sorted(row for row in found if row[0] < row[1])
    return Table(OVERLAP_COLUMNS, pairs, tuple(evaluation.broken_segments.values()))


def targets(cursor: Cursor, context: Context) -> Table:
    """Return the parties that f targets at T; `excluded` says why one may not be addressed.

    A party whose latest consent record by T is a withdrawal or an objection is excluded.
    """
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        build_targetings(evaluation)
        rows = evaluation.run(
            f"""
            WITH record AS (
                SELECT coalesce(m.canonical, p.o) AS party,
                    max_by(lower(regexp_extract(t.lex, '[^/]+$')), (d.day, e.s)) AS status
                FROM {evaluation.instances("ConsentRecord")} AS e
                JOIN {evaluation.triples("party")} AS p ON p.s = e.s
                JOIN {evaluation.triples("consentStatus")} AS c ON c.s = e.s
                JOIN term AS t ON t.id = c.o
                JOIN {evaluation.dates("date")} AS d ON d.s = e.s AND d.day <= $as_of
                LEFT JOIN merged AS m ON m.id = p.o
                WHERE e.s NOT IN (SELECT s FROM unknown)
                GROUP BY 1
            )
            SELECT g.targeting, g.segment, m.party, g.core,
                CASE WHEN r.status IN ('withdrawn', 'objected') THEN r.status END
            FROM targeting AS g
            JOIN member AS m ON m.segment = g.segment
            LEFT JOIN record AS r ON r.party = m.party
            WHERE g.start <= $as_of AND $as_of < g.finish
            """
        ).fetchall()
        names = names_of(evaluation, {one for row in rows for one in row[:3]})
    found = [
        (names[g].iri, names[s].order, *names[party], core, why, context.as_of)
        for g, s, party, core, why in rows
    ]
    ordered = sorted(found, key=lambda row: (row[0], row[3] or row[2]))
    return Table(TARGET_COLUMNS, ordered, tuple(evaluation.broken_segments.values()))


def personas(cursor: Cursor, context: Context, *, persona: str | None = None) -> Table:
    """Return how far each party matches each persona (section 9).

    `score` is matched over known criteria, `coverage` known over all; a party without any known
    criterion is left out.

    Raises:
        UsageError: the persona is unknown.
    """
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        only = _named(evaluation, "BuyerPersona", persona) if persona else None
        rows = evaluation.run(
            f"""
            SELECT m.owner, m.party, count(*) FILTER (holds) AS matched, count(*) AS known,
                (SELECT count(*) FROM criterion AS c WHERE c.owner = m.owner) AS criteria
            FROM met AS m
            SEMI JOIN {evaluation.instances("BuyerPersona")} AS b ON b.s = m.owner
            WHERE coalesce(m.owner = $only, TRUE)
            GROUP BY m.owner, m.party
            """,
            only=only,
        ).fetchall()
        names = names_of(evaluation, {one for row in rows for one in row[:2]})
    found = [
        (names[owner].order, *names[party], matched / known, known / all_, matched, known, all_)
        for owner, party, matched, known, all_ in rows
    ]
    return Table(
        PERSONA_COLUMNS, sorted(found, key=lambda row: (row[0], -row[3], -row[4], row[2] or row[1]))
    )


def look_alikes(
    cursor: Cursor, context: Context, *, parties: str = "", segment: str | None = None
) -> Table:
    """Return the other parties by what they share with some: keys separated by commas, a segment.

    An attribute is a property with a value that at least two of them have (one, when one is
    given); it weighs as the share of them that have it. `score` is the weight of those shared
    over the weight of all. Keys, names and links to other parties are no attributes.

    Raises:
        UsageError: a party or the segment is unknown, or neither names anybody.
    """
    keys = [one.strip() for one in parties.split(",") if one.strip()]
    with snapshot(cursor):
        evaluation = with_members(cursor, context)
        seeds = {one_party(evaluation, key) for key in keys}
        if segment:
            chosen = _sound(evaluation, segment)
            inside = evaluation.run("SELECT party FROM member WHERE segment = $s", s=chosen)
            seeds |= {party for (party,) in inside.fetchall()}
        if not seeds:
            raise UsageError("Name at least one party by its key, or a segment that has members.")
        evaluation.table("seed", "SELECT unnest($ids::BIGINT[]) AS party", ids=sorted(seeds))
        rows = evaluation.run(
            _ALIKE, seeds=len(seeds), least=min(_LEAST_SEEDS, len(seeds))
        ).fetchall()
        names = names_of(evaluation, (row[0] for row in rows))
    found = [(*names[row[0]], *row[1:]) for row in rows]
    return Table(ALIKE_COLUMNS, sorted(found, key=lambda row: (-row[2], row[1] or row[0])))


_ALIKE = """
WITH attribute AS (
    SELECT DISTINCT coalesce(m.canonical, q.s) AS party, q.p, q.o
    FROM live AS q LEFT JOIN merged AS m ON m.id = q.s
    WHERE q.p NOT IN ($sourceKey, $label, $mergedInto)
        AND q.o NOT IN (SELECT party FROM party)
        AND coalesce(m.canonical, q.s) IN (SELECT party FROM party)
), shared AS (
    SELECT p, o, count(*) / $seeds AS weight FROM attribute
    WHERE party IN (SELECT party FROM seed) GROUP BY p, o HAVING count(*) >= $least
)
SELECT a.party, sum(s.weight) / (SELECT sum(weight) FROM shared), count(*),
    (SELECT count(*) FROM shared)
FROM attribute AS a JOIN shared AS s ON s.p = a.p AND s.o = a.o
WHERE a.party NOT IN (SELECT party FROM seed)
GROUP BY a.party
"""


def with_members(cursor: Cursor, context: Context) -> Evaluation:
    """Return an evaluation with `criterion`, `met` and `member`, stages at T included.

    Parties closed by T are in no segment.
    """
    evaluation = classified(cursor, context)
    terms = {"stage": "stage", "depth": "depth", "former_kind": "formerKind",
             "pipeline": "pipeline", "position": "position", "tier": "tier"}  # fmt: skip
    evaluation.table(
        "computed",
        " UNION ALL ".join(
            f"SELECT party, ${name} AS property, {column} AS value FROM classification"
            f" WHERE {column} IS NOT NULL"
            for column, name in terms.items()
        ),
    )
    evaluation.run("DELETE FROM party WHERE closed <= $as_of")
    build_criteria(evaluation, derived="computed")
    build_members(evaluation)
    return evaluation


def _sound(evaluation: Evaluation, segment: str) -> int:
    """Return the id of the segment with a key or an IRI, which could be evaluated."""
    chosen = _named(evaluation, "Segment", segment)
    if chosen in evaluation.broken_segments:
        raise UsageError(evaluation.broken_segments[chosen].en)
    return chosen


def _named(evaluation: Evaluation, kind: str, given: str) -> int:
    """Return the id of the segment or persona with a source key or an IRI."""
    rows = evaluation.run(
        f"""
        SELECT DISTINCT e.s FROM {evaluation.instances(kind)} AS e
        JOIN term AS t ON t.id = e.s
        LEFT JOIN {evaluation.triples("sourceKey")} AS k ON k.s = e.s
        LEFT JOIN term AS w ON w.id = k.o
        WHERE t.lex = $given OR w.lex = $given
        """,
        given=given,
    ).fetchall()
    if len(rows) != 1:
        raise UsageError(f"No single {kind} has the key or IRI {given!r}; `segments list` tells.")
    return int(rows[0][0])


def _label(evaluation: Evaluation, language: str) -> str:
    """Return the relation (s, name) of labels in a language."""
    return (
        f"(SELECT q.s, min(t.lex) AS name FROM {evaluation.triples('label')} AS q"
        f" JOIN term AS t ON t.id = q.o WHERE t.lang = '{language}' GROUP BY q.s)"
    )
