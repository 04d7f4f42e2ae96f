"""How things are shown to people: IRI, source key, name, kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rdflib import URIRef

from kg.namespaces import CG, FOAF, RDF, RDFS
from kg.store import Cursor, lookup_nodes

_KINDS = ("NaturalPerson", "LegalEntity", "OrganizationalUnit", "Household")


class Shown(NamedTuple):
    """A thing as a cursor sees it: the key may be unknown, and the name unknown or hidden.

    `kind` is the local name of a class of parties, empty for anything else.
    """

    iri: str
    key: str
    name: str | None
    kind: str

    @property
    def label(self) -> str:
        """The name, else the key."""
        return self.name or self.key


def shown(cursor: Cursor, terms: Iterable[int], language: str = "en") -> dict[int, Shown]:
    """Return how some ids are shown; the key of what has none is its IRI.

    Names are those that the cursor sees, first in `language`, then in no language.
    """
    predicates: list[URIRef] = [CG.sourceKey, FOAF.name, RDFS.label, RDF.type]
    key, name, label, kind, *classes = lookup_nodes(
        cursor, [*predicates, *(CG[one] for one in _KINDS)]
    )
    rows = cursor.execute(
        """
        WITH wanted AS (SELECT DISTINCT unnest($terms::BIGINT[]) AS id),
        said AS (
            SELECT q.s, q.p, t.lex, t.lang FROM live AS q
            JOIN wanted AS w ON w.id = q.s JOIN term AS t ON t.id = q.o
            WHERE q.p IN ($key, $name, $label)
        ), told AS (
            SELECT s, min(lex) FILTER (p = $key) AS key,
                arg_min(lex, (p <> $name, coalesce(lang, '') NOT IN ($language), lang, lex))
                    FILTER (p <> $key) AS name
            FROM said GROUP BY s
        ), kinds AS (
            SELECT q.s, min(list_position($classes::BIGINT[], q.o)) AS place
            FROM live AS q JOIN wanted AS w ON w.id = q.s
            WHERE q.p = $kind AND q.o IN (SELECT unnest($classes::BIGINT[])) GROUP BY q.s
        )
        SELECT w.id, t.lex, coalesce(told.key, t.lex), told.name, kinds.place
        FROM wanted AS w JOIN term AS t ON t.id = w.id
        LEFT JOIN told ON told.s = w.id LEFT JOIN kinds ON kinds.s = w.id
        """,
        {
            "terms": list(terms),
            # No term has the id -1: what the store does not know matches nothing.
            "key": _known(key),
            "name": _known(name),
            "label": _known(label),
            "kind": _known(kind),
            "classes": [_known(one) for one in classes],
            "language": language,
        },
    ).fetchall()
    return {
        row[0]: Shown(row[1], row[2], row[3], _KINDS[row[4] - 1] if row[4] else "") for row in rows
    }


def _known(term: int | None) -> int:
    return -1 if term is None else term
