"""Names of parties in results: IRI and source key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kg.lifecycle.evaluation import Evaluation


class Key(str):
    """The source key of a thing, else its IRI, which knows whose it is: keys may be shared."""

    __slots__ = ("iri",)

    iri: str


class Name(NamedTuple):
    """IRI and source key of a thing; the key may be unknown."""

    iri: str
    key: str | None

    @property
    def order(self) -> Key:
        """Text to sort by and to show: the key, else the IRI."""
        shown = Key(self.key if self.key is not None else self.iri)
        shown.iri = self.iri
        return shown


def names_of(evaluation: Evaluation, ids: Iterable[int]) -> dict[int, Name]:
    """Return the names of ids."""
    wanted = "(SELECT DISTINCT unnest($ids::BIGINT[]) AS id)"
    rows = evaluation.run(
        f"""
        SELECT w.id, t.lex, min(k.lex)
        FROM {wanted} AS w
        JOIN term AS t ON t.id = w.id
        LEFT JOIN {evaluation.triples("sourceKey")} AS q ON q.s = w.id
        LEFT JOIN term AS k ON k.id = q.o
        GROUP BY w.id, t.lex
        """,
        ids=list(ids),
    ).fetchall()
    return {row[0]: Name(row[1], row[2]) for row in rows}


NOBODY = Name("", None)
"""The name of an end that is missing."""
