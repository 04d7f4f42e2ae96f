"""How classifications move: between two dates, and between two parameter sets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from kg.errors import UsageError
from kg.lifecycle.classify import classified
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.events import evidence_notes
from kg.lifecycle.kept import Stages, evaluated
from kg.lifecycle.parameters import Parameters
from kg.store import Cursor

TRANSITION_COLUMNS = (
    "from_stage", "from_depth", "to_stage", "to_depth", "parties", "from", "to", "params",
)  # fmt: skip
MOVE_COLUMNS = (
    "party", "party_key", "from_stage", "from_depth", "to_stage", "to_depth", "from", "to",
    "params",
)  # fmt: skip
DIFFERENCE_COLUMNS = (
    "party", "party_key", "stage", "depth", "former_kind", "pipeline", "tier", "other_stage",
    "other_depth", "other_former_kind", "other_pipeline", "other_tier", "as_of", "params",
    "other_params",
)  # fmt: skip
_COMPARED = ("stage", "depth", "former_kind", "pipeline", "tier")


def transitions(cursor: Cursor, context: Context, *, start: date) -> Table:
    """Return how many parties went from each stage and depth at `start` to each one at T.

    A party without any event before `start` is UNENGAGED then; parties that were closed at
    `start` are left out, since nothing moves any more. Sums over all rows give all other parties.

    Raises:
        UsageError: `start` is after T.
    """
    with _moved(cursor, context, start) as evaluation:
        rows = evaluation.run(_TRANSITIONS, start=start).fetchall()
        notes = evidence_notes(evaluation)
    return Table(TRANSITION_COLUMNS, rows, notes)


_TRANSITIONS = """
SELECT from_stage, from_depth, to_stage, to_depth, count(*), $start::DATE, $as_of, $params
FROM movement
GROUP BY from_stage, from_depth, to_stage, to_depth
ORDER BY ALL
"""


def moves(cursor: Cursor, context: Context, *, start: date) -> Table:
    """Return the parties whose stage or depth at `start` is another at T, with both.

    Which parties count, and what a party is before its first event, is as for `transitions`.

    Raises:
        UsageError: `start` is after T.
    """
    with _moved(cursor, context, start) as evaluation:
        rows = evaluation.run(
            _MOVES.format(keys=evaluation.source_keys("movement", "party")), start=start
        ).fetchall()
        notes = evidence_notes(evaluation)
    return Table(MOVE_COLUMNS, rows, notes)


_MOVES = """
SELECT t.lex, k.key, m.from_stage, m.from_depth, m.to_stage, m.to_depth, $start::DATE, $as_of,
    $params
FROM movement AS m
JOIN term AS t ON t.id = m.party
LEFT JOIN {keys} AS k ON k.id = m.party
WHERE (m.from_stage, m.from_depth) IS DISTINCT FROM (m.to_stage, m.to_depth)
ORDER BY k.key, t.lex
"""


@contextmanager
def _moved(cursor: Cursor, context: Context, start: date) -> Iterator[Evaluation]:
    """Yield an evaluation with `movement`: each party with its stage and depth at both dates."""
    if start > context.as_of:
        raise UsageError(f"from is {start}, after the date of the answer, {context.as_of}.")
    early, late = Stages(start), Stages(context.as_of)
    # Of one day, both are one table.
    with evaluated(cursor, context, *dict.fromkeys((early, late))) as evaluation:
        evaluation.table(
            "movement",
            "SELECT party, a.stage AS from_stage, a.depth AS from_depth, b.stage AS to_stage,"
            f" b.depth AS to_depth FROM {early.table} AS a JOIN {late.table} AS b USING (party)"
            " JOIN party USING (party) WHERE coalesce(closed > $start, TRUE)",
            start=start,
        )
        yield evaluation


def differences(cursor: Cursor, context: Context, *, against: Parameters) -> Table:
    """Return the parties whose classification at T differs under another parameter set.

    `other_` columns are those under `against`; flags and position are not compared.
    """
    other = dataclasses.replace(context, parameters=against)
    kept = ", ".join(_COMPARED)
    with snapshot(cursor):
        classified(cursor, other)
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE other_class AS SELECT party, {kept} FROM classification"
        )
        evaluation = classified(cursor, context)
        rows = evaluation.run(
            f"""
            SELECT t.lex, k.key, {", ".join(f"c.{name}" for name in _COMPARED)},
                {", ".join(f"o.{name}" for name in _COMPARED)}, $as_of, $params, $other_params
            FROM classification AS c
            JOIN other_class AS o ON o.party = c.party
            JOIN term AS t ON t.id = c.party
            LEFT JOIN {evaluation.source_keys("classification", "party")} AS k ON k.id = c.party
            WHERE ({", ".join(f"c.{name}" for name in _COMPARED)})
                IS DISTINCT FROM ({", ".join(f"o.{name}" for name in _COMPARED)})
            ORDER BY k.key, t.lex
            """,
            other_params=against.iri,
        ).fetchall()
        notes = evidence_notes(evaluation)
    return Table(DIFFERENCE_COLUMNS, rows, notes)
