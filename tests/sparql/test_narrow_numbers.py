"""Numbers that fit 64 bits are read so from the property table, and mean what they mean in 128."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, QuerySolutions
from pyoxigraph import Store as Oxigraph
from rdflib import URIRef

from kg.sparql import query
from kg.sparql.explaining import explain
from kg.sparql.update import update
from kg.store import RawTerm, Store, lookup_nodes
from kg.store.doctor import examine
from kg.store.property_steps import Worth
from kg.store.property_table import Form
from kg.store.upkeep import build
from tests.drawing import examples

ALL = Worth(quads=1, once=0.0)
XSD = "http://www.w3.org/2001/XMLSchema#"
PREFIXES = f"PREFIX : <urn:x:> PREFIX xsd: <{XSD}> "
QUESTIONS = [
    "SELECT * { ?x :n ?n }",
    "SELECT (SUM(?n) AS ?sum) { ?x :n ?n }",
    "SELECT (SUM(DISTINCT ?n) AS ?sum) { ?x :n ?n }",
    "SELECT (AVG(?n) AS ?mean) { ?x :n ?n }",
    "SELECT ?g (SUM(?n) AS ?sum) (COUNT(*) AS ?all) { ?x :n ?n ; :g ?g } GROUP BY ?g",
    "SELECT ?g (SUM(?n) AS ?sum) { ?x :n ?n ; :g ?g } GROUP BY ?g HAVING(SUM(?n) > 5)",
    "SELECT ?g (MIN(?n) AS ?min) (MAX(?n) AS ?max) { ?x :n ?n ; :g ?g } GROUP BY ?g",
    "SELECT * { ?x :n ?n FILTER(?n > 2.5) }",
    "SELECT * { ?x :n ?n FILTER(?n <= 2.125) }",
    "SELECT * { ?x :n ?n FILTER(?n = 7) }",
    "SELECT * { ?x :n ?n FILTER(?n != 7.000000000001) }",
    "SELECT * { ?x :n ?n FILTER(?n < 123456789012345678901234567890.5) }",
    "SELECT * { ?x :n ?n FILTER(?n < 3e0) }",
    "SELECT * { ?x :n ?n FILTER(?n < 100000000000000000000) }",
    "SELECT * { ?x :n ?n FILTER(-100000000000000000000 >= ?n) }",
    "SELECT * { ?x :n ?n FILTER(?n > -100000000000000000000.0 && !(?n = 1000000000000000000)) }",
    "SELECT * { ?x :g ?g OPTIONAL { ?x :n ?n } FILTER(!(?n > 100000000000000000000)) }",
    "SELECT * { ?x :n ?n FILTER(?n IN (1, 7, 0.50) || ?n > 9999999999999999.98) }",
    "SELECT * { ?x :n ?n FILTER(?n >= 7 && 7.00 >= ?n && ?n != 0) }",
    "SELECT * { ?x :n ?n ; :m ?n FILTER(?n >= 0.5) }",
    "SELECT * { ?x :n ?n BIND(?n > 2 AS ?b) }",
    "SELECT * { ?x :n ?n ; :g ?g FILTER(?n * 3 > ?n + 2.5) }",
    "SELECT * { ?x :n ?n . ?y :n ?m FILTER(?n < ?m) }",
    "SELECT ?x (?n + 1 AS ?m) (?n * ?n AS ?square) { ?x :n ?n ; :g ?g }",
    "SELECT (SUM(?n * 2) AS ?sum) (SUM(?n / 4) AS ?part) { ?x :n ?n ; :g ?g }",
    "SELECT ?n (COUNT(*) AS ?all) { ?x :n ?n } GROUP BY ?n",
    "SELECT (SUM(?n) AS ?sum) { { ?x :n ?n } UNION { ?x :m ?n } }",
    "SELECT * { { ?x :n ?n } UNION { ?x :m ?m } }",
    "SELECT (SUM(?n) AS ?sum) { { ?x :n ?n } UNION { } }",
    "SELECT (SUM(?n) AS ?sum) { VALUES ?n { UNDEF 3 } { ?x :n ?n } UNION { ?x :g ?n } }",
    "SELECT (SUM(?n) AS ?sum) { ?x :g ?g OPTIONAL { ?x :n ?n } }",
    "SELECT (SUM(?n) AS ?sum) { ?y :m ?o OPTIONAL { ?x :n ?n ; :g ?o } OPTIONAL { ?y :n ?n } }",
    "SELECT (SUM(?n) AS ?sum) { ?x :n ?n ; :m ?n }",
    "SELECT (SUM(?k) AS ?sum) { { SELECT ?g (MAX(?n) AS ?k) { ?x :n ?n ; :g ?g } GROUP BY ?g } }",
    "SELECT (SUM(IF(?n > 3, ?n, 1)) AS ?sum) { ?x :n ?n ; :g ?g }",
    "SELECT (SUM(COALESCE(?m, ?n)) AS ?sum) { ?x :n ?n OPTIONAL { ?x :m ?m } }",
    "SELECT (MIN(?n) AS ?min) { ?x :n ?n FILTER NOT EXISTS { ?y :n ?m FILTER(?m < ?n) } }",
]
ORDERED = [
    "SELECT ?n { ?x :n ?n } ORDER BY ?n ?x",
    "SELECT ?n { ?x :n ?n ; :g ?g } ORDER BY DESC(?n) ?x LIMIT 3",
]

_SHORT = st.decimals(-10_000, 10_000, places=2).map(lambda one: f"{one:f}")
_NUMBERS = st.one_of(
    _SHORT,
    st.integers(-50, 50).map(str),
    st.sampled_from(["7", "7.0", "+7.00", "007", "0.5", ".5", "-0", "0.0001"]),
)
_LONG = st.sampled_from(
    [
        "99999999999999.99",
        "9999999999999999.99",
        "99999999999999999.99",
        "123456789012345678901234567890",
        "0.0000000001",
        "0.12345678901234567890",
        "-9223372036854775808",
    ]
)


def literal(text: str) -> str:
    """Return a number as it stands in a query, its text kept."""
    name = "double" if "e" in text else "decimal" if "." in text else "integer"
    return f'"{text}"^^xsd:{name}'


def data(numbers: Sequence[str], others: Sequence[str] = ()) -> str:
    """Return triples: a number each for some subjects in three groups, another one for some."""
    rows = [f":s{i} :n {literal(n)} ; :g :g{i % 3} ." for i, n in enumerate(numbers)]
    rows += [f":s{i} :m {literal(n)} ." for i, n in enumerate(others)]
    # Of this one nothing else is said.
    rows.append(f":lonely :n {literal(numbers[0])} .")
    return "\n".join(rows)


def answer(store: Store, text: str) -> list[tuple[RawTerm | None, ...]]:
    return list(query(store, PREFIXES + text).rows())


def digits(store: Store) -> int | None:
    """Return the decimals of the column of `:n` in the property table."""
    assert store.property_table is not None
    [p] = lookup_nodes(store.cursor(), [URIRef("urn:x:n")])
    assert p is not None
    column = store.property_table.column(Form.OBJECT, p)
    assert column is not None
    return column.digits


@settings(max_examples=examples(3, 60), deadline=None)
@example(["12.50", "7", "0.5"], ["1"])
@example(["99999999999999.99", "0.01", "0.01"], ["3.00"])
@example(["9" * 16 + ".99"] * 3, ["-1"])
@given(
    st.lists(st.one_of(_NUMBERS, _LONG), min_size=3, max_size=9),
    st.lists(st.one_of(_NUMBERS, st.sampled_from(["1e0", "2.5e0"])), max_size=4),
)
def test_answers_are_those_of_the_quads(numbers: list[str], others: list[str]) -> None:
    with Store.open(threads=1) as store:
        update(store, f"{PREFIXES} INSERT DATA {{ {data(numbers, others)} }}")
        before = [Counter(answer(store, text)) for text in QUESTIONS]
        ordered = [answer(store, text) for text in ORDERED]
        assert build(store, ALL)
        assert [Counter(answer(store, text + "# now")) for text in QUESTIONS] == before
        assert [answer(store, text + "# now") for text in ORDERED] == ordered
        assert dict(examine(store.cursor()))["properties"] is None


@settings(max_examples=examples(3, 60), deadline=None)
@given(st.lists(_NUMBERS, min_size=3, max_size=12))
def test_sums_are_exact(numbers: list[str]) -> None:
    """The oracles: Python's decimals and pyoxigraph, which is exact for numbers as short."""
    groups: defaultdict[str, list[Decimal]] = defaultdict(list)
    for i, number in enumerate(numbers):
        groups[f"urn:x:g{i % 3}"].append(Decimal(number))
    with Store.open(threads=1) as store:
        update(store, f"{PREFIXES} INSERT DATA {{ {data(numbers)} }}")
        assert build(store, ALL)
        assert digits(store) is not None
        rows = answer(store, QUESTIONS[4])
        found = {group[1]: (Decimal(total[1]), int(count[1])) for group, total, count in rows}
        assert found == {name: (sum(group), len(group)) for name, group in groups.items()}
        for text in QUESTIONS[4:9]:
            found_rows = query(store, PREFIXES + text)
            names = found_rows.variables
            ours = [dict(zip(names, map(value_of, row), strict=True)) for row in found_rows.rows()]
            theirs = oxigraph_answer(numbers, text)
            assert Counter(map(str, map(sorted, map(dict.items, ours)))) == theirs, text


