"""Prefixes of a constraint: `sh:prefixes`, `sh:declare`, `owl:imports` (section 5.2.1)."""

from __future__ import annotations

from rdflib import OWL, SH, Graph
from rdflib.term import Node

from kg.errors import ShapesError


def header(graph: Graph, constraint: Node) -> str:
    """Return the PREFIX lines that a constraint's query starts with.

    Raises:
        ShapesError: one prefix is declared with two namespaces.
    """
    declared: dict[str, str] = {}
    for start in graph.objects(constraint, SH.prefixes):
        for ontology in graph.transitive_objects(start, OWL.imports):
            for declaration in graph.objects(ontology, SH.declare):
                prefix = str(graph.value(declaration, SH.prefix) or "")
                namespace = str(graph.value(declaration, SH.namespace) or "")
                if declared.setdefault(prefix, namespace) != namespace:
                    raise ShapesError(
                        f"The prefix {prefix}: of the constraint {constraint} is declared as"
                        f" {declared[prefix]} and as {namespace}: keep one."
                    )
    return "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in sorted(declared.items()))
