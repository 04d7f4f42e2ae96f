"""The progress of an import on a terminal: a bar on standard error, with rate and time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from kg.ingest.progress import Listener, Progress

_LENGTH = 1000


@contextmanager
def shown() -> Iterator[Listener | None]:
    """Yield what shows the progress, None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(
        length=_LENGTH, file=sys.stderr, show_percent=True, item_show_func=_described
    ) as bar:

        def show(moment: Progress) -> None:
            bar.update(max(0, round(moment.done * _LENGTH) - bar.pos), moment)

        yield show


@contextmanager
def shown_of_server() -> Iterator[Callable[[Mapping[str, Any]], None] | None]:
    """Yield what shows the progress that a server tells, None where there is no terminal."""
    with shown() as show:
        yield (lambda told: show(Progress.from_json(told))) if show else None


def _described(moment: Progress | None) -> str | None:
    """Return what stands beside the bar."""
    if moment is None:
        return None
    again = f", attempt {moment.attempt}" if moment.attempt > 1 else ""
    rows = f", {moment.rows:,} rows, {moment.rate:,.0f}/s" if moment.rows else ""
    return f"{moment.step}{again}{rows}"
