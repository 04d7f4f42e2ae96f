"""A write in progress: others see what it adds and takes away once it is committed, or never."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

import duckdb

from kg.store import few, staging
from kg.store.provenance import described


class Transaction:
    """A write in progress; its effects are seen by its own cursor only until it is committed."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, number: int, agent: str, activity: str, note: str
    ) -> None:
        self.cursor = cursor
        self.number = number
        self.changes = staging.Changes(number)
        self.at = max(datetime.now(UTC).replace(tzinfo=None), _last_time(cursor))
        self._who = (agent, activity, note)
        self._stages = 0
        self.rolled_back = False
        self.prepared = False
        self.recorded = True
        """Whether it ends as a commit; otherwise what it keeps is no change of the graph."""
        self.tell: staging.Tell | None = None
        """Is told which part of an insertion is done."""

    def insert(self, relation: str, *, besides: str | None = None) -> int:
        """Add the quads of a staged relation (see `kg.store.staging`); return how many were new.

        `relation` is the name of a temporary table, or a SELECT statement; `besides` is that of a
        table of graphs where a triple that is live already is not added again.
        """
        with self._staged(relation) as stage, self.insertion(besides=besides) as insertion:
            insertion.add(stage)
            return insertion.finish()

    def insert_few(self, rows: Sequence[few.Row]) -> int:
        """Add quads given as rows, `few.FEW` at most; return how many were new."""
        return few.insert(self.cursor, self.changes, rows)

    def delete_few(self, rows: Sequence[few.Row]) -> int:
        """Take quads given as rows out, `few.FEW` at most; return how many were live."""
        codes = few.codes_of(self.cursor, rows)
        return self.delete_codes(few.relation(codes)) if codes else 0

    def insert_codes(self, codes: str, first_new: int) -> int:
        """Add the quads of a temporary table of codes; return how many were new.

        Terms whose id is `first_new` or more are known to be in no quad before.
        """
        rows = self.cursor.execute(
            f"SELECT DISTINCT s, p, o, g FROM {codes} LIMIT {few.FEW + 1}"
        ).fetchall()
        if len(rows) <= few.FEW:
            return few.insert_codes(self.cursor, self.changes, rows, first_new)
        with self.insertion(first_new) as insertion:
            insertion.add_codes(codes)
            return insertion.finish()

    @contextlib.contextmanager
    def insertion(
        self,
        first_new: int | None = None,
        *,
        origin: int | None = None,
        besides: str | None = None,
    ) -> Iterator[staging.Insertion]:
        """Yield an insertion, for quads that come in several stages; its end is `finish`."""
        insertion = staging.Insertion(
            self.cursor, self.changes, first_new, origin=origin, besides=besides, tell=self.tell
        )
        try:
            yield insertion
        finally:
            insertion.drop()

    def delete(self, relation: str) -> int:
        """Take the quads of a staged relation out of the live graph; return how many were live."""
        with self._staged(relation) as stage:
            return staging.delete(self.cursor, stage, self.changes)

    def delete_codes(self, codes: str) -> int:
        """Take the quads of a relation of codes out; return how many were live."""
        return staging.delete_codes(self.cursor, codes, self.changes)

    def clear(self, graphs: Collection[int] | None = None, *, kept: Collection[int] = ()) -> int:
        """Take all quads of some graphs out (None: of all but those kept); return their number."""
        return staging.clear(self.cursor, graphs, kept, self.changes)

    def set_setting(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        self.cursor.execute("DELETE FROM setting WHERE name = ?", [name])
        self.cursor.execute("INSERT INTO setting VALUES (?, ?)", [name, value])

    def rollback(self) -> None:
        """Undo everything done so far; the transaction takes no further part."""
        if not self.rolled_back:
            self.cursor.rollback()
            self.rolled_back = True

    @contextlib.contextmanager
    def _staged(self, relation: str) -> Iterator[str]:
        """Yield the name of a temporary table that holds the relation."""
        if relation.isidentifier():
            yield relation
            return
        self._stages += 1
        name = f"_stage{self._stages}"
        self.cursor.execute(f"CREATE TEMP TABLE {name} AS {relation}")
        yield name
        self.cursor.execute(f"DROP TABLE temp.{name}")

    def record(self) -> None:
        """Record the commit that it is to be, with its PROV-O description."""
        self.cursor.execute(
            'INSERT INTO "commit" VALUES (?, ?, ?, ?, ?)', [self.number, self.at, *self._who]
        )
        self.insert_few(described(self.number, self.at, *self._who))


def _last_time(cursor: duckdb.DuckDBPyConnection) -> datetime:
    """Return when the last commit was made: the next one is not older, whatever the clock says."""
    row = cursor.execute('SELECT max(at_time) FROM "commit"').fetchone()
    return row[0] if row and row[0] is not None else datetime.min
