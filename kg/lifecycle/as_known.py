"""The facts as of T and K, for queries and shapes that say nothing of dates (section 1)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kg.lifecycle.evaluation import Evaluation

_STARTS = ("date", "purchaseDate", "startDate")
"""Dates from which on a thing is there."""
_HAPPENINGS = (
    "closedOn", "deliveryDate", "firstContactDate", "orderDate", "paymentDate", "resolvedOn",
)  # fmt: skip
"""Dates that tell what happens to a thing: a later one is no fact yet."""


def build_unseen(evaluation: Evaluation) -> None:
    """Make the tables `unseen` and `unseen_statement` for `as_known`, after `build_records`."""
    evaluation.table("unseen", _unseen(evaluation))
    evaluation.table("unseen_statement", _unseen_statements(evaluation))


@contextlib.contextmanager
def as_known(evaluation: Evaluation) -> Iterator[None]:
    """Let statements see, while this is open, the facts known at K that are valid at T.

    Out of sight are things and merges recorded after K, events after T, and what holds in an
    interval, such as a membership, outside of it; things without a date are seen. Call it after
    `build_unseen`.
    """
    hidden = {
        "unseen": "s NOT IN (SELECT s FROM temp.unseen) AND o NOT IN (SELECT s FROM temp.unseen)",
        "unseen_statement": "(s, p, o) NOT IN (SELECT s, p, o FROM temp.unseen_statement)",
    }
    conditions = [sql for name, sql in hidden.items() if _any(evaluation, name)]
    if not conditions:
        yield
        return
    with evaluation.seeing(" AND ".join(conditions)):
        yield


def _unseen(evaluation: Evaluation) -> str:
    """Return the SELECT of the things that are not known at K, or not there at T.

    A use that ended is seen, like other events of the past.
    """
    later = [f"SELECT s FROM {evaluation.dates(name)} WHERE day > $as_of" for name in _STARTS]
    ended = (
        f"SELECT s FROM {evaluation.dates('endDate')} WHERE day <= $as_of"
        f" AND s NOT IN (SELECT s FROM {evaluation.instances('Use')})"
    )
    return " UNION ".join(["SELECT s FROM unknown", ended, *later])


def _unseen_statements(evaluation: Evaluation) -> str:
    """Return the SELECT (s, p, o) of what happens after T, or merges after K, what is there."""
    merges = (
        f"SELECT s, $mergedInto AS p, o FROM {evaluation.triples('mergedInto')}"
        " WHERE s IN (SELECT id FROM recorded_merge WHERE late)"
    )
    later = (
        f"SELECT s, ${name} AS p, o FROM {evaluation.dates(name)} WHERE day > $as_of"
        for name in _HAPPENINGS
    )
    return " UNION ALL ".join([merges, *later])


def _any(evaluation: Evaluation, table: str) -> bool:
    """Say whether a table has rows."""
    return evaluation.run(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
