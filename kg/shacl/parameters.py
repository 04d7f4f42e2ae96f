"""The parameters of each constraint component, read from the shapes graph (section 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from rdflib import SH, XSD, Graph, Literal, URIRef
from rdflib.term import Node

from kg.errors import ShapesError
from kg.shacl.components import read_sparql
from kg.shacl.declared import flag, only, text_of
from kg.shacl.model import (
    And,
    Bound,
    Closed,
    ConformsTo,
    Constraint,
    Datatype,
    HasClass,
    HasProperty,
    HasValue,
    LanguageIn,
    Length,
    MaxCount,
    MinCount,
    NodeKind,
    Not,
    OneOf,
    Or,
    Pattern,
    PropertyPair,
    Qualified,
    Shape,
    UniqueLang,
    Xone,
)
from kg.shacl.paths import ordered, read_list


class Source(Protocol):
    """The shapes graph and the shapes read from it."""

    graph: Graph
    trusted: bool

    def shape(self, node: Node) -> Shape:
        """Return the shape of a node."""


Reader = Callable[[Source, Node], Sequence[Constraint]]

COMPANIONS = frozenset(
    {
        SH.flags,
        SH.ignoredProperties,
        SH.qualifiedMinCount,
        SH.qualifiedMaxCount,
        SH.qualifiedValueShapesDisjoint,
    }
)
"""Parameters that say nothing without another one, which reads them."""

NODE_KINDS = {
    SH.BlankNode,
    SH.IRI,
    SH.Literal,
    SH.BlankNodeOrIRI,
    SH.BlankNodeOrLiteral,
    SH.IRIOrLiteral,
}


def _iri(node: Node, predicate: URIRef, value: Node) -> URIRef:
    """Return a parameter that has to be an IRI."""
    if not isinstance(value, URIRef):
        raise ShapesError(f"{predicate} of the shape {node} is not an IRI: {value!r}.")
    return value


def _number(node: Node, predicate: URIRef, value: Node) -> int:
    """Return a parameter that has to be an integer."""
    if isinstance(value, Literal) and value.datatype == XSD.integer and value.value is not None:
        return int(value.value)
    raise ShapesError(f"{predicate} of the shape {node} is not an integer: {value!r}.")


def _each_iri(predicate: URIRef, make: Callable[[URIRef], Constraint]) -> Reader:
    """Return a reader that makes one constraint of each value, an IRI."""

    def read(source: Source, node: Node) -> list[Constraint]:
        values = ordered(source.graph.objects(node, predicate))
        return [make(_iri(node, predicate, value)) for value in values]

    return read


def _number_of(predicate: URIRef, make: Callable[[int], Constraint]) -> Reader:
    """Return a reader of a component whose one parameter is an integer."""

    def read(source: Source, node: Node) -> list[Constraint]:
        value = only(source.graph, node, predicate)
        return [] if value is None else [make(_number(node, predicate, value))]

    return read


def _bound(predicate: URIRef, operator: str) -> Reader:
    """Return a reader of a value range component."""

    def read(source: Source, node: Node) -> list[Constraint]:
        value = only(source.graph, node, predicate)
        if not isinstance(value, Literal):
            raise ShapesError(f"{predicate} of the shape {node} is not a literal: {value!r}.")
        return [Bound(operator, value)]

    return read


def _each_shape(predicate: URIRef, make: Callable[[tuple[Shape, ...]], Constraint]) -> Reader:
    """Return a reader that makes one constraint of each value, a shape."""

    def read(source: Source, node: Node) -> list[Constraint]:
        values = ordered(source.graph.objects(node, predicate))
        return [make((source.shape(value),)) for value in values]

    return read


def _each_shape_list(predicate: URIRef, make: Callable[[tuple[Shape, ...]], Constraint]) -> Reader:
    """Return a reader that makes one constraint of each value, a list of shapes."""

    def read(source: Source, node: Node) -> list[Constraint]:
        lists = [read_list(source.graph, head) for head in source.graph.objects(node, predicate)]
        return [make(tuple(source.shape(each) for each in members)) for members in lists]

    return read


def _node_kind(source: Source, node: Node) -> list[Constraint]:
    """Read sh:nodeKind."""
    value = only(source.graph, node, SH.nodeKind)
    if value not in NODE_KINDS:
        raise ShapesError(f"sh:nodeKind of the shape {node} is not one of the six: {value}.")
    return [NodeKind(URIRef(str(value)))]


def _pattern(source: Source, node: Node) -> list[Constraint]:
    """Read sh:pattern, each with the shape's sh:flags."""
    flags = only(source.graph, node, SH.flags)
    text = "" if flags is None else text_of(flags, node, SH.flags)
    patterns = ordered(source.graph.objects(node, SH.pattern))
    return [Pattern(text_of(each, node, SH.pattern), text) for each in patterns]


