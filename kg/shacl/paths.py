"""SHACL property paths: from RDF, to SPARQL text, and back to RDF (section 2.3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from rdflib import RDF, SH, BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from kg.errors import ShapesError
from kg.shacl.model import (
    AlternativePath,
    InversePath,
    Path,
    PredicatePath,
    RepeatedPath,
    SequencePath,
)

_REPETITIONS = {
    SH.zeroOrMorePath: "*",
    SH.oneOrMorePath: "+",
    SH.zeroOrOnePath: "?",
}


def ordered(nodes: Iterable[Node]) -> list[Node]:
    """Return nodes in an order that depends on them alone."""
    return sorted(nodes, key=lambda node: (type(node).__name__, str(node), repr(node)))


def read_list(graph: Graph, head: Node) -> list[Node]:
    """Return the members of an RDF list.

    Raises:
        ShapesError: the list is not well-formed.
    """
    members: list[Node] = []
    seen: set[Node] = set()
    while head != RDF.nil:
        first = list(graph.objects(head, RDF.first))
        rest = list(graph.objects(head, RDF.rest))
        if len(first) != 1 or len(rest) != 1 or head in seen:
            raise ShapesError(
                f"{head} is not a well-formed RDF list: each of its nodes needs one rdf:first"
                " and one rdf:rest, and the last rest is rdf:nil."
            )
        seen.add(head)
        members.append(first[0])
        head = rest[0]
    return members


def read_path(graph: Graph, node: Node, above: tuple[Node, ...] = ()) -> Path:
    """Return the path that a node of a shapes graph stands for.

    Raises:
        ShapesError: the node is not a well-formed path.
    """
    if isinstance(node, URIRef):
        return PredicatePath(node)
    if not isinstance(node, BNode) or node in above:
        raise ShapesError(f"The path {node} is not well-formed: it is a literal, or recursive.")
    inside = (*above, node)
    # A list comes first: a node that is a list and something else is a sequence (the W3C suite).
    if (node, RDF.first, None) in graph:
        return SequencePath(_several(graph, node, inside))
    if branches := graph.value(node, SH.alternativePath):
        return AlternativePath(_several(graph, branches, inside))
    if (inner := graph.value(node, SH.inversePath)) is not None:
        return InversePath(read_path(graph, inner, inside))
    for predicate, times in _REPETITIONS.items():
        if (inner := graph.value(node, predicate)) is not None:
            return RepeatedPath(read_path(graph, inner, inside), times)
    raise ShapesError(
        "A path is neither an IRI, nor a list, nor one of sh:alternativePath, sh:inversePath,"
        " sh:zeroOrMorePath, sh:oneOrMorePath, sh:zeroOrOnePath."
    )


def _several(graph: Graph, head: Node, inside: tuple[Node, ...]) -> tuple[Path, ...]:
    """Return the paths of a list, at least two."""
    members = read_list(graph, head)
    if len(members) < 2:
        raise ShapesError("A sequence or alternative path needs at least two members.")
    return tuple(read_path(graph, member, inside) for member in members)


def path_text(path: Path) -> str:
    """Return the path in SPARQL 1.1 syntax."""
    match path:
        case PredicatePath(iri):
            return f"<{iri}>"
        case InversePath(inner):
            return f"^({path_text(inner)})"
        case SequencePath(steps):
            return "(" + "/".join(path_text(step) for step in steps) + ")"
        case AlternativePath(branches):
            return "(" + "|".join(path_text(branch) for branch in branches) + ")"
        case RepeatedPath(inner, times):
            return f"({path_text(inner)}){times}"


def write_path(graph: Graph, path: Path) -> Node:
    """Add the RDF form of a path to a graph; return its node."""
    if isinstance(path, PredicatePath):
        return path.iri
    node = BNode()
    match path:
        case SequencePath(steps):
            Collection(graph, node, [write_path(graph, step) for step in steps])
        case AlternativePath(branches):
            members = [write_path(graph, branch) for branch in branches]
            graph.add((node, SH.alternativePath, Collection(graph, BNode(), members).uri))
        case InversePath(inner):
            graph.add((node, SH.inversePath, write_path(graph, inner)))
        case RepeatedPath(inner, times):
            predicate = {text: iri for iri, text in _REPETITIONS.items()}[times]
            graph.add((node, predicate, write_path(graph, inner)))
    return node


def predicates(path: Path) -> set[URIRef]:
    """Return the predicates named in a path."""
    match path:
        case PredicatePath(iri):
            return {iri}
        case InversePath(inner) | RepeatedPath(inner, _):
            return predicates(inner)
        case SequencePath(parts) | AlternativePath(parts):
            return set().union(*(predicates(part) for part in parts))
