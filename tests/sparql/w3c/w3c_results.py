"""Expected results of the W3C suites, and when an answer equals them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyoxigraph as ox
from w3c_manifest import iri_of

XSD = "http://www.w3.org/2001/XMLSchema#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
EXACT = {XSD + name for name in ("integer", "decimal")}
INEXACT = {XSD + name for name in ("double", "float")}
FORMATS = {
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}

Term = ox.NamedNode | ox.BlankNode | ox.Literal | None
Row = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Solutions; `ordered` when the order of the rows is part of the expectation."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    ordered: bool = False


Expected = Table | bool | list[ox.Triple]


def expected_of(path: Path) -> Expected:
    """Return the expectation that a file of results states."""
    if path.suffix in FORMATS:
        return _from_results(ox.parse_query_results(path=path, format=FORMATS[path.suffix]))
    rdf = {".rdf": ox.RdfFormat.RDF_XML, ".ttl": ox.RdfFormat.TURTLE}
    triples = [
        quad.triple for quad in ox.parse(path=path, format=rdf[path.suffix], base_iri=iri_of(path))
    ]
    if any(triple.object == ox.NamedNode(RS + "ResultSet") for triple in triples):
        return _from_graph(triples)
    return triples


def _from_results(results: ox.QuerySolutions | ox.QueryBoolean) -> Expected:
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    names = tuple(variable.value for variable in results.variables)
    rows = tuple(tuple(row[name] for name in names) for row in results)
    return Table(names, rows)  # type: ignore[arg-type]


def _from_graph(triples: Sequence[ox.Triple]) -> Expected:
    """Return the expectation written in the result set vocabulary of the SPARQL 1.0 suite."""
    index: dict[tuple[object, str], list[object]] = {}
    for triple in triples:
        key = (triple.subject, triple.predicate.value.removeprefix(RS))
        index.setdefault(key, []).append(triple.object)
    [root] = [t.subject for t in triples if t.object == ox.NamedNode(RS + "ResultSet")]
    if (root, "boolean") in index:
        return index[root, "boolean"][0].value == "true"  # type: ignore[attr-defined]
    names = tuple(sorted(v.value for v in index.get((root, "resultVariable"), [])))  # type: ignore[attr-defined]
    solutions = index.get((root, "solution"), [])
    numbers = {s: int(index[s, "index"][0].value) for s in solutions if (s, "index") in index}  # type: ignore[attr-defined]
    if numbers:
        solutions = sorted(solutions, key=lambda s: numbers[s])
    rows = []
    for solution in solutions:
        bindings = index.get((solution, "binding"), [])
        values = {
            index[b, "variable"][0].value: index[b, "value"][0]  # type: ignore[attr-defined]
            for b in bindings
        }
        rows.append(tuple(values.get(name) for name in names))
    return Table(names, tuple(rows), ordered=bool(numbers))  # type: ignore[arg-type]


def same_table(found: Table, wanted: Table, *, lax: bool = False) -> bool:
    """Whether two tables hold the same solutions, but for the labels of blank nodes.

    Numbers are compared by value within their datatype: the suites do not fix lexical forms.
    `lax` (for REDUCED) allows duplicates to be missing.
    """
    if sorted(found.variables) != sorted(wanted.variables):
        return False
    order = [found.variables.index(name) for name in wanted.variables]
    left = [tuple(_comparable(row[i]) for i in order) for row in found.rows]
    right = [tuple(_comparable(term) for term in row) for row in wanted.rows]
    if lax:
        if not Counter(left) <= Counter(right):
            return False
        left, right = list(dict.fromkeys(left)), list(dict.fromkeys(right))
    if len(left) != len(right):
        return False
    return _matched(left, right, {}, ordered=wanted.ordered)


def same_graph(found: list[ox.Triple], wanted: list[ox.Triple]) -> bool:
    """Whether two graphs are isomorphic."""
    return _canonical(found) == _canonical(wanted)


def _canonical(triples: list[ox.Triple]) -> set[ox.Quad]:
    dataset = ox.Dataset([ox.Quad(*triple) for triple in triples])
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def _comparable(term: Term) -> object:
    if not isinstance(term, ox.Literal):
        return term
    datatype = term.datatype.value
    try:
        if datatype in EXACT:
            return datatype, Decimal(term.value)
        if datatype in INEXACT:
            return datatype, repr(float(term.value))
    except (ValueError, InvalidOperation):
        return term
    return term


def _matched(
    left: list[tuple[object, ...]],
    right: list[tuple[object, ...]],
    nodes: dict[object, object],
    *,
    ordered: bool,
) -> bool:
    """Whether rows match one to one under one bijection of blank nodes, found by trying."""
    if not left:
        return True
    first, rest = left[0], left[1:]
    candidates = range(1) if ordered else range(len(right))
    tried = set()
    for i in candidates:
        if right[i] in tried:
            continue
        tried.add(right[i])
        extended = _extended(first, right[i], nodes)
        if extended is not None and _matched(
            rest, right[:i] + right[i + 1 :], extended, ordered=ordered
        ):
            return True
    return False


def _extended(
    left: tuple[object, ...], right: tuple[object, ...], nodes: dict[object, object]
) -> dict[object, object] | None:
    """Return the bijection of blank nodes with what two equal rows add to it, or None."""
    added = dict(nodes)
    for a, b in zip(left, right, strict=True):
        if isinstance(a, ox.BlankNode) and isinstance(b, ox.BlankNode):
            if added.setdefault(a, b) != b:
                return None
        elif a != b:
            return None
    return added if len(set(added.values())) == len(added) else None


def same_csv(found: bytes, wanted: bytes) -> bool:
    """Whether two CSV results hold the same rows, but for the labels of blank nodes."""

    def table(data: bytes) -> Table:
        header, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
        return Table(tuple(header), tuple(tuple(_cell(cell) for cell in row) for row in rows))

    return same_table(table(found), table(wanted))


def _cell(text: str) -> Term:
    return ox.BlankNode(text.removeprefix("_:")) if text.startswith("_:") else ox.Literal(text)