def value_of(term: RawTerm | None) -> str:
    """Return a term as its text, a number as the shortest text of its value."""
    assert term is not None
    _, lex, dt, _ = term
    return lex if dt is None else str(Decimal(lex).normalize() + 0)


def oxigraph_answer(numbers: Sequence[str], text: str) -> Counter[str]:
    """Return the rows of pyoxigraph: their variables and values, sorted, as text."""
    store = Oxigraph()
    store.update(f"{PREFIXES} INSERT DATA {{ {data(numbers)} }}")
    found = store.query(PREFIXES + text)
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    rows: Counter[str] = Counter()
    for row in found:
        terms = [row[name] for name in names]
        values = [
            str(Decimal(one.value).normalize() + 0) if isinstance(one, Literal) else one.value
            for one in terms
        ]
        rows[str(sorted(zip(names, values, strict=True)))] += 1
    return rows


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [
        (["1", "2", "-3"], 0),
        (["12.50", "7"], 2),
        (["0.12345"], 6),
        (["0.1234567891", "99999999"], 10),
        (["0.1234567891", "100000000"], None),
        (["9" * 18], 0),
        (["1" + "0" * 18], None),
        (["9" * 16 + ".99"], 2),
        (["1" + "0" * 16 + ".01"], None),
    ],
)
def test_numbers_are_narrow_where_all_of_them_fit(numbers: list[str], wanted: int | None) -> None:
    with Store.open(threads=1) as store:
        update(store, f"{PREFIXES} INSERT DATA {{ {data([*numbers, '1', '0'])} }}")
        before = Counter(answer(store, QUESTIONS[1]))
        build(store, ALL)
        assert digits(store) == wanted
        assert Counter(answer(store, QUESTIONS[1] + "# now")) == before
        plan = explain(store, PREFIXES + QUESTIONS[1])
        assert ("property_" in plan) == (wanted is not None)


@pytest.mark.parametrize("number", ["7.125", "0.001", "1" + "0" * 16, "-" + "9" * 17 + ".5"])
def test_a_number_that_does_not_fit_makes_the_table_old(number: str) -> None:
    with Store.open(threads=1) as store:
        update(store, f"{PREFIXES} INSERT DATA {{ {data(['12.50', '7', '9999999999999999.99'])} }}")
        build(store, ALL)
        for fitting in ("-9999999999999999.99", "8", "0.25"):
            update(store, f"{PREFIXES} INSERT DATA {{ :new :n {literal(fitting)} }}")
            assert store.properties_at(store.head) is not None
        update(store, f"{PREFIXES} INSERT DATA {{ :s0 :n {literal(number)} }}")
        assert store.properties_at(store.head) is None
        [(total,)] = answer(store, "SELECT (SUM(?n) AS ?sum) { ?x :n ?n }")
        assert total is not None
        others = ("12.50", "12.50", "7", "9999999999999999.99", "-9999999999999999.99", "8", "0.25")
        assert Decimal(total[1]) == sum(map(Decimal, others), Decimal(number))
