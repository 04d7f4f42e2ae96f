"""`GRAPH $shapesGraph` in a query: what it asks of the shapes graph, answered as inline data.

The shapes graph is small and is not in the store. A pattern in it has the same solutions whatever
the focus node is, as long as it says nothing about the focus node itself (section 5.3.1).
"""

from __future__ import annotations

from collections.abc import Mapping

from rdflib import Graph, URIRef, Variable
from rdflib.plugins.sparql.evaluate import evalPart
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import QueryContext
from rdflib.term import Node

from kg.errors import UnsupportedShapeError
from kg.namespaces import graph_iri
from kg.sparql.mentions import inner_expressions, variables

SHAPES_GRAPH = URIRef(graph_iri("shapes", "current"))
"""What `$shapesGraph` is bound to."""

_VARIABLE = Variable("shapesGraph")
_PER_NODE = {"this", "value"}


def answer_patterns(node: object, shapes: Graph, bindings: Mapping[str, Node]) -> None:
    """Turn the patterns in the shapes graph below a node of an algebra into inline data, in place.

    Raises:
        UnsupportedShapeError: a filter in such a pattern is about the focus or value node.
    """
    if isinstance(node, list):
        for item in node:
            answer_patterns(item, shapes, bindings)
    elif isinstance(node, CompValue):
        for key in [key for key in node if key != "_vars"]:
            part = node[key]
            if isinstance(part, CompValue) and part.name == "Graph" and part.term == _VARIABLE:
                node[key] = _inline(part.p, shapes, bindings)
            else:
                answer_patterns(part, shapes, bindings)


def _inline(pattern: CompValue, shapes: Graph, bindings: Mapping[str, Node]) -> CompValue:
    """Return the solutions of a pattern in the shapes graph as inline data."""
    filtered = {str(name) for each in inner_expressions(pattern) for name in variables(each)}
    if filtered & _PER_NODE:
        raise UnsupportedShapeError(
            "A query asks the shapes graph (GRAPH $shapesGraph) with a filter about $this or"
            " $value: move the filter out of the group."
        )
    context = QueryContext(
        shapes,
        initBindings={Variable(name): term for name, term in bindings.items()},  # type: ignore[misc]
    )
    bound = {Variable(name) for name in bindings}
    rows = [
        {name: term for name, term in solution.items() if name not in bound}
        for solution in evalPart(context, pattern)
    ]
    seen = {name for row in rows for name in row}
    values = CompValue("values", var=sorted(seen), res=rows)
    inline = CompValue("ToMultiSet", p=values, _vars=seen)
    return CompValue("Join", p1=CompValue("BGP", triples=[], _vars=set()), p2=inline, _vars=seen)
