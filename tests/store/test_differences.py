"""Differences of commits a page at a time, and the past as a reader sees it."""

import random

import pytest

from kg.namespaces import RDF
from kg.store import Store, lookup
from kg.store.differences import kinds_changed, things_changed
from kg.store.history import changes, commits
from kg.store.visibility import rewind

EX = "http://example.org/"
KINDS = [f"{EX}Kind{n}" for n in range(3)]


@pytest.fixture(scope="module")
def store():
    """Return a store with six commits that add and remove facts of forty things at random."""
    chance = random.Random(7)
    with Store.open(None) as store:
        live = set()
        for _ in range(6):
            with store.write() as tx:
                gone = [one for one in sorted(live) if chance.random() < 0.3]
                new = [_fact(chance) for _ in range(chance.randint(20, 60))]
                tx.delete_few(gone)
                tx.insert_few(list(dict.fromkeys(new)))
                live = live - set(gone) | set(new)
        yield store


def _fact(chance):
    thing = f"{EX}thing/{chance.randint(1, 40)}"
    if chance.random() < 0.3:
        return (thing, str(RDF.type), chance.choice(KINDS), None, None, f"{EX}graph")
    return (thing, f"{EX}p{chance.randint(1, 4)}", f"{EX}value/{chance.randint(1, 9)}", None, None,
            f"{EX}graph")  # fmt: skip


def told(cursor, number):
    """Return what `changes` tells of a commit, without its own description."""
    return [
        (added, s[1], p[1], o[1])
        for added, (s, p, o, g) in changes(cursor, number)
        if g is not None and g[1] == f"{EX}graph"
    ]


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("most", [1, 7, 100])
def test_pages_together_are_the_difference(store, number, most):
    cursor = store.cursor()
    found, after, more = [], 0, True
    while more:
        things, more = things_changed(cursor, number, after=after, most=most)
        assert len(things) <= most
        for one in things:
            assert one.total == len(one.facts)
            found += [(f.added, one.thing, f.predicate, f.object) for f in one.facts]
        after = things[-1].thing if things else 0
    expected = told(cursor, number)
    ids = {iri: lookup(cursor, [(iri, None, None)])[0] for _, *iris in expected for iri in iris}
    assert sorted(found) == sorted((added, *(ids[i] for i in iris)) for added, *iris in expected)


@pytest.mark.parametrize("number", range(1, 7))
def test_kinds_count_what_was_said_of_classes(store, number):
    cursor = store.cursor()
    expected = {}
    for added, _, p, o in told(cursor, number):
        if p == str(RDF.type):
            counts = expected.setdefault(o, [0, 0])
            counts[not added] += 1
    found = kinds_changed(cursor, number)
    assert {one.iri: [one.added, one.removed] for one in found} == expected
    for one in found:
        things, _ = things_changed(cursor, number, kind=one.iri, most=1000)
        said = {s for _, s, p, o in told(cursor, number) if (p, o) == (str(RDF.type), one.iri)}
        assert len(things) == len(said)


@pytest.mark.parametrize("number", range(7))
def test_a_cursor_set_back_sees_what_was_live_then(store, number):
    expected = set()
    for each in range(1, number + 1):
        for added, (s, p, o, _) in changes(store.cursor(), each):
            fact = (s[1], p[1], o[1])
            expected = expected | {fact} if added else expected - {fact}
    cursor = store.cursor()
    rewind(cursor, number)
    rows = cursor.execute(
        "SELECT s.lex, p.lex, o.lex FROM live AS q JOIN term AS s ON s.id = q.s"
        " JOIN term AS p ON p.id = q.p JOIN term AS o ON o.id = q.o"
    ).fetchall()
    assert sorted(rows) == sorted(expected)


def test_commits_before_a_number(store):
    cursor = store.cursor()
    whole = commits(cursor)
    assert commits(cursor, before=4, most=2) == [one for one in whole if one.number in (2, 3)]
