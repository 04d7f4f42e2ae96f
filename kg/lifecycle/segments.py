"""Who meets the criteria of segments and personas, and which segments f targets (section 3)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

from kg.errors import (
    BrokenSegmentError,
    ClientgraphError,
    QueryError,
    QueryEvaluationError,
    QuerySyntaxError,
    UsageError,
)
from kg.lifecycle.as_known import as_known, build_unseen
from kg.lifecycle.context import Note
from kg.lifecycle.evaluation import NEVER, Evaluation
from kg.lifecycle.member_shapes import RECORDS, build_conforming
from kg.sparql import NotCompiledError, compile_select
from kg.store import EngineError, EngineInterrupted, Kind

DERIVED = ("stage", "depth", "formerKind", "pipeline", "position", "tier")
"""Properties that are computed as of a date: a criterion may name them where a table gives them."""

_NUMBERS = ", ".join(str(int(k)) for k in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE))
_TIMES = ", ".join(
    str(int(k)) for k in (Kind.DATETIME, Kind.DATE, Kind.TIME, Kind.YEARMONTH, Kind.YEAR)
)
_TEXTS = f"{int(Kind.STRING)}, {int(Kind.LANG)}"


def build_criteria(evaluation: Evaluation, *, derived: str | None = None) -> None:
    """Make the tables `criterion` and `met`, for segments and personas, after `build_facts`.

    `criterion` has (owner, criterion, family, property, operator); `met` has (owner, criterion,
    party, holds), without a row where the party has no value: that is unknown. `derived` is a
    relation (party, property, value) of computed properties, value being a notation.
    """
    evaluation.name_terms("SELECT o FROM live WHERE p IN ($operator, $criterionValue)")
    evaluation.table(
        "criterion",
        f"""
        SELECT DISTINCT h.s AS owner, h.o AS criterion, f.o AS family, p.o AS property,
            coalesce(t.lex, '=') AS operator
        FROM {evaluation.triples("hasCriterion")} AS h
        JOIN {evaluation.triples("criterionProperty")} AS p ON p.s = h.o
        LEFT JOIN {evaluation.triples("criterionFamily")} AS f ON f.s = h.o
        LEFT JOIN {evaluation.triples("operator")} AS o ON o.s = h.o
        LEFT JOIN term AS t ON t.id = o.o
        """,
    )
    evaluation.name_terms("SELECT o FROM live WHERE p IN (SELECT property FROM criterion)")
    computed = (
        f"UNION ALL SELECT party, property, NULL, {int(Kind.STRING)}, NULL, NULL, value"
        f" FROM {derived}"
    )
    met = _MET.format(
        computed=computed if derived else "",
        same=_SAME,
        ordered=_ORDERED,
        values=evaluation.triples("criterionValue"),
    )
    build_unseen(evaluation)
    with as_known(evaluation):
        evaluation.table("met", met)


_SAME = f"""coalesce(
    f.o = v.id
    OR f.k IN ({_NUMBERS}) AND w.k IN ({_NUMBERS}) AND f.dbl = w.dbl
    OR f.k IN ({_TIMES}) AND w.k IN ({_TIMES}) AND f.ts = w.ts
    OR f.k IN ({_TEXTS}) AND w.k IN ({_TEXTS}) AND f.lex = v.lex
    OR f.k = {int(Kind.IRI)} AND w.k IN ({_TEXTS}) AND ends_with(f.lex, '/' || v.lex)
    OR f.o IS NULL AND w.k = {int(Kind.IRI)}
        AND ends_with(v.lex, '/' || replace(lower(f.lex), '_', '-')), FALSE)"""
"""A fact has the value of a criterion: the same term, equal values, or the end of its IRI."""

_COMPARED = {
    "<": "{left} < {right}", "<=": "{left} <= {right}",
    ">": "{left} > {right}", ">=": "{left} >= {right}",
}  # fmt: skip


def _compared(left: str, right: str) -> str:
    """Return the SQL of the comparison that the operator of a criterion names."""
    cases = " ".join(
        f"WHEN '{sign}' THEN {text.format(left=left, right=right)}"
        for sign, text in _COMPARED.items()
    )
    return f"CASE c.operator {cases} ELSE FALSE END"


_ORDERED = f"""CASE
    WHEN f.k IN ({_NUMBERS}) AND w.k IN ({_NUMBERS}) THEN {_compared("f.dbl", "w.dbl")}
    WHEN f.k IN ({_TIMES}) AND w.k IN ({_TIMES}) THEN {_compared("f.ts", "w.ts")}
    WHEN f.k IN ({_TEXTS}) AND w.k IN ({_TEXTS}) THEN {_compared("f.lex", "v.lex")}
    ELSE FALSE END"""

_MET = """
WITH fact AS (
    SELECT coalesce(m.canonical, q.s) AS party, q.p AS property, q.o, q.k, q.dbl, q.ts, t.lex
    FROM live AS q
    JOIN (SELECT DISTINCT property FROM criterion) AS c ON c.property = q.p
    JOIN term AS t ON t.id = q.o
    LEFT JOIN merged AS m ON m.id = q.s
    {computed}
)
SELECT c.owner, c.criterion, f.party,
    CASE c.operator WHEN '!=' THEN NOT bool_or({same})
        WHEN '=' THEN bool_or({same}) WHEN 'in' THEN bool_or({same})
        ELSE bool_or({ordered}) END AS holds
