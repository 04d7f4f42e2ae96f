"""What an import adds on its own account: where its graphs come from, and the focal organisation.

Each graph is a `prov:Entity` with its source, the names of its files, its time and its agent
(modelling decisions, section 5; shape C07).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rdflib import DCTERMS, PROV, RDF, RDFS, XSD

from kg.ingest.functions import Context, focal_iri
from kg.minting import mint
from kg.namespaces import CG, ID
from kg.store import Cursor

Row = tuple[str, str, str, str | None]
"""Subject, predicate, object, and the datatype of a literal."""


def description(
    graphs: Iterable[str], context: Context, agent: str, commit: int, files: Iterable[str] = ()
) -> list[Row]:
    """Return the provenance of graphs that one commit adds, and that come from some files."""
    names = list(dict.fromkeys(files))
    source_iri = mint(context.secret, "source", "", context.source)
    agent_iri = mint(context.secret, "agent", "", agent)
    rows: list[Row] = [
        (source_iri, str(RDFS.label), context.source, str(XSD.string)),
        (agent_iri, str(RDF.type), str(PROV.Agent), None),
        (agent_iri, str(CG.agentName), agent, str(XSD.string)),
    ]
    for graph in graphs:
        rows += [
            (graph, str(RDF.type), str(PROV.Entity), None),
            (graph, str(PROV.wasDerivedFrom), source_iri, None),
            (graph, str(PROV.generatedAtTime), context.now, str(XSD.dateTime)),
            (graph, str(PROV.wasAttributedTo), agent_iri, None),
            (graph, str(PROV.wasGeneratedBy), str(ID[f"commit/{commit}"]), None),
            *((graph, str(DCTERMS.source), name, str(XSD.string)) for name in names),
        ]
    return rows


def needs_declaration(cursor: Cursor, context: Context) -> bool:
    """Tell whether staged quads name the focal organisation, and nothing says yet what it is."""
    focal = focal_iri(context)
    named = cursor.execute(
        "SELECT 1 FROM temp.subject WHERE s = $focal UNION ALL"
        " SELECT 1 FROM temp.rule WHERE o = $focal UNION ALL"
        " SELECT 1 FROM temp.staged_quad WHERE o = $focal LIMIT 1",
        {"focal": focal},
    ).fetchall()
    declared = cursor.execute(
        "SELECT 1 FROM temp.staged AS t JOIN temp.rule AS r USING (rule)"
        " WHERE t.s = $focal AND coalesce(t.p, r.p) = $type"
        " UNION ALL SELECT 1 FROM live JOIN term AS s ON s.id = live.s JOIN term AS p"
        " ON p.id = live.p WHERE s.h = md5_number_lower($focal) AND s.lex = $focal"
        " AND p.lex = $type LIMIT 1",
        {"focal": focal, "type": str(RDF.type)},
    ).fetchall()
    return bool(named) and not declared


def declaration(context: Context) -> list[Row]:
    """Return what the settings say of the focal organisation: a legal entity, and its key."""
    focal = focal_iri(context)
    return [
        (focal, str(RDF.type), str(CG.LegalEntity), None),
        (focal, str(CG.sourceKey), context.organization, str(XSD.string)),
    ]


def stage_own(cursor: Cursor, rows: Sequence[Row], graph: str) -> None:
    """Add rows to the staged quads, as coming from no file."""
    subjects, *others = [list(column) for column in zip(*rows, strict=True)]
    last = cursor.execute("SELECT max(n) FROM temp.subject").fetchall()[0][0]
    numbers = list(range(last + 1, last + 1 + len(rows)))
    cursor.execute(
        "INSERT INTO temp.subject SELECT unnest(?::BIGINT[]), unnest(?::VARCHAR[])",
        [numbers, subjects],
    )
    cursor.execute(
        "INSERT INTO temp.rule (rule, g) SELECT least(min(rule), 0) - 1, ? FROM temp.rule",
        [graph],
    )
    cursor.execute(
        "INSERT INTO temp.staged_quad SELECT unnest(?::BIGINT[]), unnest(?::VARCHAR[]),"
        " unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), NULL, -1, NULL,"
        " (SELECT min(rule) FROM temp.rule), NULL",
        [numbers, *others],
    )
