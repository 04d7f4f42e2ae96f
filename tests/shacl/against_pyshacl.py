"""Reports of pySHACL and of ours, in a form that can be compared."""

from __future__ import annotations

from datetime import date

import pyshacl
from graph_stores import holding
from rdflib import SH, Graph

from kg.shacl import load_shapes, validate
from kg.shacl.paths import path_text, read_path
from kg.shacl.reading import parse_turtle
from kg.store import Store

PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
AS_OF = date(2026, 1, 1)

Result = tuple[str, str, str, str, str]


def graph(text: str) -> Graph:
    """Return the graph of a Turtle text without prefixes of its own."""
    made = Graph()
    parse_turtle(made, (PREFIXES + text).encode())
    return made


def results(report: Graph) -> set[Result]:
    """Return the results of a report, without their number: pySHACL repeats some."""
    found = set()
    for result in report.objects(None, SH.result):
        path = report.value(result, SH.resultPath)
        cells = [
            report.value(result, each)
            for each in (SH.focusNode, SH.value, SH.sourceConstraintComponent, SH.sourceShape)
        ]
        texts = [cell.n3() if cell is not None else "" for cell in cells]
        found.add((*texts, path_text(read_path(report, path)) if path is not None else ""))
    return found


def pyshacl_results(data: Graph, shapes: Graph) -> set[Result]:
    """Return what pySHACL reports, advanced features included."""
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=True)
    assert isinstance(report, Graph)
    return results(report)


def our_results(store: Store, data: Graph, shapes: Graph, copies: int = 1) -> set[Result]:
    """Return what we report on data that are in the store once or under several names."""
    with holding(store, *[data] * copies) as cursor:
        return results(validate(cursor, load_shapes(shapes), AS_OF).graph())
