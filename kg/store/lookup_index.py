"""The look-up index: who is connected with whom, found without a statement of the engine.

To plan a small statement takes the engine longer than to run it. The index holds the live quads
after a commit in two orders, those of each subject side by side and those of each object, and the
dictionary both ways. A small commit is laid over it (see `Overlay`); after a larger one it is of no
use until it is built anew (see `kg.store.lookup_building`).

It lies in files without a name, which end with the process: there is no old one to be believed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from kg.store.schema import DEFAULT_GRAPH, Kind
from kg.store.terms import ODD_IN_IRI, RawTerm, TermKey, term_hash

MOST = 10_000
"""Neighbours of a node by one predicate up to which they are given."""
_MOST_CHANGED = 4_000
"""Quads, and as many terms, that may lie over the index."""
_ODD = re.compile(ODD_IN_IRI)
_MOST_VIEWS = 256
"""Unions of graphs that are remembered."""

Quad = tuple[int, int, int, int]
"""A quad as ids (s, p, o, g)."""
Edge = tuple[int, int, int]
"""What leads away from a node: predicate, graph and the node at the other end."""


class ManyNeighboursError(Exception):
    """A node has more neighbours than are given."""


@dataclass(frozen=True, slots=True)
class Order:
    """The quads of each node: `ends[id]` is the end of those of a node in `codes` and `nodes`.

    `codes` holds the number of the predicate with its graph, ascending for each node, and `nodes`
    the node at the other end, ascending for each number.
    """

    ends: memoryview
    codes: memoryview
    nodes: memoryview

    def span(self, node: int) -> tuple[int, int]:
        """Return where the quads of a node begin and end."""
        if 0 < node < len(self.ends):
            return self.ends[node - 1], self.ends[node]
        return 0, 0


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Terms by their ids, from 1 without gap, and ids by the hashes of the terms' texts."""

    text: memoryview
    ends: memoryview
    kinds: memoryview
    forms: memoryview
    hashes: memoryview
    hashed: memoryview
    types: Sequence[tuple[str | None, str | None]]
    """Datatype and language, by the number in `forms`."""

    def term(self, number: int) -> RawTerm | None:
        """Return the term of an id, None for one that is not there."""
        if not 0 < number < len(self.ends):
            return None
        lex = bytes(self.text[self.ends[number - 1] : self.ends[number]]).decode()
        dt, lang = self.types[self.forms[number - 1]]
        return self.kinds[number - 1], lex, dt, lang

    def id(self, key: TermKey) -> int | None:
        """Return the id of a term, None for one that is not there."""
        wanted = term_hash(key[0])
        place = bisect_left(self.hashes, wanted)
        while place < len(self.hashes) and self.hashes[place] == wanted:
            number = int(self.hashed[place])
            term = self.term(number)
            if term is not None and term[1:] == key:
                return number
            place += 1
        return None


@dataclass(frozen=True, slots=True)
class Overlay:
    """What commits changed since the index was built: quads that came and went, and new terms."""

    came: frozenset[Quad] = frozenset()
    gone: frozenset[Quad] = frozenset()
    terms: Mapping[int, RawTerm] = field(default_factory=dict)
    ids: Mapping[TermKey, int] = field(init=False, repr=False)
    edges: tuple[Mapping[int, Sequence[Edge]], Mapping[int, Sequence[Edge]]] = field(
        init=False, repr=False
    )
    """What came, by subject and by object."""
    less: tuple[frozenset[int], frozenset[int]] = field(init=False, repr=False)
    """The subjects and the objects of what is gone."""

    def __post_init__(self) -> None:
        """Index what changed."""
        out: dict[int, list[Edge]] = {}
        into: dict[int, list[Edge]] = {}
        for s, p, o, g in sorted(self.came):
            out.setdefault(s, []).append((p, g, o))
            into.setdefault(o, []).append((p, g, s))
        ids = {(lex, dt, lang): number for number, (_, lex, dt, lang) in self.terms.items()}
        less = frozenset(quad[0] for quad in self.gone), frozenset(quad[2] for quad in self.gone)
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "edges", (out, into))
        object.__setattr__(self, "less", less)


