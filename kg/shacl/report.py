"""The validation report (section 3.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rdflib import RDF, SH, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import IdentifiedNode

from kg.shacl.declared import label
from kg.shacl.messages import literals_of, message, variables_of
from kg.shacl.model import Constraint, Path, PredicatePath, Shape
from kg.shacl.paths import write_path
from kg.shacl.query_model import QueryConstraint
from kg.shacl.session import Session
from kg.store import RawTerm, to_rdflib

_ROWS = """
WITH listed AS MATERIALIZED (SELECT * FROM shacl_result {limited}),
named AS MATERIALIZED (
    SELECT id, kind, lex, dt, lang FROM shacl_known WHERE id IN (
        SELECT focus FROM listed UNION SELECT value FROM listed UNION SELECT path FROM listed
    )
)
SELECT r.check_no, r.bindings,
    f.kind, f.lex, f.dt, f.lang,
    coalesce(v.kind, r.computed.kind), coalesce(v.lex, r.computed.lex),
    coalesce(v.dt, r.computed.dt), coalesce(v.lang, r.computed.lang),
    coalesce(p.lex, r.path_iri)
FROM listed AS r JOIN named AS f ON f.id = r.focus
LEFT JOIN named AS v ON v.id = r.value
LEFT JOIN named AS p ON p.id = r.path
ORDER BY r.check_no, f.lex, v.lex, p.lex, r.path_iri
"""
_FIRST = """
QUALIFY row_number() OVER (
    PARTITION BY list_extract(?::INTEGER[], check_no + 1) ORDER BY check_no, focus, value
) <= ?
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One constraint of one shape as it was run; `total` is the number of its results.

    `engine` is what answered it: `sql`, or `rdflib` for the `reason` given.
    """

    shape: Shape
    constraint: Constraint
    total: int
    engine: str = "sql"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """One validation result; `messages` are texts by language tag, "" for none."""

    focus: RawTerm
    path: Path | None
    value: RawTerm | None
    component: URIRef
    shape: IdentifiedNode
    severity: URIRef
    messages: Mapping[str, str]
    constraint: IdentifiedNode | None = None


@dataclass(frozen=True)
class Report:
    """What a validation found.

    `results` lists the results, `total` counts them: they differ where a limit was given. The
    temporary table `shacl_result` of the validated cursor holds every result (check_no, focus,
    value, path), `checks` being indexed by check_no, until the cursor validates again.
    """

    checks: Sequence[Check]
    results: Sequence[ValidationResult]

    @classmethod
    def collect(
        cls,
        session: Session,
        checks: Sequence[Check],
        limit: int | None,
        beside: Sequence[tuple[Check, Sequence[ValidationResult]]] = (),
    ) -> Report:
        """Return the report of the results that a session holds, and of those found beside."""
        rows = session.cursor.execute(*_listed(checks, limit)).fetchall()
        said = {number: _Said.of(checks[number]) for number in {row[0] for row in rows}}
        results = [_result(checks[row[0]], row, said[row[0]]) for row in rows]
        listed = [result for _, several in beside for result in several[:limit]]
        return cls([*checks, *(check for check, _ in beside)], [*results, *listed])

    @cached_property
    def total(self) -> int:
        """Number of results, listed or not."""
        return sum(check.total for check in self.checks)

    @property
    def conforms(self) -> bool:
        """Whether there is no result at all, of any severity (section 3.1)."""
        return self.total == 0

    @property
    def has_violations(self) -> bool:
        """Whether there is a result of severity sh:Violation."""
        return any(check.total and check.shape.severity == SH.Violation for check in self.checks)

    def counts(self) -> dict[tuple[IdentifiedNode, URIRef], int]:
        """Return the number of results by shape and severity, those that have any."""
        found: dict[tuple[IdentifiedNode, URIRef], int] = {}
        for check in self.checks:
            if check.total:
                key = (check.shape.node, check.shape.severity)
                found[key] = found.get(key, 0) + check.total
        return found

    def notes(self) -> list[dict[str, str]]:
        """Return what is to know about how the results came about, by language.

        Each shape that SQL did not answer is told, with the engine that did and the reason.
        """
        told = {(label(c.shape.node), c.engine, c.reason) for c in self.checks if c.reason}
        return [
            {
                "en": f"The shape {shape} was checked by {engine} and not by SQL: {reason}.",
                "fr": f"La forme {shape} a été vérifiée par {engine} et non en SQL : {reason}.",
            }
            for shape, engine, reason in sorted(told, key=str)
        ]

    def graph(self) -> Graph:
        """Return the listed results as a W3C validation report."""
        graph = Graph()
        graph.bind("sh", SH)
        report = BNode()
        graph.add((report, RDF.type, SH.ValidationReport))
        conforms = Literal("true" if self.conforms else "false", datatype=XSD.boolean)
        graph.add((report, SH.conforms, conforms))
        for result in self.results:
            graph.add((report, SH.result, _write(graph, result)))
        return graph


def _listed(checks: Sequence[Check], limit: int | None) -> tuple[str, list[object]]:
    """Return the statement of the rows to be listed, with its parameters."""
    if limit is None:
        return _ROWS.format(limited=""), []
    numbers: dict[IdentifiedNode, int] = {}
    shapes = [numbers.setdefault(check.shape.node, len(numbers)) for check in checks]
    return _ROWS.format(limited=_FIRST), [shapes, limit]


@dataclass(frozen=True, slots=True)
class _Said:
    """What the results of a check say: the variables in their messages, the messages without."""

    names: Sequence[str]
    texts: Mapping[str, str]

    @classmethod
    def of(cls, check: Check) -> _Said:
        names = variables_of(literals_of(check.shape, check.constraint))
        return cls(names, message(check.shape, check.constraint, {}))


def _result(check: Check, row: tuple[Any, ...], said: _Said) -> ValidationResult:
    """Return the result of a row of `_ROWS`."""
    shape, constraint = check.shape, check.constraint
    focus: RawTerm = row[2:6]
    value: RawTerm | None = row[6:10] if row[6] is not None else None
    path = PredicatePath(URIRef(row[10])) if row[10] is not None else shape.path
    return ValidationResult(
        focus=focus,
        path=path,
        value=value,
        component=constraint.source,
        shape=shape.node,
        severity=shape.severity,
        messages=_filled(check, row, said.names) if said.names else said.texts,
        constraint=constraint.node if isinstance(constraint, QueryConstraint) else None,
    )


def _filled(check: Check, row: tuple[Any, ...], names: Sequence[str]) -> dict[str, str]:
    """Return the messages of a row with its variables filled in."""
    texts: dict[str, str | None] = {"this": row[3], "value": row[7], "path": row[10]}
    if isinstance(check.constraint, QueryConstraint):
        texts |= {name: str(term) for name, term in check.constraint.bindings}
    if row[1] is not None:
        texts |= {name: text for name, text in zip(names, row[1], strict=True) if text is not None}
    return message(check.shape, check.constraint, texts)


def _write(graph: Graph, result: ValidationResult) -> BNode:
    """Add a result to a report graph; return its node."""
    node = BNode()
    graph.add((node, RDF.type, SH.ValidationResult))
    graph.add((node, SH.focusNode, to_rdflib(result.focus)))
    graph.add((node, SH.resultSeverity, result.severity))
    graph.add((node, SH.sourceConstraintComponent, result.component))
    graph.add((node, SH.sourceShape, result.shape))
    if result.path is not None:
        graph.add((node, SH.resultPath, write_path(graph, result.path)))
    if result.value is not None:
        graph.add((node, SH.value, to_rdflib(result.value)))
    if result.constraint is not None:
        graph.add((node, SH.sourceConstraint, result.constraint))
    for language, text in result.messages.items():
        graph.add((node, SH.resultMessage, Literal(text, lang=language or None)))
    return node
