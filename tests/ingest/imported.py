"""What an import left in a store, in a short form for comparisons."""

from __future__ import annotations

from collections.abc import Callable

from kg.ingest import ImportReport
from kg.namespaces import PROVENANCE_GRAPH
from kg.store import Store

Triple = tuple[str, str, str]
Importer = Callable[..., ImportReport]


def triples(store: Store, graph: str | None = None) -> set[Triple]:
    """Return the live triples outside the provenance graph, IRIs of ours cut short."""
    where = "g.lex = ?" if graph else "g.lex NOT IN (?, 'none')"
    rows = store.cursor().execute(
        "SELECT s.lex, p.lex, o.lex FROM live AS q JOIN term AS s ON s.id = q.s"
        " JOIN term AS p ON p.id = q.p JOIN term AS o ON o.id = q.o JOIN term AS g ON g.id = q.g"
        f" WHERE {where}",
        [graph or str(PROVENANCE_GRAPH)],
    )
    return {(_short(s), _short(p), _short(o)) for s, p, o in rows.fetchall()}


def _short(text: str) -> str:
    if not text.startswith(("http:", "https:")):
        return text
    local = text.rpartition("#")[2] if "#" in text else text
    return local.removeprefix("https://w3id.org/clientgraph/").removeprefix(
        "http://xmlns.com/foaf/0.1/"
    )


def values(store: Store, predicate: str) -> list[str]:
    """Return the objects of a predicate, sorted."""
    return sorted(o for _, p, o in triples(store) if p == predicate)
