"""The party that a user names."""

from __future__ import annotations

from kg.errors import UsageError
from kg.lifecycle.alone import PartyEvaluation
from kg.lifecycle.classify import party_records
from kg.lifecycle.evaluation import Evaluation


def one_party(evaluation: Evaluation, party: str) -> int:
    """Return the canonical id of the only party with a source key or IRI.

    Raises:
        UsageError: there is none, or there are several.
    """
    if isinstance(evaluation, PartyEvaluation):
        records = evaluation.records
    else:
        records = party_records(evaluation.cursor, party)
    evaluation.keep_ids("named_record", records)
    rows = evaluation.run(
        "SELECT DISTINCT coalesce(m.canonical, n.id) FROM named_record AS n"
        " LEFT JOIN merged AS m ON m.id = n.id"
    ).fetchall()
    if len(rows) > 1:
        raise UsageError(f"Several parties have the key {party!r}; name one by its IRI.")
    return int(rows[0][0])
