"""Where facts come from, asked in SPARQL through PROV-O; and the history of a fact."""

from __future__ import annotations

from imported import Importer

from kg.ingest import why
from kg.sparql import query
from kg.store import Store

ORIGIN = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX cg: <https://w3id.org/clientgraph/ns#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?party ?name ?source ?file ?agent ?number ?kind WHERE {
  GRAPH ?graph { ?party foaf:name ?name }
  ?graph prov:wasDerivedFrom/rdfs:label ?source ;
    dcterms:source ?file ;
    prov:wasAttributedTo/cg:agentName ?agent ;
    prov:generatedAtTime ?at ;
    prov:wasGeneratedBy ?commit .
  ?commit a prov:Activity ; cg:commitNumber ?number ; cg:activityKind ?kind ;
    prov:endedAtTime ?ended .
}
"""


def asked(store: Store, commit: int | None = None) -> list[tuple[str, ...]]:
    """Return the texts of the solutions, without the party."""
    result = query(store, ORIGIN, as_of_commit=commit)
    return sorted(tuple(term[1] for term in row[1:] if term) for row in result.rows())


def test_a_fact_leads_to_source_file_agent_and_commit_in_sparql(
    store: Store, importer: Importer
) -> None:
    head = "key,kind,name\n"
    importer({"parties.csv": head + "P1,person,Ana\n"}, source="crm", agent="ada")
    importer({"parties.csv": head + "P1,person,Anne\n"}, source="crm", agent="bob")
    assert asked(store) == [("Anne", "crm", "parties.csv", "bob", "2", "import")]
    assert asked(store, 1) == [("Ana", "crm", "parties.csv", "ada", "1", "import")]
    (party,) = {row[0][1] for row in query(store, ORIGIN).rows() if row[0]}
    lives = why(store, (party, None, None), ("http://xmlns.com/foaf/0.1/name", None, None))
    told = [(one.object[1], one.commit, one.until, one.agent, one.row) for one in lives]
    assert told == [("Ana", 1, 2, "ada", 2), ("Anne", 2, None, "bob", 2)]
