"""One random case: data with a history, the graphs a query sees, and the query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

import evaluator
from fuzz_data import GRAPHS, PROLOGUE, XSD, History, Quad, history, object_pools
from fuzz_queries import Queries, graph_clauses
from fuzz_trees import Tree, shorter, smaller
from oracles import Answer, Failure, Outcome

from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import query
from kg.sparql.compiled import GraphChoice
from kg.sparql.parse import parse
from kg.store import Store, Transaction, lookup_building
from kg.store.property_steps import Worth
from kg.store.upkeep import build

QUERIES = 10
PATIENCE = 120.0
"""Seconds that we have for an answer: machines are busy."""
DATASETS = 3
"""Queries and datasets of a seed: each query is asked of each dataset."""


@dataclass(frozen=True, slots=True)
class View:
    """What of a store a query sees."""

    commit: int | None = None
    """The commit that the query asks for; None: the last one."""
    union: bool = False
    """The default graph is the union of all graphs."""
    hidden: tuple[str, ...] = ()
    clauses: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """Graphs of FROM and of FROM NAMED."""
    written: bool = False
    """The graphs are named in the query, rather than beside it."""

    def seen(self, data: History) -> list[Quad]:
        """Return the dataset of the query, its default graph being the unnamed one."""
        number = len(data.commits) if self.commit is None else self.commit
        live = [quad for quad in data.at(number) if quad[3] not in self.hidden]
        if self.clauses is not None:
            default, named = self.clauses
            merged = [(*quad[:3], None) for quad in live if quad[3] in default]
            return list(dict.fromkeys([*merged, *(quad for quad in live if quad[3] in named)]))
        if self.union:
            merged = [(*quad[:3], None) for quad in live]
            return list(dict.fromkeys([*merged, *(quad for quad in live if quad[3])]))
        return live


@dataclass(frozen=True, slots=True)
class Case:
    """A query on some data."""

    data: History
    view: View
    query: Tree

    @property
    def text(self) -> str:
        """The query as the oracles are asked it, on the dataset it sees."""
        return PROLOGUE + str(self.query)

    @property
    def asked(self) -> str:
        """The query as we are asked it, with its dataset clauses; a line's end is their place."""
        if self.view.clauses is None or not self.view.written:
            return self.text
        default, named = self.view.clauses
        clauses = [f"FROM <{graph}>" for graph in default]
        clauses += [f"FROM NAMED <{graph}>" for graph in named]
        return PROLOGUE + str(self.query).replace("\n", f"\n{' '.join(clauses)} ", 1)

    @property
    def seen(self) -> list[Quad]:
        """The dataset that the query sees."""
        return self.view.seen(self.data)

    def __str__(self) -> str:
        return f"{self.query}\n  view {self.view}\n  data {self.data.commits}"


def cases(seed: int, source: type[Queries] = Queries) -> list[Case]:
    """Return the cases of a seed: some queries on some datasets that are alike."""
    random = Random(seed)
    pools = object_pools(random)
    datasets = [history(random, pools) for _ in range(DATASETS)]
    queries = [source(random, datasets[0].terms).query() for _ in range(QUERIES)]
    return [Case(data, _view(random, data), query) for data in datasets for query in queries]


def _view(random: Random, data: History) -> View:
    commit = random.randint(0, len(data.commits)) if random.random() < 0.2 else None
    hidden = (random.choice(GRAPHS),) if random.random() < 0.15 else ()
    clauses = graph_clauses(random)
    named = None if clauses is None else (tuple(clauses[0]), tuple(clauses[1]))
    return View(commit, random.random() < 0.5, hidden, named, random.random() < 0.5)


def filled(
    data: History, worth: Worth | None = None, padding: int = 0, *, indexed: bool = False
) -> Store:
    """Return a store in memory that went through a history.

    With `worth` it has a property table, and if `indexed` a look-up index: those of its first
    commit, where the others keep them right, else those of the last. With `padding` the data stands
    between so many quads before and behind it that no query sees.
    """
    store = Store.open(threads=1)
    for removed, added in data.commits:
        with store.write() as tx:
            if padding and not store.head:
                pad(tx, 0, padding)
            if removed:
                stage(tx, removed)
                tx.delete("_data")
            stage(tx, added)
            tx.insert("_data")
            if padding and not store.head:
                pad(tx, padding, padding)
        if worth is not None and store.head == 1:
            build(store, worth)
        if indexed and store.head == 1:
            lookup_building.build(store)
    if worth is not None:
        build(store, worth)
    if indexed:
        lookup_building.build(store)
    return store


