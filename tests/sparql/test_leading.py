"""The first solutions that are found without the others are those of the whole answer."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from kg.namespaces import XSD
from kg.sparql import leading, query
from kg.sparql.compiled import GraphChoice, compile_query
from kg.sparql.parse import parse
from kg.store import Store
from kg.store.rdf import load_bytes

CLIENTS = 300
SUMS = "SELECT ?c (SUM(?amount) AS ?sum) { ?buy :client ?c ; :amount ?amount } GROUP BY ?c"
TWICE = "SELECT ?c ?day (SUM(?amount) AS ?sum) { ?buy :client ?c ; :day ?day ; :amount ?amount }"

FOUND = {
    "a sum of each": f"SELECT ?c ?key ?sum {{ {{ {SUMS} }} ?c :key ?key }} ORDER BY ?key",
    "falling": f"SELECT ?key ?sum {{ {{ {SUMS} }} ?c :key ?key }} ORDER BY DESC(?key) ?sum",
    "several rows of each": f"""SELECT ?key ?day ?sum
        {{ ?c :key ?key {{ {TWICE} GROUP BY ?c ?day }} }} ORDER BY ?key DESC(?day)""",
    "one sub-select twice": f"""SELECT ?key ?days ?sum {{
        ?c :key ?key {{ {TWICE} GROUP BY ?c ?day }}
        {{ SELECT ?c (COUNT(*) AS ?days) (MIN(?day) AS ?first) {{ {{ {TWICE} GROUP BY ?c ?day }} }}
           GROUP BY ?c }}
        FILTER(?day = ?first) }} ORDER BY ?key""",
    "few have any": f"""SELECT ?key ?sum {{ {{ {SUMS} HAVING(SUM(?amount) > 90) }} ?c :key ?key }}
        ORDER BY ?key""",
    "an optional": f"""SELECT ?key ?sum ?name {{ {{ {SUMS} }} ?c :key ?key
        OPTIONAL {{ ?c :name ?name }} }} ORDER BY ?key ?name""",
    "optional days": """SELECT ?key (COUNT(?day) AS ?days) { ?c :key ?key {
        SELECT ?c ?day { ?buy :client ?c OPTIONAL { ?buy :day ?day } } } }
        GROUP BY ?c ?key ORDER BY ?key""",
    "all in one": """SELECT ?key (SUM(?amount) AS ?sum) { ?buy :client ?c ; :amount ?amount .
        ?c :key ?key } GROUP BY ?c ?key HAVING(COUNT(*) > 1) ORDER BY DESC(?key)""",
    "an optional key": f"""SELECT ?c ?key ?sum {{ {{ {SUMS} }} OPTIONAL {{ ?c :key ?key }} }}
        ORDER BY ?key""",
    "an optional key, falling": f"""SELECT ?c ?key ?sum {{ {{ {SUMS} }}
        OPTIONAL {{ ?c :key ?key }} OPTIONAL {{ ?c :name ?name }} }} ORDER BY DESC(?key) ?sum""",
    "only with a key": f"""SELECT ?key ?sum {{ {{ {SUMS} }} OPTIONAL {{ ?c :key ?key }}
        FILTER(BOUND(?key)) }} ORDER BY ?key""",
    "grouped with an optional key": """SELECT ?key (SUM(?amount) AS ?sum)
        { ?buy :client ?c ; :amount ?amount OPTIONAL { ?c :key ?key } }
        GROUP BY ?c ?key ORDER BY DESC(?key)""",
    "a union of what is distinct": """SELECT ?c ?key ?what {
        { { SELECT DISTINCT ?c { ?buy :client ?c } } BIND("any" AS ?what) }
        UNION { { SELECT DISTINCT ?c { ?x :client ?c ; :day ?day } } ?c :name ?what }
        OPTIONAL { ?c :key ?key } } ORDER BY DESC(?key) ?what""",
    "either": f"""SELECT ?key ?sum {{ ?c :key ?key {{ {SUMS} }}
        FILTER(?sum > 20 || EXISTS {{ ?c :name ?name }}) }} ORDER BY ?key""",
}
WHOLE = {
    "by the sum": f"SELECT ?c ?sum {{ {{ {SUMS} }} ?c :key ?key }} ORDER BY ?sum",
    "nothing grouped": "SELECT ?c { ?buy :client ?c . ?c :key ?key } ORDER BY ?key",
    "over all clients": """SELECT ?key ?all { ?c :key ?key
        { SELECT (COUNT(?c) AS ?all) { ?buy :client ?c } } } ORDER BY ?key""",
    "grouped without the client": """SELECT ?key ?day ?n { ?c :key ?key
        { SELECT ?day (COUNT(?c) AS ?n) { ?buy :client ?c ; :day ?day } GROUP BY ?day } }
        ORDER BY ?key""",
    "a limit within": f"SELECT ?key ?sum {{ {{ {SUMS} LIMIT 9 }} ?c :key ?key }} ORDER BY ?key",
    "a difference": f"""SELECT ?key ?sum {{ {{ {SUMS} }} ?c :key ?key MINUS {{ ?c :name ?name }} }}
        ORDER BY ?key""",
    "what may lack": f"""SELECT ?key ?sum {{ {{ {SUMS} }}
        OPTIONAL {{ ?x :name ?n OPTIONAL {{ ?c :name ?n }} }} ?c :key ?key }} ORDER BY ?key""",
    "grouped by the key alone": """SELECT ?key (SUM(?amount) AS ?sum)
        { ?buy :client ?c ; :amount ?amount . ?c :key ?key } GROUP BY ?key ORDER BY ?key""",
    "an optional key beside another": f"""SELECT ?key ?sum {{ {{ {SUMS} }}
        OPTIONAL {{ ?c :key ?key }} OPTIONAL {{ ?c :name ?key }} }} ORDER BY ?key""",
    "an optional key on a condition": f"""SELECT ?key ?sum {{ {{ {SUMS} }}
        OPTIONAL {{ ?c :key ?key FILTER(?sum > 30) }} }} ORDER BY ?key""",
    "an optional key with more": f"""SELECT ?key ?sum {{ {{ {SUMS} }}
        OPTIONAL {{ ?c :key ?key ; :name ?name }} }} ORDER BY ?key""",
    "an optional key of anybody": f"""SELECT ?key ?sum {{ {{ {SUMS} }}
        OPTIONAL {{ ?x :key ?key }} }} ORDER BY ?key""",
    "a union of which a part groups nothing": """SELECT ?c ?key {
        { SELECT DISTINCT ?c { ?buy :client ?c } } UNION { ?c :name ?name }
        OPTIONAL { ?c :key ?key } } ORDER BY ?key""",
    "a name given": f"""SELECT ?key ?sum {{ {{ {SUMS} }} {{ SELECT (?x AS ?c) {{ ?x :name ?n }} }}
        ?c :key ?key }} ORDER BY ?key""",
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    drawn = random.Random(11)
    lines = []
    for n in range(CLIENTS):
        # Keys are shared, of several kinds, and some have several or none.
        for key in {drawn.randrange(120) for _ in range(drawn.choice((0, 1, 1, 1, 2)))}:
            kind = drawn.choice((XSD.string, XSD.string, XSD.integer))
            lines.append(f'<urn:c{n}> <urn:key> "{key}"^^<{kind}> .')
        if n % 3 == 0:
            lines.append(f'<urn:c{n}> <urn:name> "name {n % 7}" .')
    for n in range(2 * CLIENTS):
        client = drawn.randrange(CLIENTS)
        lines += [
            f"<urn:b{n}> <urn:client> <urn:c{client}> .",
            f'<urn:b{n}> <urn:amount> "{drawn.randrange(60)}"^^<{XSD.integer}> .',
        ]
        if n % 5:
            day = f"2026-03-{drawn.randrange(1, 9):02d}"
            lines.append(f'<urn:b{n}> <urn:day> "{day}"^^<{XSD.date}> .')
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, "\n".join(lines).encode(), format="nquads")
        yield store


@pytest.mark.parametrize("first", [1, 3, 16, 40, 5000])
@pytest.mark.parametrize("name", FOUND)
def test_they_are_those_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, store: Store, name: str, first: int
) -> None:
    text = f"PREFIX : <urn:> {FOUND[name]}"
    whole = list(query(store, text).rows())
    monkeypatch.setattr(leading, "_MANY", 0)
    result = query(store, text, first=first)
    found = list(result.rows())
    assert result.engine == "sql"
    end = min(first, len(whole))
    ordered = [place for place, name in enumerate(result.variables) if name in ("key", "day")]
    keys = [[row[place] for place in ordered] for row in whole]
    assert [[row[place] for place in ordered] for row in found[:end]] == keys[:end]
    # What is tied with the last comes too: any of it may be the last.
    assert {repr(row) for row in found} <= {repr(row) for row in whole}
    assert len(found) >= end
    before = [repr(row) for row, key in zip(whole, keys, strict=True) if key != keys[end - 1]]
    sure = before[: next((n for n, key in enumerate(keys) if key == keys[end - 1]), 0)]
    assert sorted(map(repr, found[: len(sure)])) == sorted(sure)


def test_they_are_found_from_few_terms(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    monkeypatch.setattr(leading, "_MANY", 0)
    text = f"PREFIX : <urn:> {FOUND['a sum of each']}"
    cursor = store.cursor()
    found = compile_query(cursor, parse(text), {}, GraphChoice(), in_two_steps=True, first=4)
    [step] = found.steps
    assert "LIMIT 16" in step.sql


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_is_found_so_where_it_would_be_something_else(name: str) -> None:
    assert leading.leading_of(parse(f"PREFIX : <urn:> {WHOLE[name]}").algebra) is None


@pytest.mark.parametrize("name", FOUND)
def test_they_are_known_to_be_found_so(name: str) -> None:
    assert leading.leading_of(parse(f"PREFIX : <urn:> {FOUND[name]}").algebra) is not None
