"""The look-up index answers what the compiled SQL answers, of the graphs and commit asked for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from threading import Event, Thread
from time import sleep

import pytest
from fuzz import Report, run
from fuzz_lookups import LookUps
from oracles import Oracles
from rdflib import Literal, URIRef

from kg.errors import QueryTimeoutError
from kg.sparql import query
from kg.sparql.lookups import answering, steps
from kg.sparql.running import Allowance
from kg.sparql.update import update
from kg.store import Store, lookup_building
from tests.drawing import examples

SHOP = """
PREFIX : <urn:x:> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
INSERT DATA {
  :o :name "outside" .
  GRAPH :one {
    :a a :Client ; :name "Ana" ; :since "2024-01-02"^^xsd:date ; :sent :b, :c .
    :b a :Client ; :name "Béa", "Bea"@en ; :since "2023-03-04"^^xsd:date ; :sent :d .
    :d a :Client ; :sent :a ; :age 7 . :e :sent :e .
    :p a :Purchase ; :client :a ; :amount 12.50 ; :line :l, :m .
    :q a :Purchase ; :client :b ; :amount 7.0 ; :line :n . :r :client :b ; :amount "seven" .
    :l :of :x ; :number 1 . :m :of :y ; :number 1 . :n :of :x ; :number 2 .
  }
  GRAPH :two { :a :name "Ana" ; :sent :b . :c :name "Cleo" ; :sent _:z . _:z :name "Zoé" }
}
"""
PREFIXES = "PREFIX : <urn:x:> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
ANSWERED = [
    "SELECT * { :a ?p ?o }",
    "SELECT * { ?s ?p :a }",
    "SELECT ?p { :a ?p :b }",
    "SELECT * { <urn:x:a> :name ?name }",
    "SELECT * { ?x :name 'Ana' }",
    "SELECT * { ?x :name 'nobody' }",
    "SELECT * { ?x :name 'Bea'@EN ; :sent ?y }",
    "SELECT * { ?p :client :a ; :amount ?n ; :line/:of ?item }",
    "SELECT ?n { ?p :client <urn:x:a> ; :line/:number ?n }",
    "SELECT DISTINCT ?n { ?p :client :a ; :line/:number ?n }",
    "SELECT REDUCED ?n { ?p :client :a ; :line/:number ?n }",
    "SELECT * { :a :sent+ ?x }",
    "SELECT * { :a :sent* ?x }",
    "SELECT * { ?x :sent+ :d }",
    "SELECT * { :a :sent? ?x . ?x :name ?name }",
    "SELECT * { :unknown :sent* ?x }",
    "SELECT * { :a (:sent/:sent)+ ?x }",
    "SELECT * { :a (:sent|^:sent)* ?x OPTIONAL { ?x :name ?name } }",
    "SELECT * { :e :sent+ :e }",
    "SELECT * { :a :sent/:name|:name ?x }",
    "SELECT * { :a !(:name|:sent) ?x }",
    "SELECT * { :b !(a|^:sent) ?x }",
    "SELECT * { :a :sent ?x OPTIONAL { ?x :age ?age } }",
    "SELECT * { :a :sent ?x OPTIONAL { ?x :sent ?y OPTIONAL { ?y :age ?age } } }",
    "SELECT * { :a :sent ?x OPTIONAL { ?x :sent ?y FILTER(?y = :d) } }",
    "SELECT * { { :a :name ?n } UNION { :b :name ?n } }",
    "SELECT * { VALUES ?x { :a :b :nobody } ?x :name ?name }",
    "SELECT * { VALUES (?x ?name) { (:a UNDEF) (UNDEF 'Ana') } :a :sent ?y ; :name ?name }",
    "SELECT * { GRAPH :one { :a :sent ?x } }",
    "SELECT * { GRAPH :nowhere { :a :sent ?x } }",
    "SELECT * { GRAPH :two { :a :sent ?x } ?x :name ?name }",
    "SELECT * FROM :two { :a :sent ?x }",
    "SELECT * FROM :two FROM NAMED :one { :a :name ?n GRAPH :one { :a :sent ?x } }",
    "SELECT * FROM NAMED :one { :a :name ?n }",
    "SELECT ?n { ?p :client :b ; :amount ?n FILTER(?n > 5) }",
    "SELECT ?n { ?p :client :b ; :amount ?n FILTER(?n != 5 || BOUND(?unknown)) }",
    "SELECT ?n { ?p :client :b ; :amount ?n FILTER(! (?n IN (7, 'seven'))) }",
    "SELECT (COUNT(*) AS ?n) { :a :sent+ ?x }",
    "SELECT (COUNT(DISTINCT ?x) AS ?n) { :a :sent ?x . ?x :name ?name }",
    "SELECT (COUNT(?x) AS ?n) { :nobody :sent ?x }",
    "SELECT ?x (COUNT(?p) AS ?n) { :a :sent* ?x OPTIONAL { ?p :client ?x } } GROUP BY ?x",
    "SELECT ?x (COUNT(?p) AS ?n) { :nobody :sent ?x OPTIONAL { ?p :client ?x } } GROUP BY ?x",
    "SELECT ?x (?name AS ?called) { :a :sent ?x OPTIONAL { ?x :name ?name } }",
    "ASK { :a :sent :b }",
    "ASK { :a :sent :a }",
    "ASK { :a :sent+ :a }",
]
"""Queries that the index answers, with the default prefixes."""
COMPILED = [
    "SELECT * { ?x :name ?name }",
    "SELECT * { :a :name ?name . ?x :sent ?y }",
    "SELECT * { ?x :sent* ?y }",
    "SELECT (SUM(?n) AS ?sum) { ?p :client :a ; :amount ?n }",
    "SELECT * { :a :name ?name FILTER(STRLEN(?name) > 1) }",
    "SELECT * { :a :name ?name FILTER EXISTS { :a :sent ?x } }",
    "SELECT * { :a :sent ?x MINUS { ?x :age 7 } }",
    "SELECT * { GRAPH ?g { :a :sent ?x } }",
    "SELECT * { GRAPH :one { } }",
    "SELECT * { :a :name ?n { SELECT ?x { :b :sent ?x } } }",
    "SELECT * { :a :name ?n OPTIONAL { :b :sent ?x OPTIONAL { ?x :age ?n } } }",
    "SELECT * { :a :name ?n { :b :sent ?x FILTER(?n = 'Ana') } }",
    "SELECT * { :a :name ?n BIND(STRLEN(?n) AS ?x) }",
    "SELECT ?x (COUNT(*) AS ?n) { :a :sent ?x } GROUP BY ?x HAVING (COUNT(*) > 1)",
    "SELECT ?x { :a :sent ?x } ORDER BY STRLEN(STR(?x))",
    "SELECT * { ?x ?x :a }",
    "CONSTRUCT { ?x :sent :a } { :a :sent ?x }",
    "DESCRIBE :a",
]
"""Queries that are left to the compiler."""


@pytest.fixture(autouse=True)
def nothing_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the index answer however busy the machine is."""
    monkeypatch.setattr(steps, "_LONG", 60.0)


