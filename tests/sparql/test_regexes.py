"""Regular expressions mean what two other engines mean by them, on the texts of all languages."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import QueryEvaluationError
from kg.sparql import query
from kg.store import Store

PARTS = [
    *("a", "é", "_", "1", " ", ".", "-"),
    *(r"\w", r"\W", r"\s", r"\S", r"\d", r"\D", "[aé]", r"[\w-]", r"[^\w]", r"[^\s1]", r"[\d_]"),
    *("(a)", "(?:é)", "(a|1)"),
]
PATTERNS = st.lists(
    st.tuples(st.sampled_from(PARTS), st.sampled_from(["", "", "*", "+", "?", "{2}"])),
    min_size=1,
    max_size=4,
).map(lambda parts: "".join(part + times for part, times in parts))
TEXTS = st.text("aéÉ_1٣ \u00a0\t.-+œ", max_size=5)


@pytest.fixture(scope="module")
def store():
    with Store.open(threads=1) as store:
        yield store


def literal(text):
    return str(ox.Literal(text))


def ours(store, expression, data=""):
    """Return the value of an expression by SQL, or by the evaluator where `data` makes it so."""
    (row,) = query(store, f"SELECT ({expression} AS ?x) {{ {data} }}").terms()
    return None if row[0] is None else str(row[0])


def theirs(expression):
    (solution,) = ox.Store().query(f"SELECT ({expression} AS ?x) {{}}")
    return None if solution["x"] is None else solution["x"].value


@settings(deadline=None, max_examples=60)
@given(PATTERNS, TEXTS, st.sampled_from(["", "i", "s"]))
def test_a_pattern_matches_what_it_matches_elsewhere(store, pattern, text, flags):
    expression = f'REGEX({literal(text)}, {literal(pattern)}, "{flags}")'
    other = theirs(expression)
    python = re.search(pattern, text, re.IGNORECASE * ("i" in flags) | re.DOTALL * ("s" in flags))
    if other == str(python is not None).lower():
        assert ours(store, expression) == other
        variable = f"REGEX({literal(text)}, ?pattern)"
        if not flags:
            bound = f"VALUES ?pattern {{ {literal(pattern)} }}"
            assert ours(store, variable, bound) == other


@settings(deadline=None, max_examples=40)
@given(PATTERNS, TEXTS)
def test_what_is_replaced_is_what_is_replaced_elsewhere(store, pattern, text):
    expression = f'REPLACE({literal(text)}, {literal(pattern)}, "<$0>")'
    other = theirs(expression)
    if other == re.sub(pattern, r"<\g<0>>", text):
        assert ours(store, expression) == other


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (r'REPLACE("abc", "(b)", "[$1$2]")', "a[b]c"),
        (r'REPLACE("abc", "b", "$1")', "ac"),
        (r'REPLACE("abc", "(b)", "$12")', "ab2c"),
        (r'REPLACE("abc", "b", "\\$1")', "a$1c"),
        (r'REPLACE("a.b", ".", "$1", "q")', "a$1b"),
        (r'REPLACE("a.b", ".", "\\", "q")', r"a\b"),
        (r'REPLACE("abc", "b", "$")', None),
        (r'REPLACE("abc", "x*", "-")', "-a-b-c-"),
        (r'REGEX("a", "(")', None),
        (r'REGEX("a", "a", "z")', None),
        (r'REGEX("a b", "a\\ b", "x")', "true"),
    ],
)
def test_replacements_and_flags_are_those_of_xpath(store, expression, value):
    """The same by SQL, and by the evaluator, which answers where the pattern is a variable."""
    assert ours(store, expression) == value
    function, arguments = expression[:-1].split("(", 1)
    text, rest = arguments.split(", ", 1)
    pattern, *more = rest.split(", ")
    variable = f"{function}({', '.join([text, '?pattern', *more])})"
    assert ours(store, variable, f"VALUES ?pattern {{ {pattern} }}") == value


@pytest.mark.parametrize(
    "pattern",
    [r"(a)\\1", r"(?=a)", r"a*+", r"[a-z-[b]]", r"\\bt", r"\\p{IsGreek}", r"[\\S]", r"a{1001}"],
)
def test_what_the_engine_means_otherwise_is_refused_with_the_pattern(store, pattern):
    with pytest.raises(QueryEvaluationError, match="regular expression"):
        ours(store, f'REGEX("a", "{pattern}")')
