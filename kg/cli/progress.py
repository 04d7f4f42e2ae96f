"""The progress of an import on a terminal: a bar on standard error, with rate and time left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

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


def _described(moment: Progress | None) -> str | None:
    """Return what stands beside the bar."""
    if moment is None:
        return None
    again = f", attempt {moment.attempt}" if moment.attempt > 1 else ""
    return f"{moment.step}{again}, {moment.rows:,} rows, {moment.rate:,.0f}/s"