def stage(tx: Transaction, quads: Sequence[Quad]) -> None:
    """Stage quads with the labels of their blank nodes."""
    rows = [(s[0], p[0], *o, g) for s, p, o, g in quads]
    columns = [[row[i] for row in rows] for i in range(6)] if rows else [[]] * 6
    names = ("s", "p", "o", "odt", "olang", "g")
    staged = ", ".join(f"unnest(?::VARCHAR[]) AS {name}" for name in names)
    tx.cursor.execute(f"CREATE OR REPLACE TEMP TABLE _data AS SELECT {staged}", columns)


def pad(tx: Transaction, first: int, count: int) -> None:
    """Insert quads about subjects of their own, with the predicates of the data and values like it.

    They stand in a graph that is hidden from all queries.
    """
    tx.cursor.execute(
        "CREATE OR REPLACE TEMP TABLE _data AS"
        " SELECT 'urn:x:' || n AS s, 'urn:x:' || ['p', 'q', 'r'][n % 3 + 1] AS p,"
        " CASE WHEN n % 4 = 0 THEN 'urn:x:' || (n // 2) ELSE (n - 60000)::VARCHAR END AS o,"
        f" [NULL, '{XSD}integer', '{XSD}string', '{XSD}double'][n % 4 + 1] AS odt,"
        " NULL::VARCHAR AS olang, ? AS g FROM range(?, ?) AS numbers (n)",
        [str(PROVENANCE_GRAPH), first, first + count],
    )
    tx.insert("_data")


def asked(store: Store, case: Case) -> tuple[Outcome, str]:
    """Return our answer, and the engine with its reason."""
    view = case.view
    default, named = _beside(view)
    ask = partial(
        query,
        store,
        case.asked,
        default_graphs=default,
        named_graphs=named,
        hidden_graphs=_hidden(view),
        as_of_commit=view.commit,
        union_default_graph=view.union,
        timeout=PATIENCE,
    )
    try:
        if len(case.asked) % 2:
            # A query whose solutions are known to be few is answered in another way.
            list(ask().rows())
        result = ask()
        engine = result.engine if result.reason is None else f"{result.engine}: {result.reason}"
        given = result.boolean if result.form == "ask" else result.rows()
        return _answer(result.form, result.variables, given), engine
    except Exception as error:
        return Failure(f"{type(error).__name__}: {error}"), "none"


def compiled(store: Store, case: Case) -> Outcome:
    """Return the answer without the look-up index."""
    index, store.lookup_index = store.lookup_index, None
    try:
        return asked(store, case)[0]
    finally:
        store.lookup_index = index


def evaluated(store: Store, case: Case) -> Outcome:
    """Return the answer of the evaluator, which answers what is not compiled."""
    view = case.view
    default, named = _beside(view)
    graphs = GraphChoice(default, named, _hidden(view), view.union, view.commit)
    try:
        return _answer(*evaluator.evaluated(store, parse(case.asked), graphs, PATIENCE))
    except Exception as error:
        return Failure(f"{type(error).__name__}: {error}")


def _beside(view: View) -> tuple[Sequence[str] | None, Sequence[str] | None]:
    """Return the graphs that a request names beside its query."""
    return (None, None) if view.clauses is None or view.written else view.clauses


def _hidden(view: View) -> tuple[str, ...]:
    return (*view.hidden, str(PROVENANCE_GRAPH))


def _answer(form: str, names: Sequence[str], given: object) -> Answer:
    if form == "ask":
        return Answer("ask", boolean=bool(given))
    assert isinstance(given, Iterable)
    rows = tuple(tuple(None if term is None else term[1:] for term in row) for row in given)
    if form == "select":
        return Answer(form, tuple(names), rows)
    return Answer("construct", ("s", "p", "o"), rows)


def smaller_cases(case: Case) -> Iterator[Case]:
    """Yield cases with less data, a simpler view or a shorter query."""
    for view in (
        replace(case.view, commit=None),
        replace(case.view, hidden=()),
        replace(case.view, clauses=None),
        replace(case.view, union=False),
    ):
        if view != case.view:
            yield replace(case, view=view)
    for commits in shorter(case.data.commits):
        if case.view.commit is None and commits:
            yield replace(case, data=History(tuple(commits)))
    for query_ in smaller(case.query):
        yield replace(case, query=query_)
    for index, (removed, added) in enumerate(case.data.commits):
        before, after = case.data.commits[:index], case.data.commits[index + 1 :]
        for fewer in shorter(added):
            yield replace(case, data=History((*before, (removed, tuple(fewer)), *after)))
        for fewer in shorter(removed):
            yield replace(case, data=History((*before, (tuple(fewer), added), *after)))
