"""The description of a commit in PROV-O."""

from __future__ import annotations

from datetime import datetime

from kg.namespaces import CG, ID, PROV, PROVENANCE_GRAPH, RDF, XSD
from kg.store.few import Row
from kg.store.typing import XSD_STRING


def described(number: int, at: datetime, agent: str, activity: str, note: str) -> list[Row]:
    """Return the quads that describe a commit."""
    commit, graph = str(ID[f"commit/{number}"]), str(PROVENANCE_GRAPH)
    facts: list[tuple[str, str, str | None]] = [
        (str(RDF.type), str(PROV.Activity), None),
        (str(CG.commitNumber), str(number), str(XSD.integer)),
        (str(PROV.endedAtTime), at.isoformat() + "Z", str(XSD.dateTime)),
        (str(CG.agentName), agent, XSD_STRING),
        (str(CG.activityKind), activity, XSD_STRING),
        *([(str(CG.note), note, XSD_STRING)] if note else []),
    ]
    return [(commit, p, o, datatype, None, graph) for p, o, datatype in facts]
