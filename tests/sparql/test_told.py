"""VALUES, or BIND of a term, drives the scans and the paths of a pattern, and changes no answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest
from fuzz import judged
from fuzz_cases import Case, View, filled
from fuzz_data import GRAPHS, PROLOGUE, XSD, History, Term, iri
from fuzz_trees import tree
from oracles import Oracles

from kg.sparql.compiled import GraphChoice, compile_query
from kg.sparql.explaining import explain
from kg.sparql.parse import parse
from kg.sparql.steps import run_steps

LINES = (
    *("a p b ", "a p c ", "a p 1 ", "b p c ", "b q a ", "c q b ", "a p b 0", "d p a 0"),
    *("b p d 1", "x y z 1", "a p b 1"),
)
"""Subject, predicate, object and the number of the graph; one triple is in three graphs."""

PATTERNS = (
    "?e ?role ?x",
    "?x ?role ?e",
    "?e :p ?x . ?x :q ?f",
    "?e :q ?f OPTIONAL { ?f :p ?x }",
    "{ ?e :p ?x } UNION { ?x :q ?e }",
    "?x :p ?e MINUS { ?e :q ?x }",
    "?x :p ?e FILTER NOT EXISTS { ?e :p ?x }",
    "?e :p ?f FILTER EXISTS { ?f :q ?x }",
    "GRAPH ?g { ?e ?role ?x }",
    "GRAPH ?x { ?e ?role ?f }",
    "{ SELECT ?e (COUNT(?x) AS ?n) { ?e :p ?x } GROUP BY ?e }",
    "{ SELECT ?e ?x { ?e :p ?x } }",
    "?x :p+ ?e",
    "?e :p+ ?x",
    "?x :p* ?e",
    "?e (:p|:q)* ?x",
    "?e :q/:p* ?x",
    "?x :p? ?e",
    "?x (:p/:q)* ?e . ?e :p ?f",
    "GRAPH ?g { ?x :p* ?e }",
    "?x :p+ ?x",
)
TOLD = (
    "VALUES ?x { :a :b :nowhere 1 :a }",
    "VALUES (?x ?e) { (:a :b) (:c :d) (:a :c) }",
    "VALUES (?x ?e) { (:a UNDEF) (:b :c) }",
    "BIND (:a AS ?x)",
)


def _object(text: str) -> Term:
    return iri(text) if text.isalpha() else (text, XSD + "integer", None)


DATA = History(
    (
        (
            (),
            tuple(
                (iri(s), iri(p), _object(o), GRAPHS[int(g)] if g else None)
                for s, p, o, g in (line.split(" ") for line in LINES)
            ),
        ),
    )
)


@pytest.fixture(scope="module")
def oracles() -> Iterator[Oracles]:
    with Oracles() as oracles:
        yield oracles


def test_answers_are_those_of_other_engines(oracles: Oracles) -> None:
    kinds: Counter[str] = Counter()
    with filled(DATA) as store:
        for told, pattern in product(TOLD, PATTERNS):
            query = tree("query", f"SELECT *\nWHERE {{ {told} {pattern} }}")
            verdict = judged(Case(DATA, View(union=True), query), oracles, store)
            assert "differ" not in verdict.kind, (told, pattern, verdict)
            assert verdict.engine == "sql"
            kinds[verdict.kind] += 1
    assert kinds["same"] > sum(kinds.values()) / 2, kinds


@pytest.mark.parametrize("told", ["VALUES ?x { :a :b }", "BIND (:a AS ?x)"])
def test_a_scan_that_makes_its_triples_distinct_reads_what_is_told(told: str) -> None:
    with filled(DATA) as store:
        text = explain(store, f"{PROLOGUE} SELECT * {{ {told} ?e ?role ?x }}")
        [scan] = re.findall(r"SELECT DISTINCT .*? FROM quad AS (\w+) WHERE (.*?)\) AS \1", text)
        assert f"{scan[0]}.o = " in scan[1]


@pytest.mark.parametrize("path", [":p+", ":p*", "(:p/:q)+", "^:p*"])
def test_a_path_is_followed_from_what_is_told(path: str) -> None:
    lines = [(iri(f"n{n}"), iri("p"), iri(f"n{n + 1}"), None) for n in range(40)]
    chains = [*lines, *((iri(f"m{n}"), iri("p"), iri(f"m{n + 1}"), None) for n in range(3))]
    with filled(History((((), tuple(chains)),))) as store:
        cursor = store.cursor()
        text = f"{PROLOGUE} SELECT * {{ VALUES ?x {{ :m0 }} ?x {path} ?y }}"
        compiled = compile_query(cursor, parse(text), {}, GraphChoice(), in_two_steps=True)
        run_steps(cursor, compiled.steps)
        sizes = [
            cursor.execute(f"SELECT count(*) FROM {step.table}").fetchall()[0][0]
            for step in compiled.steps
        ]
    # The chain of forty, which is not reached, would make hundreds of pairs.
    assert sizes
    assert max(sizes) <= 4
