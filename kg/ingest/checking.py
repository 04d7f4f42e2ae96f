"""Checks at work: wrong cells are counted, listed in the report, and kept by their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlglot.expressions as exp
from rdflib import XSD

from kg.ingest.compile import ROW, ROWS, Check, Relation
from kg.ingest.messages import message
from kg.ingest.report import Finding, ImportReport
from kg.ingest.sql import call, column, number, rendered, temporary, text
from kg.store import Cursor, Kind

LISTED_PER_CHECK = 100
"""Wrong cells listed for each check; all are counted."""

_ANY_ILL = f"SELECT 1 FROM term WHERE kind = {Kind.ILL:d} LIMIT 1"
_TOLD = """
CREATE TEMP TABLE told AS
SELECT unnest(?::INTEGER[]) AS check_no, unnest(?::INTEGER[]) AS rule
"""
"""Checks that failed, and the rules whose literals they tell of already."""
_ILL = f"""
SELECT t.file, t.row, t.rule, term.lex AS o, any_value(term.dt) AS datatype, count(*) OVER ()
FROM temp.staged_quad AS t JOIN temp.rule AS r USING (rule)
JOIN term ON term.kind = {Kind.ILL:d} AND term.lex = coalesce(t.o, r.o)
    AND term.dt = coalesce(t.odt, r.odt)
WHERE t.file >= 0 AND NOT EXISTS (
    SELECT 1 FROM temp.wrong AS w JOIN temp.told AS d ON d.check_no = w.check_no
    WHERE d.rule = t.rule AND w.file = t.file AND w.value = term.lex
)
GROUP BY t.file, t.row, t.rule, term.lex ORDER BY t.file, t.row
"""


class Checker:
    """Runs checks; the table `wrong` tells which rows fail which of `failed`."""

    def __init__(self, cursor: Cursor, report: ImportReport, files: Sequence[int]) -> None:
        self._cursor = cursor
        self._report = report
        self._files = files
        self.failed: list[Check] = []

    def run(self, relation: Relation, checks: Iterable[Check]) -> None:
        """Run checks over a relation and report the wrong cells; one pass tells which fail."""
        listed = list(checks)
        if not listed:
            return
        table = f"temp.{relation.table}"
        counts = [call("count_if", check.condition) for check in listed]
        found = self._cursor.execute(
            rendered(exp.select(*counts, copy=False).from_(table))
        ).fetchall()[0]
        for check, count in zip(listed, found, strict=True):
            if count:
                query = exp.select(ROW, check.value).from_(table).where(check.condition)
                query = query.order_by(ROW).limit(LISTED_PER_CHECK)
                rows = self._cursor.execute(rendered(query)).fetchall()
                self._report_wrong(relation.file, check, count, rows)
                self._keep(relation, check)

    def _keep(self, relation: Relation, check: Check) -> None:
        """Keep the rows that fail a check."""
        row = call("unnest", column(ROWS)) if relation.grouped else column(ROW)
        query = exp.select(number(relation.file), row, number(len(self.failed)), check.value)
        query = query.from_(temporary(relation.table)).where(check.condition)
        self._cursor.execute(f"INSERT INTO wrong {rendered(query)}")
        self.failed.append(check)

    def _report_wrong(
        self, position: int, check: Check, count: int, rows: Sequence[tuple[int, str]]
    ) -> None:
        """Count all wrong cells of a check and list the first ones."""
        file = self._report.files[self._files[position]].name
        name = f"cell: {check.code}"
        self._report.by_shape[name] = self._report.by_shape.get(name, 0) + count
        self._report.count("violation", count)
        shown = ", ".join(check.columns) or None
        for row, value in rows:
            texts = message(check.code, column=shown or "", value=value, detail=check.detail)
            self._report.list(Finding("violation", texts, file, row, shown, value, kind=name))

    def run_literals(self, columns: Sequence[tuple[str, ...]]) -> None:
        """Report the literals just inserted whose text is not a value of their datatype.

        `columns` are those that the objects of each rule come from.
        """
        if not self._cursor.execute(_ANY_ILL).fetchall():
            return
        self._cursor.execute(_TOLD, self._told(columns))
        rows = self._cursor.execute(f"{_ILL} LIMIT {LISTED_PER_CHECK}").fetchall()
        if not rows:
            return
        for place, (file, row, rule, value, datatype, total) in enumerate(rows):
            check = _literal_check(columns[rule], datatype)
            self._report_wrong(file, check, 0 if place else total, [(row, value)])
        self._cursor.execute(f"CREATE TEMP TABLE ill AS {_ILL}")
        kinds = self._cursor.execute("SELECT DISTINCT rule, datatype FROM ill").fetchall()
        for rule, datatype in kinds:
            kept = exp.select("file", "row", number(len(self.failed)), "o").from_("temp.ill")
            kept = kept.where(exp.EQ(this=column("rule"), expression=number(rule)))
            self._cursor.execute(f"INSERT INTO wrong {rendered(kept)}")
            self.failed.append(_literal_check(columns[rule], datatype))

    def _told(self, columns: Sequence[tuple[str, ...]]) -> list[list[int]]:
        """Return checks that failed beside the rules that make quads of the same columns."""
        pairs = [
            (number, rule)
            for number, check in enumerate(self.failed)
            for rule, made_of in enumerate(columns)
            if not set(made_of).isdisjoint(check.columns)
        ]
        return [[number for number, _ in pairs], [rule for _, rule in pairs]]


def _literal_check(columns: tuple[str, ...], datatype: str) -> Check:
    """Return the check that a text fails which is no value of a datatype."""
    detail = f"xsd:{datatype.removeprefix(str(XSD))}"
    return Check(exp.true(), columns, text(""), "literal", detail)
