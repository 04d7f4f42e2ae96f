"""Shapes as small frozen values: what a shapes graph says, freed of its RDF form.

The words are those of SHACL (W3C Recommendation 2017): a shape has targets, which give its focus
nodes; a path leads from a focus node to its value nodes (without a path, a focus node is its own
value node); constraints are checked on the value nodes of each focus node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from rdflib import SH, Graph, Literal, URIRef
from rdflib.term import IdentifiedNode, Node

# --- Paths (section 2.3.1) --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PredicatePath:
    """One predicate."""

    iri: URIRef


@dataclass(frozen=True, slots=True)
class InversePath:
    """A path walked backwards."""

    path: Path


@dataclass(frozen=True, slots=True)
class SequencePath:
    """Paths walked one after the other."""

    steps: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class AlternativePath:
    """Any one of several paths."""

    branches: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class RepeatedPath:
    """A path walked zero or more (`*`), one or more (`+`), or zero or one (`?`) times."""

    path: Path
    times: str


Path = PredicatePath | InversePath | SequencePath | AlternativePath | RepeatedPath


# --- Targets (section 2.1.3) ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """One way of naming focus nodes: `kind` is class, node, subjects-of or objects-of."""

    kind: str
    term: Node


Bindings = tuple[tuple[str, Node], ...]
"""Variables of a query with the terms that they stand for throughout it."""


@dataclass(frozen=True, slots=True)
class QueryTarget:
    """A SPARQL query whose solutions `?this` are focus nodes (SHACL-AF, section 3).

    `text` has its prefixes; `bindings` are the parameters of its target type.
    """

    text: str
    bindings: Bindings = ()


# --- Constraints (section 4) ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a shape; `component` is its constraint component."""

    component: ClassVar[URIRef]

    @property
    def source(self) -> URIRef:
        """The constraint component named in the results."""
        return self.component

    def shapes(self) -> tuple[Shape, ...]:
        """Return the shapes that this constraint refers to."""
        return ()

    def terms(self) -> tuple[Node, ...]:
        """Return the RDF terms whose ids this constraint's SQL needs."""
        return ()


@dataclass(frozen=True, slots=True)
class HasClass(Constraint):
    """Each value node is an instance of a class or of a subclass of it."""

    component = SH.ClassConstraintComponent
    iri: URIRef

    def terms(self) -> tuple[Node, ...]:
        """Return the class."""
        return (self.iri,)


@dataclass(frozen=True, slots=True)
class Datatype(Constraint):
    """Each value node is a well-formed literal of a datatype."""

    component = SH.DatatypeConstraintComponent
    iri: URIRef


@dataclass(frozen=True, slots=True)
class NodeKind(Constraint):
    """Each value node is a blank node, an IRI, a literal, or one of two of these."""

    component = SH.NodeKindConstraintComponent
    iri: URIRef


@dataclass(frozen=True, slots=True)
class MinCount(Constraint):
    """There are at least so many value nodes."""

    component = SH.MinCountConstraintComponent
    number: int


@dataclass(frozen=True, slots=True)
class MaxCount(Constraint):
    """There are at most so many value nodes."""

    component = SH.MaxCountConstraintComponent
    number: int


_BOUNDS = {
    ">": SH.MinExclusiveConstraintComponent,
    ">=": SH.MinInclusiveConstraintComponent,
    "<": SH.MaxExclusiveConstraintComponent,
    "<=": SH.MaxInclusiveConstraintComponent,
}


@dataclass(frozen=True, slots=True)
class Bound(Constraint):
    """Each value node is comparable with a limit and stands in a relation to it."""

    operator: str
    limit: Literal

    @property
    def source(self) -> URIRef:
        """The constraint component of the operator."""
        return _BOUNDS[self.operator]

    def terms(self) -> tuple[Node, ...]:
        """Return the limit."""
        return (self.limit,)


@dataclass(frozen=True, slots=True)
class Length(Constraint):
    """Each value node's text has at least (`>=`) or at most (`<=`) so many characters."""

    operator: str
    number: int

    @property
    def source(self) -> URIRef:
        """The constraint component of the operator."""
        least = self.operator == ">="
        return SH.MinLengthConstraintComponent if least else SH.MaxLengthConstraintComponent


@dataclass(frozen=True, slots=True)
class Pattern(Constraint):
    """Each value node's text matches a regular expression."""

    component = SH.PatternConstraintComponent
    regex: str
    flags: str


