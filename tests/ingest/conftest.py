"""A store in memory, and imports of small files written by the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from imported import Importer
from rdflib import Graph

from kg.ingest import ImportOptions, run_import
from kg.shacl import Shapes, load_shapes
from kg.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open() as opened:
        yield opened


@pytest.fixture(scope="session")
def no_shapes() -> Shapes:
    """Return no shapes at all: for tests of what comes before the gate."""
    return load_shapes(Graph())


@pytest.fixture
def importer(store: Store, tmp_path: Path, no_shapes: Shapes) -> Importer:
    """Return a function that writes files and imports them, by default without shapes."""

    def run(files: dict[str, str | bytes], mapping: str | None = None, **options: Any) -> Any:
        folder = tmp_path / f"import-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(data)
        paths: list[Path] = [folder]
        if mapping is not None:
            document = tmp_path / f"{folder.name}.yml"
            document.write_text(mapping, encoding="utf-8")
            options["mapping"] = document
        return run_import(store, paths, ImportOptions(**{"shapes": no_shapes} | options))

    return run