def _language_in(source: Source, node: Node) -> list[Constraint]:
    """Read sh:languageIn."""
    head = only(source.graph, node, SH.languageIn)
    members = read_list(source.graph, head) if head is not None else []
    return [LanguageIn(tuple(text_of(each, node, SH.languageIn) for each in members))]


def _unique_lang(source: Source, node: Node) -> list[Constraint]:
    """Read sh:uniqueLang."""
    # Only the literal `true` activates it; "1" is another term (section 4.4.5).
    return (
        [UniqueLang()]
        if Literal("true", datatype=XSD.boolean) in set(source.graph.objects(node, SH.uniqueLang))
        else []
    )


def _one_of(source: Source, node: Node) -> list[Constraint]:
    """Read sh:in."""
    head = only(source.graph, node, SH["in"])
    return [OneOf(tuple(read_list(source.graph, head)))] if head is not None else []


def _has_value(source: Source, node: Node) -> list[Constraint]:
    """Read sh:hasValue."""
    return [HasValue(value) for value in ordered(source.graph.objects(node, SH.hasValue))]


def _closed(source: Source, node: Node) -> list[Constraint]:
    """Read sh:closed, with the paths of the property shapes and sh:ignoredProperties."""
    if not flag(source.graph, node, SH.closed):
        return []
    graph = source.graph
    allowed = {
        path
        for shape in graph.objects(node, SH.property)
        for path in graph.objects(shape, SH.path)
        if isinstance(path, URIRef)
    }
    ignored = only(graph, node, SH.ignoredProperties)
    if ignored is not None:
        members = read_list(graph, ignored)
        allowed |= {_iri(node, SH.ignoredProperties, each) for each in members}
    return [Closed(tuple(sorted(allowed)))]


def _qualified(source: Source, node: Node) -> list[Constraint]:
    """Read sh:qualifiedValueShape with its counts and, when disjoint, its siblings."""
    graph = source.graph
    inner = only(graph, node, SH.qualifiedValueShape)
    if inner is None:
        return []
    members = [source.shape(inner)]
    if flag(graph, node, SH.qualifiedValueShapesDisjoint):
        siblings = {
            sibling
            for parent in graph.subjects(SH.property, node)
            for child in graph.objects(parent, SH.property)
            for sibling in graph.objects(child, SH.qualifiedValueShape)
        }
        members += [source.shape(each) for each in ordered(siblings - {inner})]
    found: list[Constraint] = []
    for predicate, operator in ((SH.qualifiedMinCount, ">="), (SH.qualifiedMaxCount, "<=")):
        value = only(graph, node, predicate)
        if value is not None:
            number = _number(node, predicate, value)
            found.append(Qualified(tuple(members), operator, number))
    return found


READERS: dict[Node, Reader] = {
    SH["class"]: _each_iri(SH["class"], HasClass),
    SH.datatype: _each_iri(SH.datatype, Datatype),
    SH.nodeKind: _node_kind,
    SH.minCount: _number_of(SH.minCount, MinCount),
    SH.maxCount: _number_of(SH.maxCount, MaxCount),
    SH.minExclusive: _bound(SH.minExclusive, ">"),
    SH.minInclusive: _bound(SH.minInclusive, ">="),
    SH.maxExclusive: _bound(SH.maxExclusive, "<"),
    SH.maxInclusive: _bound(SH.maxInclusive, "<="),
    SH.minLength: _number_of(SH.minLength, lambda number: Length(">=", number)),
    SH.maxLength: _number_of(SH.maxLength, lambda number: Length("<=", number)),
    SH.pattern: _pattern,
    SH.languageIn: _language_in,
    SH.uniqueLang: _unique_lang,
    SH.equals: _each_iri(SH.equals, lambda iri: PropertyPair("=", iri)),
    SH.disjoint: _each_iri(SH.disjoint, lambda iri: PropertyPair("disjoint", iri)),
    SH.lessThan: _each_iri(SH.lessThan, lambda iri: PropertyPair("<", iri)),
    SH.lessThanOrEquals: _each_iri(SH.lessThanOrEquals, lambda iri: PropertyPair("<=", iri)),
    SH["not"]: _each_shape(SH["not"], Not),
    SH["and"]: _each_shape_list(SH["and"], And),
    SH["or"]: _each_shape_list(SH["or"], Or),
    SH.xone: _each_shape_list(SH.xone, Xone),
    SH.node: _each_shape(SH.node, ConformsTo),
    SH.property: _each_shape(SH.property, HasProperty),
    SH.qualifiedValueShape: _qualified,
    SH.closed: _closed,
    SH.hasValue: _has_value,
    SH["in"]: _one_of,
    SH.sparql: read_sparql,
}
"""What reads each parameter; a reader returns one constraint for each that is declared."""
