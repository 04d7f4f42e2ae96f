"""The vocabulary and the shapes, and what each example graph is expected to break."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rdflib import RDF, RDFS, SH, BNode, Graph, Literal, Namespace
from rdflib.term import IdentifiedNode, Node

ROOT = Path(__file__).resolve().parents[2]
ONTOLOGY = ROOT / "ontology"
QUERIES = ROOT / "queries"
EXAMPLES = Path(__file__).parent / "shapes"
CGS = Namespace("https://w3id.org/clientgraph/shapes#")
ABOUT_THE_VOCABULARY = ("C11", "C12", "C14", "C15")
ABOUT_DERIVED = ("C08", "C09", "C13", "F11", "G06", "R14")
"""Rules on what is computed as of a date; they judge no graph of facts."""


class Finding(NamedTuple):
    """One result of a validation report, shortened by the prefixes of the example.

    Path and value are `-` where there is none; a path is `*` where it is more than one predicate.
    The component has no ending: `MinCount` for sh:MinCountConstraintComponent.
    """

    focus: str
    shape: str
    severity: str
    path: str
    component: str
    value: str

    @property
    def rule(self) -> str:
        """Identifier of the rule that the shape belongs to."""
        return rule_of(self.shape.removeprefix("cgs:"))


def rule_of(shape: str) -> str:
    """Return the rule of a shape: what stands before the hyphen."""
    return shape.partition("-")[0]


def vocabulary_files() -> list[Path]:
    """Return the files of the vocabulary: all but the shapes."""
    return sorted(p for p in ONTOLOGY.rglob("*.ttl") if ONTOLOGY / "shapes" not in p.parents)


def shape_files() -> list[Path]:
    """Return the files of the shapes, those about the vocabulary included."""
    return sorted((ONTOLOGY / "shapes").rglob("*.ttl"))


@cache
def vocabulary() -> Graph:
    """Return the vocabulary."""
    return _merged(vocabulary_files())


@cache
def shapes() -> Graph:
    """Return all shapes."""
    return _merged(shape_files())


@cache
def subclasses() -> Graph:
    """Return what a validator needs of the vocabulary beside the data."""
    graph = Graph()
    for triple in vocabulary().triples((None, RDFS.subClassOf, None)):
        graph.add(triple)
    return graph


@cache
def rules() -> tuple[str, ...]:
    """Return the identifiers of the rules."""
    kinds = (SH.NodeShape, SH.PropertyShape)
    names = {
        str(node).removeprefix(CGS)
        for kind in kinds
        for node in shapes().subjects(RDF.type, kind)
        if not isinstance(node, BNode)
    }
    return tuple(sorted({rule_of(name) for name in names}))


def beside(rule: str) -> tuple[str, ...]:
    """Return the rules that judge the same kind of graph as a rule does."""
    kinds = (ABOUT_THE_VOCABULARY, ABOUT_DERIVED)
    for kind in kinds:
        if rule in kind:
            return kind
    return tuple(other for other in rules() if not any(other in kind for kind in kinds))


def shapes_of(*wanted: str) -> Graph:
    """Return the shapes graph of some rules alone."""
    graph = Graph()
    todo: list[Node] = [CGS.prefixes]
    todo += [
        node
        for node in set(shapes().subjects(SH.severity))
        if rule_of(str(node).removeprefix(CGS)) in wanted
    ]
    while todo:
        node = todo.pop()
        for triple in shapes().triples((node, None, None)):
            if triple not in graph:
                graph.add(triple)
                if isinstance(triple[2], BNode):
                    todo.append(triple[2])
    return graph


def expected(example: Path) -> set[Finding]:
    """Return the findings that the comments at the head of an example announce."""
    lines = re.findall(r"^# expect: (.+)$", example.read_text("utf-8"), re.MULTILINE)
    return {Finding(*line.split(maxsplit=5)) for line in lines}


def found(report: Graph, names: Graph) -> set[Finding]:
    """Return the findings of a validation report."""
    return {
        Finding(
            _short(report.value(result, SH.focusNode), names),
            _short(report.value(result, SH.sourceShape), names),
            str(report.value(result, SH.resultSeverity)).removeprefix(str(SH)),
            _short(report.value(result, SH.resultPath), names),
            _component(report.value(result, SH.sourceConstraintComponent)),
            _short(report.value(result, SH.value), names),
        )
        for result in report.subjects(RDF.type, SH.ValidationResult)
    }


def _short(term: Node | None, names: Graph) -> str:
    if term is None:
        return "-"
    if isinstance(term, Literal):
        return term.n3(names.namespace_manager)
    if isinstance(term, BNode) or not isinstance(term, IdentifiedNode):
        return "*"
    if str(term).startswith(CGS):
        return "cgs:" + str(term).removeprefix(CGS)
    return names.namespace_manager.normalizeUri(term)


def _component(term: Node | None) -> str:
    return str(term).removeprefix(str(SH)).removesuffix("ConstraintComponent")


def _merged(files: list[Path]) -> Graph:
    graph = Graph()
    for path in files:
        graph.parse(path)
    return graph
