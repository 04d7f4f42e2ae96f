"""What went wrong, in French: the messages that stewards of data see, by their English text.

A message is raised in English, with values in it. Here is the same message in French for each: the
parts in braces stand for the values, whatever they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import cast

LANGUAGES = ("en", "fr")
"""What is told to people is told in these."""

_TEXTS = Path(__file__).with_name("french.json")
"""`messages`: English message -> French message; `values`: values that hold words, likewise.

`faults` are what a document of text is told at a place of it, without that place and the full stop;
`reasons` are why a query is not compiled; `syntax` are the reasons of syntax errors, and `expected`
what these say is expected.
"""

_OF = {"reason": ("syntax", "values"), "expected": ("expected",)}
"""Where a value is looked up, by its name; others are looked up in `values`."""

_PLACES = {"{place}": "{place}", "{place} line {line}": "{place} ligne {line}"}
"""What a fault stands behind."""

_LONGEST = 2000
"""Characters of a message that is looked up; a longer one quotes what is no message."""


def french(message: str) -> str | None:
    """Return a message in French, None where it is not known there."""
    if len(message) > _LONGEST:
        return None
    for pattern, text in _patterns("messages"):
        found = pattern.fullmatch(message)
        if found is not None:
            return _filled(text, found)
    return None


def in_both(message: str) -> dict[str, str]:
    """Return a message by language; English alone where it is not known in French."""
    translated = french(message)
    return {"en": message} if translated is None else {"en": message, "fr": translated}


@cache
def _texts() -> dict[str, dict[str, str]]:
    """Return the texts as they are kept."""
    return cast("dict[str, dict[str, str]]", json.loads(_TEXTS.read_text("utf-8")))


def _filled(text: str, found: re.Match[str]) -> str:
    """Return a French text with the values of an English message, words in French."""
    values = {name: _value(name, value) for name, value in found.groupdict().items()}
    return text.format_map(values)


def _value(name: str, value: str) -> str:
    """Return a value of a message with its words in French."""
    for kind in _OF.get(name, ("values",)):
        for pattern, text in _patterns(kind):
            found = pattern.fullmatch(value)
            if found is not None:
                return _filled(text, found)
    return value


@cache
def _patterns(kind: str) -> list[tuple[re.Pattern[str], str]]:
    """Return texts as patterns, those with the most words of their own first."""
    pairs = list(_texts()[kind].items())
    if kind == "messages":
        pairs += [*_placed(), *_texts()["reasons"].items()]
    ordered = sorted(pairs, key=lambda pair: -len(re.sub(r"\{\w+\}", "", pair[0])))
    return [(_pattern(english), text) for english, text in ordered]


def _placed() -> Iterator[tuple[str, str]]:
    """Yield the faults behind their places, in both languages."""
    for place, translated in _PLACES.items():
        for english, text in _texts()["faults"].items():
            yield f"{place}: {english}.", f"{translated} : {text}."


def _pattern(english: str) -> re.Pattern[str]:
    """Return a message as a pattern whose groups are its values."""
    parts = re.split(r"\{(\w+)\}", english)
    fixed = [re.escape(part) for part in parts[::2]]
    named = [f"(?P<{name}>.*?)" for name in parts[1::2]]
    rest = "".join(value + after for value, after in zip(named, fixed[1:], strict=True))
    return re.compile(fixed[0] + rest, re.DOTALL)
