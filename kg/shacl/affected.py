"""The focus nodes that a change of the data can affect, shape by shape.

The change is a relation of triples that came or went. Ways back are walked in what there is and
what went, so that no focus node is missed which the old or the new data lead to.

Of a small change the nodes are told as ids: most shapes are then found to have nothing to check
without any statement of the engine. Of a change that is most of the data it takes longer to find
the affected nodes than to check all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sqlglot import exp

from kg.shacl.model import Path, Shape, Target
from kg.shacl.neighbours import Neighbours
from kg.shacl.path_reads import Read
from kg.shacl.reads import reads_of
from kg.shacl.session import Session
from kg.shacl.sql import query, union
from kg.shacl.statement import Statement
from kg.shacl.values import pairs_of

FEW = 2000
"""Changed triples, and nodes that one read leads back to, up to which nodes are told as ids."""

Scope = str | frozenset[int] | None
"""The nodes to check a shape on: the name of a relation (column `node`), ids, or None for all."""

_cached_reads = lru_cache(maxsize=4096)(reads_of)


@dataclass(frozen=True, slots=True)
class Change:
    """Triples that came or went with a commit.

    `triples` is SQL for a relation with the columns s, p and o of term ids; `removed` is the number
    of the commit, None when no triple went.
    """

    triples: str
    removed: int | None = None

    @classmethod
    def of_commit(cls, number: int) -> Change:
        """Return what a commit, perhaps still open, brought and took."""
        where = f"born = {number:d} OR died = {number:d}"
        return cls(f"SELECT s, p, o FROM quad WHERE {where}", number)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Triples of which it is not known whether they will stay, and what others will come.

    `pairs` is SQL for a relation with the columns s and p of term ids, and o: anything may come to
    be said of the subject with the predicate. `anywhere` are predicates in doubt for any subject;
    None are all of them.
    """

    pairs: str
    anywhere: frozenset[str] | None = frozenset()


