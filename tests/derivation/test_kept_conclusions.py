"""What is derived is, after every commit, what follows from the facts: rdflib is the judge."""

from __future__ import annotations

from contextlib import closing

import pytest
from closure import Triple, conclusions
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import ORG, RDF, Literal, URIRef

from kg.derivation import (
    Clause,
    complete,
    derive_anew,
    derive_in,
    differences,
    examine_derived,
    is_derived,
    load_rules,
)
from kg.errors import QueryTimeoutError, UpdateError
from kg.ingest import why
from kg.namespaces import CG, PERSONAL_RULES_GRAPH, PROVENANCE_GRAPH, RULES_GRAPH, graph_iri
from kg.sparql import query, update
from kg.store import Store, Transaction

EX = "https://example.org/"
FACTS = str(graph_iri("facts", "one"))
OTHER = "https://example.org/other-facts"
PERSONAL = str(graph_iri("personal", "one"))
RESULTS = str(graph_iri("derived", "of-an-analysis"))
NODES = [URIRef(f"{EX}n{number}") for number in range(4)]
PREDICATES = [
    CG.client, CG.seller, CG.mergedInto, CG.recommender, CG.referred, CG.acquainted, ORG.unitOf,
    CG.withinOrganization, CG.isAcquaintedWith, CG.clientOf,
]  # fmt: skip
KINDS = [CG.Purchase, CG.Contract, CG.Referral, CG.EverClient, CG.EverReferred]


def clauses() -> list[Clause]:
    return [clause for rule in load_rules() for clause in rule.clauses]


def graphs_of(store: Store) -> dict[str, set[Triple]]:
    """Return the triples of each graph, those of the unnamed one under an empty name."""
    found: dict[str, set[Triple]] = {"": set()}
    text = "SELECT ?g ?s ?p ?o { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o } }"
    with closing(query(store, text, union_default_graph=False)) as answer:
        for g, s, p, o in answer.terms():
            found.setdefault(str(g or ""), set()).add((s, p, o))
    return found


def check(store: Store) -> None:
    """Hold both graphs of what is derived against rdflib, and against a new derivation."""
    graphs = graphs_of(store)
    kept = [graphs.pop(name, set()) for name in (RULES_GRAPH, PERSONAL_RULES_GRAPH)]
    for name in (str(PROVENANCE_GRAPH), RESULTS):
        graphs.pop(name, None)
    personal = graphs.pop(PERSONAL, set())
    facts = set().union(*graphs.values())
    open_ones = conclusions(facts)
    assert kept[0] == open_ones
    assert kept[1] == conclusions(facts | personal) - open_ones
    assert differences(store.cursor(), clauses()) == []


def triples() -> st.SearchStrategy[Triple]:
    nodes = st.sampled_from(NODES)
    links = st.tuples(nodes, st.sampled_from(PREDICATES), nodes)
    kinds = st.tuples(nodes, st.just(RDF.type), st.sampled_from(KINDS))
    texts = st.tuples(nodes, st.sampled_from([CG.client, CG.seller]), st.just(Literal("a text")))
    return st.one_of(links, links, kinds, texts)


def quads() -> st.SearchStrategy[list[tuple[str, Triple]]]:
    return st.lists(
        st.tuples(st.sampled_from([FACTS, FACTS, OTHER, PERSONAL]), triples()), max_size=8
    )


def data(quads: list[tuple[str, Triple]]) -> str:
    return " ".join(
        f"GRAPH <{graph}> {{ {' '.join(node.n3() for node in triple)} }}" for graph, triple in quads
    )


Changes = list[tuple[list[tuple[str, Triple]], list[tuple[str, Triple]]]]
CHANGES = st.lists(st.tuples(quads(), quads()), min_size=1, max_size=4)


def follow(changes: Changes) -> None:
    """Make changes one by one, and check after each."""
    with Store.open() as store:
        derive_in(store)
        for removed, added in changes:
            update(store, f"DELETE DATA {{ {data(removed)} }} ; INSERT DATA {{ {data(added)} }}")
            check(store)


