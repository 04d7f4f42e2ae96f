"""The property table says what the quads say, is used while it does, and gets in nobody's way."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.namespaces import RDF
from kg.sparql import query
from kg.sparql.explaining import explain
from kg.sparql.update import update
from kg.store import Cursor, Store, decode, property_changes, upkeep
from kg.store.compaction import compact
from kg.store.doctor import examine
from kg.store.property_steps import Worth
from kg.store.property_table import MEMBERS, Column, Form, PropertyTable, differences, load
from kg.store.upkeep import Upkeep, build
from tests.drawing import examples

ALL = Worth(quads=1, once=0.0)
ONCE = Worth(quads=1, once=0.7)
SHOP = """
PREFIX : <urn:x:> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
INSERT DATA {
  GRAPH :one {
    :a a :Client ; :name "Ana" ; :since "2024-01-02"^^xsd:date .
    :b a :Client ; :name "Béa" ; :since "2024-03-04"^^xsd:date .
    :p a :Purchase ; :client :a ; :amount 12.50 ; :line :l .
    :q a :Purchase ; :client :b ; :amount 7 ; :line :m, :n .
    :d a :Client . :l :of :x ; :number 1 . :m :of :y ; :number 1 . :n :of :x ; :number 2 .
  }
  GRAPH :two { :c a :Client ; :name "Cleo", "Clio" ; :since "2024-03-04"^^xsd:date . }
}
"""
QUESTIONS = [
    "SELECT * { ?x a :Client ; :name ?name ; :since ?day }",
    "SELECT * { ?x :name ?name ; :since ?day FILTER(?day > '2024-02-01'^^xsd:date) }",
    "SELECT * { ?p :client ?x ; :amount ?n . ?x :name ?name ; :since ?day }",
    "SELECT * { ?p :client ?x ; :line/:of ?item ; :line ?line . ?line :number ?n }",
    "SELECT * { ?p :line ?l . ?l :of :x ; :number ?n }",
    "SELECT * { GRAPH ?g { ?x :name ?name ; :since ?day } }",
    "SELECT * { GRAPH :one { ?x :name ?name ; :since ?day } }",
    "SELECT * FROM :two { ?x :name ?name ; :since ?day }",
    "SELECT * FROM :one FROM :two { ?x :name ?name ; :since ?day }",
    "SELECT * { ?x :name ?name ; :since ?day . ?y :since ?day ; a ?class }",
    "SELECT (SUM(?n) AS ?sum) (COUNT(*) AS ?all) { ?p a :Purchase ; :amount ?n ; :client ?c }",
    "SELECT * { :a :name ?name ; :since ?day }",
    "SELECT * { ?x :since ?day ; :name ?name VALUES ?x { :a :c } }",
    "SELECT * { ?x :name ?x ; :since ?day }",
    "SELECT * { ?x :name ?name, ?other ; :since ?day }",
    "SELECT * { ?x :unknown ?u ; :since ?day ; :name ?name }",
    "SELECT * { ?x a :Client MINUS { ?x :name 'Ana' ; :since ?day } }",
    "SELECT * { ?x a :Client }",
    "SELECT * { GRAPH ?g { ?x a :Client } }",
    "SELECT * FROM :two { ?x a :Client }",
    "SELECT (COUNT(*) AS ?n) { ?x a :Client FILTER NOT EXISTS { ?x :name ?name } }",
    "SELECT * { ?x a :Client OPTIONAL { ?p :client ?x } }",
    "SELECT * { ?x a :Client VALUES ?x { :a :c :d } }",
    "SELECT * { ?p :client/a ?class . ?x a :Client }",
    "SELECT * { ?x a :Client FILTER EXISTS { ?p :client ?x ; :amount ?n FILTER(?n > 10) } }",
    "SELECT * { ?p :client ?x ; :line ?l . ?l :number ?n }",
    "SELECT * { ?p a :Purchase ; :client ?x ; :line ?l FILTER(?x != :a) }",
    "SELECT * { ?p :amount ?n ; :line ?l, ?m . ?l :of ?y . ?m :of ?z }",
    "SELECT * { ?p :amount ?n ; :line ?m . ?q :amount ?n ; :line ?m . ?m :of ?y }",
    "SELECT * { GRAPH ?g { ?p :amount ?n ; :line ?l . ?l :of ?y } }",
    "SELECT * { :q :client ?c ; :line ?l . ?l :number ?n }",
    "SELECT * { ?p :client ?c ; :amount ?n ; :line :m . :m :of ?y }",
    "SELECT DISTINCT ?p ?c { ?p :client ?c ; :line ?l ; :unsaid ?u }",
    "SELECT DISTINCT ?p ?n { ?p :amount ?n ; :line/:of ?y }",
    "SELECT ?c (SUM(?n) AS ?sum) { ?p :client ?c ; :line/:number ?n } GROUP BY ?c",
    "SELECT * { ?p :line ?p ; :amount ?n }",
]
WHOLE = "SELECT * { ?p a :Purchase ; :client ?x ; :amount ?n ; :line ?l . ?l :of ?y }"


def prefixed(text: str) -> str:
    return f"PREFIX : <urn:x:> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> {text}"


@pytest.fixture
def shop() -> Iterator[Store]:
    """A store of clients and purchases."""
    with Store.open(threads=1) as store:
        update(store, SHOP)
        yield store


def answer(store: Store, text: str, **options: object) -> Counter[object]:
    result = query(store, prefixed(text), **options)  # type: ignore[arg-type]
    assert result.engine == "sql"
    return Counter(result.rows())


@pytest.mark.parametrize("worth", [ONCE, ALL], ids=["once", "all"])
def test_answers_are_the_same(shop: Store, worth: Worth) -> None:
    before = [answer(shop, text) for text in QUESTIONS]
    hidden = [answer(shop, text, hidden_graphs=["urn:x:one"]) for text in QUESTIONS]
    assert sum(map(bool, before)) == len(QUESTIONS) - 4
    assert build(shop, worth)
    assert [answer(shop, text) for text in QUESTIONS] == before
    assert [answer(shop, text, hidden_graphs=["urn:x:one"]) for text in QUESTIONS] == hidden
    used = [text for text in QUESTIONS if "property_" in explain(shop, prefixed(text))]
    assert len(used) > len(QUESTIONS) / 2


def test_a_table_without_all_instances_is_not_asked_for_them(shop: Store) -> None:
    text = "SELECT * { ?x a :Client }"
    build(shop, ONCE)
    assert "property_" in explain(shop, prefixed(text))
    with shop.write() as tx:
        tx.recorded = False
        tx.cursor.execute("DELETE FROM setting WHERE name = ?", [MEMBERS])
    shop.property_table = load(shop.cursor())
    before = answer(shop, text + "# again")
    assert "property_" not in explain(shop, prefixed(text + "# again"))
    assert len(before) == 4
    assert build(shop, ONCE)
    assert shop.property_table is not None
    assert shop.property_table.complete
    assert answer(shop, text) == before


def test_what_is_said_of_a_whole_is_read_in_the_rows_of_its_parts(shop: Store) -> None:
    before = answer(shop, WHOLE)
    assert sum(before.values()) == 3
    build(shop, ONCE)
    statement = explain(shop, prefixed(WHOLE))
    assert "HASH_JOIN" not in (plan := statement.upper().replace(" ", "_"))
    assert plan.count("PROPERTY_") == 2  # in the statement and in its plan
    assert "QUAD" not in plan
    assert answer(shop, WHOLE) == before


ORDERS = """
INSERT DATA {
  :p :client :a ; :day 1 ; :line :l . :l :number 1 .
  :q :client :b ; :day 1 ; :line :m . :m :number 2 .
}
"""
OF_ORDERS = [
    "SELECT * { ?p :client ?c ; :line ?l }",
    "SELECT * { ?p :client ?c ; :day ?d ; :line ?l . ?l :number ?n }",
    "SELECT * { ?p :client ?c ; :line ?l . ?l :number ?n ; :note ?t }",
    "SELECT * { ?p :client ?c ; :said ?s ; :line ?l . ?l :number ?n }",
]


@pytest.mark.parametrize(
    "more",
    [
        "",
        ":r :client :a ; :day 2 ; :line :bare .",
        ":q :line :other . :r :client :a ; :day 2 ; :line :bare .",
        ":p :said 'x' . :l :note 'y' .",
        ":x :about :p ; :score 3 . :y :about :q ; :score 4 .",
        ":x :about :c .",
    ],
)
@pytest.mark.parametrize("worth", [ONCE, Worth(quads=1)], ids=["once", "always"])
def test_a_part_of_which_nothing_else_is_said_carries_what_is_said_of_its_whole(
    more: str, worth: Worth
) -> None:
    with Store.open(threads=1) as store:
        update(store, prefixed(ORDERS))
        update(store, prefixed(f"INSERT DATA {{ {more} }}"))
        before = [answer(store, text) for text in OF_ORDERS]
        build(store, worth)
        table = store.property_table
        assert table is not None
        assert store.cursor().execute(differences(table)).fetchall() == []
        assert [answer(store, text + "# again") for text in OF_ORDERS] == before


def test_a_link_that_both_ends_have_once_is_told_in_the_rows_of_both() -> None:
    with Store.open(threads=1) as store:
        update(store, prefixed(ORDERS))
        update(store, prefixed("INSERT DATA { :x :about :a ; :score 3 . :y :about :p ; :score 4 }"))
        build(store, Worth(quads=1))
        table = store.property_table
        assert table is not None
        told = {(one.form, lexical(store, one.p)) for one in table.columns if one.via is None}
        assert {(Form.OBJECT, "urn:x:line"), (Form.SUBJECT, "urn:x:line")} <= told
        # So is what is about something else each time, though it carries nothing.
        assert {(Form.OBJECT, "urn:x:about"), (Form.SUBJECT, "urn:x:about")} <= told
        plan = explain(store, prefixed(OF_ORDERS[1]))
        assert plan.count("property_") == 2  # in the statement and in its plan
        assert "quad" not in plan


@pytest.mark.parametrize(
    "change",
    [
        "INSERT DATA { GRAPH :one { :q :client :a } }",
        "DELETE DATA { GRAPH :one { :q :client :b } }",
        "DELETE { ?p :amount ?n } INSERT { ?p :amount 9 } WHERE { ?p :amount ?n }",
        "INSERT DATA { GRAPH :two { :q :amount 7 } }",
        "INSERT DATA { GRAPH :one { :q :line :o . :o :of :x ; :number 3 } }",
        "DELETE DATA { GRAPH :one { :q :line :n } }",
    ],
)
def test_the_parts_of_a_whole_follow_what_is_said_of_it(shop: Store, change: str) -> None:
    build(shop, ONCE)
    update(shop, prefixed(change))
    table = shop.properties_at(shop.head)
    assert table is not None
    assert shop.cursor().execute(differences(table)).fetchall() == []
    found = answer(shop, WHOLE)
    shop.property_table = None
    assert found == answer(shop, WHOLE)
    build(shop, ONCE)
    assert found == answer(shop, WHOLE.replace("?y", "?item"))


def test_what_is_left_out(shop: Store) -> None:
    build(shop, ONCE)
    table = shop.property_table
    assert table is not None
    [(left,)] = shop.cursor().execute(f"SELECT s FROM {table.rest}").fetchall()
    assert lexical(shop, left) == "urn:x:c"
    columns = {
        (one.form, lexical(shop, one.p), one.o and lexical(shop, one.o)) for one in table.columns
    }
    assert (Form.SUBJECT, "urn:x:line", None) in columns
    assert (Form.CLASS, str(RDF.type), "urn:x:Client") in columns


def lexical(store: Store, term: int) -> str:
    return decode(store.cursor(), [term])[term][1]


NODES = [f"<urn:x:{name}>" for name in "abcde"]
TRIPLES = st.tuples(
    st.sampled_from(NODES),
    st.sampled_from([":p", ":q", ":r", "a"]),
    st.sampled_from([*NODES, "1", "2.5", "'text'", "'2024-01-02'^^xsd:date", "1e0"]),
    st.sampled_from(["urn:x:g", "urn:x:h"]),
)


@settings(max_examples=examples(5, 8), deadline=None)
@given(st.lists(TRIPLES, min_size=1, max_size=25), st.sampled_from([ALL, ONCE]))
def test_the_table_says_what_the_quads_say(
    quads: list[tuple[str, str, str, str]], worth: Worth
) -> None:
    data = " ".join(f"GRAPH <{g}> {{ {s} {p} {o} }}" for s, p, o, g in quads)
    with Store.open(threads=1) as store:
        update(store, prefixed(f"INSERT DATA {{ {data} }}"))
        build(store, worth)
        table, cursor = store.property_table, store.cursor()
        # The commit itself has several properties.
        assert table is not None
        assert load(cursor) == table
        assert cursor.execute(differences(table)).fetchall() == []
        found = expected(cursor, table)
        held = {s for part in table.parts for s in subjects(cursor, part.name)}
        rest = subjects(cursor, table.rest)
        twice = {s for s, counts in found.items() if max(counts.values()) > 1}
        # Of those that are left out, the others have two values of what nobody else has.
        assert twice <= rest
        several = {s for s, counts in found.items() if len(counts) > 1}
        alone = {s for s, counts in found.items() if any(one.alone for one in counts)}
        assert held == (several | alone) - rest
        assert bool(table.left_out) == bool(rest)


def subjects(cursor: Cursor, table: str) -> set[int]:
    return {s for (s,) in cursor.execute(f"SELECT s FROM {table}").fetchall()}


def expected(cursor: Cursor, table: PropertyTable) -> dict[int, Counter[Column]]:
    """Return how many quads of each column every subject has, told by Python."""
    quads = cursor.execute("SELECT s, p, o FROM live").fetchall()
    found: dict[int, Counter[Column]] = {}
    for column in (one for one in table.columns if one.via is None):
        for s, p, o in quads:
            if p == column.p and column.o in (None, o):
                owner = o if column.form is Form.SUBJECT else s
                found.setdefault(owner, Counter())[column] += 1
    return found


def test_a_difference_is_found(shop: Store) -> None:
    build(shop, ALL)
    table = shop.property_table
    assert table is not None
    assert dict(examine(shop.cursor()))["properties"] is None
    part = max(table.parts, key=lambda one: len(one.columns))
    with shop.write() as tx:
        tx.recorded = False
        tx.cursor.execute(f"DELETE FROM {part.name}")
    finding = dict(examine(shop.cursor()))["properties"]
    assert finding is not None
    assert finding.rows > 0


PLAIN = [
    ":a :name 'Änne'",
    ":a :name 'Ana'",
    ":a :since '2024-05-06'^^xsd:date",
    ":new a :Client ; :name 'Neu' ; :since '2024-05-06'^^xsd:date",
    ":p :line :n",
    ":q :client :c",
    ":x a :Client",
    ":d a :Client",
    ":p :amount 12.50",
    ":p :client :c",
    ":q :amount 8",
    ":p :line :k",
    ":k :of :x ; :number 3",
]
"""What a commit may say of a column that was built."""


@settings(max_examples=examples(4, 12), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["INSERT", "DELETE"]),
            st.sampled_from([":one", ":two"]),
            st.lists(st.sampled_from(PLAIN), min_size=1, max_size=3, unique=True),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([ALL, ONCE]),
)
def test_small_commits_keep_it_right(
    changes: list[tuple[str, str, list[str]]], worth: Worth
) -> None:
    with Store.open(threads=1) as store:
        update(store, SHOP)
        build(store, worth)
        for verb, graph, triples in changes:
            data = f"{verb} DATA {{ GRAPH {graph} {{ {' . '.join(triples)} }} }}"
            update(store, prefixed(data))
        table, cursor = store.properties_at(store.head), store.cursor()
        loaded = load(cursor)
        assert table is not None
        assert loaded is not None
        # What the rest once had stays possible until the store is opened again.
        assert loaded.left_out <= table.left_out
        assert replace(loaded, left_out=table.left_out) == table
        assert cursor.execute(differences(table)).fetchall() == []
        rest = cursor.execute(f"SELECT s FROM {table.rest}").fetchall()
        assert len(rest) == len(set(rest))
        found = [answer(store, text) for text in QUESTIONS]
        store.property_table = None
        assert found == [answer(store, text) for text in QUESTIONS]


@pytest.mark.parametrize(
    "triple",
    [
        ":p :client 'Ana'",
        ":p :amount 7.125",
        ":x :name 5",
        ":x :since '2024-05-06Z'^^xsd:date",
        ":z :line 'l'",
    ],
)
def test_what_no_column_holds_makes_it_old(shop: Store, triple: str) -> None:
    build(shop, ONCE)
    update(shop, prefixed(f"INSERT DATA {{ GRAPH :one {{ {triple} }} }}"))
    assert shop.properties_at(shop.head) is None
    update(shop, prefixed(f"DELETE DATA {{ GRAPH :one {{ {triple} }} }}"))
    assert shop.properties_at(shop.head) is None
    assert build(shop, ONCE)


@pytest.mark.parametrize("limit", ["_MOST", "_MOST_MOVED"])
def test_a_large_commit_makes_it_old(
    shop: Store, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    text = "SELECT ?name { ?x :name ?name ; :since ?day }"
    build(shop, ONCE)
    first = shop.property_table
    monkeypatch.setattr(property_changes, limit, 0)
    update(shop, prefixed("DELETE DATA { GRAPH :one { :a :name 'Ana' } }"))
    assert shop.properties_at(shop.head) is None
    assert sum(answer(shop, text).values()) == 3
    assert sum(answer(shop, text, as_of_commit=1).values()) == 4
    build(shop, ONCE)
    assert sum(answer(shop, text).values()) == 3
    assert sum(answer(shop, text, as_of_commit=1).values()) == 4
    tables = shop.cursor().execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert first is not None
    assert all(f"property_{first.built}_" not in name for (name,) in tables)


def test_a_commit_ends_the_building(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    step = upkeep._Building._step
    commits = iter([prefixed("INSERT DATA { :new :name 'Neu' ; :since 'now' }")])

    @contextlib.contextmanager
    def overtaken(building: upkeep._Building) -> Iterator[Cursor]:
        with step(building) as cursor:
            yield cursor
        for text in commits:
            update(shop, text)

    monkeypatch.setattr(upkeep._Building, "_step", overtaken)
    assert not build(shop, ONCE)
    assert shop.property_table is None
    assert load(shop.cursor()) is None
    assert build(shop, ONCE)
    assert sum(answer(shop, "SELECT * { ?x :name ?name ; :since ?day }").values()) == 5


def test_a_query_whose_table_is_gone_is_answered_by_another(
    shop: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(shop, ONCE)
    text = "SELECT ?name { ?x :name ?name ; :since ?day }"
    assert sum(answer(shop, text).values()) == 4
    properties_at = Store.properties_at

    def late(store: Store, commit: int) -> PropertyTable | None:
        found = properties_at(store, commit)
        monkeypatch.setattr(Store, "properties_at", properties_at)
        update(shop, prefixed("INSERT DATA { :new :name 'Neu' ; :since 'now' }"))
        build(shop, ONCE)
        return found

    monkeypatch.setattr(Store, "properties_at", late)
    assert sum(answer(shop, text).values()) == 5


def test_it_is_there_after_opening_and_compaction(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with Store.open(path) as store:
        update(store, SHOP)
        build(store, ONCE)
        update(store, prefixed("INSERT DATA { GRAPH :one { :d :name 'Dora' } }"))
        table = store.property_table
    with Store.open(path) as store:
        assert store.property_table == table
        assert store.properties_at(store.head) == table
    compact(path)
    with Store.open(path) as store:
        # Nothing in so small a graph is worth a column.
        assert store.property_table is None
        assert sum(answer(store, "SELECT * { ?x :name ?name ; :since ?day }").values()) == 4


def test_upkeep_builds_it_when_commits_rest(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_LOOK", 0.01)
    monkeypatch.setattr(upkeep, "_REST", 0.02)
    monkeypatch.setattr(upkeep, "WORTH", ONCE)
    Upkeep(shop).start()
    wait_for(shop)
    update(shop, prefixed("INSERT DATA { :new :name 'Neu' ; :since 'now' }"))
    wait_for(shop)
    assert sum(answer(shop, "SELECT * { ?x :name ?name ; :since ?day }").values()) == 5


def wait_for(store: Store) -> None:
    end = monotonic() + 30
    while store.properties_at(store.head) is None:
        assert monotonic() < end, "no property table was built"
        sleep(0.01)
