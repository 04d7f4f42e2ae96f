"""A store in memory, and imports of small files written by the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from imported import Importer, importer_into
from rdflib import Graph

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
    return importer_into(store, tmp_path, no_shapes)
