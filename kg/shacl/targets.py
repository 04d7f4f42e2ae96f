"""Focus nodes of targets (section 2.1.3)."""

from __future__ import annotations

from sqlglot import exp

from kg.shacl.model import QueryTarget, Shapes, Target
from kg.shacl.query_targets import selected_nodes
from kg.shacl.session import Session
from kg.shacl.sql import query, union

_INSTANCES = """
CREATE OR REPLACE TEMP TABLE shacl_instance AS
SELECT DISTINCT c.root, q.s AS node FROM live AS q JOIN shacl_class AS c ON c.id = q.o
WHERE q.p = ? AND c.root IN (SELECT unnest(?::BIGINT[])) {in_scope}
ORDER BY c.root
"""


class Targets:
    """The focus nodes of all targets, each set of targets materialised once.

    `scope` is the name of a relation that all focus nodes have to be in.
    """

    def __init__(self, session: Session, shapes: Shapes, scope: str | None) -> None:
        self._session = session
        self._scope = scope
        self._tables: dict[frozenset[Target | QueryTarget], str | None] = {}
        roots = {
            session.id(target.term)
            for shape in shapes.roots
            for target in shape.targets
            if isinstance(target, Target) and target.kind == "class"
        }
        in_scope = f"AND q.s IN (SELECT node FROM {scope})" if scope else ""
        session.cursor.execute(
            _INSTANCES.format(in_scope=in_scope), [session.type_id, sorted(roots)]
        )
        found = session.cursor.execute("SELECT DISTINCT root FROM shacl_instance").fetchall()
        self._inhabited = {row[0] for row in found}

    def focus_nodes(self, targets: tuple[Target | QueryTarget, ...]) -> str | None:
        """Return the name of the table of the focus nodes of targets, None without any."""
        key = frozenset(targets)
        if key not in self._tables:
            self._tables[key] = self._materialised(targets)
        return self._tables[key]

    def _materialised(self, targets: tuple[Target | QueryTarget, ...]) -> str | None:
        several = [each for target in targets if (each := self._of_target(target)) is not None]
        if not several:
            return None
        scoped = "WHERE x.node IN (SELECT node FROM :scope)" if self._scope else ""
        every = query(
            f"SELECT DISTINCT x.node FROM :several AS x {scoped}",
            several=union(several),
            scope=self._scope or "",
        )
        name = self._session.table(every)
        return name if self._session.count(name) else None

    def _of_target(self, target: Target | QueryTarget) -> exp.Query | None:
        """Return the focus nodes of one target, None when there cannot be any."""
        if isinstance(target, QueryTarget):
            return query("SELECT node FROM :found", found=selected_nodes(self._session, target))
        number = self._session.id(target.term)
        if target.kind == "node":
            return query("SELECT CAST(:number AS BIGINT) AS node", number=number)
        if target.kind == "class":
            if number not in self._inhabited:
                return None
            return query("SELECT node FROM shacl_instance WHERE root = :root", root=number)
        if not self._session.is_used(number):
            return None
        column = "s" if target.kind == "subjects-of" else "o"
        return query(f"SELECT {column} AS node FROM live WHERE p = :number", number=number)
