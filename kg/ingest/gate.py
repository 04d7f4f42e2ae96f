"""The shapes at the gate: what an import adds is validated before it is committed.

Focus nodes are those whose results the new or removed quads can change: a rule may look at a
purchase from the refund that was added to it. Results lead back to file, row and column through the
staged rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from rdflib import SH

from kg.ingest.messages import perhaps_for_refusals
from kg.ingest.report import Finding, ImportReport
from kg.ingest.rules import RuleRow
from kg.shacl import Change, Doubt, Report, Shapes, ValidationResult, validate
from kg.shacl.model import PredicatePath
from kg.sparql.deadline import Deadline
from kg.store import Cursor, Transaction, place_of

LISTED_PER_SHAPE = 100
"""Results listed for each shape; all are counted."""

_SEVERITIES = {str(SH.Violation): "violation", str(SH.Warning): "warning", str(SH.Info): "info"}
_ORDER = {iri: position for position, iri in enumerate(_SEVERITIES)}
"""Violations are listed first."""

_NAMED = """
CREATE OR REPLACE TEMP TABLE finding_subject AS
SELECT f.*, u.n AS subject FROM finding AS f JOIN temp.subject AS u ON u.s = f.focus
"""
"""A table of its own tells the engine that it is small beside the staged quads."""
_STAGED = "temp.staged_quad AS t JOIN temp.rule AS p USING (rule)"
_ENDS = (
    f"finding_subject AS f JOIN {_STAGED} ON t.subject = f.subject",
    f"finding AS f JOIN {_STAGED} ON coalesce(t.o, p.o) = f.focus",
)
"""How staged quads name the focus node of a finding: as their subject, else as their object."""
_TRACED = """
SELECT f.n, min((CASE WHEN p.p IS NOT DISTINCT FROM f.path THEN 0 ELSE 1 END,
    CASE WHEN coalesce(t.o, p.o) IS NOT DISTINCT FROM f.value THEN 0 ELSE 1 END,
    t.file, t.row, t.rule))
