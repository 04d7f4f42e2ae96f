"""What is derived is kept up to date: within each commit, for what the commit can change.

A conclusion goes when one of the ways to it went and no other is left; it comes when a triple came
that is the last one on a way to it. Both are followed from rule to rule until nothing changes.
"""

from __future__ import annotations

from kg.derivation.joins import FRONT, Known, restored, rows_of, saturate
from kg.derivation.levels import Level
from kg.derivation.recomputing import MISSING, SURPLUS, compared, differences, levels
from kg.derivation.rules import Clause, load_rules, version_of
from kg.namespaces import PERSONAL_RULES_GRAPH, RULES_GRAPH
from kg.store import (
    Cursor,
    Store,
    Transaction,
    add_iris,
    drop,
    lookup,
    next_id,
    prime,
    temporary,
)
from kg.store.doctor import Finding

_SETTING = "rules"
"""Version of the rules that the store is derived by."""
_DOOMED = "rule_doomed"
_BACK = "rule_back"
_NEWS = "rule_news"
_NO_GRAPH = -1
_FEW = 200
"""Conclusions that are looked up by their numbers, at most."""
_MANY = 50_000
"""New triples from which on all conclusions are drawn at once, not those of each way apart."""

_SAME = "c.s = f.s AND c.p = f.p AND c.o = f.o"


def derive_in(store: Store) -> None:
    """Have each commit of a store bring what is derived up to date.

    A store that was not derived before, or by other rules, is derived whole by its next commit.

    Raises:
        UsageError: a rule of the project is wrong.
    """
    rules = load_rules()
    clauses = tuple(clause for rule in rules for clause in rule.clauses)
    version = version_of(rules)

    def follow(tx: Transaction) -> None:
        if store.setting(_SETTING) == version:
            _update(tx, clauses)
        else:
            _derive_all(tx, clauses)
            tx.set_setting(_SETTING, version)

    store.before_commit = follow


def derive_anew(store: Store) -> int | None:
    """Derive all that follows, as a commit of its own; return its number, None if nothing changed.

    Raises:
        UsageError: a rule of the project is wrong.
    """
    rules = load_rules()
    with store.write(activity="derivation") as tx:
        _derive_all(tx, tuple(clause for rule in rules for clause in rule.clauses))
        tx.set_setting(_SETTING, version_of(rules))
        tx.prepared = True
        tx.recorded = bool(tx.changes.inserted or tx.changes.deleted)
        return tx.number if tx.recorded else None


def complete(store: Store) -> int | None:
    """Derive a store whose commits were made before the rules, or with others.

    Returns the number of the commit that this took, None where nothing was to be derived.

    Raises:
        UsageError: a rule of the project is wrong.
    """
    return None if store.head == 0 or is_derived(store) else derive_anew(store)


def is_derived(store: Store) -> bool:
    """Tell whether a store is derived by the rules of this version."""
    return store.setting(_SETTING) == version_of(load_rules())


def examine_derived(store: Store, cursor: Cursor) -> Finding | None:
    """Compare what is derived with what follows, as a check of `kg.store.doctor`.

    In a store whose commits were made before the rules, nothing may be derived yet.
    """
    clauses = (clause for rule in load_rules() for clause in rule.clauses)
    found = differences(cursor, clauses)
    if not found:
        return None
    return Finding(
        "derived facts",
        sum(one.missing + one.surplus for one in found),
        "what is derived is not what follows from the facts"
        if is_derived(store)
        else "what follows from the facts is not derived, for they are older than the rules",
        "Run 'clientgraph doctor --derive', which derives it anew.",
    )


def _derive_all(tx: Transaction, clauses: tuple[Clause, ...]) -> None:
    """Derive all that follows from the whole graph, in place of what was derived before."""
    known = Known.of(tx.cursor, clauses).complete(tx.cursor)
    for level in levels(tx.cursor, known):
        with compared(tx.cursor, known, level) as (missing, surplus):
            if surplus:
                tx.delete_codes(f"(SELECT s, p, o, {level.own}::BIGINT AS g FROM {SURPLUS})")
            if missing:
                insert_conclusions(tx, level, MISSING)


def _update(tx: Transaction, clauses: tuple[Clause, ...]) -> None:
    """Bring what is derived up to date with what a transaction changed."""
    if not tx.changes.inserted and not tx.changes.deleted:
        return
    known = Known.of(tx.cursor, clauses)
    changed = _changed(tx)
    if not {p for p, _ in changed} & known.predicates:
        return
    own = lookup(tx.cursor, [(RULES_GRAPH, None, None), (PERSONAL_RULES_GRAPH, None, None)])
    if {g for _, g in changed} & {graph for graph in own if graph is not None}:
        # Somebody else wrote there.
        _derive_all(tx, clauses)
        return
    known = known.complete(tx.cursor)
    for level in levels(tx.cursor, known):
        _Update(tx, known, level).run()


def _changed(tx: Transaction) -> set[tuple[int, int]]:
    """Return the predicates and graphs of what came or went."""
    went = f" OR died = {tx.number:d}" if tx.changes.deleted else ""
    asked = f"SELECT DISTINCT p, g FROM quad WHERE born = {tx.number:d}{went}"
    return set(tx.cursor.execute(asked).fetchall())