class Affected:
    """The focus nodes that a change may affect."""

    def __init__(self, session: Session, change: Change) -> None:
        self._session = session
        self._removed = change.removed
        self._triples = change.triples
        self._known: dict[frozenset[Read], str] = {}
        self._neighbours = Neighbours(session, change.removed)
        self._few: dict[Read, frozenset[int] | None] = {}
        """What each read leads back to, None where that is more than a few nodes."""
        self._scopes: dict[int, Scope] = {}
        """The nodes to check each shape on, by the shape's identity."""
        self._ends: dict[tuple[str, int | None], set[int]] = defaultdict(set)
        """The changed triples' subjects and objects, by predicate and of all."""
        self.most = False
        """Whether most of what is live came with the change."""
        self._all = False
        some = session.cursor.execute(f"{change.triples} LIMIT {FEW + 1}").fetchall()
        if len(some) > FEW:
            self._count()
            return
        for subject, predicate, object_ in some:
            for key in (predicate, None):
                self._ends["s", key].add(subject)
                self._ends["o", key].add(object_)
        self._predicates = {predicate for _, predicate, _ in some}

    def _count(self) -> None:
        """Count the changed triples of a large change, and those that are live."""
        cursor = self._session.cursor
        counts = cursor.execute(f"SELECT p, count(*) FROM ({self._triples}) GROUP BY p").fetchall()
        self._predicates = {predicate for predicate, _ in counts}
        (live,) = cursor.execute("SELECT count(*) FROM live").fetchall()[0]
        self.most = 2 * sum(number for _, number in counts) > live
        self._all = self.most and self._session.is_first(self._removed)

    @cached_property
    def _changed(self) -> str:
        """Name of the table of the changed triples."""
        return self._session.table(query(self._triples))

    def is_new(self, shape: Shape) -> bool:
        """Tell whether a shape had no focus nodes before the change: all its results are new."""
        return self._all and all(
            isinstance(each, Target) and each.kind != "node" for each in shape.targets
        )

    def scopes(self, shapes: Iterable[Shape]) -> Iterator[Scope]:
        """Yield the nodes to check some shapes on; what they read is looked up at once."""
        listed = list(shapes)
        every = frozenset[Read]().union(*map(_cached_reads, listed))
        self._session.learn(read.predicate for read in every if read.predicate is not None)
        return map(self.scope, listed)

    def scope(self, shape: Shape) -> Scope:
        """Return the nodes to check a shape on."""
        if id(shape) not in self._scopes:
            self._scopes[id(shape)] = self.among(_cached_reads(shape))
        return self._scopes[id(shape)]

    def among(self, every: Collection[Read]) -> Scope:
        """Return the nodes that some reads lead back to from what changed; None: perhaps all."""
        self._session.learn(read.predicate for read in every if read.predicate is not None)
        reads = frozenset(read for read in every if self._matters(read))
        if any(read.back is None for read in reads):
            return None
        if not reads:
            return frozenset()
        if self._ends:
            several = [self._led_to(read) for read in reads]
            ids = [nodes for nodes in several if nodes is not None]
            if len(ids) == len(several):
                return frozenset[int]().union(*ids)
        if reads not in self._known:
            self._known[reads] = self._walked(reads)
        return self._known[reads]

    def _led_to(self, read: Read) -> frozenset[int] | None:
        """Return the ids of what one read leads back to, None where that is too many."""
        if read not in self._few:
            predicate = None if read.predicate is None else self._session.id(read.predicate)
            found: frozenset[int] | None = frozenset(self._ends.get((read.end, predicate), ()))
            for step in read.back or ():
                if found:
                    found = self._neighbours.walk(step, found)
            self._few[read] = found
        return self._few[read]

    def _matters(self, read: Read) -> bool:
        """Tell whether a triple that is read changed."""
        if read.predicate is None:
            return bool(self._predicates)
        return self._session.id(read.predicate) in self._predicates

    def _walked(self, reads: frozenset[Read]) -> str:
        """Name the nodes that the ways back from changed triples lead to."""
        st = Statement(self._session)
        several = [self._nodes(st, read) for read in sorted(reads, key=repr)]
        none = query("SELECT s AS node FROM :changed WHERE FALSE", changed=self._changed)
        found = union([none, *several])
        with self._session.seeing_removed(self._removed):
            distinct = query("SELECT DISTINCT x.node FROM :found AS x", found=found)
            return self._session.table(st.finish(distinct))

    def _nodes(self, st: Statement, read: Read) -> exp.Query:
        """Return the nodes that the way back of one read leads to."""
        template = f"SELECT DISTINCT {read.end} AS node FROM :changed"
        if read.predicate is None:
            found = query(template, changed=self._changed)
        else:
            predicate = self._session.id(read.predicate)
            found = query(f"{template} WHERE p = :p", changed=self._changed, p=predicate)
        for step in read.back or ():
            found = self._step(st, step, found)
        return found

    def _step(self, st: Statement, path: Path, nodes: exp.Query) -> exp.Query:
        pairs = pairs_of(st, path, st.let(nodes))
        return query("SELECT DISTINCT value AS node FROM :pairs", pairs=pairs)


class Doubted(Affected):
    """The focus nodes whose results depend on what is in doubt."""

    def __init__(self, session: Session, doubt: Doubt) -> None:
        super().__init__(session, Change(doubt.pairs))
        self._anywhere = doubt.anywhere

    def among(self, every: Collection[Read]) -> Scope:
        """Return the nodes for which it is not known what is read; None: perhaps all."""
        return None if any(map(self._is_open, every)) else super().among(every)

    def _is_open(self, read: Read) -> bool:
        """Tell whether the doubt of a read may concern any node."""
        if self._anywhere is None or (read.predicate is None and self._anywhere):
            return True
        if str(read.predicate) in self._anywhere:
            return True
        self._session.learn([read.predicate] if read.predicate is not None else [])
        return read.end == "o" and self._matters(read)
