"""The W3C SHACL test suite: the results of each test, as a multiset, are those it expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from graph_stores import holding
from rdflib import RDF, SH, XSD, Graph, Literal, Namespace
from rdflib.term import Node

from kg.errors import ShapesError
from kg.shacl import load_shapes, validate
from kg.shacl.paths import path_text, read_path
from kg.shacl.reading import read_turtle
from kg.store import Store, to_rdflib

SUITE = Path(__file__).parents[2].parent / "shared/suites/data-shapes/data-shapes-test-suite/tests"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")

Result = tuple[str, str, str, str, str, str]


def _entries() -> Iterator[object]:
    """Yield one parameter for each test file of the suite."""
    if not SUITE.is_dir():
        yield pytest.param(None, marks=pytest.mark.skip("the W3C suite is not beside the project"))
        return
    for path in sorted(SUITE.glob("*/*/*.ttl")):
        name = str(path.relative_to(SUITE).with_suffix(""))
        if "sht:Validate" in path.read_text("utf-8"):
            yield pytest.param(path, id=name)


def _read(path: Path) -> Graph:
    graph = Graph()
    read_turtle(graph, path)
    return graph


def _file(node: Node) -> Path:
    return Path(str(node).removeprefix("file://"))


def _text(graph: Graph, node: Node | None) -> str:
    return node.n3() if node is not None else ""


def _expected(manifest: Graph, report: Node) -> Counter[Result]:
    found: Counter[Result] = Counter()
    for result in manifest.objects(report, SH.result):
        path = manifest.value(result, SH.resultPath)
        found[
            _text(manifest, manifest.value(result, SH.focusNode)),
            path_text(read_path(manifest, path)) if path is not None else "",
            _text(manifest, manifest.value(result, SH.value)),
            _text(manifest, manifest.value(result, SH.sourceConstraintComponent)),
            _text(manifest, manifest.value(result, SH.sourceShape)),
            _text(manifest, manifest.value(result, SH.resultSeverity)),
        ] += 1
    return found


@pytest.mark.parametrize("path", list(_entries()))
def test_reports_what_the_suite_expects(store: Store, path: Path) -> None:
    manifest = _read(path)
    (test,) = manifest.subjects(RDF.type, SHT.Validate)
    action = manifest.value(test, MF.action)
    data_file = _file(manifest.value(action, SHT.dataGraph))
    shapes_file = _file(manifest.value(action, SHT.shapesGraph))
    data = manifest if data_file == path else _read(data_file)
    shapes = manifest if shapes_file == path else _read(shapes_file)
    report = manifest.value(test, MF.result)
    if report == SHT.Failure:
        with pytest.raises(ShapesError):
            _results(store, shapes, data)
        return
    results = _results(store, shapes, data)
    assert results == _expected(manifest, report)
    conforms = Literal("false" if results else "true", datatype=XSD.boolean)
    assert manifest.value(report, SH.conforms) == conforms


def _results(store: Store, shapes: Graph, data: Graph) -> Counter[Result]:
    """Return the results of a validation, each as texts."""
    loaded = load_shapes(shapes)
    with holding(store, data) as cursor:
        report = validate(cursor, loaded, date(2026, 1, 1))
    found: Counter[Result] = Counter()
    for result in report.results:
        found[
            to_rdflib(result.focus).n3(),
            path_text(result.path) if result.path else "",
            to_rdflib(result.value).n3() if result.value else "",
            result.component.n3(),
            result.shape.n3(),
            result.severity.n3(),
        ] += 1
    return found
