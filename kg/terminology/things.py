"""What the things of the graph are called: their names in the data, and a class of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rdflib import FOAF, RDF, RDFS, SKOS, URIRef

from kg.namespaces import CG
from kg.store import Cursor, decode, lookup_nodes

_NAMES = (
    FOAF.name,
    FOAF.givenName,
    FOAF.familyName,
    SKOS.prefLabel,
    RDFS.label,
    CG.orderNumber,
    CG.sourceKey,
    CG.agentName,
)
"""Properties that name a thing, the best first; the parts of a person's name make one together."""

_SAID = """
SELECT q.s, q.p, coalesce(o.lang, ''), arg_max(o.lex, coalesce(q.died, 9223372036854775807))
FROM quad AS q JOIN (SELECT unnest($things::BIGINT[]) AS s) AS w USING (s)
JOIN term AS o ON o.id = q.o
WHERE q.p IN (SELECT unnest($names::BIGINT[])) GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing: its IRI, the IRI of a class of it, its names by language ("" for none), its key."""

    iri: str
    kind: str | None
    names: Mapping[str, str]
    key: str | None

    def name(self, language: str) -> str | None:
        """Return the name in a language, else without one, else any; None where it has none."""
        fallback = next(iter(self.names.values()), None)
        return self.names.get(language) or self.names.get("") or fallback


def things_of(cursor: Cursor, ids: Iterable[int]) -> dict[int, Thing]:
    """Return the things of some ids, of what the cursor sees; one removed keeps its last name."""
    wanted = sorted(set(ids))
    nodes = (RDF.type, *_NAMES)
    known = dict(zip(lookup_nodes(cursor, nodes), nodes, strict=True))
    names = [number for number in known if number is not None]
    said: dict[int, dict[URIRef, dict[str, str]]] = {}
    rows = cursor.execute(_SAID, {"things": wanted, "names": names}).fetchall()
    for s, p, language, text in rows:
        said.setdefault(s, {}).setdefault(known[p], {})[language] = text
    return {
        number: _thing(term[1], said.get(number, {}))
        for number, term in decode(cursor, wanted).items()
    }


def _thing(iri: str, said: Mapping[URIRef, Mapping[str, str]]) -> Thing:
    kind, key = (said.get(one, {}).get("") for one in (RDF.type, CG.sourceKey))
    return Thing(iri, kind, _names(said), key)


def _names(said: Mapping[URIRef, Mapping[str, str]]) -> Mapping[str, str]:
    """Return the best name that is said of a thing, by language."""
    parts = [said.get(one, {}).get("") for one in (FOAF.givenName, FOAF.familyName)]
    if any(parts) and FOAF.name not in said:
        return {"": " ".join(part for part in parts if part)}
    return next((said[one] for one in _NAMES if one in said), {})
