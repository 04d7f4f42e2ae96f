"""The command line over a small store."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kg.cli import main
from kg.config import Settings
from kg.store import Store
from kg.store.rdf import load_bytes

Run = Callable[..., Result]

DATA = """
@prefix cg: <https://w3id.org/clientgraph/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <https://example.org/> .
GRAPH ex:facts {
    ex:anna a cg:NaturalPerson ; cg:sourceKey "A" .
    ex:o1 a cg:Purchase ; cg:client ex:anna ; cg:orderDate "2026-03-05"^^xsd:date ;
        cg:seller ex:shop ; cg:hasLine [ cg:netAmount 12.50 ; cg:currency "EUR" ] .
    ex:shop a cg:LegalEntity ; cg:sourceKey "ORG" .
}
ex:anna cg:note "Dit « bonjour »,\\npuis part"@fr .
"""


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder whose store holds a person, a purchase and the shop."""
    folder = tmp_path_factory.mktemp("filled")
    with (
        Store.open(Settings(data_dir=folder).store_path) as store,
        store.write(agent="test", activity="import") as tx,
    ):
        load_bytes(tx, DATA.encode(), format="trig")
    return folder


@pytest.fixture
def data_dir(filled: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder: to copy a store takes a tenth of the time to make one."""
    return Path(shutil.copytree(filled, tmp_path / "var"))


@pytest.fixture
def run(data_dir: Path) -> Run:
    """Return a function that runs a command on that data folder."""

    def invoke(*arguments: object, data_dir: Path = data_dir, **options: object) -> Result:
        words = [str(one) for one in ("--data-dir", data_dir, *arguments)]
        return CliRunner().invoke(main, words, **options)

    return invoke
