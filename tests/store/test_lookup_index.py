"""The look-up index says what the quads say, follows small commits, and is of no use otherwise."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import duckdb
import pytest

from kg.sparql.update import update
from kg.store import Store, Transaction, lookup_building, lookup_index, upkeep
from kg.store.columns import columns
from kg.store.lookup_building import build
from kg.store.lookup_index import LookupIndex, ManyNeighboursError
from kg.store.upkeep import Upkeep
from tests.drawing import examples

PEOPLE = """
PREFIX : <urn:x:>
INSERT DATA {
  :a :name "Ana", "Ana"@fr, "" ; :knows :b, :c . :b :knows :a .
  GRAPH :one { :a :knows :b ; :age 7 . :c :knows _:x . _:x :knows :c }
  GRAPH :two { :c :name "Ana" ; :knows :b, :d . }
}
"""
CHANGES = [
    'INSERT DATA { <urn:x:a> <urn:x:knows> <urn:x:new> ; <urn:x:said> "new" }',
    "DELETE DATA { <urn:x:a> <urn:x:knows> <urn:x:b> }",
    "DELETE DATA { GRAPH <urn:x:one> { <urn:x:a> <urn:x:knows> <urn:x:b> } }",
    "INSERT DATA { <urn:x:a> <urn:x:knows> <urn:x:b> . GRAPH <urn:x:n> { <urn:x:b> a <urn:x:c> } }",
    "DELETE WHERE { <urn:x:a> <urn:x:knows> <urn:x:new> }",
    "INSERT DATA { <urn:x:a> <urn:x:knows> <urn:x:new> }",
    "DROP GRAPH <urn:x:two>",
]


@pytest.fixture
def people() -> Iterator[Store]:
    """A store of who knows whom."""
    with Store.open(threads=1) as store:
        update(store, PEOPLE)
        yield store


def shown(store: Store) -> LookupIndex:
    index = store.index_at(store.head)
    assert index is not None
    return index


def compare(store: Store) -> None:
    """Check that the index has the terms and the triples that the tables have."""
    index, cursor = shown(store), store.cursor()
    terms = cursor.execute("SELECT id, kind, lex, dt, lang FROM term").fetchall()
    for number, *term in terms:
        assert index.term(number) == tuple(term)
        assert index.id(tuple(term[1:])) == number
    last = len(terms)
    assert index.term(0) is index.term(last + 1) is index.term(-1) is None
    quads = cursor.execute("SELECT s, p, o, g FROM live").fetchall()
    graphs = {quad[3] for quad in quads}
    assert index.graphs() >= graphs
    predicates = {quad[1] for quad in quads}
    for seen in (graphs, *({graph} for graph in graphs), graphs - {0}, set()):
        view = index.view(frozenset(seen))
        triples = {quad[:3] for quad in quads if quad[3] in seen}
        for node in range(last + 2):
            out = sorted((p, o) for s, p, o in triples if s == node)
            into = sorted((p, s) for s, p, o in triples if o == node)
            assert sorted(view.edges(node, 0)) == out
            assert sorted(view.edges(node, 1)) == into
            assert view.is_node(node) == bool(out or into)
            for p in predicates:
                assert sorted(view.neighbours(node, p, 0)) == [o for by, o in out if by == p]
                assert sorted(view.neighbours(node, p, 1)) == [s for by, s in into if by == p]
                assert view.size(node, p, 0) >= sum(by == p for by, _ in out)
        for s, p, o in triples:
            assert view.holds(s, p, o, 0)
            assert view.holds(o, p, s, 1)
            assert view.holds(s, p, s, 0) == ((s, p, s) in triples)


def test_it_says_what_the_quads_say(people: Store) -> None:
    assert build(people)
    compare(people)


def test_it_follows_small_commits(people: Store) -> None:
    build(people)
    for change in CHANGES:
        update(people, change)
        compare(people)


def test_quads_and_terms_of_commits_during_the_building_are_laid_over_it(people: Store) -> None:
    index = lookup_building.Building(people)._built()
    assert index is not None
    for change in CHANGES:
        update(people, change)
    people.lookup_index = index.after(people.cursor(), people.head)
    compare(people)


def test_a_commit_during_the_building_is_followed_at_its_end(
    people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = lookup_building.Building._built

    def overtaken(building: lookup_building.Building) -> LookupIndex | None:
        index = built(building)
        for change in CHANGES:
            update(people, change)
        return index

    monkeypatch.setattr(lookup_building.Building, "_built", overtaken)
    assert build(people)
    compare(people)


def test_a_term_whose_hash_another_has_is_told_from_it(
    people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with people.write() as tx:
        tx.recorded = False
        tx.cursor.execute("UPDATE term SET h = 1")
    monkeypatch.setattr(lookup_index, "term_hash", lambda _text: 1)
    build(people)
    compare(people)
    assert shown(people).id(("urn:x:absent", None, None)) is None


def test_a_large_commit_makes_it_useless_until_it_is_built_again(
    people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup_index, "_MOST_CHANGED", 15)
    build(people)
    update(people, CHANGES[0])
    compare(people)
    many = ", ".join(f"<urn:x:n{n}>" for n in range(16))
    update(people, f"INSERT DATA {{ <urn:x:e> <urn:x:knows> {many} }}")
    assert people.index_at(people.head) is None
    assert build(people)
    compare(people)


def fail(_transaction: Transaction) -> None:
    raise ZeroDivisionError


def test_a_write_that_fails_leaves_it_as_it_was(people: Store) -> None:
    build(people)
    before = shown(people)
    people.before_commit = fail
    with pytest.raises(ZeroDivisionError):
        update(people, CHANGES[0])
    assert shown(people) is before
    compare(people)


def test_an_empty_store_has_none() -> None:
    with Store.open() as store:
        assert not build(store)
        assert store.lookup_index is None


def test_many_neighbours_are_not_given(people: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_index, "MOST", 1)
    build(people)
    index = shown(people)
    view = index.view(index.graphs())
    node, knows = (index.id((f"urn:x:{name}", None, None)) for name in ("a", "knows"))
    assert node is not None
    assert knows is not None
    with pytest.raises(ManyNeighboursError):
        view.neighbours(node, knows, 0)
    with pytest.raises(ManyNeighboursError):
        view.edges(node, 0)


def test_upkeep_builds_it_when_commits_rest(people: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_LOOK", 0.01)
    monkeypatch.setattr(upkeep, "_REST", 0.02)
    Upkeep(people).start()
    wait_for(people)
    people.lookup_index = None
    update(people, CHANGES[0])
    wait_for(people)
    compare(people)


def test_upkeep_goes_on_without_it_where_the_disk_is_full(
    people: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(upkeep, "_LOOK", 0.01)
    monkeypatch.setattr(upkeep, "_REST", 0.02)
    monkeypatch.setattr(lookup_building._File, "write", full)
    Upkeep(people).start()
    end = monotonic() + 30
    while "No space left" not in caplog.text:
        assert monotonic() < end
        sleep(0.01)
    assert people.lookup_index is None
    assert update(people, CHANGES[0]).commit == 2


def test_it_leaves_room_for_writes(people: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    little = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: little)
    with pytest.raises(OSError, match="Too little room for the look-up index"):
        build(people)
    assert people.lookup_index is None


def wait_for(store: Store) -> None:
    end = monotonic() + 30
    while store.index_at(store.head) is None:
        assert monotonic() < end, "no look-up index was built"
        sleep(0.01)


def test_it_leaves_no_file(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.duckdb") as store:
        update(store, PEOPLE)
        store.checkpoint()
        before = sorted(tmp_path.iterdir())
        assert build(store)
        compare(store)
        assert sorted(tmp_path.iterdir()) == before


def test_columns_are_the_bytes_of_the_engine() -> None:
    with Store.open() as store:
        query = (
            "SELECT i::INTEGER, i::UTINYINT, ['', 'é', 'abc'][i % 3 + 1] FROM range(250) AS r(i)"
        )
        found = list(columns(store.cursor(), query))
        numbers, bytes_, texts = (b"".join(part) for part in zip(*found, strict=True))
        assert list(memoryview(numbers).cast("i")) == list(range(250))
        assert list(bytes_) == list(range(250))
        assert texts.decode() == ("éabc" * 84)[: 83 * 4 + 0]
        assert list(columns(store.cursor(), "SELECT 1 WHERE false")) == []
        with pytest.raises(duckdb.Error):
            list(columns(store.cursor(), "SELECT error('no') FROM range(3)"))


def test_columns_give_their_memory_back() -> None:
    with Store.open(threads=1) as store:
        cursor, query = store.cursor(), "SELECT repeat('x', 1000) FROM range(20000)"
        list(columns(cursor, query))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(examples(5, 40)):
            list(columns(cursor, query))
        # Each answer has 20 MB.
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80_000
