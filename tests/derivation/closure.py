"""What follows from triples, worked out by rdflib from the text of the rules."""

from __future__ import annotations

from functools import cache

from rdflib import Graph, Literal
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from kg.derivation import load_rules

Triple = tuple[Node, Node, Node]


@cache
def _queries() -> tuple[Query, ...]:
    return tuple(prepareQuery(rule.text) for rule in load_rules())


def conclusions(stated: set[Triple]) -> set[Triple]:
    """Return what follows from triples by the rules and is not among them."""
    graph = Graph()
    for triple in stated:
        graph.add(triple)
    size = -1
    while size != len(graph):
        size = len(graph)
        for query in _queries():
            for s, p, o in graph.query(query):
                if not isinstance(s, Literal):
                    graph.add((s, p, o))
    return set(graph) - stated
