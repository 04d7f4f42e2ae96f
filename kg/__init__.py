"""Customer knowledge graph: store, SPARQL, SHACL, imports and analyses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kg.analysis.notebook import OpenGraph

__version__ = "0.1.0"


def open(path: Path | str, *, organization: str | None = None) -> OpenGraph:  # noqa: A001
    """Open a store, by its file or its data folder, to ask it questions from Python.

    `organization` is the key of the focal organisation, that of the settings otherwise.

    Raises:
        UsageError: there is no store.
        StoreLockedError: another process holds the file.
    """
    # Whoever only wants a part of the package does not load all of it.
    from kg.analysis.notebook import open_graph

    return open_graph(path, organization=organization)
