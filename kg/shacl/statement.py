"""One SQL statement in the making: named relations (CTEs) on a session's tables."""

from __future__ import annotations

from sqlglot import exp

from kg.shacl.session import Session
from kg.shacl.sql import Part, query


class Statement:
    """Collects the common table expressions of a statement."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._ctes: list[exp.CTE] = []
        self._recursive = False

    def let(self, relation: exp.Query | str, **parts: Part) -> str:
        """Give a relation, or a template's one, a name that the statement can refer to."""
        bound = query(relation, **parts) if isinstance(relation, str) else relation
        return self._named(bound, self._next())

    def closure(self, base: exp.Query, step: str, **parts: Part) -> str:
        """Name the least set of (focus, value) that holds `base` and is closed under `step`.

        `step` is a template in which `:self` stands for the set itself.
        """
        self._recursive = True
        name = self._next()
        union = exp.Union(this=base, expression=query(step, self=name, **parts), distinct=True)
        return self._named(union, name, "focus", "value")

    def finish(self, last: exp.Query) -> exp.Query:
        """Return the whole statement for its last query."""
        if self._ctes:
            last.set("with_", exp.With(expressions=self._ctes, recursive=self._recursive))
        return last

    def _next(self) -> str:
        return f"c{len(self._ctes) + 1}"

    def _named(self, bound: exp.Query, name: str, *columns: str) -> str:
        """Add a common table expression."""
        alias = exp.TableAlias(
            this=exp.to_identifier(name), columns=[exp.to_identifier(each) for each in columns]
        )
        self._ctes.append(exp.CTE(this=bound, alias=alias))
        return name
