"""From a shapes graph to shapes; whatever cannot be checked is refused by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path as FilePath

from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import IdentifiedNode, Node

from kg.errors import ShapesError, UnsupportedShapeError
from kg.shacl import components, parameters
from kg.shacl.declared import flag, label, messages, only
from kg.shacl.model import Advanced, Constraint, QueryTarget, Shape, Shapes, Target
from kg.shacl.paths import ordered, read_path
from kg.shacl.reading import read_file

_TARGETS = {
    SH.targetClass: "class",
    SH.targetNode: "node",
    SH.targetSubjectsOf: "subjects-of",
    SH.targetObjectsOf: "objects-of",
}
_DESCRIPTIVE = {
    SH.path,
    SH.name,
    SH.description,
    SH.order,
    SH.group,
    SH.defaultValue,
    SH.severity,
    SH.message,
    SH.deactivated,
    SH.declare,
    SH.shapesGraph,
    SH.suggestedShapesGraph,
    SH.target,
    *_TARGETS,
}
_ADVANCED = {SH.rule, SH.expression}
_OF_CONSTRAINT = {SH.select, SH.prefixes}


def load_shapes(
    source: Graph | FilePath | str | Iterable[FilePath | str],
    vocabulary: Graph | None = None,
    *,
    trusted: bool = False,
) -> Shapes:
    """Return the shapes of a shapes graph, or of the Turtle files that make it up together.

    The subclass axioms of `vocabulary` and of the shapes graph count beside those of the data.
    The queries of `trusted` shapes are not read before they are asked, which takes most of the
    time: errors in them come to light then.

    Raises:
        UnsupportedShapeError: a shape uses something that is not compiled here.
        ShapesError: a shape is not well-formed, or refers to itself.
    """
    graph = source if isinstance(source, Graph) else _read(source)
    return _Loader(graph, vocabulary, trusted=trusted).shapes()


def load_shape(graph: Graph, node: IdentifiedNode, vocabulary: Graph | None = None) -> Shapes:
    """Return one shape of a shapes graph as the only root, without its targets.

    Raises:
        UnsupportedShapeError: the shape uses something that is not compiled here.
        ShapesError: the shape is not well-formed, or refers to itself.
    """
    loader = _Loader(graph, vocabulary, trusted=False)
    return Shapes((replace(loader.shape(node), targets=()),), loader.axioms, graph)


def _read(source: FilePath | str | Iterable[FilePath | str]) -> Graph:
    """Return the graph of one or several Turtle files."""
    paths = [source] if isinstance(source, FilePath | str) else list(source)
    graph = Graph()
    for number, path in enumerate(paths):
        read_file(graph, FilePath(path), f"f{number}x")
    return graph


class _Loader:
    """Reads each shape of a graph once."""

    def __init__(self, graph: Graph, vocabulary: Graph | None, *, trusted: bool) -> None:
        self.graph = graph
        self.trusted = trusted
        self._known: dict[Node, Shape] = {}
        self._open: list[Node] = []
        self._components = components.read_components(graph)
        self.axioms = frozenset(
            pair
            for source in (graph, vocabulary)
            if source is not None
            for pair in source.subject_objects(RDFS.subClassOf)
        )
        if (None, SH.entailment, None) in graph:
            raise UnsupportedShapeError(
                "The shapes graph asks for an entailment regime (sh:entailment), which is not"
                " offered. Remove it, and load the entailed triples as data if they are needed."
            )

    def shapes(self) -> Shapes:
        """Return all shapes that have targets."""
        candidates: set[Node] = set()
        for kind in (SH.NodeShape, SH.PropertyShape):
            candidates |= set(self.graph.subjects(RDF.type, kind))
        for predicate in (*_TARGETS, SH.target):
            candidates |= set(self.graph.subjects(predicate))
        roots = [self.shape(node) for node in ordered(candidates)]
        return Shapes(
            tuple(shape for shape in roots if shape.targets),
            self.axioms,
            self.graph,
        )

    def shape(self, node: Node) -> Shape:
        """Return the shape of a node of the shapes graph."""
        if node not in self._known:
            if node in self._open:
                raise UnsupportedShapeError(
                    f"The shape {label(node)} refers to itself, directly or through"
                    f" {', '.join(label(each) for each in self._open)}. Recursive shapes have no"
                    " defined meaning: say it with a property path such as sh:zeroOrMorePath."
                )
            self._open.append(node)
            self._known[node] = self._read_shape(node)
            self._open.pop()
        return self._known[node]

    def _read_shape(self, node: Node) -> Shape:
        """Return the shape of a node that was not read before."""
        if not isinstance(node, IdentifiedNode):
            raise ShapesError(f"{node!r} stands where a shape is expected, but is a literal.")
        paths = list(self.graph.objects(node, SH.path))
        if len(paths) > 1:
            raise ShapesError(f"The shape {label(node)} has {len(paths)} values of sh:path.")
        active = not flag(self.graph, node, SH.deactivated)
        severity = only(self.graph, node, SH.severity)
        return Shape(
            node=node,
            path=read_path(self.graph, paths[0]) if paths else None,
            targets=self._targets(node) if active else (),
            constraints=self._constraints(node) if active else (),
            severity=severity if isinstance(severity, URIRef) else SH.Violation,
            messages=messages(self.graph, node),
        )

    def _targets(self, node: Node) -> tuple[Target | QueryTarget, ...]:
        """Return the targets of a shape, the implicit class target among them."""
        targets: list[Target | QueryTarget] = [
            Target(kind, term)
            for predicate, kind in _TARGETS.items()
            for term in ordered(self.graph.objects(node, predicate))
        ]
        targets += [
            components.query_target(self, node, target)
            for target in ordered(self.graph.objects(node, SH.target))
        ]
        if isinstance(node, URIRef) and self._is_class(node):
            targets.append(Target("class", node))
        return tuple(targets)

    def _is_class(self, node: Node) -> bool:
        """Tell whether a shape is an instance of rdfs:Class in the shapes graph."""
        types = set(self.graph.objects(node, RDF.type))
        return any(
            RDFS.Class in self.graph.transitive_objects(each, RDFS.subClassOf) for each in types
        )

    def _constraints(self, node: Node) -> tuple[Constraint, ...]:
        """Return the constraints of a shape in a stable order."""
        found: list[Constraint] = []
        names = ordered(set(self.graph.predicates(node)))
        for predicate in names:
            reader = parameters.READERS.get(predicate)
            if reader is not None:
                found += reader(self, node)
            elif predicate in _ADVANCED:
                found.append(Advanced(URIRef(str(predicate))))
            elif str(predicate).startswith(str(SH)) and not self._known_elsewhere(node, predicate):
                raise UnsupportedShapeError(
                    f"The shape {label(node)} uses {predicate}, which is not compiled. Write the"
                    " rule with the components of SHACL Core or with sh:sparql."
                )
        return (*found, *components.constraints_of(self, node, self._components))

    def _known_elsewhere(self, node: Node, predicate: Node) -> bool:
        """Tell whether a predicate is no constraint of the shape itself."""
        if predicate in _DESCRIPTIVE or predicate in parameters.COMPANIONS:
            return True
        # A node may be a shape and the SPARQL constraint of a shape at once.
        return predicate in _OF_CONSTRAINT and (None, SH.sparql, node) in self.graph
