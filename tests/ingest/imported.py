"""What an import left in a store, in a short form for comparisons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kg.ingest import ImportOptions, ImportReport, run_import
from kg.namespaces import PROVENANCE_GRAPH
from kg.shacl import Shapes
from kg.store import Store

Triple = tuple[str, str, str]
Importer = Callable[..., ImportReport]


def importer_into(store: Store, place: Path, shapes: Shapes) -> Importer:
    """Return a function that writes files and imports them, by default with some shapes."""

    def run(files: dict[str, str | bytes], mapping: str | None = None, **options: Any) -> Any:
        folder = place / f"import-{len(list(place.iterdir()))}"
        folder.mkdir()
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(data)
        paths: list[Path] = [folder]
        if mapping is not None:
            document = place / f"{folder.name}.yml"
            document.write_text(mapping, encoding="utf-8")
            options["mapping"] = document
        return run_import(store, paths, ImportOptions(**{"shapes": shapes} | options))

    return run


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