FROM criterion AS c
JOIN fact AS f ON f.property = c.property
SEMI JOIN party ON party.party = f.party
JOIN {values} AS w ON w.s = c.criterion
JOIN term AS v ON v.id = w.o
GROUP BY c.owner, c.criterion, c.operator, f.party
"""


def build_members(evaluation: Evaluation, among: str = "TRUE") -> None:
    """Make the table `member`: (segment, party), after `build_criteria`.

    Queries and shapes are evaluated of the segments that meet a condition on `q.s`; others with one
    may have members that they would not find.

    A segment with a SELECT has the parties that it finds, one with a member shape those that
    conform to it; one with several of these, and with criteria, has those that meet all. All judge
    the facts known at K that are valid at T (see `as_known`). Where the
    query or the shape cannot be evaluated the segment is empty; the evaluation keeps why.

    Raises:
        BrokenSegmentError: a query failed while it ran, which leaves the snapshot of no use.
    """
    evaluation.table("found", "SELECT 0::BIGINT AS segment, 0::BIGINT AS party WHERE FALSE")
    evaluation.table("asked_segment", "SELECT segment FROM found")
    shaped, asked = (
        evaluation.run(_VALUES.format(values=evaluation.triples(name), among=among)).fetchall()
        for name in ("memberShape", "selectQuery")
    )
    if shaped:
        evaluation.table("shaped_record", RECORDS)
    with as_known(evaluation) if shaped or asked else contextlib.nullcontext():
        for segment, name, _, shape in shaped:
            _evaluated(evaluation, segment, name, partial(build_conforming, shape=shape))
        for segment, name, text, _ in asked:
            evaluation.run("INSERT INTO asked_segment VALUES ($id)", id=segment)
            _evaluated(evaluation, segment, name, partial(_find, text=text))
    evaluation.table("member", _MEMBER.format(segments=evaluation.instances("Segment")))


_VALUES = """
SELECT q.s, s.lex, t.lex, q.o FROM {values} AS q
JOIN term AS s ON s.id = q.s JOIN term AS t ON t.id = q.o WHERE {among} ORDER BY 2, 3
"""


def _evaluated(
    evaluation: Evaluation,
    segment: int,
    name: str,
    evaluate: Callable[[Evaluation, int], None],
) -> None:
    """Find the members of a segment; one that cannot be evaluated is empty, and told of."""
    why = evaluation.context.left_out.get(segment)
    if why is None:
        try:
            evaluate(evaluation, segment)
        except ClientgraphError as error:
            if isinstance(error, QueryError) and not isinstance(error, _OF_THE_TEXT):
                raise
            why = _broken(name, str(error))
        except EngineInterrupted:
            raise
        except EngineError as error:
            why = _broken(name, str(error).partition("\n")[0])
            raise BrokenSegmentError(why.en, why.fr, segment) from error
    if why is not None:
        evaluation.broken_segments[segment] = why
        # Asked for without being found: nobody is in it, whatever else it asks for.
        evaluation.run("INSERT INTO asked_segment VALUES ($id)", id=segment)


_OF_THE_TEXT = (QuerySyntaxError, QueryEvaluationError)
"""Errors of a query that are its own, and not of what it was given to run with."""


def _broken(name: str, reason: str) -> Note:
    return Note(
        f"The segment {name} is left out, for its query cannot be evaluated: {reason}",
        f"Le segment {name} est laissé de côté, car sa requête ne peut être évaluée : {reason}",
    )


def _find(evaluation: Evaluation, segment: int, text: str) -> None:
    """Add the parties that the SELECT of a segment finds to `found`."""
    evaluation.run(
        "INSERT INTO found SELECT DISTINCT $segment_id::BIGINT, coalesce(m.canonical, f.party)"
        f" FROM ({_selected(evaluation, text)}) AS f"
        " LEFT JOIN merged AS m ON m.id = f.party SEMI JOIN party"
        " ON party.party = coalesce(m.canonical, f.party)",
        segment_id=segment,
    )


def _selected(evaluation: Evaluation, text: str) -> str:
    """Return the SQL of the parties that the SELECT of a segment finds."""
    try:
        compiled = compile_select(evaluation.cursor, text, {})
    except NotCompiledError as error:
        raise UsageError(f"It cannot be evaluated as of a date: {error}") from None
    if compiled.form != "select" or "party" not in compiled.variables:
        raise UsageError("It has to be a SELECT of ?party.")
    column = f"c{compiled.variables.index('party')}_id"
    return f"SELECT {column} AS party FROM ({compiled.sql}) AS q WHERE {column} IS NOT NULL"


_MEMBER = """
WITH counted AS (SELECT owner, count(*) AS n FROM criterion GROUP BY owner),
by_criteria AS (
    SELECT m.owner AS segment, m.party FROM met AS m
    JOIN counted AS c ON c.owner = m.owner
    WHERE m.holds GROUP BY m.owner, m.party, c.n HAVING count(*) = c.n
)
SELECT s.s AS segment, p.party
FROM {segments} AS s
JOIN (
    SELECT segment, party FROM by_criteria
    UNION SELECT segment, party FROM found
) AS p ON p.segment = s.s
WHERE (s.s NOT IN (SELECT segment FROM asked_segment)
        OR (s.s, p.party) IN (SELECT segment, party FROM found))
    AND (s.s NOT IN (SELECT owner FROM counted)
        OR (s.s, p.party) IN (SELECT segment, party FROM by_criteria))
