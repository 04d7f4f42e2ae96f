"""Killed at any moment of an import, an undo, a merge or a compaction, the store is whole.

What was told to be done is there, as it was told; what had begun is there whole or not at all; and
the doctor finds nothing. The processes are forked from a server that has loaded the libraries.
"""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from pathlib import Path

import pytest
from killed_work import PARTIES, digest, work

from kg.store import Store
from kg.store.doctor import examine

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["killed_work"])
_PATIENCE = 600
"""Seconds that a process may take to tell something, on a busy machine."""

_WHOLE = {
    "import": "SELECT count(*) FROM quad JOIN term ON term.id = quad.p WHERE born = $n"
    " AND lex LIKE '%#sourceKey'",
    "undo": "SELECT count(*) FROM import_run WHERE undone = $n AND NOT EXISTS"
    " (SELECT 1 FROM live WHERE live.born = import_run.number AND origin IS NOT NULL)",
    "merge": "SELECT count(*) FROM live JOIN term ON term.id = live.p WHERE born = $n"
    " AND (lex LIKE '%#mergedInto' OR lex LIKE '%#duplicate' OR lex LIKE '%#canonical')",
    "unmerge": "SELECT count(*) FROM quad JOIN term ON term.id = quad.p"
    " WHERE died = $n AND lex LIKE '%#mergedInto' OR born = $n AND lex LIKE '%#invalidatedAtTime'",
}
_COUNTS = {"import": PARTIES, "undo": 1, "merge": 3, "unmerge": 2}


def kill_once(path: Path, table: Path, seed: int) -> tuple[str, int, str]:
    """Let a process work and kill it; return what it was doing, and what it told last.

    That is the number of the last commit that it told of, and the digest of the graph then.
    """
    chance = random.Random(seed)
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=work, args=(str(path), str(table), seed, theirs))
    process.start()
    theirs.close()
    try:
        done = _next(ours)
        for _ in range(chance.randrange(6)):
            done = _next(ours) if _next(ours)[0] != "done" else done
        doing, _, _ = _next(ours)
        # A time like that of a write, which the one before took on this machine.
        wait = chance.uniform(0, 0.6)
        if ours.poll(wait):
            done = _next(ours)
            doing = "nothing"
        return doing, done[1], done[2]
    finally:
        process.kill()
        process.join()


def _next(told) -> tuple[str, int, str]:
    assert told.poll(_PATIENCE), "the process tells nothing"
    kind, head, text = told.recv()
    return kind, head, text


def check(path: Path, doing: str, head: int, text: str) -> str:
    """Check a store after a kill; return what became of what was being done."""
    with Store.open(path) as store:
        assert [found for _, found in examine(store.cursor()) if found] == []
        assert digest(store, head) == text
        if store.head == head:
            return "before"
        assert store.head == head + 1
        cursor = store.cursor()
        (activity,) = cursor.execute(
            'SELECT activity FROM "commit" WHERE number = ?', [store.head]
        ).fetchall()[0]
        found = cursor.execute(_WHOLE[activity], {"n": store.head}).fetchone()
        assert found == (_COUNTS[activity],)
        return "after"


def run(folder: Path, kills: int, seed: int) -> Counter[tuple[str, str]]:
    """Kill so often, beginning with a new store now and then; return what became of the work."""
    table = folder / "parties.csv"
    rows = "".join(f"P{number},person,Name {number}\n" for number in range(PARTIES))
    table.write_text("key,kind,name\n" + rows, encoding="utf-8")
    outcomes: Counter[tuple[str, str]] = Counter()
    for number in range(kills):
        path = folder / f"store{number // 10}.duckdb"
        doing, head, text = kill_once(path, table, seed + number)
        outcomes[doing, check(path, doing, head, text)] += 1
    return outcomes


def test_a_killed_process_leaves_a_whole_store(tmp_path: Path) -> None:
    assert sum(run(tmp_path, 2, 1).values()) == 2


@pytest.mark.slow
def test_two_hundred_killed_processes_leave_whole_stores(tmp_path: Path) -> None:
    outcomes = run(tmp_path, 200, 1000)
    doing = Counter[str]()
    for (kind, _), count in outcomes.items():
        doing[kind] += count
    assert {"import", "undo", "merge", "unmerge", "compact"} <= doing.keys(), outcomes
