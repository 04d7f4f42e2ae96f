"""The explanation of a stage as a text for people, in English or French."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

_HEADINGS = {
    "measure": {"en": "Measures", "fr": "Mesures"},
    "rule": {"en": "Rules, up to the one that decided", "fr": "Règles, jusqu'à celle qui décide"},
    "depth": {"en": "Depth", "fr": "Profondeur"},
    "neighbour": {"en": "Classes next to its own", "fr": "Classes voisines"},
    "evidence": {"en": "Events that were read", "fr": "Événements lus"},
}
_HOLDS = {"en": {True: "yes", False: "no"}, "fr": {True: "oui", False: "non"}}


def explanation_text(records: Iterable[Mapping[str, Any]], language: str) -> Iterator[str]:
    """Yield the lines of the explanation of each party, of records as `explain` gives them."""
    for number, (party, told) in enumerate(groupby(records, key=lambda one: one["party"])):
        lines = list(told)
        if number:
            yield ""
        yield f"{lines[0]['party_key'] or ''} <{party}>".strip()
        *_, (_, stage) = (one["name"].split() for one in lines if one["kind"] == "rule")
        yield stage
        # The conditions that failed, one by one, are told by their class already.
        shown = (one for one in lines if one["kind"] in _HEADINGS)
        for kind, group in groupby(shown, key=lambda one: one["kind"]):
            yield ""
            yield _HEADINGS[kind][language]
            yield from (f"  {_line(one, language)}" for one in group)


def _line(record: Mapping[str, Any], language: str) -> str:
    text = str(record[language])
    if record["kind"] == "evidence":
        return f"{text} <{record['name']}>"
    if record["kind"] == "neighbour" or record["holds"] is None:
        return text
    marked = f"{_HOLDS[language][record['holds']]:4}"
    return f"{marked}{record['name']}: {text}" if record["kind"] == "rule" else marked + text
