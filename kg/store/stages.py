"""Stages: relations of quads whose terms are texts, on their way to the ids of the dictionary.

A stage has the columns s, p, o, odt, olang, g (see `kg.store.staging`) and may have `origin`. Where
many of its quads share a subject, as those of one row do, or a predicate, a graph, a datatype or an
object, as those that one rule of a mapping makes, these stand in tables of their own (`Shared`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

Key = Callable[[str, str, str], str]
"""Gives the SQL of the key of a term from the SQL of its lex, dt and lang."""

_NO = "NULL::VARCHAR"

_OCCURRENCES = """
SELECT s AS lex, NULL::VARCHAR AS dt, NULL::VARCHAR AS lang, 2 * rowid AS first,
    0::UBIGINT AS family
FROM {stage}
UNION ALL SELECT o, odt, olang, 2 * rowid + 1, hash(p) FROM {stage}
UNION ALL SELECT p, NULL, NULL, 2 * min(rowid), 0 FROM {stage} GROUP BY p
UNION ALL SELECT g, NULL, NULL, 2 * min(rowid), 0 FROM {stage} WHERE g IS NOT NULL GROUP BY g
"""

_CODES = """
SELECT si.id AS s, pi.id AS p, oi.id AS o,
    CASE WHEN q.g IS NULL THEN 0 ELSE gi.id END AS g, {origin} AS origin
FROM {stage} AS q
JOIN _ids AS si ON si.k = {s}
JOIN _ids AS pi ON pi.k = {p}
JOIN _ids AS oi ON oi.k = {o}
LEFT JOIN _ids AS gi ON gi.k = {g}
"""
"""Codes of staged quads; a graph that no term names gets none, and is no graph of the store's."""

_SHARING_OCCURRENCES = """
SELECT s AS lex, NULL::VARCHAR AS dt, NULL::VARCHAR AS lang, 2 * n AS first,
    0::UBIGINT AS family
FROM {subjects} WHERE s IS NOT NULL
UNION ALL SELECT q.o, coalesce(q.odt, r.odt), coalesce(q.olang, r.olang), 2 * q.rowid + 1,
    hash(rule)
FROM {stage} AS q JOIN {rules} AS r USING (rule) WHERE q.o IS NOT NULL
UNION ALL SELECT lex, dt, lang, first, 0 FROM (
    SELECT unnest([r.p, r.g, r.o]) AS lex, unnest([NULL, NULL, r.odt]) AS dt,
        unnest([NULL, NULL, r.olang]) AS lang, first FROM {rules} AS r
    JOIN (SELECT rule, 2 * min(rowid) AS first FROM {stage} GROUP BY rule) USING (rule)
    UNION ALL SELECT p, NULL, NULL, 2 * min(rowid) FROM {stage} GROUP BY p
    UNION ALL SELECT g, NULL, NULL, 2 * min(rowid) FROM {stage} GROUP BY g
) WHERE lex IS NOT NULL
"""

_SHARING_CODES = """
SELECT u.id AS s, {p} AS p, CASE WHEN q.o IS NULL THEN r.o ELSE oi.id END AS o, {g} AS g,
    {origin} AS origin
FROM {stage} AS q
JOIN (
    SELECT r.rule, r.odt, r.olang, pi.id AS p, oi.id AS o,
        CASE WHEN r.g IS NULL THEN 0 ELSE gi.id END AS g
    FROM {rules} AS r LEFT JOIN _ids AS pi ON pi.k = {rule_p}
    LEFT JOIN _ids AS gi ON gi.k = {rule_g} LEFT JOIN _ids AS oi ON oi.k = {rule_o}
) AS r USING (rule)
JOIN (SELECT u.n, si.id FROM {subjects} AS u JOIN _ids AS si ON si.k = {s}) AS u
    ON u.n = q.subject
LEFT JOIN _ids AS oi ON oi.k = {o}
{own}
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """Tables of what the quads of a stage share.

    `rules` has rule, p, o, odt, olang, g, and `subjects` n, s: a quad's own columns `rule` and
    `subject` name their rows. What a quad has of its own goes before what its rule says.
    """

    rules: str
    subjects: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A staged relation; `origin` is the SQL of the place that its quads come from."""

    name: str
    shared: Shared | None = None
    origin: str | None = None

    def occurrences(self) -> str:
        """Return SQL of the terms that occur, with the place of each (`first`).

        The `family` of an object is that of the predicate, or of the rule, whose object it is.
        """
        if self.shared is None:
            return _OCCURRENCES.format(stage=self.name)
        rules, subjects = self.shared.rules, self.shared.subjects
        return _SHARING_OCCURRENCES.format(stage=self.name, rules=rules, subjects=subjects)

    def codes(self, cursor: duckdb.DuckDBPyConnection, key: Key) -> str:
        """Return SQL of the quads as ids, which `_ids` has with the keys of their terms."""
        origin = self.origin or "NULL"
        if self.shared is None:
            return _CODES.format(
                stage=self.name,
                origin=origin,
                o=key("q.o", "q.odt", "q.olang"),
                **{name: key(f"q.{name}", _NO, _NO) for name in "spg"},
            )
        columns, joins = {}, []
        for name in "pg":
            columns[name] = f"r.{name}"
            if self._has(cursor, name):
                columns[name] = f"CASE WHEN q.{name} IS NULL THEN r.{name} ELSE own_{name}.id END"
                own = key(f"q.{name}", _NO, _NO)
                joins.append(f"LEFT JOIN _ids AS own_{name} ON own_{name}.k = {own}")
        return _SHARING_CODES.format(
            stage=self.name,
            rules=self.shared.rules,
            subjects=self.shared.subjects,
            origin=origin,
            s=key("u.s", _NO, _NO),
            o=key("q.o", "coalesce(q.odt, r.odt)", "coalesce(q.olang, r.olang)"),
            rule_p=key("r.p", _NO, _NO),
            rule_g=key("r.g", _NO, _NO),
            rule_o=key("r.o", "r.odt", "r.olang"),
            own="\n".join(joins),
            **columns,
        )

    def _has(self, cursor: duckdb.DuckDBPyConnection, name: str) -> bool:
        """Tell whether some quad has a predicate or graph of its own."""
        asked = f"SELECT 1 FROM {self.name} WHERE {name} IS NOT NULL LIMIT 1"
        return bool(cursor.execute(asked).fetchall())
