"""The W3C's tests of SPARQL 1.1 Update, as their manifests describe them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from w3c_manifest import ROOT, iri_of, path_of

FOLDERS = tuple(
    f"sparql11/{name}"
    for name in (
        *("add", "basic-update", "clear", "copy", "delete", "delete-data", "delete-insert"),
        *("delete-where", "drop", "move", "update-silent", "syntax-update-1", "syntax-update-2"),
    )
)

_CASES = """
PREFIX mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#>
PREFIX ut: <http://www.w3.org/2009/sparql/tests/test-update#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT ?test ?kind ?request ?before ?after WHERE {
    ?manifest mf:entries/rdf:rest*/rdf:first ?test .
    ?test a ?kind ; mf:action ?action .
    OPTIONAL { ?action ut:request ?asked BIND (?action AS ?before) }
    BIND (COALESCE(?asked, ?action) AS ?request)
    OPTIONAL { ?test mf:result ?after }
}
"""

_GRAPHS = """
PREFIX ut: <http://www.w3.org/2009/sparql/tests/test-update#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?state ?file ?name WHERE {
    { ?state ut:data ?file } UNION { ?state ut:graphData [ ut:graph ?file ; rdfs:label ?name ] }
}
"""

Graphs = tuple[tuple[Path, str | None], ...]
"""Files of triples with the graph that each is in, None for the unnamed one."""


@dataclass(frozen=True, slots=True)
class UpdateCase:
    """One test: a request, the graphs before it and after it."""

    iri: str
    kind: str
    request: Path
    before: Graphs
    after: Graphs

    @property
    def short(self) -> str:
        """Suite, folder and name of the test."""
        folder = self.request.parent
        return f"{folder.parent.name}/{folder.name}#{self.iri.rpartition('#')[2]}"

    @property
    def base(self) -> str:
        """IRI of the request's text."""
        return iri_of(self.request)


def update_cases() -> list[UpdateCase]:
    """Return all tests about updates, in the order of folders and names; none without suites."""
    manifests = [ROOT / folder / "manifest.ttl" for folder in FOLDERS]
    return [case for path in manifests if path.is_file() for case in _cases_of(path)]


def _cases_of(manifest: Path) -> list[UpdateCase]:
    store = ox.Store()
    store.load(path=manifest, format=ox.RdfFormat.TURTLE, base_iri=iri_of(manifest))
    states: dict[object, list[tuple[Path, str | None]]] = {}
    for state, file, name in store.query(_GRAPHS):  # type: ignore[union-attr, misc]
        states.setdefault(state, []).append((path_of(file.value), name.value if name else None))
    rows = store.query(_CASES)
    assert isinstance(rows, ox.QuerySolutions)
    found = [
        UpdateCase(
            iri=test.value,  # type: ignore[union-attr]
            kind=kind.value.rpartition("#")[2],  # type: ignore[union-attr]
            request=path_of(request.value),  # type: ignore[union-attr]
            before=tuple(states.get(before, [])),
            after=tuple(states.get(after, [])),
        )
        for test, kind, request, before, after in rows
    ]
    return sorted(found, key=lambda case: case.iri)
