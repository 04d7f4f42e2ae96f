"""Update requests cut into their operations.

A request is a sequence of operations between semicolons, each after declarations of prefixes and
of the base that hold from there on (SPARQL 1.1 Query, section 19.8, rules 29 and 30). The strict
parser admits declarations before the first operation only, so it reads them one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kg.errors import QuerySyntaxError, UsageError
from kg.sparql.syntax import check_depth, check_operation, declaration_error, missing_operation
from kg.sparql.tokens import plain, tokens

_IRI = r"""<[^<>"{}|^`\\\x00-\x20]*>"""
_BLANKS = r"(?>\s|\#[^\n\r]*+)*+"
_DECLARATION = re.compile(
    rf"{_BLANKS}(?:BASE|PREFIX{_BLANKS}(?P<prefix>(?:[^\W\d_][\w.-]*+)?:)){_BLANKS}(?P<iri>{_IRI})",
    re.IGNORECASE,
)
_DECLARES = re.compile(r"(?:BASE|PREFIX|VERSION)\b", re.IGNORECASE)
_BASE = "BASE"
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Part:
    """An operation of a request: its text, and the declarations that hold for it."""

    prologue: str
    text: str

    @property
    def keywords(self) -> str:
        """The first two words in capital letters, such as `INSERT DATA`."""
        words: list[str] = []
        for token in tokens(self.text):
            if token.lastgroup not in ("comment", "word") or len(words) == 2:
                break
            if token.lastgroup == "word":
                words.append(token.group().upper())
        return " ".join(words)


def parts_of(
    text: str, base: str | None = None, check: Callable[[], None] = lambda: None
) -> list[Part]:
    """Return the operations of a request, in order; `check` is called for each, and may raise.

    Raises:
        QuerySyntaxError: the text is not a SPARQL update request; tells line and column.
        QueryEvaluationError: it is nested too deeply.
        UsageError: the base is no IRI.
    """
    text = plain(text)
    check_depth(text)
    declarations = _Declarations(base)
    parts: list[Part] = []
    for start, operation, end in _pieces(text):
        check()
        if _DECLARES.match(text, operation, end):
            raise declaration_error(text, start, declarations.text)
        if text[operation:end] == ";":
            raise missing_operation(text, operation)
        check_operation(text, start, operation, end, declarations.text)
        declarations.add(text, start, operation)
        if operation < end:
            parts.append(Part(declarations.text, text[operation:end]))
    _check_blank_nodes(parts)
    return parts


class _Declarations:
    """The declarations that hold at a place of a request; those without effect are left out."""

    def __init__(self, base: str | None) -> None:
        self._kept: dict[tuple[str, int], str] = {}
        self._relative = False
        if base is not None:
            if not re.fullmatch(_IRI, f"<{base}>"):
                raise UsageError(
                    f"The base {base!r} is no IRI; give one such as http://a.example/."
                )
            self._keep(_BASE, f"<{base}>")

    @property
    def text(self) -> str:
        """The declarations as text, one a line."""
        return "".join(f"{name} {iri}\n" for (name, _), iri in self._kept.items())

    def add(self, text: str, start: int, end: int) -> None:
        """Add the declarations between two places of a text."""
        for found in _DECLARATION.finditer(text, start, end):
            self._keep(f"PREFIX {found['prefix']}" if found["prefix"] else _BASE, found["iri"])

    def _keep(self, name: str, iri: str) -> None:
        """Keep a declaration instead of the one that it replaces."""
        # What is relative needs the base before it, so from then on no base is left out.
        self._relative = self._relative or not _ABSOLUTE.match(iri)
        key = (name, len(self._kept) if name == _BASE and self._relative else 0)
        self._kept.pop(key, None)
        self._kept[key] = iri


def _pieces(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield where declarations start, where their operation starts, and where it ends."""
    start = depth = 0
    for token in tokens(text):
        sign = token.group() if token.lastgroup == "sign" else ""
        depth += (sign == "{") - (sign == "}")
        if sign == ";" and depth == 0:
            operation = _after_declarations(text, start, token.start())
            # Nothing between two semicolons: the second one is what is wrong.
            empty = operation == token.start()
            yield start, operation, token.end() if empty else token.start()
            start = token.end()
    yield start, _after_declarations(text, start, len(text)), len(text)


def _after_declarations(text: str, start: int, end: int) -> int:
    """Return where the first token after declarations is."""
    place = start
    while found := _DECLARATION.match(text, place, end):
        place = found.end()
    blanks = re.compile(_BLANKS).match(text, place, end)
    return blanks.end() if blanks else place


def _check_blank_nodes(parts: list[Part]) -> None:
    """Raise QuerySyntaxError where two operations share the label of a blank node.

    INSERT DATA must not share it with INSERT DATA, nor WHERE with WHERE (section 19.6).
    """
    seen: set[tuple[bool, str]] = set()
    for part in parts:
        found = set(_labels(part))
        if shared := sorted(label for _, label in seen & found):
            raise QuerySyntaxError(
                f"The blank node {shared[0]} is in two operations of the request. Give it another"
                " label in one of them, or an IRI when one node is meant."
            )
        seen |= found


def _labels(part: Part) -> Iterator[tuple[bool, str]]:
    """Yield the labels of blank nodes in data, and in the WHERE clause (True)."""
    where, data = False, part.keywords == "INSERT DATA"
    depth = 0
    for token in tokens(part.text):
        kind, text = token.lastgroup, token.group()
        if kind == "sign":
            depth += (text == "{") - (text == "}")
        elif kind == "word" and depth == 0 and text.upper() == "WHERE":
            where = True
        elif kind == "name" and text.startswith("_:") and (where or data):
            yield where, text
