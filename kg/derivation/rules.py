"""The rules of derivation: CONSTRUCT queries that say one thing each, in two languages.

A rule is monotonic: its pattern is made of triple patterns whose predicates are named, UNION,
VALUES of one variable, and inequality of two variables. What counts, negates or looks at a date is
no rule but an analysis (modelling decisions, section 1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from rdflib import URIRef, Variable
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from kg import resources
from kg.errors import UsageError
from kg.french import LANGUAGES
from kg.sparql import parse
from kg.sparql.headers import read_header

_KEYS = ("title", "statement")

Pattern = tuple[Node, Node, Node]
"""A triple pattern; its predicate is an IRI."""
Pair = tuple[Variable, Variable]


@dataclass(frozen=True, slots=True)
class Clause:
    """One conclusion of a rule from one way to it: all of `body` gives `head`.

    The variables of each pair in `unlike` have different values.
    """

    rule: str
    head: Pattern
    body: tuple[Pattern, ...]
    unlike: tuple[Pair, ...] = ()

    def terms(self) -> set[Node]:
        """Return the terms that the clause names."""
        parts = (node for pattern in (self.head, *self.body) for node in pattern)
        return {node for node in parts if not isinstance(node, Variable)}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its texts by language."""

    name: str
    titles: Mapping[str, str]
    statements: Mapping[str, str]
    text: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way through a pattern."""

    body: tuple[Pattern, ...] = ()
    unlike: tuple[Pair, ...] = ()
    values: tuple[tuple[Variable, Node], ...] = ()


@lru_cache(maxsize=1)
def load_rules(folder: Path | None = None) -> tuple[Rule, ...]:
    """Return the rules of a folder, in the order of their names; of the project when it is None.

    Raises:
        UsageError: a file is no rule.
        QuerySyntaxError: a file is not SPARQL.
    """
    place = folder or resources.folder("ontology") / "rules"
    return tuple(read_rule(path) for path in sorted(place.glob("*.rq")))


def version_of(rules: Iterable[Rule]) -> str:
    """Return what changes whenever a rule concludes otherwise."""
    text = "\n".join(repr(clause) for rule in rules for clause in rule.clauses)
    return hashlib.sha256(text.encode()).hexdigest()


def read_rule(path: Path) -> Rule:
    """Read a file with its header.

    Raises:
        UsageError: the header lacks a text, or the query is no rule.
        QuerySyntaxError: the text is not SPARQL.
    """
    text = path.read_text(encoding="utf-8")
    header = read_header(text, _KEYS)
    for key in (f"{part}.{code}" for part in _KEYS for code in LANGUAGES):
        if not header.get(key):
            raise UsageError(f"{path}: the header has no line '# {key}: ...'; add it.")
    titles, statements = (
        {code: header[f"{part}.{code}"][0] for code in LANGUAGES} for part in _KEYS
    )
    return Rule(path.stem, titles, statements, text, _clauses(path, text))


def _clauses(path: Path, text: str) -> tuple[Clause, ...]:
    """Return the clauses of a CONSTRUCT query.

    Raises:
        UsageError: it is no rule.
    """
    algebra = parse(text).algebra
    if algebra.name != "ConstructQuery" or not algebra.template:
        raise UsageError(f"{path}: a rule is a CONSTRUCT query with a template.")
    try:
        ways = list(_ways(algebra.p))
        found = [_clause(path.stem, head, way) for head in algebra.template for way in ways]
    except ValueError as error:
        raise UsageError(
            f"{path}: {error} A rule holds triple patterns with named predicates, UNION, VALUES of"
            " one variable and FILTER (?a != ?b)."
        ) from None
    return tuple(found)


def _clause(rule: str, head: Pattern, way: _Way) -> Clause:
    """Return the clause of one triple of the template.

    Raises:
        ValueError: a variable of it is not in the body.
    """
    values = dict(way.values)
    clause = Clause(
        rule,
        _filled(head, values),
        tuple(_filled(pattern, values) for pattern in way.body),
        way.unlike,
    )
    known = {node for pattern in clause.body for node in pattern}
    for node in (*clause.head, *(one for pair in clause.unlike for one in pair)):
        if isinstance(node, Variable) and node not in known:
            raise ValueError(f"?{node} is in no triple pattern.")
    for pattern in (clause.head, *clause.body):
        if not isinstance(pattern[1], URIRef):
            raise ValueError(f"{pattern[1].n3()} stands for a predicate.")
    return clause


def _filled(pattern: Pattern, values: Mapping[Variable, Node]) -> Pattern:
    s, p, o = (values.get(node, node) if isinstance(node, Variable) else node for node in pattern)
    return s, p, o


def _ways(node: CompValue) -> Iterator[_Way]:
    """Yield the ways through a pattern.

    Raises:
        ValueError: it holds what no rule holds.
    """
    match node.name:
        case "Project" | "ToMultiSet":
            yield from _ways(node.p)
        case "values":
            yield from (_Way(values=tuple(row.items())) for row in node.res)
        case "BGP":
            yield _Way(tuple(node.triples))
        case "Union":
            yield from _ways(node.p1)
            yield from _ways(node.p2)
        case "Join":
            others = list(_ways(node.p2))
            yield from (_joined(one, other) for one in _ways(node.p1) for other in others)
        case "Filter":
            pair = _unlike(node.expr)
            yield from (replace(way, unlike=(*way.unlike, pair)) for way in _ways(node.p))
        case name:
            raise ValueError(f"{name} is not offered.")


def _joined(one: _Way, other: _Way) -> _Way:
    return _Way(one.body + other.body, one.unlike + other.unlike, one.values + other.values)


def _unlike(expression: CompValue) -> Pair:
    """Return the variables of an inequality.

    Raises:
        ValueError: it is none of two variables.
    """
    one, sign, other = (expression.get(key) for key in ("expr", "op", "other"))
    if sign == "!=" and isinstance(one, Variable) and isinstance(other, Variable):
        return one, other
    raise ValueError("This FILTER is not offered.")