class _Update:
    """The update of one level."""

    def __init__(self, tx: Transaction, known: Known, level: Level) -> None:
        self._tx = tx
        self._cursor = tx.cursor
        self._known = known
        self._level = level
        number = tx.number
        triples = "(SELECT s, p, o, k FROM quad WHERE"
        self._now = f"{triples} died IS NULL AND {level.seen})"
        self._before = (
            f"{triples} born < {number:d} AND (died IS NULL OR died = {number:d}) AND {level.seen})"
        )
        named = ", ".join(map(str, sorted(known.predicates)))
        self._moved = f"SELECT s, p, o, min(k) AS k FROM quad AS f WHERE p IN ({named})"
        self._own = f"SELECT 1 FROM live AS c WHERE {_SAME} AND c.g = {level.own or _NO_GRAPH}"

    def run(self) -> None:
        """Take out what may no longer follow, then add what follows now."""
        with temporary(self._cursor, _DOOMED, "SELECT s, p, o, k FROM quad LIMIT 0"):
            prime(self._cursor, _DOOMED, "s, p, o, k")
            if self._tx.changes.deleted:
                self._doom_dependent()
            if self._level.own is not None:
                self._doom_stated()
                taken = f"SELECT s, p, o, {self._level.own}::BIGINT AS g FROM {_DOOMED}"
                self._tx.delete_codes(f"({taken})")
            self._add()
        drop(self._cursor, FRONT)

    def _doom_dependent(self) -> None:
        """Doom what went, and the conclusions that it was a premise of, near or far."""
        live = f"SELECT 1 FROM {self._now} AS c WHERE {_SAME}"
        self._take_as_new(
            f"{self._moved} AND died = {self._tx.number:d} AND {self._level.seen}"
            f" AND NOT EXISTS ({live}) GROUP BY s, p, o"
        )
        self._doom(FRONT)
        doomed = f"SELECT 1 FROM {_DOOMED} AS c WHERE {_SAME}"

        def add(found: str) -> bool:
            self._take_as_new(
                f"SELECT * FROM {found} AS f WHERE EXISTS ({self._own}) AND NOT EXISTS ({doomed})"
            )
            return self._doom(FRONT)

        saturate(self._cursor, self._known, FRONT, self._before, add)

    def _doom_stated(self) -> None:
        """Doom the conclusions that facts, or the level below, say from now on."""
        self._doom(
            f"({self._moved} AND born = {self._tx.number:d} AND died IS NULL"
            f" AND {self._level.stated} AND EXISTS ({self._own}) GROUP BY s, p, o)"
        )

    def _doom(self, triples: str) -> bool:
        """Add triples to the doomed ones; tell whether there were any."""
        doomed = f"INSERT INTO {_DOOMED} SELECT s, p, o, k FROM {triples}"
        row = self._cursor.execute(doomed).fetchone()
        return bool(row and row[0])

    def _add(self) -> None:
        """Add what follows from what came, and what was doomed and follows all the same."""
        came = f"born = {self._tx.number:d} AND died IS NULL AND {self._level.seen}"
        news = [f"{self._moved} AND {came} GROUP BY s, p, o"]
        if rows_of(self._cursor, _DOOMED):
            back = " UNION ALL ".join(
                restored(self._known, clause, _DOOMED, self._now) for clause in self._known.clauses
            )
            with temporary(
                self._cursor, _BACK, f"SELECT s, p, o, min(k) AS k FROM ({back}) GROUP BY ALL"
            ):
                self._keep(_BACK)
            news.append(f"SELECT * FROM {FRONT}")
        with temporary(self._cursor, _NEWS, " UNION ALL ".join(news)):
            self._take_as_new(f"SELECT * FROM {_NEWS}")
        many = rows_of(self._cursor, FRONT) > _MANY
        saturate(self._cursor, self._known, FRONT, self._now, self._keep, all_first=many)

    def _keep(self, found: str) -> bool:
        """Keep the conclusions that nobody says yet; tell whether there are any."""
        said = f"SELECT 1 FROM {self._now} AS c WHERE {_SAME}{self._near(found)}"
        self._take_as_new(f"SELECT * FROM {found} AS f WHERE NOT EXISTS ({said})")
        return insert_conclusions(self._tx, self._level, FRONT) > 0

    def _near(self, found: str) -> str:
        """Return a condition that spares the engine most of the graph where few are looked up."""
        rows = self._cursor.execute(f"SELECT s, p FROM {found} LIMIT {_FEW + 1}").fetchall()
        if not 0 < len(rows) <= _FEW:
            return ""
        subjects, predicates = (", ".join(map(str, set(ids))) for ids in zip(*rows, strict=True))
        return f" AND c.s IN ({subjects}) AND c.p IN ({predicates})"

    def _take_as_new(self, query: str) -> None:
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE {FRONT} AS {query}")


def insert_conclusions(tx: Transaction, level: Level, triples: str) -> int:
    """Add triples to the graph of a level; return how many."""
    if not rows_of(tx.cursor, triples):
        return 0
    number = level.own
    if number is None:
        (number,) = add_iris(tx.cursor, [level.graph])
    codes = f"(SELECT s, p, o, {number:d}::BIGINT AS g FROM {triples})"
    return tx.insert_codes(codes, next_id(tx.cursor))
