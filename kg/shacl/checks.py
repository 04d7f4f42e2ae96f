"""Violations of each constraint, as relations of (focus, value) among given focus nodes.

Every function takes the statement in the making, the shape, and the name of a relation with the
column `node`: the focus nodes. `violations` yields one row for each validation result of the
constraint; `nonconforming` names the nodes that violate a shape as a whole, which is what the
constraints over other shapes are made of.
"""

from __future__ import annotations

from functools import singledispatch

from sqlglot import exp

from kg.shacl.compare import column_side, less, text_columns
from kg.shacl.kinds import kinds_of
from kg.shacl.model import (
    And,
    Closed,
    ConformsTo,
    Constraint,
    HasProperty,
    HasValue,
    MaxCount,
    MinCount,
    Not,
    Or,
    Path,
    PredicatePath,
    PropertyPair,
    Qualified,
    Shape,
    UniqueLang,
    Xone,
)
from kg.shacl.queries import refused, solutions
from kg.shacl.query_model import Ask, Select
from kg.shacl.sql import query, union
from kg.shacl.statement import Statement
from kg.shacl.valuechecks import NEVER, condition
from kg.shacl.values import TYPED, is_set, pairs_of, values

_NOTHING = "SELECT f.node AS focus, CAST(NULL AS BIGINT) AS value FROM :nodes AS f WHERE FALSE"


