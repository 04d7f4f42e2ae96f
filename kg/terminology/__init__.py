"""The vocabulary as people read it: its terms, where they are used, their documents, diagrams."""

from kg.terminology.demands import SEVERITIES, Demand, demands
from kg.terminology.documents import DOCUMENT_FORMATS, document
from kg.terminology.drawing import pattern
from kg.terminology.graphs import shapes_graph, term_graph, vocabulary_graph
from kg.terminology.patterns import PATTERNS, main_patterns
from kg.terminology.terms import KINDS, Term, Terminology, load_terminology
from kg.terminology.things import Thing, things_of
from kg.terminology.uses import (
    Rule,
    all_rules,
    derivations_of,
    questions_of,
    rule_named,
    rules_of,
)

__all__ = [
    "DOCUMENT_FORMATS",
    "KINDS",
    "PATTERNS",
    "SEVERITIES",
    "Demand",
    "Rule",
    "Term",
    "Terminology",
    "Thing",
    "all_rules",
    "demands",
    "derivations_of",
    "document",
    "load_terminology",
    "main_patterns",
    "pattern",
    "questions_of",
    "rule_named",
    "rules_of",
    "shapes_graph",
    "term_graph",
    "things_of",
    "vocabulary_graph",
]