@pytest.fixture
def shop() -> Iterator[Store]:
    """A store with a look-up index."""
    with Store.open(threads=1) as store:
        update(store, SHOP)
        assert lookup_building.build(store)
        yield store


def answer(store: Store, text: str, engine: str = "index", **options: object) -> object:
    """Return the truth of ASK, or the solutions; check which engine found it."""
    result = query(store, PREFIXES + text, **options)  # type: ignore[arg-type]
    assert result.engine == engine
    return result.boolean if result.form == "ask" else Counter(result.rows())


def compiled(store: Store, text: str, **options: object) -> object:
    """Return the answer without the index."""
    index, store.lookup_index = store.lookup_index, None
    try:
        return answer(store, text, "sql", **options)
    finally:
        store.lookup_index = index


VIEWS: list[dict[str, object]] = [
    {},
    {"hidden_graphs": ["urn:x:two"]},
    {"hidden_graphs": ["urn:x:t*"]},
    {"hidden_graphs": ["urn:x:*"]},
    {"default_graphs": ["urn:x:two", "urn:x:nowhere"]},
    {"default_graphs": ["urn:x:one"], "hidden_graphs": ["urn:x:one"]},
    {"named_graphs": ["urn:x:two"]},
    {"union_default_graph": False},
]
"""What a request may see."""


@pytest.mark.parametrize("text", ANSWERED)
def test_it_answers_as_the_compiled_sql_does(shop: Store, text: str) -> None:
    for view in VIEWS:
        assert answer(shop, text, **view) == compiled(shop, text, **view)


def test_most_of_these_have_solutions(shop: Store) -> None:
    assert sum(bool(answer(shop, text)) for text in ANSWERED) > len(ANSWERED) - 9


@pytest.mark.parametrize("text", COMPILED)
def test_others_are_compiled(shop: Store, text: str) -> None:
    answer(shop, text, "sql")


