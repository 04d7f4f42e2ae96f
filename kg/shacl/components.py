"""SPARQL in shapes graphs: constraints, constraint components and targets (sections 5 and 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import IdentifiedNode, Node

from kg.errors import ShapesError, UnsupportedShapeError
from kg.shacl import prefixes
from kg.shacl.declared import flag, label, messages, only, text_of
from kg.shacl.model import Bindings, QueryTarget
from kg.shacl.paths import ordered, path_text, read_path
from kg.shacl.prebinding import check_query
from kg.shacl.query_model import Ask, QueryConstraint, Select

_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*$")
_RESERVED = {"this", "shapesGraph", "currentShape", "path", "PATH", "value"}
_VALIDATORS = (SH.validator, SH.nodeValidator, SH.propertyValidator)


class Source(Protocol):
    """The shapes graph, and whether its queries are known to be right."""

    graph: Graph
    trusted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a component or target type; `name` is its variable."""

    path: URIRef
    name: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Component:
    """A constraint component that the shapes graph defines."""

    iri: URIRef
    parameters: tuple[Parameter, ...]


# --- sh:sparql ------------------------------------------------------------------------------------


def read_sparql(source: Source, node: Node) -> list[Select]:
    """Return the SPARQL constraints (`sh:sparql`) of a shape that are not deactivated.

    Raises:
        ShapesError: one is not well-formed.
    """
    graph = source.graph
    found: list[Select] = []
    for constraint in ordered(graph.objects(node, SH.sparql)):
        text = only(graph, constraint, SH.select)
        if text is None or not isinstance(constraint, IdentifiedNode):
            raise ShapesError(f"A SPARQL constraint of the shape {label(node)} has no sh:select.")
        if not flag(graph, constraint, SH.deactivated):
            body = _query_text(graph, constraint, SH.select, node)
            if not source.trusted:
                check_query(body, f"sh:select of the shape {label(node)}", {"this"})
            found.append(
                Select(body, _shape(node), constraint, messages=messages(graph, constraint))
            )
    return found


def _shape(node: Node) -> IdentifiedNode:
    assert isinstance(node, IdentifiedNode)  # noqa: S101
    return node


def _query_text(graph: Graph, owner: Node, predicate: URIRef, shape: Node) -> str:
    """Return a query with its prefixes, and its shape's path in the place of `$PATH`."""
    text = text_of(only(graph, owner, predicate), owner, predicate)
    path = only(graph, shape, SH.path)
    if path is not None:
        written = path_text(read_path(graph, path))
        text = re.sub(r"[$?]PATH\b", lambda _: written, text)
    return prefixes.header(graph, owner) + text


# --- Constraint components ------------------------------------------------------------------------


def read_components(graph: Graph) -> list[Component]:
    """Return the constraint components that a shapes graph defines, by IRI.

    Raises:
        ShapesError: one is not well-formed.
    """
    found = [
        Component(node, _parameters(graph, node))
        for node in ordered(set(graph.subjects(SH.parameter)))
        if isinstance(node, URIRef)
        and not str(node).startswith(str(SH))
        and _is_component(graph, node)
    ]
    for component in found:
        if all(each.optional for each in component.parameters):
            raise ShapesError(
                f"The constraint component {component.iri} has optional parameters only: one has"
                " to be mandatory, for a shape to use it."
            )
    return found


def _is_component(graph: Graph, node: Node) -> bool:
    """Tell whether a node is a constraint component."""
    if any((node, predicate, None) in graph for predicate in _VALIDATORS):
        return True
    return any(
        SH.ConstraintComponent in graph.transitive_objects(each, RDFS.subClassOf)
        for each in graph.objects(node, RDF.type)
    )


def _parameters(graph: Graph, owner: Node) -> tuple[Parameter, ...]:
    """Return the parameters of a component or target type."""
    return tuple(
        _parameter(graph, owner, node) for node in ordered(graph.objects(owner, SH.parameter))
    )


def _parameter(graph: Graph, owner: Node, node: Node) -> Parameter:
    path = only(graph, node, SH.path)
    name = _NAME.search(str(path)) if isinstance(path, URIRef) else None
    if not isinstance(path, URIRef) or name is None or name[0] in _RESERVED:
        raise ShapesError(
            f"A parameter of {label(owner)} has the sh:path {path}, which gives no name for its"
            f" variable: it takes an IRI that ends in a name other than"
            f" {', '.join(sorted(_RESERVED))}."
        )
    return Parameter(path, name[0], flag(graph, node, SH.optional))