FROM {ends} WHERE t.file >= 0 GROUP BY f.n
"""

_STATED = """
SELECT f.n, min(q.origin) FROM finding AS f
JOIN term AS t ON t.h = md5_number_lower(f.focus) AND t.lex = f.focus AND t.dt IS NULL
JOIN quad AS q ON q.s = t.id
WHERE q.born = ? AND q.origin IS NOT NULL GROUP BY f.n
"""
"""The first place of what a commit says of the focus node of a finding."""


@dataclass(slots=True)
class Violations:
    """The violations found, for whoever asks which rows cause them."""

    shapes: list[str] = field(default_factory=list)
    """Identifier of the shape of each check, by its number in the table `violating`."""
    findings: dict[tuple[str, str], list[Finding]] = field(default_factory=dict)
    """The listed ones by focus node and shape."""
    by_shape: dict[str, int] = field(default_factory=dict)


def check_shapes(
    tx: Transaction,
    shapes: Shapes,
    as_of: date,
    report: ImportReport,
    files: Sequence[int],
    rules: Sequence[RuleRow],
    *,
    doubt: Doubt | None = None,
    after_refusals: bool = False,
    limit: int = LISTED_PER_SHAPE,
    deadline: Deadline | None = None,
    tell: Callable[[float], None] = lambda _part: None,
) -> Violations:
    """Validate what a transaction added, and enter the results into the report.

    The table `violating` has the focus nodes of violations, with the number of their check. What
    depends on what is in `doubt` is not judged; `after_refusals`, violations may only be there
    because rows were left out, and say so. A `deadline` is one that guards the transaction's
    cursor already; `tell` is told which part of the shapes is done.
    """
    found = validate(
        tx.cursor,
        shapes,
        as_of,
        change=Change.of_commit(tx.number),
        doubt=doubt,
        limit=limit,
        deadline=deadline,
        tell=tell,
    )
    report.shapes_checked = True
    report.notes += found.notes()
    violations = Violations([_short(str(check.shape.node)) for check in found.checks])
    _count(found, report, violations)
    results = sorted(found.results, key=lambda result: _ORDER.get(str(result.severity), 0))
    for result, finding in zip(results, _findings(tx, results, report, files, rules), strict=True):
        if after_refusals and finding.severity == "violation":
            finding = replace(finding, message=perhaps_for_refusals(finding.message))
        report.list(finding)
        if finding.severity == "violation":
            key = (result.focus[1], str(finding.shape))
            violations.findings.setdefault(key, []).append(finding)
    _keep_violating(tx.cursor, found, results)
    return violations


def _count(found: Report, report: ImportReport, violations: Violations) -> None:
    """Enter the numbers of results of each shape."""
    for (shape, severity), count in found.counts().items():
        name = severity_name(severity)
        report.by_shape[_short(str(shape))] = count
        report.count(name, count)
        if name == "violation":
            violations.by_shape[_short(str(shape))] = count


def _findings(
    tx: Transaction,
    results: Sequence[ValidationResult],
    report: ImportReport,
    files: Sequence[int],
    rules: Sequence[RuleRow],
) -> Iterator[Finding]:
    """Yield each result as a finding, with its cell or its document where it has one."""
    places = _trace(tx.cursor, results)
    documents = _documents(tx, report) if len(places) < len(results) else {}
    for number, result in enumerate(results):
        finding = _finding(result, places.get(number), report, files, rules)
        if number in documents and finding.file is None:
            finding = replace(finding, file=documents[number])
        yield finding


def _keep_violating(cursor: Cursor, found: Report, listed: Sequence[ValidationResult]) -> None:
    """Fill the table `violating`: focus node, number of the check, and a node to be found."""
    checks = [severity_name(check.shape.severity) == "violation" for check in found.checks]
    numbers = [number for number, violation in enumerate(checks) if violation]
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE violating AS"
        " SELECT DISTINCT k.lex AS focus, r.check_no, NULL::VARCHAR AS node"
        " FROM temp.shacl_result AS r JOIN temp.shacl_known AS k ON k.id = r.focus"
        " WHERE r.check_no IN (SELECT unnest(?::INTEGER[]))",
        [numbers],
    )
    # What was not answered by SQL is in the list alone.
    numbers_of = {check.shape.node: number for number, check in enumerate(found.checks)}
    beside = [
        (result.focus[1], numbers_of[result.shape])
        for result in listed
        if severity_name(result.severity) == "violation"
        and found.checks[numbers_of[result.shape]].engine == "pySHACL"
    ]
    if beside:
        cursor.execute(
            "INSERT INTO violating SELECT unnest(?::VARCHAR[]), unnest(?::INTEGER[]), NULL",
            [list(column) for column in zip(*beside, strict=True)],
        )


_Place = tuple[int, int, bool, int]
"""File number, row, whether the path is that of the rule, and the rule."""


def _trace(cursor: Cursor, results: Sequence[ValidationResult]) -> dict[int, _Place]:
    """Return where results come from, by their position."""
    if not results:
        return {}
    columns = [
        list(range(len(results))),
        [result.focus[1] for result in results],
        [_predicate(result) for result in results],
        [result.value[1] if result.value else None for result in results],
    ]
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE finding AS SELECT unnest(?::INTEGER[]) AS n,"
        " unnest(?::VARCHAR[]) AS focus, unnest(?::VARCHAR[]) AS path,"
        " unnest(?::VARCHAR[]) AS value",
        columns,
    )
    cursor.execute(_NAMED)
    places: dict[int, _Place] = {}
    for ends in _ENDS:
        if len(places) == len(results):
            break
        for number, key in cursor.execute(_TRACED.format(ends=ends)).fetchall():
            other_path, _, file, row, rule = key.values() if isinstance(key, dict) else key
            places.setdefault(number, (file, row, other_path == 0, rule))
    return places


def _documents(tx: Transaction, report: ImportReport) -> dict[int, str]:
    """Return the RDF files that speak of the focus nodes of results, by their position."""
    if all(file.kind != "rdf" for file in report.files):
        return {}
    found = tx.cursor.execute(_STATED, [tx.number]).fetchall()
    files = {number: report.files[place_of(origin)[0]] for number, origin in found}
    return {number: file.name for number, file in files.items() if file.kind == "rdf"}


def _predicate(result: ValidationResult) -> str | None:
    """Return the IRI of a path that is one predicate."""
    return str(result.path.iri) if isinstance(result.path, PredicatePath) else None


def _finding(
    result: ValidationResult,
    place: _Place | None,
    report: ImportReport,
    files: Sequence[int],
    rules: Sequence[RuleRow],
) -> Finding:
    """Return a result with its cell, where it has one."""
    file = row = column = None
    if place is not None:
        number, row, same_path, rule = place
        file = report.files[files[number]].name
        predicate = None if same_path else _predicate(result)
        columns = _columns_of(rules, number, predicate) if predicate else rules[rule].columns
        column = (", ".join(columns) or None) if same_path or predicate else None
    return Finding(
        severity=severity_name(result.severity),
        message=dict(result.messages),
        file=file,
        row=row,
        column=column,
        value=result.value[1] if result.value else None,
        shape=_short(str(result.shape)),
        focus=result.focus[1],
        kind=_short(str(result.shape)),
    )


def _columns_of(rules: Sequence[RuleRow], file: int, predicate: str) -> tuple[str, ...]:
    """Return the columns of a file that a predicate is made of: where a missing value would be."""
    found = (r.columns for r in rules if r.file == file and r.predicate == predicate)
    return next(found, ())


def severity_name(iri: object) -> str:
    """Return `violation`, `warning` or `info` for the IRI of a severity."""
    return _SEVERITIES.get(str(iri), "violation")


def _short(iri: str) -> str:
    """Return the identifier of a shape without its namespace."""
    return iri.rpartition("#")[2]