def test_commits_are_seen_at_once_and_those_of_the_past_are_compiled(shop: Store) -> None:
    before = {text: answer(shop, text) for text in ANSWERED}
    update(shop, PREFIXES + "DELETE DATA { GRAPH :one { :a :sent :b } }")
    update(shop, PREFIXES + "INSERT DATA { GRAPH :three { :a :sent :d . :d :name 'Dora', 'new' } }")
    for text in ANSWERED:
        assert answer(shop, text) == compiled(shop, text)
        assert answer(shop, text, "sql", as_of_commit=1) == before[text]
    assert sum(answer(shop, text) != before[text] for text in ANSWERED) > 10
    assert answer(shop, "ASK { :a :sent/:name 'new' }") is True


def test_an_open_transaction_is_not_answered_from_it(shop: Store) -> None:
    with shop.write() as tx:
        tx.cursor.execute("DELETE FROM quad")
        assert not answer(shop, ANSWERED[0], "sql", cursor=tx.cursor)
        tx.rollback()
    assert answer(shop, ANSWERED[0])


def test_parameters_are_terms_of_the_query(shop: Store) -> None:
    text = "SELECT * { ?x :sent* ?y OPTIONAL { ?y :name ?name } }"
    for term in (URIRef("urn:x:a"), URIRef("urn:x:nobody"), Literal("Ana")):
        bindings = {"x": term}
        assert answer(shop, text, bindings=bindings) == compiled(shop, text, bindings=bindings)
    answer(shop, text, "sql")


def test_queries_that_differ_in_constants_share_a_plan_and_no_answer(shop: Store) -> None:
    for text in (
        "SELECT ?y {{ <urn:x:{}> <urn:x:sent> ?y }}",
        "SELECT ?y {{ ?y <urn:x:name> '{}' }}",
        "SELECT ?y {{ <urn:x:{}> <urn:x:sent>* ?y FILTER(?y != <urn:x:b>) }}",
    ):
        for name in ("a", "b", "Ana", "nobody", "e"):
            assert answer(shop, text.format(name)) == compiled(shop, text.format(name))


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_the_order_is_that_of_the_compiled_sql(shop: Store, direction: str) -> None:
    text = f"SELECT ?o ?p {{ :a ?p ?o }} ORDER BY {direction}(?o) ?p"
    values = "1, 2.5, 3e0, 'x', 'é', 'b'@fr, true, '2024-01-01'^^xsd:date, 'z'^^:own"
    update(shop, PREFIXES + f"INSERT DATA {{ :a :value {values}, 10, -1, :aa, [] }}")
    ours = list(query(shop, PREFIXES + text).rows())
    assert query(shop, PREFIXES + text).engine == "index"
    shop.lookup_index = None
    assert ours == list(query(shop, PREFIXES + text).rows())
    assert len(ours) > 15


def test_texts_that_their_datatype_does_not_have_are_compared_by_the_engine(shop: Store) -> None:
    update(shop, PREFIXES + "INSERT DATA { :a :value 'q'^^xsd:date }")
    text = "SELECT ?o { :a :value ?o FILTER(?o > '2024-01-01'^^xsd:date) }"
    assert not answer(shop, text, "sql")


def test_limits_cut_its_answers(shop: Store) -> None:
    assert sum(answer(shop, "SELECT * { :a ?p ?o } LIMIT 2").values()) == 2  # type: ignore[attr-defined]
    assert not answer(shop, "SELECT * { :a ?p ?o } OFFSET 20")
    result = query(shop, PREFIXES + "SELECT * { :a ?p ?o }", allowance=Allowance(max_rows=2))
    assert (result.engine, len(list(result.rows())), result.complete) == ("index", 2, False)


def test_what_takes_many_steps_is_compiled(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "_MOST", 2)
    text = "SELECT * { :a :sent+ ?many }"
    assert answer(shop, text, "sql") == compiled(shop, text)
    monkeypatch.undo()
    # It is passed by once, and then answers again.
    answer(shop, text, "sql")
    answer(shop, text, "index")
    answer(shop, text, "index")


def test_what_takes_long_is_left_to_the_faster_engine(
    shop: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "_LONG", 0.0)
    text = "SELECT * { :a :sent+ ?long }"
    found = answer(shop, text)
    assert answer(shop, text, "sql") == found
    monkeypatch.setattr(steps, "_LONG", 60.0)
    assert answer(shop, text) == found