"""


def build_targetings(evaluation: Evaluation) -> None:
    """Make the table `targeting`: (targeting, segment, start, finish, core) of f."""
    evaluation.table(
        "targeting",
        f"""
        SELECT e.s AS targeting, g.o AS segment, coalesce(f.day, DATE '-infinity') AS start,
            coalesce(t.day, {NEVER}) AS finish, coalesce(c.num = 1, FALSE) AS core
        FROM {evaluation.instances("Targeting")} AS e
        JOIN {evaluation.triples("segment")} AS g ON g.s = e.s
        LEFT JOIN {evaluation.triples("withOrganization")} AS w ON w.s = e.s
        LEFT JOIN merged AS m ON m.id = w.o
        LEFT JOIN {evaluation.dates("startDate")} AS f ON f.s = e.s
        LEFT JOIN {evaluation.dates("endDate")} AS t ON t.s = e.s
        LEFT JOIN {evaluation.triples("isCore")} AS c ON c.s = e.s
        WHERE e.s NOT IN (SELECT s FROM unknown)
            AND coalesce(coalesce(m.canonical, w.o) IN (SELECT id FROM house), TRUE)
        """,
    )


def build_targeted(evaluation: Evaluation, table: str = "targeted") -> None:
    """Make a table (party, targeting, start, finish) of whoever f targets.

    Being in a segment targeted by f is a sign of engagement. Criteria on computed properties hold
    for nobody here, since what they ask for is computed from these very signs.
    """
    if evaluation.value("class_Targeting") < 0:
        evaluation.table(
            table,
            "SELECT 0::BIGINT AS party, 0::BIGINT AS targeting, DATE '-infinity' AS start,"
            " DATE 'infinity' AS finish WHERE FALSE",
        )
        return
    build_targetings(evaluation)
    build_criteria(evaluation)
    build_members(evaluation, "q.s IN (SELECT segment FROM targeting)")
    evaluation.table(
        table,
        "SELECT DISTINCT m.party, t.targeting, t.start, t.finish FROM targeting AS t"
        " JOIN member AS m ON m.segment = t.segment",
    )
