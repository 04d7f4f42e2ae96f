"""The progress of an import on a terminal: a bar on standard error, with rate and time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import click

from kg.ingest.progress import Listener, Progress

_LENGTH = 1000

_TEXTS = {
    "en": {
        "read": "read",
        "check": "check",
        "map": "map",
        "write": "write",
        "validate": "validate",
        "compare": "compare",
        "again": "{step}, attempt {attempt}",
        "rows": "{step}, {rows} rows, {rate}/s",
    },
    "fr": {
        "read": "lecture",
        "check": "contrôle",
        "map": "conversion",
        "write": "écriture",
        "validate": "validation",
        "compare": "comparaison",
        "again": "{step}, essai {attempt}",
        "rows": "{step}, {rows} lignes, {rate}/s",
    },
}
"""What the steps are called; what is said of further attempts, and of rows."""


@contextmanager
def shown(language: str) -> Iterator[Listener | None]:
    """Yield what shows the progress in a language, None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(
        length=_LENGTH,
        file=sys.stderr,
        show_percent=True,
        item_show_func=partial(_described, language),
    ) as bar:

        def show(moment: Progress) -> None:
            bar.update(max(0, round(moment.done * _LENGTH) - bar.pos), moment)

        yield show


@contextmanager
def shown_of_server(language: str) -> Iterator[Callable[[Mapping[str, Any]], None] | None]:
    """Yield what shows the progress that a server tells, None where there is no terminal."""
    with shown(language) as show:
        yield (lambda told: show(Progress.from_json(told))) if show else None


def _described(language: str, moment: Progress | None) -> str | None:
    """Return what stands beside the bar."""
    if moment is None:
        return None
    texts = _TEXTS[language]
    text = texts[moment.step]
    if moment.attempt > 1:
        text = texts["again"].format(step=text, attempt=moment.attempt)
    if moment.rows:
        counts = {"rows": f"{moment.rows:,}", "rate": f"{moment.rate:,.0f}"}
        if language == "fr":
            counts = {
                name: count.replace(",", "\N{NO-BREAK SPACE}") for name, count in counts.items()
            }
        text = texts["rows"].format(step=text, **counts)
    return text
