"""What candidates and decisions read of the graph, and where decisions are written."""

from __future__ import annotations

from rdflib import FOAF, ORG, OWL, RDF, URIRef

from kg.namespaces import CG, VCARD, graph_iri
from kg.store import Cursor, lookup_nodes

GRAPH = str(graph_iri("facts", "merges"))
"""Graph of what was decided here about records; imports have graphs of their own."""

_GROUPS = {
    "person": (CG.NaturalPerson,),
    "household": (CG.Household,),
    "organisation": (CG.LegalEntity, CG.OrganizationalUnit, CG.Organization, ORG.Organization),
}
"""Kinds that records can be merged within, with their classes (shape P13)."""

PREDICATES = {
    "type": RDF.type,
    "merged": CG.mergedInto,
    "different": OWL.differentFrom,
    "email": VCARD.hasEmail,
    "phone": VCARD.hasTelephone,
    "registration": CG.registrationId,
    "birth": CG.birthDate,
    "name": FOAF.name,
    "given": FOAF.givenName,
    "family": FOAF.familyName,
    "key": CG.sourceKey,
}


def ids_of(cursor: Cursor) -> dict[str, int]:
    """Return the ids of the predicates by their names here, -1 where the store has none."""
    found = lookup_nodes(cursor, PREDICATES.values())
    return {name: number or -1 for name, number in zip(PREDICATES, found, strict=True)}


def group_rows(cursor: Cursor) -> list[tuple[int, str]]:
    """Return (id of a class, name of its group) for the classes that the store knows."""
    pairs = [(each, group) for group, classes in _GROUPS.items() for each in classes]
    nodes: list[URIRef] = [each for each, _ in pairs]
    found = lookup_nodes(cursor, nodes)
    return [
        (number, group)
        for number, (_, group) in zip(found, pairs, strict=True)
        if number is not None
    ]


def classes_sql(cursor: Cursor) -> str:
    """Return SQL of the relation (id, grp) of the classes of parties."""
    rows = ", ".join(f"({number:d}, '{group}')" for number, group in group_rows(cursor))
    if not rows:
        return "(SELECT NULL::BIGINT AS id, NULL::VARCHAR AS grp WHERE false)"
    return f"(SELECT * FROM (VALUES {rows}) AS v(id, grp))"
