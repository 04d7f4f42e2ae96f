"""The W3C SHACL test suite: its tests, and what they expect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, SH, Graph, Literal, Namespace
from rdflib.term import BNode, Node

from kg.shacl.paths import path_text, read_path
from kg.shacl.reading import read_file

SUITE = Path(__file__).parents[2].parent / "shared/suites/data-shapes/data-shapes-test-suite/tests"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")

Result = tuple[str, str, str, str, str, str]
"""Focus node, path, value, component, source shape and severity."""


@dataclass(frozen=True)
class Case:
    """A test of the suite."""

    path: Path

    @property
    def manifest(self) -> Graph:
        """The document that describes the test."""
        return read(self.path)

    @property
    def data(self) -> Path:
        """The file of the data graph."""
        return self._action(SHT.dataGraph)

    @property
    def shapes(self) -> Path:
        """The file of the shapes graph."""
        return self._action(SHT.shapesGraph)

    @staticmethod
    def turtle(path: Path) -> bytes:
        """Return a document whose relative IRIs are those of its file."""
        return f"@base <{path.resolve().as_uri()}> .\n".encode() + path.read_bytes()

    def _action(self, predicate: Node) -> Path:
        manifest = self.manifest
        (test,) = manifest.subjects(RDF.type, SHT.Validate)
        node = manifest.value(manifest.value(test, MF.action), predicate)
        return Path(str(node).removeprefix("file://"))


def cases() -> Iterator[object]:
    """Yield one parameter for each test of the suite."""
    if not SUITE.is_dir():
        yield pytest.param(None, marks=pytest.mark.skip("the W3C suite is not beside the project"))
        return
    for path in sorted(SUITE.glob("*/*/*.ttl")):
        if "sht:Validate" in path.read_text("utf-8"):
            yield pytest.param(Case(path), id=str(path.relative_to(SUITE).with_suffix("")))


@cache
def read(path: Path) -> Graph:
    """Return the graph of a file of the suite, the same for each that asks."""
    graph = Graph()
    read_file(graph, path)
    return graph


def expected_results(case: Case, *, labels: bool = True) -> Counter[Result] | None:
    """Return the results that a test expects, None for a failure.

    Without `labels` all blank nodes are one, as they get other labels over HTTP.
    """
    manifest = case.manifest
    (test,) = manifest.subjects(RDF.type, SHT.Validate)
    report = manifest.value(test, MF.result)
    if report == SHT.Failure:
        return None
    found = _results(manifest, report, labels=labels)
    assert manifest.value(report, SH.conforms) == Literal(not found)
    return found


def results_of(graph: Graph, *, labels: bool = True) -> Counter[Result]:
    """Return the results of a report, which says that it conforms when there is none."""
    (report,) = graph.subjects(RDF.type, SH.ValidationReport)
    found = _results(graph, report, labels=labels)
    assert graph.value(report, SH.conforms) == Literal(not found)
    return found


def _results(graph: Graph, report: Node | None, *, labels: bool) -> Counter[Result]:
    found: Counter[Result] = Counter()

    def text(node: Node | None) -> str:
        if isinstance(node, BNode) and not labels:
            return "_:"
        return node.n3() if node is not None else ""

    for result in graph.objects(report, SH.result):
        path = graph.value(result, SH.resultPath)
        found[
            text(graph.value(result, SH.focusNode)),
            path_text(read_path(graph, path)) if path is not None else "",
            text(graph.value(result, SH.value)),
            text(graph.value(result, SH.sourceConstraintComponent)),
            text(graph.value(result, SH.sourceShape)),
            text(graph.value(result, SH.resultSeverity)),
        ] += 1
    return found
