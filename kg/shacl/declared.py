"""What a shapes graph declares of a node: single values, texts, flags, messages."""

from __future__ import annotations

from rdflib import SH, XSD, Graph, Literal, URIRef
from rdflib.term import Node

from kg.errors import ShapesError


def label(node: Node) -> str:
    """Return a node's name for an error message."""
    return str(node) if isinstance(node, URIRef) else f"_:{node}"


def only(graph: Graph, node: Node, predicate: Node) -> Node | None:
    """Return the only value of a predicate, None when there is none.

    Raises:
        ShapesError: there are several.
    """
    values = list(graph.objects(node, predicate))
    if len(values) > 1:
        raise ShapesError(f"{label(node)} has {len(values)} values of {predicate}: keep one.")
    return values[0] if values else None


def text_of(value: Node | None, node: Node, predicate: URIRef) -> str:
    """Return a value that has to be a string.

    Raises:
        ShapesError: it is none.
    """
    if isinstance(value, Literal):
        return str(value)
    raise ShapesError(f"{predicate} of {label(node)} is not a string: {value!r}.")


def flag(graph: Graph, node: Node, predicate: URIRef) -> bool:
    """Return the boolean value of a predicate, false when there is none.

    Raises:
        ShapesError: it is not true or false.
    """
    value = only(graph, node, predicate)
    if value is None:
        return False
    if isinstance(value, Literal) and value.datatype == XSD.boolean and value.value is not None:
        return bool(value.value)
    raise ShapesError(f"{predicate} of {label(node)} is not true or false: {value!r}.")


def messages(graph: Graph, node: Node, predicate: URIRef = SH.message) -> tuple[Literal, ...]:
    """Return the messages of a shape, constraint or validator, by language."""
    found = [each for each in graph.objects(node, predicate) if isinstance(each, Literal)]
    return tuple(sorted(found, key=lambda each: (each.language or "", str(each))))
