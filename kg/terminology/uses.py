"""Where a term is used: rules whose shapes name it, rules of derivation, and questions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rdflib import SH, Graph, Literal, URIRef
from rdflib.term import Node

from kg.derivation import Rule as Derivation
from kg.derivation import load_rules
from kg.namespaces import CGS, PREFIXES
from kg.terminology.graphs import described, shapes_graph

_NAME = re.compile(r"(?<![\w?$<])([a-z]\w*):([A-Za-z][\w-]*)")
_SHAPE = re.compile(r"[A-Za-z0-9-]+")
_IRI = re.compile(r"<([^<>\s]+)>")
_PREFIX = re.compile(r"PREFIX\s+(\w+):\s*<([^<>\s]+)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that data is checked against; texts by language."""

    id: str
    severity: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]


def rules_of(iri: str) -> tuple[Rule, ...]:
    """Return the rules in whose shapes a term occurs, by their identifiers."""
    return _rules().get(iri, ())


def all_rules() -> tuple[Rule, ...]:
    """Return the rules that data, or the vocabulary, is checked against, by their identifiers."""
    found = {rule.id: rule for rules in _rules().values() for rule in rules}
    return tuple(rule for _, rule in sorted(found.items()))


def derivations_of(iri: str | None) -> tuple[Derivation, ...]:
    """Return the rules of derivation that read or conclude a term, all of them for None."""
    return tuple(
        rule
        for rule in load_rules()
        if iri is None or any(URIRef(iri) in clause.terms() for clause in rule.clauses)
    )


@lru_cache(maxsize=512)
def rule_named(name: str) -> Rule:
    """Return the rule of a shape's identifier.

    Texts that `T01-client` has not are those of `T01`.
    """
    if not _SHAPE.fullmatch(name):
        return Rule(name, "", {}, {})
    shapes = shapes_graph()
    own, whole = _rule(shapes, name), _rule(shapes, name.partition("-")[0])
    return Rule(
        name, own.severity or whole.severity, own.names or whole.names,
        own.descriptions or whole.descriptions,
    )  # fmt: skip


def questions_of(iri: str, questions: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the questions whose text, given by name, mentions a term."""
    return tuple(name for name, text in questions.items() if iri in mentioned(text))


@lru_cache(maxsize=512)
def mentioned(text: str) -> frozenset[str]:
    """Return the IRIs that a query names, in full or by a prefix of its own or of the project."""
    prefixes = PREFIXES | dict(_PREFIX.findall(text))
    short = {prefixes[p] + local for p, local in _NAME.findall(text) if p in prefixes}
    return frozenset((short | set(_IRI.findall(text))) - set(prefixes.values()))


@lru_cache(maxsize=1)
def _rules() -> Mapping[str, tuple[Rule, ...]]:
    shapes = shapes_graph()
    declared = _declared(shapes)
    found: dict[str, dict[str, Rule]] = {}
    for shape in set(shapes.subjects(SH.severity)):
        id_ = str(shape).removeprefix(str(CGS)).partition("-")[0]
        rule = _rule(shapes, id_)
        for iri in _named_in(shapes, shape, declared):
            found.setdefault(iri, {})[id_] = rule
    return {iri: tuple(one for _, one in sorted(by.items())) for iri, by in found.items()}


def _rule(shapes: Graph, id_: str) -> Rule:
    node = CGS[id_]
    severity = str(shapes.value(node, SH.severity) or "").removeprefix(str(SH))
    return Rule(
        id_, severity, by_language(shapes.objects(node, SH.name)),
        by_language(shapes.objects(node, SH.description)),
    )  # fmt: skip


def _named_in(shapes: Graph, shape: Node, declared: Mapping[str, str]) -> set[str]:
    own = Graph()
    described(shapes, shape, own)
    found = {str(node) for node in own.objects() if isinstance(node, URIRef)}
    for query in own.objects(None, SH.select):
        names = _NAME.findall(str(query))
        found |= {declared[prefix] + local for prefix, local in names if prefix in declared}
    return found


def _declared(shapes: Graph) -> dict[str, str]:
    return {
        str(shapes.value(node, SH.prefix)): str(shapes.value(node, SH.namespace))
        for node in shapes.objects(CGS.prefixes, SH.declare)
    }


def by_language(texts: Iterable[Node]) -> dict[str, str]:
    """Return the text of each language among some literals."""
    return {t.language: str(t) for t in texts if isinstance(t, Literal) and t.language}