@dataclass(frozen=True, slots=True)
class LanguageIn(Constraint):
    """Each value node has one of the language ranges."""

    component = SH.LanguageInConstraintComponent
    ranges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UniqueLang(Constraint):
    """No two value nodes share a language."""

    component = SH.UniqueLangConstraintComponent


_PAIRS = {
    "=": SH.EqualsConstraintComponent,
    "disjoint": SH.DisjointConstraintComponent,
    "<": SH.LessThanConstraintComponent,
    "<=": SH.LessThanOrEqualsConstraintComponent,
}


@dataclass(frozen=True, slots=True)
class PropertyPair(Constraint):
    """The value nodes stand in a relation to the values of another property."""

    operator: str
    predicate: URIRef

    @property
    def source(self) -> URIRef:
        """The constraint component of the relation."""
        return _PAIRS[self.operator]

    def terms(self) -> tuple[Node, ...]:
        """Return the other property."""
        return (self.predicate,)


@dataclass(frozen=True, slots=True)
class Nested(Constraint):
    """A constraint over other shapes."""

    members: tuple[Shape, ...]

    def shapes(self) -> tuple[Shape, ...]:
        """Return the shapes it is over."""
        return self.members


@dataclass(frozen=True, slots=True)
class Not(Nested):
    """No value node conforms to the shape."""

    component = SH.NotConstraintComponent


@dataclass(frozen=True, slots=True)
class And(Nested):
    """Each value node conforms to every shape."""

    component = SH.AndConstraintComponent


@dataclass(frozen=True, slots=True)
class Or(Nested):
    """Each value node conforms to a shape."""

    component = SH.OrConstraintComponent


@dataclass(frozen=True, slots=True)
class Xone(Nested):
    """Each value node conforms to exactly one shape."""

    component = SH.XoneConstraintComponent


@dataclass(frozen=True, slots=True)
class ConformsTo(Nested):
    """Each value node conforms to the node shape (`sh:node`)."""

    component = SH.NodeConstraintComponent


@dataclass(frozen=True, slots=True)
class HasProperty(Nested):
    """Each value node conforms to the property shape (`sh:property`)."""

    component = SH.PropertyConstraintComponent


@dataclass(frozen=True, slots=True)
class Qualified(Nested):
    """At least (`>=`) or at most (`<=`) so many value nodes conform to the first shape.

    The other members are its siblings when they have to be disjoint from it: a value node that
    conforms to one of them does not count.
    """

    operator: str
    number: int

    @property
    def source(self) -> URIRef:
        """The constraint component of the operator."""
        least = self.operator == ">="
        return (
            SH.QualifiedMinCountConstraintComponent
            if least
            else SH.QualifiedMaxCountConstraintComponent
        )


@dataclass(frozen=True, slots=True)
class Closed(Constraint):
    """The value nodes have no other predicates than these."""

    component = SH.ClosedConstraintComponent
    predicates: tuple[URIRef, ...]

    def terms(self) -> tuple[Node, ...]:
        """Return the allowed predicates."""
        return self.predicates


@dataclass(frozen=True, slots=True)
class HasValue(Constraint):
    """The term is among the value nodes."""

    component = SH.HasValueConstraintComponent
    term: Node

    def terms(self) -> tuple[Node, ...]:
        """Return the term."""
        return (self.term,)


@dataclass(frozen=True, slots=True)
class OneOf(Constraint):
    """Each value node is one of the terms (`sh:in`)."""

    component = SH.InConstraintComponent
    members: tuple[Node, ...]

    def terms(self) -> tuple[Node, ...]:
        """Return the terms."""
        return self.members


@dataclass(frozen=True, slots=True)
class Advanced(Constraint):
    """A part of a shape that SHACL's Advanced Features define; `feature` declares it."""

    component = SH.ExpressionConstraintComponent
    feature: URIRef


# --- Shapes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shape:
    """A node shape (no path) or a property shape."""

    node: IdentifiedNode
    path: Path | None
    targets: tuple[Target | QueryTarget, ...]
    constraints: tuple[Constraint, ...]
    severity: URIRef = SH.Violation
    messages: tuple[Literal, ...] = ()

    def walk(self) -> Iterator[Shape]:
        """Yield this shape and the shapes below it, a shared one once for each use."""
        yield self
        for constraint in self.constraints:
            for shape in constraint.shapes():
                yield from shape.walk()


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes with targets of a shapes graph, and the subclass axioms known without data."""

    roots: tuple[Shape, ...]
    subclasses: frozenset[tuple[Node, Node]] = field(default_factory=frozenset)
    graph: Graph = field(default_factory=Graph, compare=False, repr=False)
    """What they were read from: `$shapesGraph` in a query."""
