"""Value nodes: from focus nodes along a path, as relations of (focus, value).

All relations hold ids of terms. A triple in two graphs is one triple: pairs are made distinct
where duplicates can occur and matter.
"""

from __future__ import annotations

from sqlglot import exp

from kg.shacl.model import (
    AlternativePath,
    InversePath,
    Path,
    PredicatePath,
    RepeatedPath,
    SequencePath,
)
from kg.shacl.sql import query, union
from kg.shacl.statement import Statement
from kg.store.signals import WANTED

TYPED = ("kind", "num", "dbl", "ts", "tz")
"""Columns of a value that the quads repeat beside their object."""

_FORWARD = """
SELECT q.s AS focus, q.o AS value FROM live AS q
WHERE q.p = :predicate AND q.s IN (SELECT node FROM :nodes)
"""
_BACKWARD = """
SELECT q.o AS focus, q.s AS value FROM live AS q
WHERE q.p = :predicate AND q.o IN (SELECT node FROM :nodes)
"""
_SAME = "SELECT f.node AS focus, f.node AS value FROM :nodes AS f"
_ALL_NODES = "SELECT s AS node FROM live UNION SELECT o AS node FROM live"
_WITH_TERM = "SELECT v.focus, v.value FROM :pairs AS v JOIN :terms AS t ON t.id = v.value"


def values(st: Statement, path: Path | None, nodes: str, *columns: str) -> exp.Query:
    """Return (focus, value) and columns of the value's term; pairs may occur twice.

    `nodes` is a relation with the column `node`; `columns` are columns of the table `term`.
    """
    of_quads = isinstance(path, PredicatePath)
    direct = of_quads and set(columns) <= set(TYPED)
    pairs = _pairs(st, path, nodes)
    if not columns:
        return pairs
    # A focus node may be no term of the data, and then a value node of other paths.
    terms = "term" if of_quads else "shacl_known"
    rows = pairs if direct else query(_WITH_TERM, pairs=pairs, terms=terms)
    for column in columns:
        rows.append("expressions", value_column(column, direct=direct))
    return rows


def value_column(name: str, *, direct: bool) -> exp.Expr:
    """Return a column of a value's term, from its quad (`q`) or from the dictionary (`t`)."""
    stored = "k" if direct and name == "kind" else name
    return exp.alias_(exp.column(stored, table="q" if direct else "t"), name)


def pairs_of(st: Statement, path: Path | None, nodes: str) -> str:
    """Name the set of (focus, value) pairs of a path."""
    pairs = _pairs(st, path, nodes)
    if is_set(st, path):
        return st.let(pairs)
    return st.let("SELECT DISTINCT v.focus, v.value FROM :pairs AS v", pairs=pairs)


def is_set(st: Statement, path: Path | None) -> bool:
    """Tell whether `values` yields no pair twice."""
    match path:
        case None | RepeatedPath(_, "*" | "+") | SequencePath(_):
            return True
        case PredicatePath(iri) | InversePath(PredicatePath(iri)):
            return st.session.is_set(st.session.id(iri))
    return False


def _pairs(st: Statement, path: Path | None, nodes: str) -> exp.Query:
    """Return the (focus, value) pairs of a path from the nodes of a relation."""
    match path:
        case None:
            return query(_SAME, nodes=nodes)
        case PredicatePath(iri):
            return query(_FORWARD, predicate=st.session.id(iri), nodes=nodes)
        case InversePath(inner):
            return _inverse(st, inner, nodes)
        case SequencePath(steps):
            return _sequence(st, steps, nodes)
        case AlternativePath(branches):
            return _alternative(st, branches, nodes)
        case RepeatedPath(inner, times):
            return _repeated(st, inner, times, nodes)


def _inverse(st: Statement, path: Path, nodes: str) -> exp.Query:
    """Return the pairs of an inverse path, the inversion pushed down to the predicates."""
    match path:
        case PredicatePath(iri):
            return query(_BACKWARD, predicate=st.session.id(iri), nodes=nodes)
        case InversePath(inner):
            return _pairs(st, inner, nodes)
        case SequencePath(steps):
            return _sequence(st, tuple(InversePath(step) for step in reversed(steps)), nodes)
        case AlternativePath(branches):
            return _alternative(st, tuple(InversePath(branch) for branch in branches), nodes)
        case RepeatedPath(inner, times):
            return _repeated(st, InversePath(inner), times, nodes)


def _sequence(st: Statement, steps: tuple[Path, ...], nodes: str) -> exp.Query:
    """Return the pairs of a sequence: a join of its steps, each from the nodes reached before."""
    reached = st.let(_pairs(st, steps[0], nodes))
    for step in steps[1:]:
        middle = st.let("SELECT DISTINCT value AS node FROM :reached", reached=reached)
        reached = st.let(
            "SELECT DISTINCT a.focus, b.value FROM :reached AS a JOIN :further AS b"
            " ON a.value = b.focus",
            reached=reached,
            further=_pairs(st, step, middle),
        )
    return query("SELECT focus, value FROM :reached", reached=reached)


def _alternative(st: Statement, branches: tuple[Path, ...], nodes: str) -> exp.Query:
    """Return the pairs of any of the branches."""
    several = union([_pairs(st, branch, nodes) for branch in branches])
    return query("SELECT a.focus, a.value FROM :several AS a", several=several)


def _repeated(st: Statement, path: Path, times: str, nodes: str) -> exp.Query:
    """Return the pairs of `path*`, `path+` or `path?`."""
    start = _pairs(st, path, nodes) if times == "+" else query(_SAME, nodes=nodes)
    if times == "?":
        both = union([start, _pairs(st, path, nodes)])
        return query("SELECT a.focus, a.value FROM :both AS a", both=both)
    step = (
        "SELECT r.focus, e.value FROM :self AS r JOIN :edges AS e ON e.focus = r.value"
        f" WHERE {WANTED}"
    )
    name = st.closure(start, step, edges=st.let(_edges(st, path)))
    return query("SELECT focus, value FROM :name", name=name)


def _edges(st: Statement, path: Path) -> exp.Query:
    """Return the pairs of a path from every node: what a repetition walks along."""
    match path:
        case PredicatePath(iri):
            template = "SELECT s AS focus, o AS value FROM live WHERE p = :predicate"
            return query(template, predicate=st.session.id(iri))
        case InversePath(PredicatePath(iri)):
            template = "SELECT o AS focus, s AS value FROM live WHERE p = :predicate"
            return query(template, predicate=st.session.id(iri))
        case AlternativePath(branches):
            several = union([_edges(st, branch) for branch in branches])
            return query("SELECT a.focus, a.value FROM :several AS a", several=several)
    return _pairs(st, path, st.let(_ALL_NODES))
