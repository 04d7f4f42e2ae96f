"""Products, quotients and texts of exact numbers in SQL, against Python's fractions."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import XSD, Literal

from kg.sparql import query, sql
from kg.sparql.compiled import GraphChoice, compile_query
from kg.sparql.exact import decimal_text, double_of, integer_text, product, quotient
from kg.sparql.parse import parse
from kg.sparql.values import COLUMN_DIGITS, decimal_type
from kg.store import EngineError, Store
from kg.store.rdf import load_bytes
from tests.drawing import examples

A, B = sql.column("t", "a"), sql.column("t", "b")
EDGES = [0, 1, -1, 3, 7, 10**6, 2**53, 10**12, 10**14, 10**18, 2**63, 10**27]


@pytest.fixture(scope="module")
def cursor():
    with Store.open(threads=1) as store:
        yield store.cursor()


@st.composite
def units(draw):
    """Return an integer of any size, small ones and the bounds of the short ways above all."""
    near = draw(st.sampled_from(EDGES)) + draw(st.integers(-2, 2))
    size = draw(st.sampled_from([2, 6, 9, 12, 14, 18, 27]))
    far = draw(st.integers(-(10**size), 10**size))
    return draw(st.sampled_from([near, -near, far]))


@st.composite
def tables(draw):
    """Return the most decimals of two columns, and their rows; NULL stands in the first one."""
    digits = draw(st.tuples(*[st.sampled_from([0, 1, 2, 3, 8, 9, 10, 18])] * 2))
    first, second = (units().map(lambda n, d=d: Decimal(n).scaleb(-d)) for d in digits)
    return digits, draw(st.lists(st.tuples(st.none() | first, second), min_size=1))


def found(cursor, expression, digits, rows):
    """Return an expression over the columns `a` and `b` of rows, None where the engine errs."""
    first, second = (decimal_type(max(COLUMN_DIGITS, one)) for one in digits)
    values = ", ".join(f"({written(a)}, {written(b)})" for a, b in rows)
    source = f"SELECT a::{first} AS a, b::{second} AS b FROM (VALUES {values}) AS v(a, b)"
    try:
        cursor.execute(f"SELECT {sql.text(expression)} FROM ({source}) AS t")
        return [row for (row,) in cursor.fetchall()]
    except EngineError:
        return None


def written(number):
    return "NULL" if number is None else f"'{number:f}'"


def cut(value):
    """Return a fraction cut to 18 decimals."""
    whole = abs(value.numerator) * 10**18 // value.denominator
    return Fraction(-whole if value < 0 else whole, 10**18)


def fits(row, digits):
    """Return whether a quotient needs no more than the engine's integers hold."""
    a, b = row
    dividend = abs(a or 0) * 10 ** (18 + digits[1])
    return dividend < 2**126 and (not b or abs((a or 0) / b) < 10**19)


@settings(deadline=None, max_examples=examples(60, 1500))
@given(tables())
def test_quotients_are_cut_to_18_decimals(cursor, table):
    digits, rows = table
    rows = [row for row in rows if fits(row, digits)] or [(Decimal(1), Decimal(3))]
    expected = [None if a is None or not b else cut(Fraction(a) / Fraction(b)) for a, b in rows]
    answer = found(cursor, quotient(A, B, *digits), digits, rows)
    assert [each if each is None else Fraction(each) for each in answer] == expected


@settings(deadline=None, max_examples=examples(60, 1500))
@given(tables())
def test_products_are_exact(cursor, table):
    digits, rows = table
    if sum(digits) > 30:
        return
    room = 10 ** (37 - max(COLUMN_DIGITS, sum(digits)))
    rows = [(a, b) for a, b in rows if abs((a or 0) * b) < room] or [(Decimal(2), Decimal(3))]
    answer = found(cursor, product(A, B, *digits), digits, rows)
    with localcontext(prec=200):
        assert answer == [None if a is None else a * b for a, b in rows]


@settings(deadline=None, max_examples=examples(60, 1500))
@given(tables())
def test_doubles_are_the_next_ones(cursor, table):
    digits, rows = table
    answer = found(cursor, double_of(A, digits[0]), digits, rows)
    assert answer == [None if a is None else float(Fraction(a)) for a, _ in rows]


@settings(deadline=None, max_examples=examples(40, 1000))
@given(st.lists(units(), min_size=1))
def test_texts_of_integers_are_theirs(cursor, numbers):
    rows = [(Decimal(number), None) for number in numbers]
    answer = found(cursor, integer_text(A, COLUMN_DIGITS), (0, 0), rows)
    assert answer == [str(number) for number in numbers]


@settings(deadline=None, max_examples=examples(60, 1500))
@given(tables())
def test_texts_of_decimals_have_no_zeros_last(cursor, table):
    digits, rows = table
    answer = found(cursor, decimal_text(A, digits[0]), digits, rows)
    with localcontext(prec=200):
        wanted = [None if a is None else f"{a.normalize() + 0:f}" for a, _ in rows]
    assert answer == wanted


def test_a_quotient_too_large_is_an_error_of_the_engine(cursor):
    assert found(cursor, quotient(A, B, 0, 10), (0, 10), [(Decimal(10**27), Decimal(1))]) is None


def answered(data, text):
    """Return the terms that a query finds in some Turtle."""
    with Store.open(threads=1) as store:
        with store.write() as tx:
            load_bytes(tx, f"@prefix : <urn:> .\n{data}".encode(), format="turtle")
        return [row[0] for row in query(store, f"PREFIX : <urn:> {text}").terms()]


def test_long_operands_are_not_written_over_and_over():
    text = "?x"
    for _ in range(12):
        text = f"(FLOOR({text} * ?y) / (?x + 1))"
    answer = answered(":a :x 2 ; :y 0.5 .", f"SELECT ({text} AS ?z) {{ ?s :x ?x ; :y ?y }}")
    assert answer == [Literal("0", datatype=XSD.decimal)]


def test_stored_numbers_are_divided_exactly():
    pairs = [("7", "3"), ("-7.25", "0.3"), ("1e2", "3"), ("123456789012345.67", "0.07"), ("1", "0")]
    data = "\n".join(f":s{n} :a {a} ; :b {b} ." for n, (a, b) in enumerate(pairs))
    answer = answered(data, "SELECT (?a / ?b AS ?q) { ?s :a ?a ; :b ?b } ORDER BY ?s")
    assert answer == [
        Literal("2.333333333333333333", datatype=XSD.decimal),
        Literal("-24.166666666666666666", datatype=XSD.decimal),
        Literal("33.333333333333336", datatype=XSD.double),
        Literal("1763668414462081", datatype=XSD.decimal),
        None,
    ]


def test_a_branch_without_numbers_leaves_the_decimals_of_the_other_known():
    text = "SELECT (?a / ?b AS ?q) { ?s :b ?b { ?s :a ?a } UNION { ?s :absent ?a } }"
    with Store.open(threads=1) as store:
        with store.write() as tx:
            load_bytes(tx, b"@prefix : <urn:> . :s :a 7.5 ; :b 3 .", format="turtle")
        compiled = compile_query(
            store.cursor(), parse(f"PREFIX : <urn:> {text}"), {}, GraphChoice()
        )
    # The short way takes as many digits before the point as the decimals leave: two of them, here.
    assert re.search(r"ABS\(\w+\.\w+\) < 1000000000000\b", compiled.sql)
