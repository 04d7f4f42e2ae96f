"""Likely duplicates: pairs of records with a clue in common, and how strong their clues are.

Records are compared only where they share an e-mail address, a telephone number, a registration
number, or a birth date and the beginning of a part of the name: each of these is a key that few
records share. A key that more records share than a clue allows says nothing and is left out, so
that the work grows with the records and not with their pairs.

The score is that at least one clue is right: 1 - (1 - w1)(1 - w2)..., cut where clues contradict.
"""

from __future__ import annotations

from dataclasses import dataclass

from kg.merging.vocabulary import classes_sql, ids_of
from kg.store import Cursor

MOST_SHARING = 25
"""Records that may share an address or a number before it is a switchboard rather than a clue."""
MOST_BORN = 400
"""Records of one birth date and beginning of a name that are compared with each other."""
CLOSE = 0.9
"""Similarity (Jaro and Winkler) from which two names are close, and below which of `FAR` far."""
FAR = 0.7

_WEIGHTS = {"email": 0.7, "phone": 0.5, "registration": 0.9, "name": 0.45, "birth": 0.35}
_OTHER_BIRTH = 0.4
_OTHER_NAME = 0.6

_PARTIES = """
CREATE OR REPLACE TEMP TABLE dup_party AS
WITH RECURSIVE step AS (
    SELECT DISTINCT s AS id, o AS target FROM live WHERE p = {merged} AND s <> o
), walk(id, target) AS (
    SELECT id, target FROM step
    UNION SELECT walk.id, step.target FROM walk JOIN step ON step.id = walk.target
), kept AS (
    SELECT id, min(target) AS party FROM walk WHERE target NOT IN (SELECT id FROM step) GROUP BY id
)
SELECT q.s AS id, coalesce(any_value(k.party), q.s) AS party, min(c.grp) AS grp
FROM live AS q JOIN {classes} AS c ON c.id = q.o LEFT JOIN kept AS k ON k.id = q.s
WHERE q.p = {type} GROUP BY q.s
"""
"""Records with the party that they are merged into, and the group of kinds."""

_CLUES = """
CREATE OR REPLACE TEMP TABLE dup_clue AS
WITH said AS (
    SELECT DISTINCT d.party, d.grp, lower(t.lex) AS value,
        CASE q.p WHEN {email} THEN 'email' WHEN {phone} THEN 'phone' ELSE 'registration' END AS clue
    FROM live AS q JOIN dup_party AS d ON d.id = q.s JOIN term AS t ON t.id = q.o
    WHERE q.p IN ({email}, {phone}, {registration})
)
SELECT * FROM said
QUALIFY count(*) OVER (PARTITION BY clue, value, grp) BETWEEN 2 AND {most_sharing}
"""

_NAMES = r"""
CREATE OR REPLACE TEMP TABLE dup_name AS
WITH said AS (
    SELECT d.party, q.p, t.lex FROM live AS q JOIN dup_party AS d ON d.id = q.s
    JOIN term AS t ON t.id = q.o WHERE q.p IN ({name}, {given}, {family})
), whole AS (
    SELECT party, coalesce(
        min(lex) FILTER (p = {name}),
        concat_ws(' ', min(lex) FILTER (p = {given}), min(lex) FILTER (p = {family}))
    ) AS name FROM said GROUP BY party
)
SELECT party, list_sort(list_filter(
    regexp_split_to_array(lower(strip_accents(name)), '[^\p{{L}}\p{{N}}]+'), lambda x: x <> ''
)) AS parts, array_to_string(parts, ' ') AS name
FROM whole WHERE name <> ''
"""

_BIRTHS = """
CREATE OR REPLACE TEMP TABLE dup_birth AS
SELECT d.party, min(q.ts) AS birth, min(t.lex) AS lex FROM live AS q
JOIN dup_party AS d ON d.id = q.s JOIN term AS t ON t.id = q.o WHERE q.p = {birth}
GROUP BY d.party
"""

_PAIRS = """
CREATE OR REPLACE TEMP TABLE dup_pair AS
WITH start AS (
    SELECT DISTINCT n.party, d.grp, b.lex AS birth, left(unnest(n.parts), 2) AS beginning
    FROM dup_name AS n JOIN dup_birth AS b USING (party)
    JOIN (SELECT DISTINCT party, grp FROM dup_party) AS d USING (party)
), block AS (
    SELECT * FROM start
    QUALIFY count(*) OVER (PARTITION BY grp, birth, beginning) BETWEEN 2 AND {most_born}
), shared AS (
    SELECT a.party AS a, b.party AS b FROM dup_clue AS a
    JOIN dup_clue AS b ON a.clue = b.clue AND a.value = b.value AND a.grp = b.grp
        AND a.party < b.party
    UNION
    SELECT a.party, b.party FROM block AS a
    JOIN block AS b ON a.birth = b.birth AND a.beginning = b.beginning AND a.grp = b.grp
        AND a.party < b.party
    JOIN dup_name AS m ON m.party = a.party JOIN dup_name AS n ON n.party = b.party
    WHERE jaro_winkler_similarity(m.name, n.name) >= {close}
)
SELECT a, b FROM shared
ANTI JOIN (
    SELECT least(x.party, y.party) AS a, greatest(x.party, y.party) AS b FROM live AS q
    JOIN dup_party AS x ON x.id = q.s JOIN dup_party AS y ON y.id = q.o WHERE q.p = {different}
) AS apart USING (a, b)
"""