@settings(max_examples=4, deadline=None)
@given(CHANGES)
def test_every_commit_leaves_what_follows(changes: Changes) -> None:
    follow(changes)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(CHANGES)
def test_every_commit_of_many_leaves_what_follows(changes: Changes) -> None:
    follow(changes)


def change(store: Store, text: str) -> None:
    update(store, f"PREFIX cg: <{CG}> PREFIX org: <{ORG}> PREFIX : <{EX}> {text}")
    check(store)


def ask(store: Store, pattern: str, **options: object) -> bool:
    text = f"PREFIX cg: <{CG}> PREFIX : <{EX}> ASK {{ {pattern} }}"
    return bool(query(store, text, **options).boolean)


@pytest.fixture
def store():
    with Store.open() as store:
        derive_in(store)
        yield store


def test_a_conclusion_with_another_way_to_it_stays(store: Store) -> None:
    change(
        store, "INSERT DATA { :a a cg:Purchase ; cg:client :p . :b a cg:Contract ; cg:client :p }"
    )
    change(store, "DELETE DATA { :a cg:client :p }")
    assert ask(store, ":p a cg:EverClient")
    change(store, "DELETE DATA { :b cg:client :p }")
    assert not ask(store, ":p a cg:EverClient")


def test_a_ring_of_units_that_is_cut_does_not_hold_itself_up(store: Store) -> None:
    change(store, "INSERT DATA { :a org:unitOf :b . :b org:unitOf :c . :c org:unitOf :a }")
    assert ask(store, ":a cg:withinOrganization :a")
    change(store, "DELETE DATA { :c org:unitOf :a }")
    assert ask(store, ":a cg:withinOrganization :c")
    assert not ask(store, ":a cg:withinOrganization :a")


def test_what_follows_was_so_at_the_commit_that_is_asked_for(store: Store) -> None:
    change(store, "INSERT DATA { :r cg:recommender :p }")
    change(store, "DELETE DATA { :r cg:recommender :p }")
    assert ask(store, ":p a cg:EverRecommender", as_of_commit=1)
    assert not ask(store, ":p a cg:EverRecommender", as_of_commit=2)


def test_what_follows_from_personal_data_is_hidden_with_it(store: Store) -> None:
    hidden = {"hidden_graphs": (str(graph_iri("personal", "*")),)}
    change(store, "INSERT DATA { :x a cg:Purchase ; cg:seller :s }")
    change(store, f"INSERT DATA {{ GRAPH <{PERSONAL}> {{ :x cg:client :p }} }}")
    assert ask(store, ":p cg:clientOf :s")
    assert not ask(store, ":p cg:clientOf :s", **hidden)
    assert not ask(store, ":p a ?role", **hidden)
    # What is known without it from now on moves to where everybody sees it, and back.
    change(store, "INSERT DATA { :x cg:client :p }")
    assert ask(store, ":p cg:clientOf :s", **hidden)
    change(store, "DELETE DATA { :x cg:client :p }")
    assert not ask(store, ":p cg:clientOf :s", **hidden)
    assert ask(store, ":s cg:hasClient :p")


def test_results_of_analyses_are_no_premises(store: Store) -> None:
    with store.write() as tx:
        tx.insert_few([(f"{EX}r", str(CG.recommender), f"{EX}p", None, None, RESULTS)])
    check(store)
    assert not ask(store, ":p a cg:EverRecommender")


@pytest.mark.parametrize("graph", [RULES_GRAPH, PERSONAL_RULES_GRAPH])
def test_no_update_writes_what_is_derived(store: Store, graph: str) -> None:
    with pytest.raises(UpdateError, match="cannot be written"):
        update(store, f"INSERT DATA {{ GRAPH <{graph}> {{ <x:a> <x:b> <x:c> }} }}")
    change(store, "INSERT DATA { :r cg:recommender :p }")
    change(store, "CLEAR ALL")


