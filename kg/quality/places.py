"""Where the facts at fault came from: import, file and row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.ingest.runs import imports_of_commits
from kg.ingest.template_files import columns_of
from kg.quality.state import Result
from kg.store import Cursor, lookup, place_of

_STATED = """
SELECT w.n, min((
    CASE WHEN q.s = w.focus AND q.p = w.path AND o.lex = w.value THEN 0
         WHEN q.s = w.focus AND q.p = w.path THEN 1 WHEN q.s = w.focus THEN 2 ELSE 3 END,
    q.born, q.origin
))
FROM (
    SELECT unnest($numbers::INTEGER[]) AS n, unnest($things::BIGINT[]) AS focus,
        unnest($paths::BIGINT[]) AS path, unnest($texts::VARCHAR[]) AS value
) AS w JOIN live AS q ON q.{end} = w.focus LEFT JOIN term AS o ON o.id = q.o
WHERE q.origin IS NOT NULL GROUP BY w.n
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a file of an import; `columns` are those that the property at fault is made of."""

    import_id: str
    file: str
    row: int
    columns: tuple[str, ...] = ()


def places_of(cursor: Cursor, results: Sequence[Result]) -> list[Place | None]:
    """Return where each result comes from, None where no import says."""
    things = lookup(cursor, [(one.focus, None, None) for one in results])
    paths = lookup(cursor, [(one.path or "", None, None) for one in results])
    names = {
        "numbers": list(range(len(results))),
        "things": things,
        "paths": paths,
        "texts": [one.value for one in results],
    }
    origins: dict[int, tuple[int, int]] = {}
    for end in ("s", "o"):
        for number, best in cursor.execute(_STATED.format(end=end), names).fetchall():
            _, born, origin = best.values() if isinstance(best, dict) else best
            origins.setdefault(number, (born, origin))
    made = {
        run.number: run
        for run in imports_of_commits(cursor, sorted({born for born, _ in origins.values()}))
    }
    found: list[Place | None] = [None] * len(results)
    for number, (born, origin) in origins.items():
        file, row = place_of(origin)
        if born in made and file < len(made[born].files):
            run, path = made[born], results[number].path
            columns = columns_of(run.documents[file].removesuffix(".yml"), path) if path else ()
            found[number] = Place(run.id, run.files[file], row, columns)
    return found
