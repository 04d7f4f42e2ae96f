"""Takes the constants out of query texts, so that texts which differ in nothing else share work.

Full IRIs, plain strings and unsigned numbers are exchanged for placeholders, comments are left
out; the rest of the text is the template, which is parsed once. A placeholder is kept only where
the algebra has it as a term in a place whose value decides neither the algebra nor the form of the
SQL (`_OPEN`): the subject or object of a triple pattern, a comparison, VALUES ... Anything else,
such as a predicate, a LIMIT, a regular expression or a datatype, stays in the template as it is
written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rdflib import Literal, URIRef
from rdflib.paths import Path
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query

from kg.errors import QueryError
from kg.sparql.parse import parse
from kg.store import TermKey, term_key

_TOKEN = re.compile(
    r"""
      \#[^\n\r]*
    | \"\"\"(?:\"{0,2}(?:[^\"\\]|\\.))*\"\"\" | '''(?:'{0,2}(?:[^'\\]|\\.))*'''
    | (?:\"(?P<double>[^\"\\\n\r\0\ud800-\udfff]*)\" | '(?P<single>[^'\\\n\r\0\ud800-\udfff]*)')
      (?P<suffix>@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*|\^\^(?:<[^<>\s]*>|[\w.-]*:[\w.-]*))?
    | \"(?:[^\"\\\n\r]|\\.)*\" | '(?:[^'\\\n\r]|\\.)*'
    | (?i:prefix\s+[\w.-]*:|base)\s*<[^<>]*>
    | <(?P<iri>(?:https?://[a-zA-Z0-9.-]+(?::[0-9]{1,4})?/|urn:[a-z0-9]+:)
        (?:[a-zA-Z0-9._~/?=&:@+,;-]|%[0-9A-Fa-f]{2})*
        (?:\#(?:[a-zA-Z0-9._~/?=&:@+,;-]|%[0-9A-Fa-f]{2})*)?)>
    | <[^<>"{}|^`\\\x00-\x20]*>
    | [?$@]\w+(?:-\w+)* | [\w.-]*:(?:[\w.:%-]|\\.)*
    | (?<![+-])(?P<number>[0-9]+(?:\.[0-9]+)?)(?!\.?\w)
    | \w+
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\[uU]")
_VOCABULARY = "http://www.w3.org/"
"""IRIs of standard vocabularies are part of what is asked, not of whom."""
_FORMS = {
    "iri": "urn:x-constant:c{}c",
    "string": "constant c{}c",
    "integer": "{}57031208419",
    "decimal": "{}57031208419.5",
    "date": "{}-05-19",
    "dateTime": "{}-05-19T03:12:08Z",
}
"""What stands for a constant while the template is parsed; valid, so that nobody warns of it."""
_FIRST = 4700
_MOST_CONSTANTS = 64
_MOST_LETTERS = 20_000
"""A longer query has little to gain, and every leaf is compared with every placeholder."""

_OPEN = frozenset(
    {
        "RelationalExpression",
        "ConditionalAndExpression",
        "ConditionalOrExpression",
        "AdditiveExpression",
        "MultiplicativeExpression",
        "Builtin_sameTerm",
        "Builtin_CONTAINS",
        "Builtin_STRSTARTS",
        "Builtin_STRENDS",
        "values",
        "Extend",
        "DescribeQuery",
    }
)
"""Nodes of the algebra whose own constants may be any others of their kind."""


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed query with some of its constants left open."""

    text: str
    query: Query
    open: tuple[TermKey, ...]
    """Terms that stand for the constants, in their order."""
    fixed: frozenset[TermKey]
    """The other terms that the query mentions."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that is valid: its text, its template, and the constants that belong into that."""

    text: str
    base: str | None
    template: Template
    constants: tuple[TermKey, ...]

    @property
    def query(self) -> Query:
        """The query as it is written."""
        return parse(self.text, self.base)


@dataclass(frozen=True, slots=True)
class _Token:
    """A constant of a text: where its value stands, and what it is exchanged for."""

    start: int
    end: int
    placeholder: str


@lru_cache(maxsize=512)
def read(text: str, base: str | None = None) -> Asked:
    """Return a query with its constants apart, as far as they can be left open.

    Raises:
        QuerySyntaxError: the text is not a SPARQL query; tells line and column.
        QueryEvaluationError: the query is valid but has a form that is not offered.
    """
    try:
        return _apart(_without_comments(text), base)
    except QueryError:
        # The error tells a place in the text as it was written.
        return _apart(text, base)


def _without_comments(text: str) -> str:
    """Return a text without its comments, where every `#` can be told to be one or not."""
    if "#" not in text or len(text) > _MOST_LETTERS or _ESCAPED.search(text):
        return text
    return _TOKEN.sub(lambda match: "" if match[0].startswith("#") else match[0], text)


def _apart(text: str, base: str | None) -> Asked:
    """Return a query with its constants apart."""
    tokens = _lifted(text, base)
    if not tokens:
        return Asked(text, base, _template(text, (), base), ())
    placeholders = tuple(dict.fromkeys(token.placeholder for token in tokens))
    template = _template(_exchanged(text, tokens), placeholders, base)
    values = {token.placeholder: text[token.start : token.end] for token in tokens}
    constants = tuple((values[key[0]], key[1], key[2]) for key in template.open)
    return Asked(text, base, template, constants)


def _lifted(text: str, base: str | None) -> list[_Token]:
    """Return the constants of a text that are left open."""
    if len(text) > _MOST_LETTERS or _ESCAPED.search(text):
        return []
    tokens = _tokens(text)
    placeholders = tuple(dict.fromkeys(token.placeholder for token in tokens))
    if len(placeholders) > _MOST_CONSTANTS or any(one in text for one in placeholders):
        return []
    kept = _liftable(_exchanged(text, tokens), placeholders, base)
    return [token for token in tokens if token.placeholder in kept]


def _tokens(text: str) -> list[_Token]:
    """Return the constants of a text that might be left open; those written alike are one."""
    found = []
    placeholders: dict[str, str] = {}
    for match in _TOKEN.finditer(text):
        group = match.lastgroup
        if group == "suffix":
            group = "single" if match["double"] is None else "double"
        form = _form(match, group) if group else None
        if group and form:
            written = f"{form} {match[group]}{match['suffix'] or ''}"
            number = _FIRST + len(placeholders)
            placeholder = placeholders.setdefault(written, _FORMS[form].format(number))
            found.append(_Token(*match.span(group), placeholder))
    return found


def _form(match: re.Match[str], group: str) -> str | None:
    """Return the form of the placeholder of a token, None for a token that stays."""
    if group == "iri":
        return None if match["iri"].startswith(_VOCABULARY) else "iri"
    if group == "number":
        return "decimal" if "." in match["number"] else "integer"
    suffix = match["suffix"]
    if suffix is None or suffix.startswith("@"):
        return "string"
    name = re.split(r"[:#]", suffix.rstrip(">"))[-1]
    return name if name in _FORMS and name not in {"iri"} else None


def _exchanged(text: str, tokens: Sequence[_Token]) -> str:
    """Return a text with placeholders for some tokens."""
    parts = []
    end = 0
    for token in tokens:
        parts += [text[end : token.start], token.placeholder]
        end = token.end
    return "".join([*parts, text[end:]])


@lru_cache(maxsize=512)
def _liftable(text: str, placeholders: tuple[str, ...], base: str | None) -> frozenset[str]:
    """Return the placeholders of a text that are terms in open places, and nothing else."""
    try:
        query = parse(text, base)
    except QueryError:
        return frozenset()
    terms: dict[str, set[TermKey]] = {placeholder: set() for placeholder in placeholders}
    closed: set[str] = set()
    for leaf, is_open in (*_leaves(query.algebra), (query.prologue.base, False)):
        if is_open and isinstance(leaf, URIRef | Literal) and str(leaf) in terms:
            terms[str(leaf)].add(term_key(leaf))
        else:
            told = f"{leaf} {getattr(leaf, 'datatype', '')}"
            closed.update(placeholder for placeholder in placeholders if placeholder in told)
    return frozenset(name for name, keys in terms.items() if len(keys) == 1) - closed


@lru_cache(maxsize=512)
def _template(text: str, placeholders: tuple[str, ...], base: str | None) -> Template:
    """Return the parsed template of a text with placeholders that are liftable."""
    query = parse(text, base)
    terms = {
        term_key(leaf) for leaf, _ in _leaves(query.algebra) if isinstance(leaf, URIRef | Literal)
    }
    known = {key[0]: key for key in terms if key[0] in placeholders}
    stand_ins = tuple(known[placeholder] for placeholder in placeholders)
    return Template(text, query, stand_ins, frozenset(terms.difference(stand_ins)))


def _leaves(node: object, *, is_open: bool = False) -> Iterator[tuple[object, bool]]:
    """Yield what stands at the ends of an algebra, and whether its place is open."""
    if isinstance(node, CompValue):
        is_open = node.name in _OPEN
        for key in node:
            if key == "triples":
                yield from _leaves_of_triples(node[key])
            elif key != "_vars":
                yield from _leaves(node[key], is_open=is_open)
    elif isinstance(node, Path):
        for name in ("arg", "args", "path"):
            yield from _leaves(getattr(node, name, None))
    elif isinstance(node, dict | list | tuple):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _leaves(item, is_open=is_open)
    else:
        yield node, is_open


def _leaves_of_triples(triples: Sequence[Sequence[object]]) -> Iterator[tuple[object, bool]]:
    for subject, predicate, object_ in triples:
        yield from _leaves(subject, is_open=True)
        yield from _leaves(predicate)
        yield from _leaves(object_, is_open=True)
