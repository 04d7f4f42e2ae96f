"""What SHACL's Advanced Features add, answered by pySHACL over the same tables.

Rules, functions and node expressions are not compiled. The shapes that use them are run by pySHACL
on a copy of the data in memory, which is why the data may not be large.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from functools import cache

from rdflib import RDF, SH, Graph, Literal, URIRef
from rdflib.term import IdentifiedNode, Node

from kg.errors import ShapesError, UnsupportedShapeError
from kg.shacl.declared import label
from kg.shacl.model import Advanced, Shape, Shapes
from kg.shacl.paths import read_path
from kg.shacl.report import Check, ValidationResult
from kg.shacl.session import Session
from kg.store import RawTerm, counted, term_key, type_terms
from kg.store.plugin import GraphStore

MOST_TRIPLES = 200_000
"""Quads that pySHACL is given at most: about a minute of its time."""


def advanced_roots(shapes: Shapes) -> tuple[Shape, ...]:
    """Return the shapes with targets that pySHACL has to check.

    Rules add triples that any shape may read, and functions may be called in any query: where there
    is one, these are all shapes.
    """
    graph = shapes.graph
    if (None, SH.rule, None) in graph or (None, RDF.type, SH.SPARQLFunction) in graph:
        return shapes.roots
    return tuple(root for root in shapes.roots if any(map(_uses, root.walk())))


def _uses(shape: Shape) -> bool:
    return any(isinstance(each, Advanced) for each in shape.constraints)


def check_advanced(
    session: Session, shapes: Shapes, roots: Sequence[Shape], focus: str | None
) -> list[tuple[Check, list[ValidationResult]]]:
    """Return what pySHACL finds on some shapes; `focus` names a table of the nodes looked at.

    Raises:
        UnsupportedShapeError: a shape has no IRI, or the data are too large.
        ShapesError: pySHACL refuses the shapes.
    """
    if not roots:
        return []
    _refuse_large(session, roots)
    names = [root.node for root in roots]
    report = _run(session, shapes.graph, names)
    results = _results(session, report)
    if focus:
        rows = session.cursor.execute(
            f"SELECT t.kind, t.lex, t.dt, t.lang FROM {focus} JOIN shacl_known AS t ON t.id = node"
        ).fetchall()
        kept = set(rows)
        results = [result for result in results if result.focus in kept]
    return _by_shape(roots, results)


def _refuse_large(session: Session, roots: Sequence[Shape]) -> None:
    unnamed = [root for root in roots if not isinstance(root.node, URIRef)]
    size = counted(session.cursor.execute("SELECT count(*) FROM live"))
    if unnamed or size > MOST_TRIPLES:
        shape = label((unnamed or roots)[0].node)
        reason = "it has no IRI" if unnamed else f"the graph has {size} quads"
        raise UnsupportedShapeError(
            f"The shape {shape} uses rules, functions or expressions (SHACL Advanced Features),"
            f" which are not compiled, and {reason}: they are answered for shapes with an IRI on at"
            f" most {MOST_TRIPLES} quads. Write the rule with sh:sparql."
        )


@cache
def _validator() -> Callable[..., tuple[bool, object, str]]:
    """Return pySHACL's validation; its import takes a while that few runs have use for."""
    import pyshacl
    from pyshacl import entrypoints

    # pySHACL changes for the whole process how booleans are read and whether literals keep their
    # lexical form, also for queries that other threads answer meanwhile: here they stay as they
    # are.
    for patch in ("rdflib_bool_patch", "rdflib_bool_unpatch"):
        setattr(entrypoints, patch, lambda: None)
    validator: Callable[..., tuple[bool, object, str]] = pyshacl.validate
    return validator


def _run(session: Session, shapes: Graph, names: Sequence[IdentifiedNode]) -> Graph:
    """Return the report of pySHACL."""
    data = Graph()
    store = GraphStore(session.cursor, check=session.deadline.check)
    for triple, _ in store.triples((None, None, None)):
        data.add(triple)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            _, report, text = _validator()(
                data, shacl_graph=shapes, advanced=True, use_shapes=[str(name) for name in names]
            )
    except Exception as error:
        raise ShapesError(f"pySHACL cannot use the shapes: {error}") from error
    if not isinstance(report, Graph):
        raise ShapesError(f"pySHACL cannot use the shapes: {text}")
    return report


def _results(session: Session, report: Graph) -> list[ValidationResult]:
    found = list(report.subjects(RDF.type, SH.ValidationResult))
    needed = {node for each in found for node in _terms(report, each)}
    keys = {node: term_key(node) for node in needed}
    typed = type_terms(session.cursor, list(keys.values())) if keys else []
    raw: dict[Node, RawTerm] = {
        node: (int(term.kind), term.lex, term.dt, term.lang)
        for node, term in zip(keys, typed, strict=True)
    }
    return [_result(report, each, raw) for each in found]


def _terms(report: Graph, result: Node) -> list[Node]:
    values = (report.value(result, each) for each in (SH.focusNode, SH.value))
    return [value for value in values if value is not None]


def _result(report: Graph, result: Node, raw: dict[Node, RawTerm]) -> ValidationResult:
    def value(predicate: URIRef) -> Node | None:
        return report.value(result, predicate)

    focus, path, found = value(SH.focusNode), value(SH.resultPath), value(SH.value)
    shape = value(SH.sourceShape)
    assert focus is not None and isinstance(shape, IdentifiedNode)  # noqa: S101, PT018
    texts = (text for text in report.objects(result, SH.resultMessage) if isinstance(text, Literal))
    return ValidationResult(
        focus=raw[focus],
        path=None if path is None else read_path(report, path),
        value=None if found is None else raw[found],
        component=URIRef(str(value(SH.sourceConstraintComponent))),
        shape=shape,
        severity=URIRef(str(value(SH.resultSeverity))),
        messages={text.language or "": str(text) for text in texts},
    )


def _by_shape(
    roots: Sequence[Shape], results: Sequence[ValidationResult]
) -> list[tuple[Check, list[ValidationResult]]]:
    """Return what was checked: each shape with results, and each that has targets."""
    shapes = {shape.node: shape for root in roots for shape in root.walk()}
    found: dict[IdentifiedNode, list[ValidationResult]] = {root.node: [] for root in roots}
    for result in results:
        found.setdefault(result.shape, []).append(result)
    reason = "rules, functions or expressions are not compiled"
    constraint = Advanced(SH.expression)
    return [
        (Check(shapes[node], constraint, len(several), "pySHACL", reason), several)
        for node, several in found.items()
    ]
