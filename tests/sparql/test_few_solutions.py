"""Few solutions are decoded one by one: the same answer, of the commit that it tells."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator

import pytest
from fuzz_cases import filled, stage
from fuzz_data import PROLOGUE, History, Quad, iri, typed

from kg.namespaces import PROVENANCE_GRAPH
from kg.sparql import Result, query
from kg.sparql.staged import FEW
from kg.store import Cursor, RawTerm, Store
from kg.store.decoding import Terms
from tests.drawing import examples

MANY = FEW + 100
QUADS: list[Quad] = [
    (iri(f"s{n}"), iri("p"), term, None)
    for n, term in enumerate([iri("o"), *typed("integer", *map(str, range(MANY)))])
]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with filled(History((((), tuple(QUADS)),))) as store:
        yield store


def ask(store: Store, text: str, **options: object) -> Result:
    hidden = [str(PROVENANCE_GRAPH)]
    return query(store, PROLOGUE + text, hidden_graphs=hidden, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?s ?o { ?s :p ?o FILTER(?o < 7) }",
        "SELECT ?o ?s ?none { ?s :p ?o FILTER(?o < 7) } ORDER BY DESC(?o) ?s",
        "SELECT ?o ?double ?text { ?s :p ?o BIND(2 * ?o AS ?double) BIND(STR(?s) AS ?text)"
        " FILTER(?o < 7) } ORDER BY ?double",
        "SELECT ?s ?x { ?s :p :o OPTIONAL { ?s :q ?x } }",
        "SELECT ?x ?y { VALUES (?x ?y) { (:nowhere UNDEF) (<urn:x:s1> 'new'@fr) (4 :s2) } }",
        "SELECT ?s ?o { ?s :p ?o } ORDER BY ?o LIMIT 5 OFFSET 3",
        "SELECT DISTINCT ?o { ?s :p ?o FILTER(?o = 3) }",
        "SELECT ?s { ?s :p :nowhere }",
    ],
)
def test_each_answer_is_the_same(store: Store, text: str) -> None:
    with store.write() as tx:
        # Within a transaction the dictionary is joined, and nothing is kept.
        wanted = sorted(map(repr, ask(store, text, cursor=tx.cursor).rows()))
        tx.rollback()
    for _ in range(3):
        found = ask(store, text)
        assert (found.engine, sorted(map(repr, found.rows()))) == ("sql", wanted)


def test_order_is_kept(store: Store) -> None:
    for _ in range(2):
        rows = ask(store, "SELECT ?o { ?s :p ?o FILTER(?o < 30) } ORDER BY DESC(?o)").rows()
        assert [int(row[0][1]) for row in rows if row[0]] == list(range(29, -1, -1))


def test_few_and_many_solutions_of_one_query(store: Store) -> None:
    for most in (3, MANY, 3, MANY):
        text = f"SELECT ?s ?o {{ ?s :p ?o FILTER(?o < {most}) }}"
        found = {(s[1], o[1]) for s, o in ask(store, text).rows() if s and o}
        assert found == {(f"urn:x:s{n + 1}", str(n)) for n in range(most)}


def test_what_was_rolled_back_is_not_remembered() -> None:
    text = "SELECT ?o { <urn:x:s> <urn:x:p> ?o }"
    with Store.open() as store:
        for name in ("lost", "kept"):
            with store.write() as tx:
                stage(tx, [(iri("s"), iri("p"), iri(name), None)])
                tx.insert("_data")
                for _ in range(2):
                    seen = list(ask(store, text, cursor=tx.cursor).rows())
                    assert seen == [((2, f"urn:x:{name}", None, None),)]
                    assert list(ask(store, text).rows()) == []
                if name == "lost":
                    tx.rollback()
        for _ in range(2):
            assert list(ask(store, text).rows()) == [((2, "urn:x:kept", None, None),)]


def test_an_answer_tells_the_commit_that_it_saw() -> None:
    commits = examples(12, 25)
    wrong: list[tuple[int, int]] = []

    def ask_again() -> None:
        while store.head < commits:
            result = ask(store, "SELECT ?s { ?s :p ?o }")
            count = sum(1 for _ in result.rows())
            if count != result.commit:
                wrong.append((count, result.commit))

    with Store.open() as store:
        readers = [threading.Thread(target=ask_again) for _ in range(2)]
        for reader in readers:
            reader.start()
        for number in range(commits):
            add(store, f"s{number}")
        for reader in readers:
            reader.join()
        assert store.head == commits
    assert wrong == []


def test_terms_are_those_of_the_commit_that_the_solutions_are_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terms_of = Terms.of

    def late(terms: Terms, cursor: Cursor, ids: Collection[int]) -> dict[int, RawTerm]:
        monkeypatch.setattr(Terms, "of", terms_of)
        add(store, "late")
        return terms_of(terms, cursor, ids)

    with Store.open() as store:
        add(store, "early")
        assert len(list(ask(store, "SELECT ?s { ?s :p ?o }").rows())) == 1
        monkeypatch.setattr(Terms, "of", late)
        result = ask(store, "SELECT ?s { ?s :p ?o }")
        assert (sum(1 for _ in result.rows()), result.commit) == (2, 2)


def add(store: Store, name: str) -> None:
    with store.write() as tx:
        stage(tx, [(iri(name), iri("p"), iri("o"), None)])
        tx.insert("_data")
