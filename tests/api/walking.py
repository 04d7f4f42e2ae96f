"""Every page of the server that can be opened by itself, and the words that people read on it."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

from flask import Flask

_QUIET = frozenset({"script", "style", "code", "pre", "textarea", "time", "svg"})
_VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})
_READ_OUT = frozenset({"title", "placeholder", "aria-label", "alt"})
_EXAMPLES = {
    "/analyses/<path:path>": ("classify?run=1", "referrals/credit?run=1", "chains/exposure"),
    "/enter/<name>": ("parties", "purchases"),
    "/ontology/<path:name>": ("Purchase", "scheme/stage"),
    "/parties/<path:name>": ("bo",),
    "/parts/events/<path:name>": ("bo",),
    "/parts/roles/<path:name>": ("bo",),
    "/parts/stage/<path:name>": ("bo",),
    "/parts/stages/<path:name>": ("bo",),
    "/query/<name>": ("revenue-by-month?run=1", "top-prescribers"),
}
"""What stands in the place of the arguments of an address."""


def page_paths(app: Flask) -> list[str]:
    """Return the addresses of the pages, with examples where an address has arguments."""
    paths = {"/search?q=bo", "/query?query=SELECT", "/login"}
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("pages.") or "GET" not in (rule.methods or ()):
            continue
        if not rule.arguments:
            paths.add(rule.rule)
        for example in _EXAMPLES.get(rule.rule, ()):
            paths.add(rule.rule.partition("<")[0] + example)
    return sorted(paths)


def words_of(page: str) -> Iterator[str]:
    """Yield the texts of a page that people read or hear, outside of code."""
    parser = _Texts()
    parser.feed(page)
    yield from parser.texts


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not self._is_quiet():
            self.texts += [" ".join(v.split()) for k, v in attrs if k in _READ_OUT and v]
        if tag not in _VOID:
            # What says its own language is in it; details of problems are told by the library.
            own = (tag != "html" and "lang" in given) or given.get("class") == "message"
            self._open.append((tag, tag in _QUIET or own))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._is_quiet() and (text := " ".join(data.split())):
            self.texts.append(text)

    def _is_quiet(self) -> bool:
        return any(quiet for _, quiet in self._open)