def test_the_engine_answers_in_a_row_where_it_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_LONG", 0.003)
    pace = steps.Pace()
    pace.answered(0.001)
    assert not pace.passes()
    pace.answered(0.5)
    assert [pace.passes() for _ in range(3)] == [True, False, False]
    # The engine, which was to show how long it takes, goes on at once where it was faster.
    pace.answered(0.5)
    assert pace.passes()
    pace.engine_answered(0.1)
    assert [pace.passes() for _ in range(33)] == [True] * 31 + [False] * 2
    pace.by_engine = None
    pace.answered(0.5)
    assert pace.passes()
    pace.engine_answered(0.7)
    assert not pace.passes()
    # Of other answers of the engine, it only learns.
    pace.answered(0.5)
    pace.engine_answered(0.4)
    assert not pace.passes()
    pace.by_engine = 1.0
    pace.answered(0.5)
    assert not pace.passes()
    pace.by_engine = 0.1
    pace.answered(0.5)
    assert [pace.passes() for _ in range(33)] == [True] * 31 + [False] * 2


def test_a_path_from_several_nodes_takes_each_round_once(shop: Store) -> None:
    ring = " . ".join(f":r{n} :next :r{(n + 1) % 60} . :r{n} :back :r{n}" for n in range(60))
    update(shop, PREFIXES + f"INSERT DATA {{ {ring} . :start :of :r0, :r7, :r30, :nowhere }}")
    for path in (":next+", ":next*", "(:next/:back)+", "(^:back/:next)+", "^:next+", ":next?"):
        text = f"SELECT ?a ?b {{ :start :of ?a . ?a {path} ?b }}"
        found = answer(shop, text)
        assert found == compiled(shop, text)
        assert sum(found.values()) >= 3  # type: ignore[attr-defined]


def test_a_deadline_holds(shop: Store) -> None:
    with pytest.raises(QueryTimeoutError):
        query(shop, PREFIXES + ANSWERED[0], timeout=0)


def test_what_ends_is_given_back(shop: Store) -> None:
    for text in ANSWERED:
        result = query(shop, PREFIXES + text)
        result.close()
    taken = [shop.cursors.take(None) for _ in range(3)]
    for cursor in taken:
        assert cursor.execute("SELECT 1").fetchall() == [(1,)]


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles() as oracles:
        yield oracles


def compared(seeds: range, oracles: Oracles) -> Report:
    """Run some seeds; fail where we differ from what two oracles say, or SQL from the index."""
    report = Report()
    kinds = ("different", "our engines differ, unjudged", "evaluator different")
    for seed, case, verdict in run(seeds, oracles, report, kinds, source=LookUps):
        if verdict.engine == "index":
            pytest.fail(f"seed {seed}: {case}\n{verdict.detail}")
    return report


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_random_look_ups(oracles: Oracles) -> None:
    few = examples(1, 2)
    assert compared(range(few), oracles).counts["by index"] > 5 * few


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_random_look_ups_at_length(oracles: Oracles) -> None:
    first, last = os.environ.get("CLIENTGRAPH_SEEDS", "10:60").split(":")
    compared(range(int(first), int(last)), oracles)


def test_readers_see_one_state_while_it_follows_commits_and_is_built(shop: Store) -> None:
    text = "SELECT ?y { :token :at ?x . ?x :next ?y }"
    ring = " . ".join(f":n{n} :next :n{n + 1}" for n in range(40))
    update(shop, PREFIXES + f"INSERT DATA {{ {ring} . :token :at :n0 }}")
    over, engines = Event(), Counter[str]()
    wrong: list[object] = []

    def ask() -> None:
        while not over.is_set():
            result = query(shop, PREFIXES + text)
            rows = list(result.rows())
            engines[result.engine] += 1
            if len(rows) != 1:
                wrong.append(rows)

    def build() -> None:
        while not over.wait(0.02):
            shop.lookup_index = None
            lookup_building.build(shop)

    threads = [Thread(target=one) for one in (ask, ask, build)]
    for thread in threads[:2]:
        thread.start()
    while not engines["index"]:
        sleep(0.01)
    threads[2].start()
    for n in range(examples(12, 39)):
        moved = f"DELETE DATA {{ :token :at :n{n} }} ; INSERT DATA {{ :token :at :n{n + 1} }}"
        update(shop, PREFIXES + moved)
    over.set()
    for thread in threads:
        thread.join()
    assert not wrong
    lookup_building.build(shop)
    assert answer(shop, text) == compiled(shop, text)
