"""A few quads become rows of the store: what `staging` does for many, in a handful of statements.

To plan a statement takes longer than to run it on a few rows. So Python holds what `staging` holds
in temporary tables, and the statements are few and name the ids that they are about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import duckdb

from kg.store.dictionary import next_id
from kg.store.schema import DEFAULT_GRAPH, EXACT, TEMPORAL, UNZONED_BIT, ZONED_BIT
from kg.store.staging import INSERT_QUADS, SAME, Changes, note_graphs
from kg.store.terms import TermKey, lookup
from kg.store.typing import typed

FEW = 200
"""Quads that are called few, at most."""

Row = tuple[str, str, str, str | None, str | None, str | None]
"""A quad as (s, p, o, odt, olang, g), as in a staged relation."""

Code = tuple[int, ...]
"""A quad as ids (s, p, o, g), as in a relation of codes."""

_DIGITS = (0, 2, 4, 6, 10)
"""Decimals that are told apart."""

_NEW_TERMS = (
    "SELECT unnest(?::BIGINT[]) AS id, unnest(?::VARCHAR[]) AS lex, unnest(?::VARCHAR[]) AS dt,"
    " unnest(?::VARCHAR[]) AS lang"
)


def insert(cursor: duckdb.DuckDBPyConnection, changes: Changes, rows: Sequence[Row]) -> int:
    """Add quads; return how many were new."""
    first_new = next_id(cursor)
    ids = _ids(cursor, rows)
    missing = [key for key, number in ids.items() if number is None]
    if missing:
        ids |= {key: first_new + n for n, key in enumerate(missing)}
        _add_terms(cursor, missing, first_new)
    return insert_codes(cursor, changes, _codes(rows, ids), first_new)


def codes_of(cursor: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> list[Code]:
    """Return the codes of quads, without those that hold a term that is not stored."""
    ids = _ids(cursor, rows)
    return _codes((row for row in rows if all(ids[key] for key in _keys(row))), ids)


def _ids(cursor: duckdb.DuckDBPyConnection, rows: Iterable[Row]) -> dict[TermKey, int | None]:
    """Return the ids of the terms of quads, in order, None for one that is not stored."""
    keys = list(dict.fromkeys(key for row in rows for key in _keys(row)))
    return dict(zip(keys, lookup(cursor, keys), strict=True))


def _keys(row: Row) -> list[TermKey]:
    """Return the keys of the terms of a quad, that of the graph last where it has one."""
    s, p, o, odt, olang, g = row
    keys: list[TermKey] = [(s, None, None), (p, None, None), (o, odt, olang)]
    return keys if g is None else [*keys, (g, None, None)]


def _codes(rows: Iterable[Row], ids: Mapping[TermKey, int | None]) -> list[Code]:
    """Return the codes of quads, each once."""
    found = ((*(ids[key] or 0 for key in _keys(row)), DEFAULT_GRAPH)[:4] for row in rows)
    return list(dict.fromkeys(found))


def _add_terms(cursor: duckdb.DuckDBPyConnection, keys: list[TermKey], first: int) -> None:
    """Add terms to the dictionary, with ids from `first` on."""
    datatypes = {dt for _, dt, _ in keys if dt is not None}
    columns = [list(range(first, first + len(keys))), *([key[i] for key in keys] for i in range(3))]
    cursor.execute(
        "INSERT INTO term BY NAME SELECT id, kind, lex, dt, lang, num, dbl, ts, tz, h"
        f" FROM ({typed(_NEW_TERMS, datatypes)}) ORDER BY id",
        columns,
    )


def insert_codes(
    cursor: duckdb.DuckDBPyConnection, changes: Changes, codes: Collection[Code], first_new: int
) -> int:
    """Add encoded quads, each given once; return how many were new.

    Terms whose id is `first_new` or more are known to be in no quad before.
    """
    graphs = _graphs_of(cursor, codes, first_new)
    new = [code for code in codes if code[3] not in graphs[code[:3]]]
    if not new:
        return 0
    for code in new:
        graphs[code[:3]].add(code[3])
    _note_predicates(cursor, new, {code[1] for code in new if len(graphs[code[:3]]) > 1})
    note_graphs(cursor, {code[3] for code in new} - {DEFAULT_GRAPH})
    revived = _revive(cursor, changes, new) if changes.deleted else set()
    added = [code for code in new if code not in revived]
    if added:
        objects = _numbers({code[2] for code in added})
        cursor.execute(
            INSERT_QUADS.format(origin="NULL", codes=relation(added), terms=f"t.id IN ({objects})"),
            [changes.number],
        )
    changes.inserted += len(added)
    changes.deleted -= len(revived)
    return len(new)


def _graphs_of(
    cursor: duckdb.DuckDBPyConnection, codes: Iterable[Code], first_new: int
) -> defaultdict[Code, set[int]]:
    """Return the graphs in which triples are live."""
    graphs: defaultdict[Code, set[int]] = defaultdict(set)
    old = [code[:3] for code in codes if max(code[:3]) < first_new]
    if old:
        places = " AND ".join(
            f"{name} IN ({_numbers({code[i] for code in old})})" for i, name in enumerate("spo")
        )
        for s, p, o, g in cursor.execute(f"SELECT s, p, o, g FROM live WHERE {places}").fetchall():
            graphs[s, p, o].add(g)
    return graphs


def _revive(
    cursor: duckdb.DuckDBPyConnection, changes: Changes, codes: Collection[Code]
) -> set[Code]:
    """Let quads that died in this transaction live on; return them."""
    rows = cursor.execute(
        f"UPDATE quad SET died = NULL FROM {relation(codes)} AS c WHERE {SAME} AND died = ?"
        " RETURNING quad.s, quad.p, quad.o, quad.g",
        [changes.number],
    ).fetchall()
    return set(rows)


def _note_predicates(
    cursor: duckdb.DuckDBPyConnection, codes: Collection[Code], repeated: set[int]
) -> None:
    """Keep what is known of the objects of predicates; those in `repeated` have a live twin."""
    objects = {
        row[0]: _traits(*row[1:])
        for row in cursor.execute(
            "SELECT id, kind, num, ts IS NULL, tz IS NULL FROM term"
            f" WHERE id IN ({_numbers({code[2] for code in codes})})"
        ).fetchall()
    }
    noted: dict[int, _Traits] = {}
    for _, p, o, _ in codes:
        noted[p] = _both(noted.get(p, _NOTHING), objects[o])
    known = {
        row[0]: row[1:]
        for row in cursor.execute(
            "SELECT p, dup, wide, kinds, digits FROM predicate"
            f" WHERE p IN ({_numbers(noted.keys())})"
        ).fetchall()
    }
    added, changed = [], []
    for p, traits in noted.items():
        dup, *before = known.get(p, (False, *_NOTHING))
        found = (dup or p in repeated, *_both(traits, (before[0], before[1], before[2])))
        if p not in known:
            added.append((p, *found))
        elif found != known[p]:
            changed.append((p, *found))
    if added:
        cursor.execute(f"INSERT INTO predicate BY NAME {_NOTED}", _columns(added))
    if changed:
        cursor.execute(
            "UPDATE predicate SET dup = n.dup, wide = n.wide, kinds = n.kinds, digits = n.digits"
            f" FROM ({_NOTED}) AS n WHERE n.p = predicate.p",
            _columns(changed),
        )


_NOTED = (
    "SELECT unnest(?::BIGINT[]) AS p, unnest(?::BOOLEAN[]) AS dup, unnest(?::BOOLEAN[]) AS wide,"
    " unnest(?::BIGINT[]) AS kinds, unnest(?::BIGINT[]) AS digits"
)
"""Rows of the table `predicate`, told by their columns."""


def _columns(rows: Sequence[tuple[int, ...]]) -> list[list[int]]:
    return [list(column) for column in zip(*rows, strict=True)]


_Traits = tuple[bool, int, int]
"""What is known of objects, as in the columns wide, kinds and digits of `predicate`."""

_NOTHING: _Traits = (False, 0, 0)


def _both(one: _Traits, other: _Traits) -> _Traits:
    return one[0] or other[0], one[1] | other[1], max(one[2], other[2])


def _traits(kind: int, num: Decimal | None, timeless: bool, unzoned: bool) -> _Traits:  # noqa: FBT001
    """Return what is to be known of one object (as `staging` finds it for many)."""
    wide = (kind in EXACT and num is None) or (kind in TEMPORAL and timeless)
    kinds = 1 << kind
    if not timeless:
        kinds |= 1 << (UNZONED_BIT if unzoned else ZONED_BIT)
    # As text: arithmetic would round what has more than 28 digits.
    decimals = "" if num is None else f"{num:f}".partition(".")[2].rstrip("0")
    return wide, kinds, next(n for n in _DIGITS if len(decimals) <= n)


def relation(codes: Iterable[Code]) -> str:
    """Return codes as an SQL relation, to stand before an alias."""
    rows = ", ".join(f"({', '.join(str(int(number)) for number in code)})" for code in codes)
    columns = ", ".join(f"{name}::BIGINT AS {name}" for name in "spog")
    return f"(SELECT {columns} FROM (VALUES {rows}) AS v(s, p, o, g))"


def _numbers(ids: Iterable[int]) -> str:
    return ", ".join(str(int(number)) for number in sorted(ids))
