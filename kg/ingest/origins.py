"""Where facts come from: import, file, row, time and agent of every life of a fact."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kg.derivation import Triple, is_conclusion, reasons
from kg.store import Cursor, RawTerm, Store, TermKey, place_of
from kg.store.history import Life, Quad, lives, signatures

_RUNS = "SELECT number, id, source, report FROM import_run WHERE number IN (SELECT unnest(?))"


@dataclass(frozen=True, slots=True)
class Origin:
    """One life of a fact and who brought it; `until` is the commit that removed it, if any."""

    subject: RawTerm
    predicate: RawTerm
    object: RawTerm
    graph: RawTerm | None
    commit: int
    at: datetime
    agent: str
    activity: str
    until: int | None
    import_id: str | None = None
    source: str | None = None
    file: str | None = None
    row: int | None = None
    rule: str | None = None
    """The rules that derive it, where it is a conclusion."""
    premises: tuple[Triple, ...] = ()
    """What they took, way by way."""


def why(
    store: Store,
    subject: TermKey,
    predicate: TermKey | None = None,
    object_: TermKey | None = None,
    *,
    with_reasons: bool = True,
    each: int | None = None,
) -> list[Origin]:
    """Return where the facts about a subject come from, removed ones included.

    A fact that taking an import back revived leads to the import that first stated it. The rules
    and premises of conclusions, which take a while to find, may be left out. `each` is the most
    that are returned of each predicate.
    """
    cursor = store.cursor()
    found = lives(cursor, subject, predicate, object_, each=each)
    first: dict[tuple[Quad, int], int] = {}
    for life in found:
        if life.origin is not None:
            first.setdefault((life.quad, life.origin), life.born)
    runs = _runs(cursor, {life.born for life in found} | set(first.values()))
    made = signatures(cursor, (life.born for life in found))
    origins = []
    for life in found:
        began = None if life.origin is None else first[life.quad, life.origin]
        run = runs.get(life.born) or (None if began is None else runs.get(began))
        origins.append(_origin(life, made[life.born], run))
    if not with_reasons:
        return origins
    return [_concluded(cursor, *one) for one in zip(found, origins, strict=True)]


def _concluded(cursor: Cursor, life: Life, origin: Origin) -> Origin:
    """Return the origin of a conclusion with the rules and premises that it follows from."""
    s, p, o, graph = life.quad
    if graph is None or not is_conclusion(graph[1]):
        return origin
    found = reasons(cursor, (s, p, o), graph[1], life.born)
    names = dict.fromkeys(reason.rule.name for reason in found)
    premises = dict.fromkeys(triple for reason in found for triple in reason.premises)
    return replace(origin, rule=", ".join(names) or None, premises=tuple(premises))


_Run = tuple[str, str, list[dict[str, Any]]]


def _runs(cursor: Cursor, commits: set[int]) -> dict[int, _Run]:
    """Return the imports among some commits."""
    rows = cursor.execute(_RUNS, [sorted(commits)]).fetchall()
    return {
        number: (run, source, json.loads(files)["files"]) for number, run, source, files in rows
    }


def _origin(life: Life, made: tuple[datetime, str, str], run: _Run | None) -> Origin:
    """Return a life with who brought it, and with its place where an import did."""
    origin = Origin(*life.quad, life.born, *made, life.died)
    if run is None or life.origin is None:
        return origin
    name, source, files = run
    file, row = place_of(life.origin)
    return replace(
        origin,
        import_id=name,
        source=source,
        file=files[file]["name"] if file < len(files) else None,
        row=row or None,
    )