def test_what_a_document_writes_there_does_not_stay(store: Store) -> None:
    change(store, "INSERT DATA { :r cg:recommender :p }")
    with store.write() as tx:
        tx.insert_few([(f"{EX}q", str(CG.clientOf), f"{EX}p", None, None, RULES_GRAPH)])
    check(store)


def test_a_store_that_was_not_derived_is_derived_by_its_next_commit() -> None:
    with Store.open() as store:
        update(store, f"INSERT DATA {{ <x:r> <{CG.recommender}> <x:p> }}")
        assert not is_derived(store)
        derive_in(store)
        update(store, "INSERT DATA { <x:a> <x:b> <x:c> }")
        assert is_derived(store)
        check(store)


def test_many_new_triples_are_followed_like_few(store: Store) -> None:
    change(store, "INSERT DATA { :x0 a cg:Purchase ; cg:client :p0 ; cg:seller :s }")
    columns = "SELECT 'https://example.org/' || {s} AS s, '{p}' AS p, {o} AS o,"
    rest = (
        "NULL::VARCHAR AS odt, NULL::VARCHAR AS olang, NULL::VARCHAR AS g FROM range(130000) r(i)"
    )
    with store.write() as tx:
        parts = [
            ("'x' || i", RDF.type, f"'{CG.Purchase}'"),
            ("'x' || i", CG.client, "'https://example.org/p' || i % 60000"),
            ("'x' || i", CG.seller, "'https://example.org/s'"),
        ]
        tx.insert(
            " UNION ALL ".join(f"{columns} {rest}".format(s=s, p=p, o=o) for s, p, o in parts)
        )
    assert differences(store.cursor(), clauses()) == []
    count = f"SELECT (COUNT(*) AS ?n) {{ <{EX}s> <{CG.hasClient}> ?client }}"
    with closing(query(store, count)) as answer:
        assert [row[0].toPython() for row in answer.terms()] == [60000]


def test_a_store_older_than_the_rules_is_completed_once() -> None:
    with Store.open() as store:
        assert complete(store) is None
        update(store, f"INSERT DATA {{ <x:r> <{CG.recommender}> <x:p> }}")
        found = examine_derived(store, store.cursor())
        assert found is not None
        assert "older than the rules" in found.problem
        assert (complete(store), complete(store), store.head) == (2, None, 2)
        check(store)
        assert (derive_anew(store), store.head) == (None, 2)


def test_the_deadline_of_an_update_holds_for_what_follows_from_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long(tx: Transaction) -> None:
        tx.cursor.execute(
            "SELECT max(hash(a.i + b.i)) FROM range(200000) a(i), range(2000000) b(i)"
        )

    monkeypatch.setattr(store, "before_commit", long)
    with pytest.raises(QueryTimeoutError):
        update(store, "INSERT DATA { <x:a> <x:b> <x:c> }", timeout=0.2)
    assert store.head == 0


def test_doctor_finds_what_is_derived_wrongly(store: Store) -> None:
    change(store, "INSERT DATA { :r cg:recommender :p }")
    assert examine_derived(store, store.cursor()) is None
    store.before_commit = None
    update(store, f"INSERT DATA {{ <{EX}r> <{CG.recommender}> <{EX}q> }}")
    found = examine_derived(store, store.cursor())
    assert found is not None
    assert found.rows == 1


def test_why_tells_the_rule_and_its_premises(store: Store) -> None:
    change(store, "INSERT DATA { :x a cg:Purchase ; cg:client :p ; cg:seller :s }")
    change(store, "DELETE DATA { :x cg:seller :s }")
    (found,) = why(store, (f"{EX}p", None, None), (str(CG.clientOf), None, None))
    assert (found.rule, found.until) == ("client-of", 2)
    assert {(s[1], p[1], o[1]) for s, p, o in found.premises} == {
        (f"{EX}x", str(RDF.type), str(CG.Purchase)),
        (f"{EX}x", str(CG.client), f"{EX}p"),
        (f"{EX}x", str(CG.seller), f"{EX}s"),
    }
