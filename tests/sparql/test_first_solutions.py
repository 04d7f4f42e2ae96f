"""The first solutions of a long answer: those of the whole, with all that is tied with the last."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.namespaces import XSD
from kg.sparql import query
from kg.store import Store
from kg.store.rdf import load_bytes

MANY = 5000
ASKED = {
    "one key": ("SELECT ?s ?a { ?s :a ?a } ORDER BY ?a", 1),
    "falling": ("SELECT ?s ?a { ?s :a ?a } ORDER BY DESC(?a)", 1),
    "two keys": ("SELECT ?s ?a ?b { ?s :a ?a OPTIONAL { ?s :b ?b } } ORDER BY ?a DESC(?b)", 2),
    "unbound first": ("SELECT ?s ?b { ?s :a ?a OPTIONAL { ?s :b ?b } } ORDER BY ?b", 1),
    "computed": ("SELECT ?s (?a / 3 AS ?c) { ?s :a ?a } ORDER BY ?c", 1),
    "all alike": ("SELECT ?s ?a { ?s :a ?a } ORDER BY STRLEN(STR(:x))", 0),
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    lines = [f'<urn:s{n}> <urn:a> "{n * 7919 % 900}"^^<{XSD.integer}> .' for n in range(MANY)]
    lines += [f'<urn:s{n}> <urn:b> "{n % 13}"^^<{XSD.integer}> .' for n in range(0, MANY, 3)]
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, "\n".join(lines).encode(), format="nquads")
        yield store


@pytest.mark.parametrize("first", [1, 100, 2500, MANY - 1, MANY, 9 * MANY])
@pytest.mark.parametrize("name", ASKED)
def test_the_first_come_with_what_is_tied_with_them(store: Store, name: str, first: int) -> None:
    text, keys = ASKED[name]
    whole = list(query(store, f"PREFIX : <urn:> {text}").rows())
    result = query(store, f"PREFIX : <urn:> {text}", first=first)
    found = list(result.rows())
    assert result.engine == "sql"
    last = whole[min(first, MANY) - 1][1 : 1 + keys]
    end = max(place for place, row in enumerate(whole) if row[1 : 1 + keys] == last)
    assert sorted(map(repr, found)) == sorted(map(repr, whole[: end + 1]))
    assert [row[1 : 1 + keys] for row in found] == [row[1 : 1 + keys] for row in whole[: end + 1]]


def test_the_next_answer_of_the_same_plan_is_whole(store: Store) -> None:
    text = "SELECT ?s ?a { ?s <urn:a> ?a } ORDER BY ?a"
    assert len(list(query(store, text, first=10).rows())) < MANY
    result = query(store, text)
    assert sum(len(lines) for lines in result.lines("csv") or ()) == MANY
