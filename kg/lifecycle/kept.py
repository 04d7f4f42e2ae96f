"""Facts and classes of all parties, made once for all who ask for them after a commit.

Where the store keeps tables (see `kg.store.kept_tables`), what classes rest on is read once, and a
classification is made once for each day; else all is made for whoever asks.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from kg.lifecycle.classify import build_facts, classify_facts
from kg.lifecycle.context import Context
from kg.lifecycle.evaluation import Evaluation, in_transaction
from kg.lifecycle.purchases import build_occasions
from kg.lifecycle.records import build_records
from kg.lifecycle.stages import decide
from kg.store import Cursor, KeptTables, kept_of, state_of

_FACTS = (
    "party", "occasion", "contract", "usage", "refusal", "bad", "score", "signal", "qualification",
    "membership", "house", "designation", "imprecise", "targeted", "potential", "undated",
)  # fmt: skip
"""The tables that measures, days of turning and notes on evidence are read from."""
_PATIENCE = 60.0
"""Seconds that somebody waits for what another one makes, before making it too."""


@dataclass(frozen=True, slots=True)
class Classes:
    """The table `classification` of all parties at T (see `classify_facts`)."""

    @property
    def table(self) -> str:
        """Name of the table."""
        return "classification"

    def build(self, evaluation: Evaluation) -> None:
        """Make the table from the facts."""
        classify_facts(evaluation)


@dataclass(frozen=True, slots=True)
class Stages:
    """A table (party, stage, depth) of all parties on a day, or on the one they closed before."""

    day: date

    @property
    def table(self) -> str:
        """Name of the table."""
        return f"stages_{self.day:%Y%m%d}"

    def build(self, evaluation: Evaluation) -> None:
        """Make the table from the facts."""
        probe = f"{self.table}_probe"
        evaluation.table(
            probe, "SELECT party, least($day::DATE, closed) AS asked FROM party", day=self.day
        )
        decide(evaluation, probe, self.table, ("stage", "depth"))
        evaluation.drop(probe)


@dataclass(frozen=True, slots=True)
class Places:
    """The table `party_place` of all parties: their keys, and their places in the order of these.

    Those of one key, or of none, are in the order of their IRIs.
    """

    @property
    def table(self) -> str:
        """Name of the table."""
        return "party_place"

    def build(self, evaluation: Evaluation) -> None:
        """Make the table from the facts."""
        keys = evaluation.source_keys("party", "party")
        evaluation.table(
            self.table,
            "SELECT party, key, row_number() OVER (ORDER BY key, t.lex) AS place FROM party"
            f" JOIN term AS t ON t.id = party LEFT JOIN {keys} AS k ON k.id = party",
        )


Made = Classes | Stages | Places
"""What is made from the facts."""


@contextmanager
def evaluated(
    cursor: Cursor, context: Context, *wanted: Made, counted: bool = True
) -> Iterator[Evaluation]:
    """Yield an evaluation with the facts of all parties, and tables made from them, in a snapshot.

    It has the tables that classes are judged by, and perhaps no others. Unless they are `counted`,
    occasions of one day may stay apart (see `build_occasions`). Inside a transaction of the caller,
    that is the snapshot and keeps the tables.
    """
    if in_transaction(cursor):
        yield _made(cursor, context, wanted, counted=counted)
        return
    cursor.begin()
    try:
        state = state_of(cursor)
        kept = kept_of(state)
        if kept is None or state.seen or context.left_out:
            yield _made(cursor, context, wanted, counted=counted)
        else:
            yield _Lending(kept, cursor, context).evaluation(wanted)
    finally:
        cursor.rollback()


def make_ready(cursor: Cursor, context: Context, *days: date) -> bool:
    """Have what lists of parties at T and movements since some days rest on kept.

    False where nothing is kept: then it is made by whoever needs it.
    """
    if kept_of(state_of(cursor)) is None:
        return False
    stages = [Stages(day) for day in (*days, context.as_of)]
    with evaluated(cursor, context, Classes(), Places(), *stages):
        return True


def _made(cursor: Cursor, context: Context, wanted: Iterable[Made], *, counted: bool) -> Evaluation:
    """Return an evaluation with the facts of all parties and what is wanted, made now."""
    evaluation = Evaluation(cursor, context)
    _build(evaluation, (None, *wanted), counted=counted)
    return evaluation


def _build(evaluation: Evaluation, parts: Iterable[Made | None], *, counted: bool = True) -> None:
    """Make parts of what is wanted, of which None are the facts."""
    for one in parts:
        if one is None:
            build_records(evaluation)
            build_facts(evaluation, occasions=False)
            build_occasions(evaluation, counted=counted)
        else:
            one.build(evaluation)


class _Lending:
    """Lends the tables that are kept to a transaction, and keeps those that are made."""

    def __init__(self, kept: KeptTables, cursor: Cursor, context: Context) -> None:
        self._kept = kept
        self._cursor = cursor
        self._context = context

    def evaluation(self, wanted: Collection[Made]) -> Evaluation:
        """Return an evaluation with the facts and what is wanted, in the cursor's transaction."""
        evaluation, missing = self._lent(wanted)
        if not missing:
            return evaluation
        with self._kept.turn(_PATIENCE):
            # Who had the turn before may have made it.
            self._cursor.rollback()
            self._cursor.begin()
            evaluation, missing = self._lent(wanted)
            _build(evaluation, missing)
            if missing and self._keep(evaluation, missing):
                self._cursor.begin()
                evaluation, missing = self._lent(wanted)
                _build(evaluation, missing)
        return evaluation

    def _lent(self, wanted: Iterable[Made]) -> tuple[Evaluation, list[Made | None]]:
        """Return an evaluation with what is kept, and the parts that are not."""
        evaluation = Evaluation(self._cursor, self._context)
        key, at = _key(evaluation), evaluation.known_at
        missing = [
            one
            for one in (None, *wanted)
            if not self._kept.lend(self._cursor, (key, _named(one, self._context)), at)
        ]
        return evaluation, missing

    def _keep(self, evaluation: Evaluation, made: Collection[Made | None]) -> bool:
        """Keep parts that were made, and end the transaction; say whether that was done.

        What was recorded after K would count at a later one: where there is such a thing nothing is
        kept. Nor is it where a segment is left out.
        """
        late = None in made and evaluation.run("SELECT 1 FROM unknown LIMIT 1").fetchone()
        if late or evaluation.broken_segments:
            return False
        key = _key(evaluation)
        tables: dict[Hashable, Collection[str]] = {
            (key, _named(one, self._context)): _FACTS if one is None else (one.table,)
            for one in made
        }
        return self._kept.keep(self._cursor, tables, evaluation.known_at)


def _key(evaluation: Evaluation) -> Hashable:
    """Return what tells facts apart beside K; who is targeted depends on T as well."""
    context = evaluation.context
    targets = evaluation.value("class_Targeting") >= 0
    return (
        state_of(evaluation.cursor),
        context.organization,
        context.timezone,
        context.parameters.iri,
        context.as_of if targets else None,
    )


def _named(one: Made | None, context: Context) -> Hashable:
    return (one, context.as_of) if isinstance(one, Classes) else one
