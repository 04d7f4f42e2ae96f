"""Several paths in one pattern, each explored from what the others find, on random graphs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from kg.sparql import explain, query
from kg.store import Store
from kg.store.rdf import load_bytes

PREFIX = "PREFIX : <urn:>\n"
NODES = 40
PATTERNS = {
    "ring": "?x :p+ ?y . ?y :p+ ?x",
    "ring of sequences": "?x (^:by/:of)+ ?y . FILTER (?x != :n1) ?y (^:by/:of)+ ?x",
    "ring to itself": "?x :p+ ?x . ?x :q ?y",
    "ring and on": "?x (:p|:q)+ ?y . ?y (:p|:q)+ ?x . ?y :q* ?z",
    "one after another": "?x :p+ ?y . ?y :q* ?z",
    "both into one": "?x :p* ?y . ?z :q+ ?y",
    "alternatives, then perhaps": "?x :q|^:by ?w . ?x :p?/(:q|:of) ?y",
    "perhaps between": "?x :p/:q?/:p ?y",
    "perhaps between what nothing else connects": "?x :q ?y . ?y :p? ?z . ?w :of ?z . ?w :by ?v",
    "any way between what nothing else connects": "?x :q ?y . ?y :p* ?z . ?z :q ?w . ?w :q? ?v",
    "ring through what nothing else connects": "?x :q ?y . ?y :p+ ?z . ?z :q ?w . ?w :p+ ?x",
    "beside what nothing connects": "?x :q ?y . ?y :p? ?z . :n1 :p ?w",
    "in any graph, between others": "GRAPH ?g { ?x :q ?y . ?y :p? ?z . ?z :q ?w }",
    "exists between what nothing else connects": (
        "?x :q ?y FILTER EXISTS { ?e :of ?x . ?e :p?/(:by|:of) ?y . ?y :q? ?v . ?v :p ?w }"
    ),
    "from a constant": ":n3 :p* ?x . ?x :q? ?y . ?y :p* ?z",
    "exists from outside": "?x :q ?y FILTER EXISTS { ?x :p* ?z . ?y :p* ?z }",
    "exists with alternatives": "?x :q ?y FILTER NOT EXISTS { ?x :p|^:q ?z }",
    "from what is a predicate": "?x ?y ?o FILTER EXISTS { ?y :p* ?z }",
    "from what may be no node": "?x ?y ?o FILTER NOT EXISTS { ?y :q?/:q* ?z . ?x :p* ?v }",
    "in any graph": "GRAPH ?g { ?x :p+ ?y . ?y :p+ ?x }",
    "in any graph, one after another": "GRAPH ?g { ?x :q+ ?y . ?y :p* ?z }",
    "in one graph": "GRAPH :g1 { ?x :p+ ?y . ?y :p+ ?x } ?x :p+ ?y . ?y :p+ ?x",
}


def lines(seed: int) -> Iterator[str]:
    """Yield a few rings with long ways in and out, in two graphs; a predicate is a node, too."""
    chance = random.Random(seed)
    for name in ("p", "q"):
        for _ in range(NODES):
            a, b = chance.randrange(NODES), chance.randrange(NODES)
            yield f"<urn:n{a}> <urn:{name}> <urn:n{b}> <urn:g{a % 2}> ."
    for number in range(30):
        yield f"<urn:t{number}> <urn:p> <urn:t{number + 1}> <urn:g1> ."
    yield "<urn:t30> <urn:p> <urn:n0> <urn:g1> ."
    yield "<urn:n1> <urn:p> <urn:t0> <urn:g0> ."
    yield "<urn:q> <urn:q> <urn:n2> <urn:g0> ."
    for number in range(2 * NODES):
        yield f"<urn:r{number}> <urn:by> <urn:n{chance.randrange(NODES)}> <urn:g0> ."
        yield f"<urn:r{number}> <urn:of> <urn:n{chance.randrange(NODES)}> <urn:g0> ."


@pytest.fixture(scope="module", params=[1, 2])
def stores(request: pytest.FixtureRequest) -> Iterator[tuple[Store, ox.Store]]:
    document = "\n".join(lines(request.param)).encode()
    peer = ox.Store()
    peer.load(document, format=ox.RdfFormat.N_QUADS)
    with Store.open() as store:
        with store.write() as tx:
            # The commit itself is in no graph that is asked about.
            load_bytes(tx, document, format="nquads")
        yield store, peer


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_both_engines_find_the_same(stores: tuple[Store, ox.Store], pattern: str) -> None:
    store, peer = stores
    text = f"{PREFIX}SELECT * WHERE {{ {pattern} FILTER (STRSTARTS(STR(?x), 'urn:')) }}"
    graphs = ["urn:g0", "urn:g1"]
    found = query(store, text, default_graphs=graphs, named_graphs=graphs)
    assert found.engine == "sql"
    names = sorted(found.variables)
    order = [found.variables.index(name) for name in names]
    ours = Counter(tuple(row[place][1] for place in order) for row in found.rows())  # type: ignore[index]
    solutions = peer.query(text, use_default_graph_as_union=True)
    theirs = Counter(tuple(one[name].value for name in names) for one in solutions)
    assert theirs
    assert ours == theirs


def test_what_only_a_path_connects_is_not_put_side_by_side(stores: tuple[Store, ox.Store]) -> None:
    pattern = PATTERNS["perhaps between what nothing else connects"]
    text = explain(stores[0], f"{PREFIX}SELECT * {{ {pattern} }}").partition("\n\n")[0]
    assert text.count("AS MATERIALIZED") == 2


def test_a_ring_is_looked_for_among_what_may_lie_on_one(stores: tuple[Store, ox.Store]) -> None:
    text = explain(stores[0], f"{PREFIX}SELECT * {{ {PATTERNS['ring']} }}").partition("\n\n")[0]
    assert "WITH RECURSIVE" not in text
    assert "IN (SELECT" in text


def test_nothing_of_no_step_is_made_of_all_nodes(stores: tuple[Store, ox.Store]) -> None:
    for name in ("alternatives, then perhaps", "from a constant", "exists from outside"):
        text = explain(stores[0], f"{PREFIX}SELECT * {{ {PATTERNS[name]} }}").partition("\n\n")[0]
        assert "SELECT DISTINCT q" not in text, name
