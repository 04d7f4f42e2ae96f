"""Focus nodes of targets (section 2.1.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlglot import exp

from kg.shacl.affected import Scope
from kg.shacl.model import QueryTarget, Shapes, Target
from kg.shacl.query_targets import selected_nodes
from kg.shacl.session import Session
from kg.shacl.sql import query, union

_INSTANCES = """
CREATE OR REPLACE TEMP TABLE shacl_instance AS
SELECT DISTINCT c.root, q.s AS node FROM live AS q JOIN shacl_class AS c ON c.id = q.o
WHERE q.p = ? AND c.root IN (SELECT unnest(?::BIGINT[])) {in_scope} ORDER BY c.root
"""
_INHABITED = """
SELECT DISTINCT root FROM shacl_class WHERE id IN (SELECT o FROM live WHERE p = ?)
"""
_CLASSES_OF = """
SELECT q.s, c.root FROM live AS q JOIN shacl_class AS c ON c.id = q.o
WHERE q.p = {type_id} AND q.s IN (SELECT unnest(?::BIGINT[]))
"""
_USES = """
SELECT DISTINCT {end}, p FROM live
WHERE p IN (SELECT unnest(?::BIGINT[])) AND {end} IN (SELECT unnest(?::BIGINT[]))
"""
_ENDS = {"subjects-of": "s", "objects-of": "o"}
_FEW_CLASSES = 32
"""Classes with instances up to which the types are read for each of them: they are then neither
sorted nor kept."""

_Targets = tuple[Target | QueryTarget, ...]


class Targets:
    """The focus nodes of all targets, each set of targets materialised once.

    `scope` is the name of a relation that all focus nodes have to be in. With `few` it is only
    known later, shape by shape: then no class is materialised as a whole.
    """

    def __init__(self, session: Session, shapes: Shapes, scope: str | None, *, few: bool) -> None:
        self._session = session
        self._scope = scope
        self._tables: dict[tuple[frozenset[Target | QueryTarget], Scope], str | None] = {}
        self._given: dict[frozenset[int], str] = {}
        self._learned: frozenset[int] = frozenset()
        """Nodes of which it is known which focus nodes they are."""
        self._found: dict[Target | QueryTarget, set[int]] = {}
        """Those of them that each target names."""
        roots = {
            session.id(target.term)
            for shape in shapes.roots
            for target in shape.targets
            if isinstance(target, Target) and target.kind == "class"
        }
        cursor = session.cursor
        found = cursor.execute(_INHABITED, [session.type_id]).fetchall()
        self._inhabited = roots.intersection(row[0] for row in found)
        self._instances: str | None = None
        if not few and len(self._inhabited) > _FEW_CLASSES:
            self._instances = "shacl_instance"
            in_scope = f"AND q.s IN (SELECT node FROM {scope})" if scope else ""
            cursor.execute(_INSTANCES.format(in_scope=in_scope), [session.type_id, sorted(roots)])

    def can_be_any(self, targets: _Targets) -> bool:
        """Tell whether there may be a focus node, without looking for one."""
        return any(isinstance(each, QueryTarget) or self._may_have(each) for each in targets)

    def focus_nodes(self, targets: _Targets, scope: Scope = None) -> str | None:
        """Return the name of the table of the focus nodes of targets, None without any.

        `scope` are nodes that they have to be among besides: the name of a relation, or ids.
        """
        key = (frozenset(targets), scope)
        if key not in self._tables:
            if isinstance(scope, frozenset):
                self._tables[key] = self._among(targets, scope)
            else:
                self._tables[key] = self._materialised(targets, scope or self._scope)
        return self._tables[key]

    def learn(self, asked: Iterable[tuple[_Targets, Scope]]) -> None:
        """Look up which of some ids are focus nodes, for all targets at once."""
        nodes: set[int] = set()
        targets: set[Target] = set()
        for several, scope in asked:
            if isinstance(scope, frozenset) and scope:
                nodes |= scope
                targets.update(each for each in several if isinstance(each, Target))
        self._learned = frozenset(nodes)
        by_kind: defaultdict[str, dict[int, Target]] = defaultdict(dict)
        for each in targets:
            by_kind[each.kind][self._session.id(each.term)] = each
        self._found = {each: nodes & {number} for number, each in by_kind["node"].items()}
        classes = _CLASSES_OF.format(type_id=self._session.type_id)
        self._note(by_kind["class"], classes, sorted(nodes))
        for kind, end in _ENDS.items():
            statement = _USES.format(end=end)
            self._note(by_kind[kind], statement, sorted(by_kind[kind]), sorted(nodes))

    def _note(self, named: Mapping[int, Target], statement: str, *parameters: list[int]) -> None:
        """Note the focus nodes of some targets, by their terms, in the rows (node, term)."""
        self._found |= {target: set() for target in named.values()}
        if not named:
            return
        for node, term in self._session.cursor.execute(statement, parameters).fetchall():
            if term in named:
                self._found[named[term]].add(node)

    def _among(self, targets: _Targets, scope: frozenset[int]) -> str | None:
        """Return the table of the focus nodes among some ids, None without any."""
        if not scope:
            return None
        known = self._scope is None and scope <= self._learned
        if not known or not self._found.keys() >= {*targets}:
            return self._materialised(targets, self._table_of(scope))
        named = frozenset[int]().union(*(scope & self._found[each] for each in targets))
        return self._table_of(named) if named else None

    def _table_of(self, nodes: frozenset[int]) -> str:
        """Return the name of a table of ids."""
        if nodes not in self._given:
            rows = [(node,) for node in sorted(nodes)]
            self._given[nodes] = self._session.table_of(["node"], ["BIGINT"], rows)
        return self._given[nodes]

    def _materialised(self, targets: _Targets, scope: str | None) -> str | None:
        several = [each for target in targets if (each := self._of_target(target)) is not None]
        if not several:
            return None
        scoped = "WHERE x.node IN (SELECT node FROM :scope)" if scope else ""
        distinct = "" if len(targets) == 1 and _names_each_once(targets[0]) else "DISTINCT"
        every = query(
            f"SELECT {distinct} x.node FROM :several AS x {scoped}",
            several=union(several),
            scope=scope or "",
        )
        name, count = self._session.counted_table(every)
        return name if count else None

    def _may_have(self, target: Target) -> bool:
        number = self._session.id(target.term)
        if target.kind == "class":
            return number in self._inhabited
        return target.kind == "node" or self._session.is_used(number)

    def _of_target(self, target: Target | QueryTarget) -> exp.Query | None:
        """Return the focus nodes of one target, None when there cannot be any."""
        if isinstance(target, QueryTarget):
            return query("SELECT node FROM :found", found=selected_nodes(self._session, target))
        number = self._session.id(target.term)
        if not self._may_have(target):
            return None
        if target.kind == "node":
            return query("SELECT CAST(:number AS BIGINT) AS node", number=number)
        if target.kind == "class":
            return self._instances_of(number)
        column = "s" if target.kind == "subjects-of" else "o"
        return query(f"SELECT {column} AS node FROM live WHERE p = :number", number=number)

    def _instances_of(self, root: int) -> exp.Query:
        """Return the instances of a class, each once."""
        if self._instances is not None:
            return query(
                "SELECT node FROM :kept WHERE root = :root", kept=self._instances, root=root
            )
        session = self._session
        once = session.is_set(session.type_id) and session.has_none_below(root)
        return query(
            f"SELECT {'' if once else 'DISTINCT'} q.s AS node FROM live AS q"
            " WHERE q.p = :type AND :is_instance",
            type=session.type_id,
            is_instance=session.is_below("o", "q", root),
        )


def _names_each_once(target: Target | QueryTarget) -> bool:
    """Tell whether the relation of a target has each focus node once."""
    return isinstance(target, Target) and target.kind in {"class", "node"}