@dataclass(frozen=True, slots=True)
class LookupIndex:
    """The index as of the commit `shown`.

    `pairs` are the predicates with a graph, ascending, by their number in the orders; `repeated`
    are the predicates of which a triple may be in two graphs. `orders` are those by subject and
    by object.
    """

    shown: int
    pairs: Sequence[tuple[int, int]]
    repeated: frozenset[int]
    orders: tuple[Order, Order]
    dictionary: Dictionary
    sound: bool
    """Whether no IRI holds a character that none does in any syntax of RDF."""
    overlay: Overlay = field(default_factory=Overlay)
    datasets: dict[object, tuple[frozenset[int], frozenset[int]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    """The graphs of the default graph and the named ones, by what was asked for."""
    reaches: dict[str, frozenset[int]] = field(default_factory=dict, repr=False, compare=False)
    """The graphs within the reach of cursors, by the condition on them."""
    _views: dict[object, View] = field(default_factory=dict, repr=False, compare=False)

    def term(self, number: int) -> RawTerm | None:
        """Return the term of an id, None for one that is not there."""
        return self.overlay.terms.get(number) or self.dictionary.term(number)

    def kind(self, number: int) -> int:
        """Return the kind of a term that is there."""
        term = self.overlay.terms.get(number)
        return self.dictionary.kinds[number - 1] if term is None else term[0]

    def id(self, key: TermKey) -> int | None:
        """Return the id of a term, None for one that is not there."""
        return self.overlay.ids.get(key) or self.dictionary.id(key)

    def graphs(self) -> frozenset[int]:
        """Return the graphs that hold quads, or did."""
        return frozenset(g for _, g in self.pairs) | {quad[3] for quad in self.overlay.came}

    def view(self, graphs: frozenset[int]) -> View:
        """Return what is seen of the union of some graphs."""
        view = self._views.get(graphs)
        if view is None:
            if len(self._views) >= _MOST_VIEWS:
                self._views.clear()
            view = self._views[graphs] = View(self, graphs)
        return view

    def after(self, cursor: duckdb.DuckDBPyConnection, number: int) -> LookupIndex | None:
        """Return the index after the commits up to `number`, None where they changed much.

        The cursor sees the state after that commit, which may be its own.
        """
        changed = cursor.execute(
            f"SELECT s, p, o, g, died IS NULL FROM quad WHERE born > {self.shown:d}"
            " AND died IS NULL UNION ALL SELECT s, p, o, g, FALSE FROM quad"
            f" WHERE died > {self.shown:d} AND born <= {self.shown:d} LIMIT {_MOST_CHANGED + 1}"
        ).fetchall()
        old = self.overlay
        first = len(self.dictionary.ends) + len(old.terms)
        added = cursor.execute(
            f"SELECT id, kind, lex, dt, lang FROM term WHERE id >= {first:d}"
            f" LIMIT {_MOST_CHANGED + 1}"
        ).fetchall()
        if max(len(changed), len(added)) > _MOST_CHANGED:
            return None
        came = {row[:4] for row in changed if row[4]}
        gone = {row[:4] for row in changed if not row[4]}
        terms = {**old.terms, **{number: tuple(term) for number, *term in added}}
        overlay = Overlay(
            (old.came - gone) | came,
            old.gone | (gone - old.came),
            terms,
        )
        if max(len(overlay.came) + len(overlay.gone), len(terms)) > _MOST_CHANGED:
            return None
        odd = any(kind == Kind.IRI and _ODD.search(lex) for _, kind, lex, _, _ in added)
        return replace(
            self,
            shown=number,
            overlay=overlay,
            repeated=repeated(cursor),
            sound=self.sound and not odd,
            _views={},
            datasets={},
            reaches={},
        )


def repeated(cursor: duckdb.DuckDBPyConnection) -> frozenset[int]:
    """Return the predicates of which a triple may be in two graphs."""
    return frozenset(p for (p,) in cursor.execute("SELECT p FROM predicate WHERE dup").fetchall())


_Spans = Sequence[tuple[int, int]]


class View:
    """The triples of the union of some graphs, each once."""

    def __init__(self, index: LookupIndex, graphs: frozenset[int]) -> None:
        self._graphs = graphs
        self.index = index
        self._several = len(graphs) > 1
        self._overlay = index.overlay
        self._spans: dict[int, _Spans] = {}
        self._every: _Spans | None = None
        self._touched = tuple(
            self._overlay.edges[side].keys() | self._overlay.less[side] for side in (0, 1)
        )

    def neighbours(self, node: int, predicate: int, side: int) -> list[int]:
        """Return the objects of a subject, with `side` 1 the subjects of an object.

        Raises:
            ManyNeighboursError: they are many.
        """
        order = self.index.orders[side]
        found: list[int] = []
        if 0 < node < len(order.ends):
            low, high = order.ends[node - 1], order.ends[node]
            if low != high:
                for first, end in self._spans_of(predicate):
                    start = bisect_left(order.codes, first, low, high)
                    stop = bisect_left(order.codes, end, start, high)
                    if stop - start > MOST:
                        raise ManyNeighboursError
                    if stop > start:
                        found += order.nodes[start:stop].tolist()
                        low = stop
        if node in self._touched[side]:
            return [other for _, other in self._changed(node, side, predicate)]
        if self._several and predicate in self.index.repeated:
            return list(dict.fromkeys(found))
        return found

    def edges(self, node: int, side: int) -> list[tuple[int, int]]:
        """Return predicates with objects of a subject, or with subjects of an object.

        Raises:
            ManyNeighboursError: they are many.
        """
        if node in self._touched[side]:
            return self._changed(node, side)
        found = [(p, other) for p, _, other in self._base(node, side)]
        return list(dict.fromkeys(found)) if self._several else found

    def size(self, node: int, predicate: int | None, side: int) -> int:
        """Return about how many neighbours a node has."""
        order = self.index.orders[side]
        low, high = order.span(node)
        came = len(self._overlay.edges[side].get(node, ()))
        if predicate is None or low == high:
            return high - low + came
        spans = self._spans_of(predicate)
        if not spans:
            return came
        low = bisect_left(order.codes, spans[0][0], low, high)
        return bisect_left(order.codes, spans[-1][1], low, high) - low + came

    def holds(self, node: int, predicate: int, other: int, side: int) -> bool:
        """Return whether a triple is there, with `side` 1 that from the other to the node.

        Raises:
            ManyNeighboursError: both ends have many neighbours.
        """
        if self.size(node, predicate, side) <= self.size(other, predicate, 1 - side):
            return other in self.neighbours(node, predicate, side)
        return node in self.neighbours(other, predicate, 1 - side)

    def is_node(self, node: int) -> bool:
        """Return whether an id is the subject or the object of a triple."""
        for side in (0, 1):
            order = self.index.orders[side]
            low, high = order.span(node)
            if node in self._touched[side]:
                if self._changed(node, side):
                    return True
            elif any(
                bisect_left(order.codes, first, low, high)
                < bisect_left(order.codes, end, low, high)
                for first, end in self._all()
            ):
                return True
        return False

    def _changed(self, node: int, side: int, predicate: int | None = None) -> list[tuple[int, int]]:
        """Return the edges of a node that commits have changed."""
        gone = self._overlay.gone
        came = self._overlay.edges[side].get(node, ())
        if node in self._overlay.less[side]:
            base = [
                (p, g, other)
                for p, g, other in self._base(node, side, predicate)
                if ((node, p, other, g) if side == 0 else (other, p, node, g)) not in gone
            ]
        else:
            base = self._base(node, side, predicate)
        found = [
            (p, other)
            for p, g, other in (*base, *came)
            if g in self._graphs and predicate in (None, p)
        ]
        return list(dict.fromkeys(found))

    def _base(self, node: int, side: int, predicate: int | None = None) -> list[Edge]:
        """Return the edges of a node in the index."""
        order, pairs = self.index.orders[side], self.index.pairs
        low, high = order.span(node)
        found: list[Edge] = []
        for first, end in self._all() if predicate is None else self._spans_of(predicate):
            start = bisect_left(order.codes, first, low, high)
            stop = bisect_left(order.codes, end, start, high)
            if stop - start > MOST:
                raise ManyNeighboursError
            codes = order.codes[start:stop].tolist()
            nodes = order.nodes[start:stop].tolist()
            found += [(*pairs[c], other) for c, other in zip(codes, nodes, strict=True)]
        return found

    def _all(self) -> _Spans:
        """Return the numbers of all predicates with the graphs, in runs."""
        if self._every is None:
            pairs = self.index.pairs
            self._every = _runs(n for n, (_, g) in enumerate(pairs) if g in self._graphs)
        return self._every

    def _spans_of(self, predicate: int) -> _Spans:
        """Return the numbers of a predicate with the graphs, in runs from first to end."""
        spans = self._spans.get(predicate)
        if spans is None:
            pairs = self.index.pairs
            low = bisect_left(pairs, (predicate, DEFAULT_GRAPH))
            high = bisect_left(pairs, (predicate + 1, DEFAULT_GRAPH))
            spans = _runs(n for n in range(low, high) if pairs[n][1] in self._graphs)
            self._spans[predicate] = spans
        return spans


def _runs(numbers: Iterable[int]) -> _Spans:
    """Return ascending numbers as runs, each with its first and its end."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return runs
