"""A look at how deeply a document nests triples in triples, before a parser that recurses."""

from __future__ import annotations

import contextlib
import itertools
import mmap
import re
from pathlib import Path

from kg.errors import RdfSyntaxError

_DEEPEST = 500
"""Deepest nesting that is read; the parser ends the process at some ten thousand."""
_OPENS = re.compile(rb"<<")
_TOKEN = re.compile(
    rb"""\"{3}(?:\"{0,2}(?:[^\"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
    | \"(?:[^\"\\\r\n]|\\.)*\" | '(?:[^'\\\r\n]|\\.)*'
    | <[^<>\"{}|^`\\\x00-\x20]*> | \#[^\r\n]* | \\. | (?P<open><<) | (?P<close>>>)""",
    re.VERBOSE | re.DOTALL,
)


def check_nesting(source: Path | bytes, name: str) -> None:
    """Look at a document for triples that stand too deeply in triples.

    Raises:
        RdfSyntaxError: they do; the document is called `name`.
    """
    with contextlib.ExitStack() as stack:
        content: bytes | mmap.mmap = b""
        if isinstance(source, bytes):
            content = source
        elif source.stat().st_size:
            file = stack.enter_context(source.open("rb"))
            content = stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        # Most documents have none, which is seen at once.
        opens = itertools.islice(_OPENS.finditer(content), _DEEPEST + 1)
        if sum(1 for _ in opens) > _DEEPEST and _is_deep(content):
            raise RdfSyntaxError(
                f"{name} nests triples in triples more than {_DEEPEST} deep. Name the inner ones."
            )


def _is_deep(content: bytes | mmap.mmap) -> bool:
    level = 0
    for token in _TOKEN.finditer(content):
        if token.lastgroup == "open":
            level += 1
        elif token.lastgroup == "close":
            level = max(level - 1, 0)
        if level > _DEEPEST:
            return True
    return False