_FOUND = """
WITH same AS (
    SELECT p.a, p.b, x.clue, min(x.value) AS lex FROM dup_pair AS p
    JOIN dup_clue AS x ON x.party = p.a
    JOIN dup_clue AS y ON y.party = p.b AND y.clue = x.clue AND y.value = x.value
    GROUP BY p.a, p.b, x.clue
), clue AS (
    SELECT a, b, min(lex) FILTER (clue = 'email') AS email, min(lex) FILTER (clue = 'phone')
        AS phone, min(lex) FILTER (clue = 'registration') AS registration
    FROM same GROUP BY a, b
), likeness AS (
    SELECT p.a, p.b, c.email, c.phone, c.registration,
        jaro_winkler_similarity(m.name, n.name) AS name,
        CASE WHEN x.lex = y.lex THEN x.lex END AS birth, x.lex <> y.lex AS other_birth
    FROM dup_pair AS p LEFT JOIN clue AS c USING (a, b)
    LEFT JOIN dup_name AS m ON m.party = p.a LEFT JOIN dup_name AS n ON n.party = p.b
    LEFT JOIN dup_birth AS x ON x.party = p.a LEFT JOIN dup_birth AS y ON y.party = p.b
), scored AS (
    SELECT *, (1 - (1 - CASE WHEN email IS NULL THEN 0 ELSE {email} END)
        * (1 - CASE WHEN phone IS NULL THEN 0 ELSE {phone} END)
        * (1 - CASE WHEN registration IS NULL THEN 0 ELSE {registration} END)
        * (1 - CASE WHEN name >= {close} THEN {name} ELSE 0 END)
        * (1 - CASE WHEN birth IS NULL THEN 0 ELSE {birth} END))
        * CASE WHEN other_birth THEN {other_birth} ELSE 1 END
        * CASE WHEN name < {far} THEN {other_name} ELSE 1 END AS score
    FROM likeness
), best AS (
    SELECT * FROM scored WHERE score >= $least ORDER BY score DESC, a, b LIMIT $most
), key AS (
    SELECT q.s AS party, min(t.lex) AS key FROM live AS q JOIN term AS t ON t.id = q.o
    WHERE q.p = {key} AND q.s IN (SELECT a FROM best UNION SELECT b FROM best) GROUP BY q.s
)
SELECT s.lex, i.key, o.lex, j.key, round(b.score, 3), b.email, b.phone, b.registration,
    CASE WHEN b.name >= {close} THEN round(b.name, 3) END, b.birth
FROM best AS b JOIN term AS s ON s.id = b.a JOIN term AS o ON o.id = b.b
LEFT JOIN key AS i ON i.party = b.a LEFT JOIN key AS j ON j.party = b.b
ORDER BY b.score DESC, s.lex, o.lex
"""

_TABLES = ("dup_party", "dup_clue", "dup_name", "dup_birth", "dup_pair")
COLUMNS = ("party", "party_key", "other", "other_key", "score", "evidence")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two parties that may be one; `evidence` is what they share, by the name of the clue."""

    party: str
    party_key: str | None
    other: str
    other_key: str | None
    score: float
    evidence: dict[str, str]

    def row(self) -> tuple[object, ...]:
        """Return the columns of `COLUMNS`."""
        told = "; ".join(f"{clue} {value}" for clue, value in self.evidence.items())
        return (self.party, self.party_key, self.other, self.other_key, self.score, told)


def candidates(cursor: Cursor, *, least: float = 0.5, most: int = 1000) -> list[Candidate]:
    """Return the likely duplicates that a cursor sees, the likeliest first.

    `least` is the lowest score, from 0 to 1, and `most` the number of pairs returned. Pairs that
    are merged or were set aside are left out.
    """
    ids = ids_of(cursor)
    limits = {"most_sharing": MOST_SHARING, "most_born": MOST_BORN, "close": CLOSE}
    try:
        for statement in (_PARTIES, _CLUES, _NAMES, _BIRTHS, _PAIRS):
            cursor.execute(statement.format(classes=classes_sql(cursor), **ids, **limits))
        weights = {**_WEIGHTS, "other_birth": _OTHER_BIRTH, "other_name": _OTHER_NAME}
        found = _FOUND.format(key=ids["key"], close=CLOSE, far=FAR, **weights)
        rows = cursor.execute(found, {"least": least, "most": most}).fetchall()
    finally:
        for table in _TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS temp.{table}")
    return [_candidate(row) for row in rows]


def _candidate(row: tuple[object, ...]) -> Candidate:
    party, key, other, other_key, score, *shared = row
    evidence = {
        clue: str(value)
        for clue, value in zip(
            ("email", "phone", "registration", "name", "birth"), shared, strict=True
        )
        if value is not None
    }
    return Candidate(
        str(party), _text(key), str(other), _text(other_key), float(str(score)), evidence
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
