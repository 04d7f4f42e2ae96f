"""The party that a user names."""

from __future__ import annotations

from kg.errors import UsageError
from kg.lifecycle.classify import party_records
from kg.lifecycle.evaluation import Evaluation


def one_party(evaluation: Evaluation, party: str) -> int:
    """Return the canonical id of the only party with a source key or IRI.

    Raises:
        UsageError: there is none, or there are several.
    """
    rows = evaluation.run(
        "SELECT DISTINCT coalesce(m.canonical, n.id) FROM"
        " (SELECT unnest($records::BIGINT[]) AS id) AS n LEFT JOIN merged AS m ON m.id = n.id",
        records=party_records(evaluation.cursor, party),
    ).fetchall()
    if len(rows) > 1:
        raise UsageError(f"Several parties have the key {party!r}; name one by its IRI.")
    return int(rows[0][0])
