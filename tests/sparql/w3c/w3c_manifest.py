"""The W3C test suites of SPARQL 1.0 and 1.1, as their manifests describe them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

PROJECT = Path(__file__).resolve().parents[3]
SUITES = Path(os.environ.get("CLIENTGRAPH_SUITES", PROJECT / "../shared/suites")).resolve()
ROOT = SUITES / "rdf-tests" / "sparql"
BASE = "https://w3c.github.io/rdf-tests/sparql/"

QUERY_FOLDERS = (
    *("sparql10/" + name for name in ["basic", "triple-match", "open-world", "algebra"]),
    *("sparql10/" + name for name in ["bnode-coreference", "optional", "optional-filter", "graph"]),
    *("sparql10/" + name for name in ["dataset", "type-promotion", "cast", "bound"]),
    *("sparql10/" + name for name in ["boolean-effective-value", "expr-builtin", "expr-ops"]),
    *(
        "sparql10/" + name
        for name in ["expr-equals", "regex", "i18n", "construct", "ask", "distinct"]
    ),
    *("sparql10/" + name for name in ["sort", "solution-seq", "reduced"]),
    *("sparql10/" + f"syntax-sparql{number}" for number in range(1, 6)),
    *("sparql11/" + name for name in ["aggregates", "bind", "bindings", "cast", "construct"]),
    *("sparql11/" + name for name in ["csv-tsv-res", "exists", "functions", "grouping"]),
    *("sparql11/" + name for name in ["json-res", "negation", "project-expression"]),
    *("sparql11/" + name for name in ["property-path", "subquery", "syntax-query", "syntax-fed"]),
)
"""Folders of tests about queries and their results; the others are about other documents."""

_CASES = """
PREFIX mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#>
PREFIX qt: <http://www.w3.org/2001/sw/DataAccess/tests/test-query#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT ?test (SAMPLE(?type) AS ?kind) (SAMPLE(?label) AS ?name) (SAMPLE(?text) AS ?query)
    (SAMPLE(?answer) AS ?result) (SAMPLE(?cardinality) AS ?lax)
    (GROUP_CONCAT(DISTINCT STR(?default)) AS ?data) (GROUP_CONCAT(DISTINCT STR(?graph)) AS ?named)
WHERE {
    ?manifest mf:entries/rdf:rest*/rdf:first ?test .
    ?test a ?type ; mf:name ?label ; mf:action ?action .
    OPTIONAL { ?action qt:query ?asked }
    BIND (COALESCE(?asked, ?action) AS ?text)
    OPTIONAL { ?action qt:data ?default }
    OPTIONAL { ?action qt:graphData ?graph }
    OPTIONAL { ?test mf:result ?answer }
    OPTIONAL { ?test mf:resultCardinality ?cardinality }
}
GROUP BY ?test
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a suite."""

    iri: str
    kind: str
    name: str
    query: Path
    data: tuple[Path, ...]
    named: tuple[Path, ...]
    result: Path | None
    lax: bool

    @property
    def short(self) -> str:
        """Suite, folder and name of the test."""
        folder = self.query.parent
        return f"{folder.parent.name}/{folder.name}#{self.iri.rpartition('#')[2]}"

    @property
    def base(self) -> str:
        """IRI of the query's text."""
        return iri_of(self.query)


def iri_of(path: Path) -> str:
    """Return the IRI under which a file of the suites is published."""
    return BASE + path.relative_to(ROOT).as_posix()


def path_of(iri: str) -> Path:
    """Return the file of the suites that is published under an IRI."""
    return ROOT / iri.removeprefix(BASE)


def cases() -> list[Case]:
    """Return all tests about queries, in the order of folders and names; none without suites."""
    found = []
    for folder in QUERY_FOLDERS:
        manifest = ROOT / folder / "manifest.ttl"
        if manifest.is_file():
            found += _cases_of(manifest)
    return found


def _cases_of(manifest: Path) -> list[Case]:
    store = ox.Store()
    store.load(path=manifest, format=ox.RdfFormat.TURTLE, base_iri=iri_of(manifest))
    rows = store.query(_CASES)
    assert isinstance(rows, ox.QuerySolutions)
    return sorted((_case(row) for row in rows), key=lambda case: case.iri)


def _case(row: ox.QuerySolution) -> Case:
    def text(name: str) -> str:
        return row[name].value if row[name] is not None else ""  # type: ignore[union-attr]

    return Case(
        iri=text("test"),
        kind=text("kind").rpartition("#")[2],
        name=text("name"),
        query=path_of(text("query")),
        data=tuple(path_of(iri) for iri in text("data").split()),
        named=tuple(path_of(iri) for iri in text("named").split()),
        result=path_of(text("result")) if row["result"] is not None else None,
        lax=text("lax").endswith("LaxCardinality"),
    )