def violations(constraint: Constraint, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    """Return one row (focus, value) for each violation of a constraint among focus nodes."""
    found = condition(constraint, st.session, shape.path)
    if found is None:
        return _violations(constraint, st, shape, nodes)
    if found is NEVER:
        return query(_NOTHING, nodes=nodes)
    distinct = "" if is_set(st, shape.path) else "DISTINCT"
    return query(
        f"SELECT {distinct} v.focus, v.value FROM :rows AS v WHERE :condition",
        rows=values(st, shape.path, nodes, *found.columns),
        condition=found.sql,
    )


@singledispatch
def _violations(constraint: Constraint, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    """Return the violations of a constraint that is no condition on one value node at a time."""
    raise TypeError(f"{type(constraint).__name__} has no check")


def nonconforming(st: Statement, shape: Shape, nodes: str) -> str:
    """Name the nodes (column `node`, perhaps repeated) that do not conform to a shape."""
    several = [
        query("SELECT x.focus AS node FROM :rows AS x", rows=violations(each, st, shape, nodes))
        for each in shape.constraints
    ]
    if not several:
        return st.let("SELECT node FROM :nodes WHERE FALSE", nodes=nodes)
    return st.let(union(several))


# --- Cardinality ------------------------------------------------------------------------------

_EACH = "SELECT f.node AS focus, CAST(NULL AS BIGINT) AS value FROM :nodes AS f"
_FEW = """
SELECT f.node AS focus, CAST(NULL AS BIGINT) AS value FROM :nodes AS f
WHERE NOT EXISTS (SELECT 1 FROM :enough AS e WHERE e.focus = f.node)
"""
_AT_LEAST = "SELECT focus FROM :pairs AS c GROUP BY focus HAVING count(*) >= :number"
_MORE_THAN = "SELECT focus FROM :pairs AS c GROUP BY focus HAVING count(*) > :number"
_MANY = "SELECT x.focus, CAST(NULL AS BIGINT) AS value FROM :excess AS x"


@_violations.register
def _min_count(constraint: MinCount, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    if constraint.number <= 0:
        return query(_NOTHING, nodes=nodes)
    if isinstance(shape.path, PredicatePath) and not st.session.is_used(
        st.session.id(shape.path.iri)
    ):
        return query(_EACH, nodes=nodes)
    if constraint.number == 1:
        return query(_FEW, nodes=nodes, enough=values(st, shape.path, nodes))
    pairs = pairs_of(st, shape.path, nodes)
    return query(_FEW, nodes=nodes, enough=query(_AT_LEAST, pairs=pairs, number=constraint.number))


@_violations.register
def _max_count(constraint: MaxCount, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    # Counting rows first leaves few focus nodes whose values have to be made distinct.
    rows = values(st, shape.path, nodes)
    excess = query(_MORE_THAN, pairs=rows, number=constraint.number)
    if not is_set(st, shape.path):
        suspects = st.let("SELECT x.focus AS node FROM :excess AS x", excess=excess)
        pairs = pairs_of(st, shape.path, suspects)
        excess = query(_MORE_THAN, pairs=pairs, number=constraint.number)
    return query(_MANY, excess=excess)


@_violations.register
def _has_value(constraint: HasValue, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    having = query(
        "SELECT v.focus FROM :rows AS v WHERE v.value = :wanted",
        rows=values(st, shape.path, nodes),
        wanted=st.session.id(constraint.term),
    )
    return query(_FEW, nodes=nodes, enough=having)


@_violations.register
def _unique_lang(constraint: UniqueLang, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    rows = values(st, shape.path, nodes, "lang")
    return query(
        "SELECT v.focus, CAST(NULL AS BIGINT) AS value FROM :rows AS v WHERE v.lang IS NOT NULL"
        " GROUP BY v.focus, lower(v.lang) HAVING count(DISTINCT v.value) > 1",
        rows=rows,
    )


# --- Property pairs and closed shapes ---------------------------------------------------------

_COMMON = """
SELECT a.focus, a.value FROM :mine AS a
WHERE EXISTS (SELECT 1 FROM :theirs AS b WHERE b.focus = a.focus AND b.value = a.value)
"""
_MISSING = """
SELECT a.focus, a.value FROM :mine AS a
WHERE NOT EXISTS (SELECT 1 FROM :theirs AS b WHERE b.focus = a.focus AND b.value = a.value)
"""


@_violations.register
def _property_pair(constraint: PropertyPair, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    other = PredicatePath(constraint.predicate)
    if constraint.operator in {"<", "<="}:
        return _unordered(constraint, st, shape, nodes)
    mine, theirs = pairs_of(st, shape.path, nodes), pairs_of(st, other, nodes)
    if constraint.operator == "disjoint":
        return query(_COMMON, mine=mine, theirs=theirs)
    both = query(_MISSING, mine=mine, theirs=theirs), query(_MISSING, mine=theirs, theirs=mine)
    return query("SELECT x.focus, x.value FROM :both AS x", both=union(both))


def _unordered(constraint: PropertyPair, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    """Return the value nodes once for each value of the other property that they do not precede."""
    other = PredicatePath(constraint.predicate)
    wide = st.session.is_wide(shape.path) or st.session.is_wide(other)
    kinds = kinds_of(st.session, shape.path), kinds_of(st.session, other)
    columns = (*TYPED, *text_columns(*kinds, wide=wide))
    or_equal = constraint.operator == "<="
    kept = less(column_side("a"), column_side("b"), or_equal=or_equal, wide=wide, kinds=kinds)
    return query(
        "SELECT a.focus, a.value FROM :mine AS a JOIN :theirs AS b ON a.focus = b.focus"
        " WHERE NOT :kept",
        mine=_typed_set(st, shape.path, nodes, columns),
        theirs=_typed_set(st, other, nodes, columns),
        kept=kept,
    )


def _typed_set(st: Statement, path: Path | None, nodes: str, columns: tuple[str, ...]) -> exp.Query:
    """Return the set of (focus, value) pairs of a path, with columns of the value's term."""
    rows = values(st, path, nodes, *columns)
    return rows if is_set(st, path) else query("SELECT DISTINCT m.* FROM :rows AS m", rows=rows)


@_violations.register
def _closed(constraint: Closed, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    return query(
        "SELECT DISTINCT v.focus, q.o AS value, q.p AS path FROM :pairs AS v"
        " JOIN live AS q ON q.s = v.value WHERE NOT coalesce(q.p IN (:allowed), FALSE)",
        pairs=values(st, shape.path, nodes),
        allowed=st.session.ids(constraint.predicates),
    )


# --- Constraints over other shapes ------------------------------------------------------------

_THEMSELVES = "SELECT DISTINCT n.node AS focus, n.node AS value FROM :nodes AS n"
_AMONG = "SELECT v.focus, v.value FROM :pairs AS v WHERE v.value IN (SELECT node FROM :nodes)"
_OTHERS = """
SELECT f.node AS focus, f.node AS value FROM :reached AS f
WHERE NOT EXISTS (SELECT 1 FROM :nodes AS n WHERE n.node = f.node)
"""
_NOT_AMONG = """
SELECT v.focus, v.value FROM :pairs AS v
WHERE NOT EXISTS (SELECT 1 FROM :nodes AS n WHERE n.node = v.value)
"""


class _Reached:
    """The value nodes of a shape, which are the focus nodes of other shapes."""

    def __init__(self, st: Statement, shape: Shape, nodes: str) -> None:
        # Of a node shape, the focus nodes themselves.
        self._pairs = pairs_of(st, shape.path, nodes) if shape.path else None
        self.nodes = nodes
        if self._pairs:
            self.nodes = st.let("SELECT DISTINCT value AS node FROM :pairs", pairs=self._pairs)

    def among(self, nodes: str) -> exp.Query:
        """Return the pairs of which the value node is one of some value nodes."""
        if self._pairs is None:
            return query(_THEMSELVES, nodes=nodes)
        return query(_AMONG, pairs=self._pairs, nodes=nodes)

    def not_among(self, nodes: str) -> exp.Query:
        """Return the other pairs."""
        if self._pairs is None:
            return query(_OTHERS, reached=self.nodes, nodes=nodes)
        return query(_NOT_AMONG, pairs=self._pairs, nodes=nodes)


def _failing(st: Statement, shapes: tuple[Shape, ...], nodes: str) -> str:
    """Name the nodes that do not conform to each of some shapes, once for each of these."""
    several = [
        query("SELECT DISTINCT node FROM :bad", bad=nonconforming(st, shape, nodes))
        for shape in shapes
    ]
    none = query("SELECT node FROM :nodes WHERE FALSE", nodes=nodes)
    return st.let(union(several) if several else none)


@_violations.register(And)
@_violations.register(ConformsTo)
@_violations.register(HasProperty)
def _all(
    constraint: And | ConformsTo | HasProperty, st: Statement, shape: Shape, nodes: str
) -> exp.Query:
    reached = _Reached(st, shape, nodes)
    return reached.among(_failing(st, constraint.members, reached.nodes))


@_violations.register
def _not(constraint: Not, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    reached = _Reached(st, shape, nodes)
    return reached.not_among(nonconforming(st, constraint.members[0], reached.nodes))


@_violations.register
def _or(constraint: Or, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    reached = _Reached(st, shape, nodes)
    # Each member is asked about the nodes that no member before it accepted.
    left = reached.nodes
    for member in constraint.members:
        left = st.let("SELECT DISTINCT node FROM :bad", bad=nonconforming(st, member, left))
    return reached.among(left)


@_violations.register
def _xone(constraint: Xone, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    reached = _Reached(st, shape, nodes)
    once = st.let(
        "SELECT n.node FROM :reached AS n LEFT JOIN :failing AS f ON f.node = n.node"
        " GROUP BY n.node HAVING count(f.node) = :others",
        reached=reached.nodes,
        failing=_failing(st, constraint.members, reached.nodes),
        others=len(constraint.members) - 1,
    )
    return reached.not_among(once)


@_violations.register
def _qualified(constraint: Qualified, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    pairs = pairs_of(st, shape.path, nodes)
    reached = st.let("SELECT DISTINCT value AS node FROM :pairs", pairs=pairs)
    wanted, *siblings = (nonconforming(st, member, reached) for member in constraint.members)
    counted = st.let(query(_NOT_AMONG, pairs=pairs, nodes=wanted))
    for sibling in siblings:
        counted = st.let(query(_AMONG, pairs=counted, nodes=sibling))
    if constraint.operator == "<=":
        return query(_MANY, excess=query(_MORE_THAN, pairs=counted, number=constraint.number))
    if constraint.number <= 0:
        return query(_NOTHING, nodes=nodes)
    enough = query(_AT_LEAST, pairs=counted, number=constraint.number)
    return query(_FEW, nodes=nodes, enough=enough)


@_violations.register
def _select(constraint: Select, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    return solutions(constraint, st, shape, nodes)


@_violations.register
def _ask(constraint: Ask, st: Statement, shape: Shape, nodes: str) -> exp.Query:
    return refused(constraint, st, shape, nodes)
