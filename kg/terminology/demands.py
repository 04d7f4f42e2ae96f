"""What the rules demand, as a listing tells it: of what, how strictly, and with which messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rdflib import SH, URIRef

from kg.namespaces import CGS
from kg.terminology.graphs import shapes_by_area, shapes_graph
from kg.terminology.uses import Rule, by_language, rule_named

SEVERITIES = ("Violation", "Warning", "Info")
_AREAS = (
    "parties", "relationship", "exchanges", "recommendations", "supply", "requests", "segments",
    "communication", "privacy", "provenance",
)  # fmt: skip
"""Files of the shapes that judge facts, in the order of a listing; others follow."""

_TARGETS = {
    "class": SH.targetClass,
    "subjects": SH.targetSubjectsOf,
    "objects": SH.targetObjectsOf,
}
"""Where a rule applies: to a class, to what has a property, to what a property leads to."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A rule with the targets that it applies to, as (way, IRI), and its messages by language.

    `about_facts` tells it from the rules for what is computed, or for the vocabulary.
    """

    rule: Rule
    targets: tuple[tuple[str, str], ...]
    messages: tuple[Mapping[str, str], ...]
    about_facts: bool

    def says(self, words: str, language: str) -> bool:
        """Return whether each of the words occurs in what a listing shows of the rule."""
        texts = (self.rule.names, self.rule.descriptions, *self.messages)
        told = (text.get(language, "") for text in texts)
        shown = " ".join((self.rule.id, *told)).casefold()
        return all(word in shown for word in words.casefold().split())


@lru_cache(maxsize=1)
def demands() -> Mapping[str, tuple[Demand, ...]]:
    """Return what every rule demands, by the file that states it: those about facts first."""
    stated = shapes_by_area()
    order = [*(area for area in _AREAS if area in stated), *sorted(stated.keys() - set(_AREAS))]
    return {
        area: tuple(
            _demand(rule, shapes, about_facts=area in _AREAS)
            for rule, shapes in _by_rule(stated[area])
        )
        for area in order
    }


def _by_rule(stated: frozenset[URIRef]) -> Iterator[tuple[str, list[URIRef]]]:
    """Yield each rule with its shapes: the rule's own first, then its parts."""
    found: dict[str, list[URIRef]] = {}
    for shape in sorted(stated, key=_place):
        found.setdefault(_rule_of(shape), []).append(shape)
    yield from found.items()


def _rule_of(shape: URIRef) -> str:
    return str(shape).removeprefix(str(CGS)).partition("-")[0]


def _place(shape: URIRef) -> tuple[str, int, str]:
    """Return where a shape stands: T02 before T02b, and this before its parts and T10."""
    name = str(shape).removeprefix(str(CGS))
    letter, number, rest = re.fullmatch(r"([A-Z]+)(\d+)(.*)", name).groups()  # type: ignore[union-attr]
    return letter, int(number), rest


def _demand(rule: str, shapes: list[URIRef], *, about_facts: bool) -> Demand:
    graph = shapes_graph()
    targets = (
        (way, target)
        for way, predicate in _TARGETS.items()
        for shape in shapes
        for target in sorted(map(str, graph.objects(shape, predicate)))
    )
    told: dict[str, Mapping[str, str]] = {}
    for shape in shapes:
        below = [
            by_language(graph.objects(one, SH.message)) for one in graph.objects(shape, SH.sparql)
        ]
        own = by_language(graph.objects(shape, SH.message))
        for message in (own, *sorted(below, key=lambda one: one["en"])):
            if message:
                told.setdefault(message["en"], message)
    return Demand(
        rule_named(rule), tuple(dict.fromkeys(targets)), tuple(told.values()), about_facts
    )
