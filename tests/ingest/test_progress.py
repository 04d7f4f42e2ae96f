"""An import tells how far it is; one that is stopped, at whatever moment, leaves nothing."""

from __future__ import annotations

import os
import signal

import pytest
from imported import Importer, triples

from kg.errors import ImportStoppedError
from kg.ingest import list_imports
from kg.ingest.progress import STEPS, Progress
from kg.shacl import project_shapes
from kg.sparql.running import running_on
from kg.store import Store

FILES = {"parties.csv": "key,kind,name\nP1,person,Ana\nP2,person,Bo\n", "a.ttl": "<x:a> <x:b> 1 ."}


def test_an_import_tells_its_steps_with_rate_and_time_left(
    store: Store, importer: Importer
) -> None:
    told: list[Progress] = []
    importer(FILES, progress=told.append)
    assert list(dict.fromkeys(one.step for one in told)) == list(STEPS)
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert told[0].remaining is None
    assert (told[-1].done, told[-1].rows, told[-1].remaining) == (pytest.approx(1), 2, 0)
    assert told[-1].rate == told[-1].rows / told[-1].elapsed


def test_long_steps_are_told_part_by_part(importer: Importer) -> None:
    told: list[Progress] = []
    lines = "".join(f"<x:{n}> <x:p> <x:{n + 1}> .\n" for n in range(5000))
    shapes = project_shapes()
    importer(FILES | {"lines.nt": lines}, progress=told.append, shapes=shapes)
    for step, least in {"write": 10, "validate": len(shapes.roots)}.items():
        assert len({one.done for one in told if one.step == step}) >= least
    assert [one.done for one in told] == sorted(one.done for one in told)


def test_a_refused_row_makes_another_attempt(importer: Importer) -> None:
    told: list[Progress] = []
    bad = {"parties.csv": "key,kind\nP1,person\nP2,nobody\n"}
    importer(bad, progress=told.append, on_violation="quarantine")
    assert {one.attempt for one in told} == {1, 2}


@pytest.mark.parametrize("step", STEPS)
def test_an_import_that_is_stopped_leaves_nothing(
    store: Store, importer: Importer, step: str
) -> None:
    def stop(moment: Progress) -> None:
        (running,) = running_on(store).listed()
        assert (running.kind, running.progress is None) == ("import", False)
        if moment.step == step:
            running_on(store).stop(running.id)

    with pytest.raises(ImportStoppedError, match="Nothing was written"):
        importer(FILES, progress=stop)
    assert (store.head, triples(store), list_imports(store)) == (0, set(), [])
    assert running_on(store).listed() == []
    assert importer(FILES).status == "committed"


@pytest.mark.parametrize("step", STEPS)
def test_an_interruption_from_the_keyboard_leaves_nothing(
    store: Store, importer: Importer, step: str
) -> None:
    def interrupt(moment: Progress) -> None:
        if moment.step == step and signal.getsignal(signal.SIGINT) is not usual:
            os.kill(os.getpid(), signal.SIGINT)

    # A run in the background is started with the signal ignored.
    usual = signal.default_int_handler
    before = signal.signal(signal.SIGINT, usual)
    try:
        with pytest.raises(ImportStoppedError, match="Nothing was written"):
            importer(FILES, progress=interrupt)
        assert signal.getsignal(signal.SIGINT) is usual
    finally:
        signal.signal(signal.SIGINT, before)
    assert (store.head, triples(store), list_imports(store)) == (0, set(), [])
    assert importer(FILES).status == "committed"
