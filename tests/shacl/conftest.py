"""What the tests of the validator share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.store import Store

# The examples of the rules are read by a module of the vocabulary's tests.
sys.path.append(str(Path(__file__).parents[1] / "ontology"))


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """An empty store; tests write to it in transactions that they roll back."""
    with Store.open() as opened:
        yield opened
