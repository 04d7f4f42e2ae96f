"""Queries that share a plan: the SQL is the one that the whole text compiles to."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fuzz_cases import cases, filled, stage
from fuzz_data import ALL, NODES, PREDICATES, PROLOGUE, History, Quad, iri, typed
from hypothesis import example, given, settings
from hypothesis import strategies as st
from other_constants import GRAPHS, compare, with_other_constants
from rdflib import Literal, URIRef

from kg.errors import QueryError
from kg.sparql import parse, query
from kg.sparql.lifting import read
from kg.sparql.plans import Plans
from kg.store import Store

QUADS: list[Quad] = [
    (NODES[n % 3], PREDICATES[n % 2], term, "urn:x:g" if n % 5 else None)
    for n, term in enumerate([*NODES, *ALL])
]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """A store that knows many terms."""
    with filled(History((((), tuple(QUADS)),))) as store:
        yield store


OPEN = {
    "SELECT ?p ?o { <urn:x:a> ?p ?o }": ["urn:x:a"],
    "SELECT ?s { ?s :p <urn:x:a>, 'b', 5, 1.5 }": ["urn:x:a", "b", "5", "1.5"],
    "SELECT ?s { ?s :p ?o FILTER(?o > 5 && ?o != 'x'@fr) }": ["5", "x"],
    'SELECT ?s { ?s :p ?o FILTER(?o < "2024-01-01"^^xsd:date) }': ["2024-01-01"],
    "SELECT ?s { VALUES ?s { <urn:x:a> UNDEF 7 } ?s ?p 7 }": ["urn:x:a", "7"],
    "SELECT ?s { <urn:x:a> :p+ ?s }": ["urn:x:a"],
    "SELECT ?s { ?s :p ?o FILTER(CONTAINS(?o, 'x') && ?s IN (<urn:x:a>, <urn:x:b>)) }": [
        "x",
        "urn:x:a",
        "urn:x:b",
    ],
    "SELECT ?s { ?s :p ?o FILTER NOT EXISTS { ?s :q <urn:x:a> FILTER(?o = 4) } }": ["urn:x:a", "4"],
    "SELECT (STRLEN(STR(?o)) * 1.5 AS ?more) { ?s :p ?o }": ["1.5"],
    "DESCRIBE <urn:x:a>": ["urn:x:a"],
    "ASK { <urn:x:a> :p 'a' }": ["urn:x:a", "a"],
    "SELECT (COUNT(*) AS ?n) { ?s :p ?o } HAVING (COUNT(*) > 2)": ["2"],
    "BASE # where\n <http://example.org/> SELECT ?s { ?s <b> <http://example.org/> }": [
        "http://example.org/"
    ],
}
CLOSED = [
    "SELECT ?s { ?s <urn:x:p> ?o }",
    "SELECT ?s { ?s :p ?o } LIMIT 5 OFFSET 7",
    "SELECT ?s { ?s :p ?o FILTER(?o = 5) } LIMIT 5",
    "SELECT ?s { ?s <urn:x:a> <urn:x:a> }",
    "SELECT ?s { ?s <urn:x:a>/<urn:x:b> ?o }",
    "SELECT ?s { ?s :p ?o FILTER REGEX(?o, 'a', 'i') }",
    "SELECT ?s FROM <urn:x:g> { ?s :p ?o }",
    "SELECT ?s { GRAPH <urn:x:g> { ?s :p ?o } }",
    "SELECT (GROUP_CONCAT(?o; SEPARATOR=',') AS ?l) { ?s :p ?o }",
    "SELECT ?s { ?s :p ?o FILTER(?o = 'a'^^<urn:x:t>) }",
    "SELECT ?s { ?s :p ?o FILTER(?o = -5 || ?o = +5 || ?o = 5e0) }",
    "SELECT ?s { ?s :p ?o FILTER(<urn:x:f>(?o)) }",
    "SELECT (STRDT(?o, <urn:x:t>) AS ?t) { ?s :p ?o }",
    "SELECT ?s { ?s :p 'a\\tb' }",
    "SELECT ?s { ?s :p '\\u0061', 'b' }",
    "SELECT ?s { ?s :p '''long''' } # <urn:x:a>",
    "PREFIX a: <urn:x:a> BASE <http://example.org/> SELECT ?s { ?s a: <b> }",
    "PREFIX a: # where\n <urn:x:a> SELECT ?s { ?s :p a:, a:b }",
    "SELECT ?s { ?s a <http://www.w3.org/2002/07/owl#Class> }",
    "CONSTRUCT { ?s :p 'new' } WHERE { ?s :p ?o }",
]


@pytest.mark.parametrize("text", OPEN)
def test_constants_that_are_left_open(text: str) -> None:
    assert [key[0] for key in read(PROLOGUE + text).constants] == OPEN[text]


@pytest.mark.parametrize("text", CLOSED)
def test_constants_that_decide_the_query_stay(text: str) -> None:
    assert read(PROLOGUE + text).constants == ()


@pytest.mark.parametrize("text", [*OPEN, *CLOSED])
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3))])
def test_sql_is_that_of_the_whole_text(store: Store, text: str, seed: int) -> None:
    cursor, plans = store.cursor(), Plans()
    for one in range(3):
        other = with_other_constants(PROLOGUE + text, None, 3 * seed + one)
        compare(cursor, plans, other)


@pytest.mark.parametrize(
    "seed", [3, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 1, 2, 4, 5, 6, 7))]
)
def test_random_queries_compile_to_the_sql_of_the_whole_text(seed: int) -> None:
    several = cases(seed)
    with filled(several[0].data) as store:
        cursor, plans = store.cursor(), Plans()
        for case in several:
            text = re.sub(r"(?<![:\w])(:[abcghi])\b", lambda name: f"<urn:x{name[0]}>", case.text)
            others = (with_other_constants(text, None, seed + n) for n in range(2))
            for one in (text, *others, text):
                compare(cursor, plans, one)


def test_queries_of_one_shape_share_a_plan(store: Store) -> None:
    cursor, plans = store.cursor(), Plans()
    for name in ("a", "b", "c"):
        compare(cursor, plans, f"SELECT ?p ?o {{ <urn:x:{name}> ?p ?o }}")
    assert len(plans) == 1
    compare(cursor, plans, "SELECT ?p ?o { <urn:x:nowhere> ?p ?o }")
    assert len(plans) == 2


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?s ?x { ?s :p ?o FILTER(?o = ?x) }",
        "SELECT ?s ?x { ?s ?x ?o }",
        "SELECT ?s { GRAPH ?x { ?s :p ?o } }",
        "SELECT ?s { ?s :p ?o FILTER REGEX(?o, ?x) }",
        "SELECT ?s ?x { ?s :p ?o }",
    ],
)
def test_bindings_are_constants_that_are_left_open(store: Store, text: str) -> None:
    cursor, plans = store.cursor(), Plans()
    for value in (
        *(URIRef(f"urn:x:{name}") for name in ("p", "q", "a", "g", "nowhere")),
        *(Literal(text) for text in ("a", "b", "nowhere", "[", "it's")),
        *(Literal(number) for number in (1, 2, 300)),
    ):
        compare(cursor, plans, PROLOGUE + text, bindings={"x": value})


def test_a_plan_lasts_until_the_next_commit() -> None:
    text = "SELECT ?o { <urn:x:a> <urn:x:p> ?o }"
    with Store.open() as store:
        for number in range(3):
            assert [row[0][1] for row in query(store, text).rows()] == [  # type: ignore[index]
                str(n) for n in range(number)
            ]
            with store.write() as tx:
                [value] = typed("integer", str(number))
                stage(tx, [(iri("a"), iri("p"), value, None)])
                tx.insert("_data")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?s { ?s <urn:x:p> <urn:x:nowhere>, ?o FILTER(?o = <urn:x:nowhere>) }",
        "SELECT ?x { VALUES ?x { <urn:x:nowhere> 'nowhere' \"nowhere\" } }",
        "PREFIX : <urn:x:> SELECT ?x { VALUES ?x { <urn:x:nowhere> :nowhere } }",
        "PREFIX : <urn:x:> SELECT ?x { VALUES ?x { <urn:x:a> :nowhere } }",
    ],
)
def test_equal_constants_are_one_term(store: Store, text: str) -> None:
    cursor, plans = store.cursor(), Plans()
    for other in (text.replace("nowhere", "elsewhere"), text):
        compare(cursor, plans, other)


@settings(max_examples=200, deadline=None)
@given(
    iri=st.from_regex(r"(https?://|urn:[a-z]{1,3}:)[!-~é]{0,10}", fullmatch=True),
    literal=st.text(max_size=6),
    tail=st.sampled_from(("", "@en", "@en-", "^^<urn:x:t>", "^^:t", "^^", "@")),
)
@example(iri="http://example.org/##", literal="", tail="")
@example(iri="http://:80/", literal="", tail="")
def test_a_known_shape_hides_no_syntax_error(iri: str, literal: str, tail: str) -> None:
    read("PREFIX : <urn:x:> SELECT * { <urn:x:a> ?p 'a'" + tail.rstrip("-^@") + " }")
    text = f"PREFIX : <urn:x:> SELECT * {{ <{iri}> ?p '{literal}'{tail} }}"
    assert _refused(read, text) == _refused(parse, text)


_PIECES = (
    "# a 'b' <c>", "#", "##\r", "\n", " ", "'#'", '"#"', "'''\n#'''", "'\\\\'", "'\\'#'",
    "<urn:x:a#b>", "<urn:x:é#b>", ":a\\#b", ":a\\'", ":a", "?s<?o#", "?s", "1", "<", ">", "a",
    "'", '"', "FILTER(", ")", "&&", "||", ";", ",", ".",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=9).map("".join))
@example("?s :a\\#b ?o # c\n")
@example("?s ?p ?o FILTER(?s<?o#\n)")
@example("?s ?p '#' . # '\n ?s ?q '#'")
@example("?s # ' \r ?p '#'")
def test_comments_are_left_out_and_nothing_else(pattern: str) -> None:
    text = f"PREFIX : <urn:x:> SELECT * {{ {pattern}\n}} # end"
    assert _refused(read, text) == _refused(parse, text)
    if _refused(parse, text) is None:
        assert read(text).query.algebra == parse(text).algebra


def test_queries_that_differ_in_comments_share_a_plan(store: Store) -> None:
    cursor, plans = store.cursor(), Plans()
    for name in ("a", "b", "c"):
        text = f"# of {name}\nSELECT ?p ?o {{ <urn:x:{name}> # {name}\n ?p ?o }} # {name}"
        plans.compiled(cursor, read(text), {}, GRAPHS, 1)
    assert len(plans) == 1


def _refused(reader: object, text: str) -> str | None:
    try:
        reader(text)  # type: ignore[operator]
    except QueryError as error:
        return str(error)
    return None