def constraints_of(
    source: Source, node: Node, components: Iterable[Component]
) -> list[QueryConstraint]:
    """Return the constraints of a shape that are declared by parameters of components.

    Raises:
        ShapesError: a parameter or a validator is not well-formed.
        UnsupportedShapeError: a component has a validator of another language only.
    """
    return [
        _constraint(source, node, component, bindings)
        for component in components
        for bindings in _bindings(source.graph, node, component.parameters)
    ]


def _bindings(graph: Graph, node: Node, parameters: Sequence[Parameter]) -> list[Bindings]:
    """Return the values of parameters, once for each constraint that they declare."""
    several: list[list[tuple[str, Node] | None]] = []
    for each in parameters:
        values = ordered(graph.objects(node, each.path))
        if not values and not each.optional:
            return []
        if len(values) > 1 and len(parameters) > 1:
            raise ShapesError(
                f"{label(node)} has {len(values)} values of {each.path}, a parameter beside"
                " others: keep one, or make another shape."
            )
        several.append([(each.name, value) for value in values] or [None])
    return [tuple(one for one in chosen if one is not None) for chosen in product(*several)]


def _constraint(
    source: Source, node: Node, component: Component, bindings: Bindings
) -> QueryConstraint:
    """Return the constraint of a component on a shape, by the validator for it (section 6.2.3)."""
    graph = source.graph
    kind = SH.nodeValidator if only(graph, node, SH.path) is None else SH.propertyValidator
    for predicate in (kind, SH.validator):
        for validator in ordered(graph.objects(component.iri, predicate)):
            for form in (SH.select, SH.ask):
                if (validator, form, None) in graph:
                    return _by_validator(source, node, component, bindings, validator, form)
    raise UnsupportedShapeError(
        f"The shape {label(node)} uses the constraint component {component.iri}, which has no"
        f" validator in SPARQL (sh:ask or sh:select) for it: add {kind} or {SH.validator}."
    )


def _by_validator(
    source: Source,
    node: Node,
    component: Component,
    bindings: Bindings,
    validator: Node,
    form: URIRef,
) -> QueryConstraint:
    """Return the constraint that a validator checks."""
    graph = source.graph
    text = _query_text(graph, validator, form, node)
    names = {"this", *(each.name for each in component.parameters)}
    where = f"{form} of the constraint component {component.iri}"
    found = (
        messages(graph, validator)
        or messages(graph, component.iri)
        or messages(graph, component.iri, SH.labelTemplate)
    )
    select = form == SH.select
    if not source.trusted:
        bound = names if select else {*names, "value"}
        check_query(text, where, bound, form="SelectQuery" if select else "AskQuery")
    if select:
        return Select(text, _shape(node), None, component.iri, bindings, found)
    return Ask(text, _shape(node), None, component.iri, bindings, found)


# --- Targets --------------------------------------------------------------------------------------


def query_target(source: Source, node: Node, target: Node) -> QueryTarget:
    """Return the target that a value of `sh:target` stands for.

    Raises:
        ShapesError: it is not well-formed.
        UnsupportedShapeError: it is not a SPARQL target.
    """
    graph = source.graph
    if (target, SH.select, None) in graph:
        return _target(source, node, target, ())
    for kind in ordered(graph.objects(target, RDF.type)):
        if (kind, SH.select, None) in graph:
            several = _bindings(graph, target, _parameters(graph, kind))
            if len(several) != 1:
                raise ShapesError(
                    f"A target of the shape {label(node)} has not one value of each parameter of"
                    f" the target type {label(kind)}."
                )
            return _target(source, node, kind, several[0])
    raise UnsupportedShapeError(
        f"The shape {label(node)} has a target (shacl#target) that is no SPARQL target: give it or"
        " its type a query (sh:select)."
    )


def _target(source: Source, node: Node, owner: Node, bindings: Bindings) -> QueryTarget:
    graph = source.graph
    text = text_of(only(graph, owner, SH.select), owner, SH.select)
    text = prefixes.header(graph, owner) + text
    if not source.trusted:
        where = f"sh:select of the target of the shape {label(node)}"
        check_query(text, where, {name for name, _ in bindings})
    return QueryTarget(text, bindings)
