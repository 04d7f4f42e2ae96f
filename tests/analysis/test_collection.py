"""Pausing the garbage collector: several at once, and as it was afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kg.analysis.collection import paused_collection


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.isenabled()
    yield
    (gc.enable if before else gc.disable)()


def test_collection_goes_on_when_the_last_has_ended() -> None:
    gc.enable()
    first, second = ExitStack(), ExitStack()
    first.enter_context(paused_collection())
    second.enter_context(paused_collection())
    first.close()
    assert not gc.isenabled()
    second.close()
    assert gc.isenabled()


def test_collection_goes_on_after_an_error_and_stays_off_where_it_was_off() -> None:
    gc.enable()
    with pytest.raises(ValueError, match="broken"), paused_collection():
        raise ValueError("broken")
    assert gc.isenabled()
    gc.disable()
    with paused_collection():
        pass
    assert not gc.isenabled()
