"""What people are told of a query or an update that is not SPARQL, and where."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import QueryEvaluationError, QuerySyntaxError
from kg.french import french
from kg.sparql import parse_update
from kg.sparql.parse import parse
from kg.sparql.parsing.expressions import _CALLS
from kg.sparql.parsing.lexer import KEYWORDS

QUERIES = [
    ("SELECT * { ?s ?p ?o } LIMT 3", 23, 'the end of the query is expected; perhaps LIMIT'),
    ("SELECT * WERE { ?s ?p ?o }", 10, '"WERE" stands where "{" is expected; perhaps WHERE'),
    ("SELECT * { ?s a 1 OPTINAL { ?s ?q ?r } }", 19, "perhaps OPTIONAL is meant"),
    ("SELECT * { ?s a 1 ?s ?q ?r }", 19, '"?s" stands where ".", ";" or "," is expected'),
    ("SELECT * { ?s ?p ", 17, 'the "{" of line 1, column 10, is not closed'),
    ("SELECT * { ?s a 1 FILTER(?s > (1 + 2) ", 38, 'the "(" of line 1, column 25, is not closed'),
    ("SELECT * { ?s ?p ?o }}", 22, '"}" stands where the end of the query is expected'),
    ('SELECT ?x { ?x ?p "abc }', 19, "the string that begins here has no end"),
    (r'SELECT * { ?s ?p "a\qb" }', 20, r'"\q" is no escape'),
    ("SELECT * { ?s xsd:foo 3 }", 15, "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"),
    ("SELECT * { ?s foo:bar 3 }", 15, "the prefix foo: is not declared"),
    ("PREFIX ex <http://x/> ASK {}", 8, "a prefix with a colon at its end is expected"),
    ("PREFIX a:b: <http://x/> ASK {}", 8, "a prefix with a colon at its end is expected"),
    ("ASK { ?s <a b> ?o }", 10, "<a b> is no IRI"),
    ("ASK { ?s <a> ?o }", 10, "<a> is relative, and there is no BASE"),
    ("ASK { ?s ?p é% }", 13, '"é" cannot stand here'),
    ("SELECT COUNT(?x) AS ?n { ?x a 3 }", 8, "(COUNT(*) AS ?n)"),
    ("SELECT (COUNT(?x) ?n) { ?x a 3 }", 19, "AS is expected"),
    ("SELECT ?a, ?b { ?a ?p ?b }", 10, "without commas"),
    ("SELECT * { ?a ?p ?b FILTER ?b > 3 }", 28, "a condition in parentheses or a call"),
    ("SELECT * { FILTER(STRLENGTH(?x)) }", 19, "no function STRLENGTH; perhaps STRLEN"),
    ("SELECT * { FILTER(FROBNICATE(?x)) }", 19, "others are called by their IRI"),
    ("SELECT (STRLEN(?x, 2) AS ?y) {}", 15, "by STRLEN: 1, not 2"),
    ("SELECT (REGEX(?x) AS ?y) {}", 14, "by REGEX: 2 to 3, not 1"),
    ("SELECT * { VALUES (?a ?b) { (1 2) (1) } }", 35, "2 variables, and this row has 1"),
    ("SELECT * { ?s ?p ?o } LIMIT ten", 29, '"ten" stands where a number is expected'),
    ("SELECT * { ?s ?p ?o } ORDER BY", 31, "something to order by"),
    ("SELECT ?s { ?s ?p ?o } GROUP BY", 32, "something to group by"),
    ("DESCRIBE", 9, '"*", a variable or an IRI is expected'),
    ("", 1, "SELECT, CONSTRUCT, ASK or DESCRIBE is expected"),
    ("INSERT DATA { <x:a> <x:b> 3 }", 1, "INSERT begins an update"),
    ("SELECT ?x ?y { ?x ?p ?y } GROUP BY ?x", 11, "?y is neither in GROUP BY nor in an aggregate"),
    ("SELECT (SUM(?x) AS ?s) (?x + 1 AS ?z) { ?y ?p ?x }", 25, "?x is neither"),
    ("SELECT ?y (SUM(?x) AS ?s) { ?y ?p ?x }", 8, "?y is neither"),
    ("SELECT * { ?s ?p ?o } GROUP BY ?s", 1, "SELECT * cannot stand with GROUP BY"),
    ("SELECT (1 AS ?x) (2 AS ?x) {}", 24, "?x has a value here already"),
    ("SELECT (1 AS ?x) { { ?x ?p 2 } UNION {} }", 14, "?x has a value here already"),
    ("SELECT * { OPTIONAL { ?x ?p 2 } BIND(2 AS ?x) }", 43, "?x has a value here already"),
    ("SELECT (AVG(SUM(?x)) AS ?y) { ?s ?p ?x }", 13, "an aggregate cannot stand in another"),
    ("SELECT (MAX(1 + COUNT(*)) AS ?y) { ?s ?p ?x } GROUP BY ?s", 17, "in a sub-select"),
    ("SELECT ?s { ?s ?p ?x } GROUP BY ?s HAVING(SUM(MIN(?x)) > 1)", 47, "in another"),
    ("SELECT ?s { ?s ?p ?x } GROUP BY ?s ORDER BY MAX(COUNT(?x))", 49, "in another"),
    ("SELECT ?s { { SELECT (SUM(SUM(?x)) AS ?s) { ?y ?p ?x } } }", 27, "in another"),
    ("PREFIX f: <https://w3id.org/clientgraph/function#> SELECT (SUM(f:median(?x)) AS ?y) {}", 64,
     "in another"),
    ("SELECT ?s { ?s ?p ?x FILTER(SUM(?x) > 1) }", 29, "not in FILTER or BIND"),
    ("SELECT ?s { ?s ?p ?x BIND(1 + COUNT(*) AS ?n) }", 31, "not in FILTER or BIND"),
    ("SELECT ?s ?p ?s { ?s ?p ?x }", 14, "?s is selected twice"),
    ("ASK { _:a ?p ?o . { _:a ?q 1 } }", 21, "_:a stands in two graph patterns"),
    ("ASK { _:a ?p ?o . OPTIONAL { ?p ?q 1 } _:a ?p 2 }", 40, "_:a stands in two"),
]  # fmt: skip
UPDATES = [
    ("SELECT * { ?s ?p ?o }", 1, "SELECT begins a query"),
    ("INSRT DATA { }", 1, '"INSRT" stands where an operation such as INSERT DATA is expected'),
    ("INSERT DATA { ?x a 3 }", 15, "a variable cannot stand in INSERT DATA"),
    ("DELETE DATA { ?x a 3 }", 15, "a variable cannot stand in DELETE DATA"),
    ("DELETE DATA { _:a a 3 }", 15, "a blank node cannot stand in DELETE DATA"),
    ("DELETE WHERE { _:a a 3 }", 16, "a blank node cannot stand in DELETE WHERE"),
    ("DELETE { _:a a 3 } WHERE { }", 10, "a blank node cannot stand in DELETE"),
    ("INSERT { ?s ?p } WHERE { }", 16, '"}" stands where a variable or a term is expected'),
    ("DELETE { ?s a 1 } WHERE { BIND(1 AS ?s) BIND(2 AS ?s) }", 51, "?s has a value"),
    ("CLEAR GRAFH <x:a>", 7, "GRAPH, DEFAULT, NAMED or ALL is expected; perhaps GRAPH"),
    ("LOAD x", 6, "an IRI is expected"),
    ("CLEAR ALL;; CLEAR ALL", 11, '";" stands where an operation'),
]  # fmt: skip


def refused(read, text: str) -> QuerySyntaxError:
    with pytest.raises(QuerySyntaxError) as caught:
        read(text)
    return caught.value


@pytest.mark.parametrize(
    ("read", "text", "column", "told"),
    [(parse, *row) for row in QUERIES] + [(parse_update, *row) for row in UPDATES],
)
def test_an_error_tells_what_is_wrong_where_in_both_languages(read, text, column, told) -> None:
    error = refused(read, text)
    assert told in str(error)
    assert (error.line, error.column) == (1, column)
    translated = french(str(error))
    assert translated is not None
    assert translated.startswith(f"Erreur de syntaxe à la ligne 1, colonne {column} : ")
    assert not re.search("stands|expected|meant|cannot|there is", translated)


@pytest.mark.parametrize(
    ("read", "before"),
    [
        (parse, "# one line\n\tPREFIX x: <urn:x:>\r\n"),
        (parse_update, "CLEAR ALL ;\n\tPREFIX x: <urn:x:>\r\n"),
    ],
)
def test_the_line_is_shown_with_a_caret_under_the_place(read, before: str) -> None:
    wrong = "\tDELETE WHERE { x:a foo:b ?c }" if read is parse_update else "\tASK { x:a foo:b ?c }"
    error = refused(read, before + wrong)
    assert (error.line, error.column) == (3, wrong.index("foo:") + 1)
    _, shown, caret = str(error).split("\n")
    assert shown == wrong
    assert caret == "\t" + " " * (wrong.index("foo:") - 1) + "^"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (SUM(?x) + MAX(?x) AS ?y) (COUNT(*) AS ?n) { ?s ?p ?x }",
        "SELECT (SUM(?y) AS ?z) { { SELECT (SUM(?x) AS ?y) { ?s ?p ?x } GROUP BY ?s } }",
        "SELECT (SUM(IF(EXISTS { SELECT (SUM(?x) AS ?y) { ?s ?p ?x } }, 1, 2)) AS ?z) { ?s ?p 1 }",
        "SELECT ?s { ?s ?p ?x FILTER EXISTS { SELECT (SUM(?x) AS ?y) { ?s ?p ?x } } }",
    ],
)
def test_aggregates_may_stand_side_by_side_and_in_sub_selects(text: str) -> None:
    assert parse(text).algebra.name == "SelectQuery"


def test_all_functions_are_keywords() -> None:
    assert {word.upper() for word in _CALLS} <= KEYWORDS


WHOLE = (
    "PREFIX x: <urn:x:>\nSELECT ?a (SUM(?b) AS ?c) WHERE {\n ?a x:p [ x:q 'é' ; a x:T ] , 3.0 .\n"
    " OPTIONAL { ?a ^x:r/x:s* ?b FILTER(?b IN (1, 2) && REGEX(STR(?a), 'z', 'i')) }\n"
    ' VALUES (?a ?d) { (x:a UNDEF) } MINUS { _:b !(x:t|^a) "w"@en }\n'
    "} GROUP BY ?a HAVING (COUNT(*) > 1) ORDER BY DESC(?c) LIMIT 10"
)
TOKENS = re.findall(r"\w+:\w*|[?@]?\w+|'[^']*'|\s+|.", WHOLE)


@given(st.data())
def test_whatever_is_changed_is_read_or_told_at_a_place(data: st.DataObject) -> None:
    tokens = list(TOKENS)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(tokens) - 1))
        other = data.draw(st.sampled_from(["", "}", "{", '"', "<", "\\", "?x", "x:y", "AS", "é"]))
        tokens[place] = other
    text = "".join(tokens)
    error = refusal(text)
    if error is not None:
        lines = text.split("\n")
        assert error.line is not None
        assert error.column is not None
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert french(str(error)) is not None


def refusal(text: str) -> QuerySyntaxError | None:
    try:
        parse(text)
    except QuerySyntaxError as error:
        return error
    except QueryEvaluationError:
        return None
    return None
