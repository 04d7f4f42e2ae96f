"""What wrong cells leave in doubt: the statements that may become others once they are corrected.

A rule that reads such a statement is not judged where it does, so that whatever is told of the
other cells of a row stays true when its wrong ones are corrected. A corrected key is taken for one
that no other row has.
"""

from __future__ import annotations

from collections.abc import Iterator

from kg.ingest.execution import Execution
from kg.ingest.lineage import find_lineage
from kg.shacl import Doubt
from kg.store import Cursor

_CHECKS = "SELECT DISTINCT file, check_no FROM temp.wrong WHERE file >= 0"
_OPEN = """
CREATE TEMP TABLE open_rule AS
SELECT unnest(?::INTEGER[]) AS file, unnest(?::INTEGER[]) AS check_no, unnest(?::INTEGER[]) AS kin,
    unnest(?::VARCHAR[]) AS p, unnest(?::BOOLEAN[]) AS named
"""
_NODES = """
CREATE TEMP TABLE wrong_node AS
WITH wanted AS (SELECT DISTINCT file, row FROM temp.wrong WHERE file >= 0)
SELECT DISTINCT w.file, w.row, r.kin, t.id AS s FROM (
    SELECT q.file, q.row, q.rule, q.subject FROM temp.staged_quad AS q
    WHERE q.rule NOT IN (SELECT rule FROM temp.grouping)
    UNION ALL
    SELECT q.file, l.row, q.rule, q.subject FROM temp.staged_quad AS q
    JOIN temp.grouping AS g USING (rule)
    JOIN temp.lineage AS l ON l.groups = g.number AND l.first = q.row
) AS q JOIN wanted AS w USING (file, row) JOIN temp.rule AS r USING (rule)
JOIN temp.subject AS u ON u.n = q.subject
JOIN term AS t ON t.h = md5_number_lower(u.s) AND t.lex = u.s AND t.dt IS NULL
"""
_DOUBTFUL = """
CREATE TEMP TABLE doubtful AS
SELECT DISTINCT n.s, t.id AS p, NULL::BIGINT AS o
FROM temp.wrong AS w JOIN temp.open_rule AS r USING (file, check_no)
JOIN temp.wrong_node AS n ON n.file = w.file AND n.row = w.row AND n.kin = r.kin
JOIN term AS t ON t.h = md5_number_lower(r.p) AND t.lex = r.p AND t.dt IS NULL
"""
_UNPLACED = """
SELECT DISTINCT r.p FROM temp.wrong AS w JOIN temp.open_rule AS r USING (file, check_no)
ANTI JOIN temp.wrong_node AS n ON n.file = w.file AND n.row = w.row AND n.kin = r.kin
WHERE NOT r.named
"""
"""Predicates of what a row may say, once corrected, of a node that it says nothing of so far."""


def find_doubt(cursor: Cursor, execution: Execution) -> Doubt:
    """Return what is in doubt because of the rows of the table `wrong`."""
    find_lineage(cursor, execution.producer)
    anywhere: set[str | None] = set()
    opened = set()
    for file, check_no, far, kin, predicate, named in _touched(cursor, execution):
        if far or predicate is None:
            anywhere.add(predicate)
        else:
            opened.add((file, check_no, kin, predicate, named))
    columns = [list(column) for column in zip(*sorted(opened), strict=True)] or [[]] * 5
    cursor.execute(_OPEN, columns)
    cursor.execute(_NODES)
    cursor.execute(_DOUBTFUL)
    anywhere |= {row[0] for row in cursor.execute(_UNPLACED).fetchall()}
    named_somewhere = frozenset(one for one in anywhere if one is not None)
    return Doubt("SELECT s, p, o FROM doubtful", None if None in anywhere else named_somewhere)


def _touched(
    cursor: Cursor, execution: Execution
) -> Iterator[tuple[int, int, bool, int, str | None, bool]]:
    """Yield file and check of wrong cells, and what is in doubt for them of a rule.

    That is whether quads of other rows are, the kin and the predicate of the rule, and whether the
    subjects are.
    """
    for file, check_no in cursor.execute(_CHECKS).fetchall():
        columns = frozenset(execution.failed[check_no].columns)
        for rule in execution.producer.rules:
            needs = rule.needs
            far = not columns or any((file, name) in needs.beyond for name in columns)
            named = not columns.isdisjoint(needs.named_by)
            own = rule.file == file and (named or not columns.isdisjoint(needs.reads))
            if far or own:
                yield file, check_no, far, rule.kin, rule.predicate, named
