"""The store of a server, opened with the threads that its settings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.factory import open_store
from kg.config import Settings


@pytest.mark.parametrize(
    ("threads", "workers", "most"), [(1, 1, 0), (2, 1, 1), (2, 0, 0), (3, 9, 2)]
)
def test_no_more_threads_help_than_there_are_other_cores(
    tmp_path: Path, threads: int, workers: int, most: int
) -> None:
    settings = Settings(data_dir=tmp_path, threads=threads, workers=workers)
    with open_store(settings) as store:
        cursor = store.cursor()
        # Of two threads or one, the engine would group in a table whose growth nothing interrupts.
        found = cursor.execute("SELECT current_setting('threads')").fetchall()
        assert found == [(max(threads, 3),)]
        assert (store.workers is None) == (most == 0)
        if store.workers is not None:
            assert store.workers.most == most


def test_one_thread_helps_unless_the_settings_say_otherwise() -> None:
    assert Settings().workers == 1
