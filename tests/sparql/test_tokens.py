"""Tokens that the parsers read wrongly are mended, and nothing else is touched."""

from __future__ import annotations

import pytest

from kg.errors import QueryEvaluationError, QuerySyntaxError
from kg.sparql import parse
from kg.sparql.requests import parts_of
from kg.sparql.tokens import depth, plain, strict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT (TRUE AS ?t) (False AS ?f) {}", "SELECT (true AS ?t) (false AS ?f) {}"),
        ("ASK { ?True ?FALSE $TRUE }", "ASK { ?True ?FALSE $TRUE }"),
        ("ASK { :True x:FALSE TRUE:x }", "ASK { :True x:FALSE TRUE:x }"),
        ("ASK { <TRUE> ?p 'TRUE', \"TRUE\" }", "ASK { <TRUE> ?p 'TRUE', \"TRUE\" }"),
        ('ASK { ?s ?p """TRUE " TRUE""" }', 'ASK { ?s ?p """TRUE " TRUE""" }'),
        ("ASK {} # TRUE\n", "ASK {} # TRUE\n"),
        ("ASK { ?s ?p 'it\\'s TRUE' , TRUE }", "ASK { ?s ?p 'it\\'s TRUE' , true }"),
        ("ASK { ?s ?p 'x'@TRUE }", "ASK { ?s ?p 'x'@TRUE }"),
        ("ASK { FILTER(?a<5) FILTER(TRUE) }", "ASK { FILTER(?a<5) FILTER(true) }"),
    ],
)
def test_booleans_in_any_case(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FILTER (?x<?a&&?b>?y)", "FILTER (?x<x:____>?y)"),
        ("FILTER (?x<?a && ?b>?y)", "FILTER (?x<?a && ?b>?y)"),
        ("<http://example.org/?a&&b>", "<http://example.org/?a&&b>"),
        ("FILTER (?x < ?a) FILTER (?b > '&&')", "FILTER (?x < ?a) FILTER (?b > '&&')"),
        ("{ ?s !( )/!() <x:!()> , '!()' }", "{ ?s !a  /!a  <x:!()> , '!()' }"),
    ],
)
def test_longest_token_is_taken(text: str, expected: str) -> None:
    assert strict(text) == expected
    assert len(strict(text)) == len(text)


def test_error_is_told_at_its_place() -> None:
    places = []
    for word in ("TRUE", "true"):
        with pytest.raises(QuerySyntaxError) as caught:
            parse(f"ASK {{\n FILTER (?x<?a&&?b> || {word}) ?s ?p }}")
        places.append((caught.value.line, caught.value.column))
    assert places[0] == places[1]
    assert places[0][0] == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * { ?s ?p ?o FILTER(STR(?o) = '(((') } # ((((", 3),
        ("SELECT * { ?s :a\\#\\(\\( ((1) [ ?p 2 ]) }", 3),
        ("<<( <a> <b> <<( <a> <b> <c> )>> )>>", 4),
        ("FILTER(?a<(((?b)))&&?c>2)", 4),
        ("<x:)))> ((1))", 2),
        (")))((1))", 2),
        ('{ { } } { """{{{""" }', 2),
    ],
)
def test_depth_is_never_told_too_small(text: str, expected: int) -> None:
    assert depth(text) >= expected
    if "?b" not in text:
        assert depth(text) == expected


_DEEP = {
    "functions": "SELECT * { ?s ?p ?o FILTER(" + "STR(" * 5000 + "?o" + ")" * 5000 + ") }",
    "EXISTS": "SELECT * {" + "FILTER EXISTS {" * 5000 + "}" * 5001,
    "groups": "ASK " + "{" * 50000 + "}" * 50000,
    "paths": "ASK { ?s " + "(" * 50000 + "<x:p>" + ")" * 50000 + " ?o }",
    "triple terms": "ASK { ?s ?p " + "<<( ?a ?b " * 50000 + "1" + ")>>" * 50000 + " }",
    "broken": "SELECT * { " + "[ ?p " * 50000,
}


def test_parentheses_in_many_iris_are_no_nesting() -> None:
    iris = " ".join(f"<http://example.org/Mercury_({n})>" for n in range(500))
    assert parse(f"SELECT * {{ VALUES ?s {{ {iris} }} }}").algebra.name == "SelectQuery"


@pytest.mark.parametrize("name", _DEEP)
def test_no_nesting_ends_the_process(name: str) -> None:
    with pytest.raises(QueryEvaluationError, match="nested too deeply"):
        parse(_DEEP[name])
    with pytest.raises(QueryEvaluationError, match="nested too deeply"):
        parts_of("INSERT { ?s ?p ?o } WHERE { " + _DEEP[name] + " }")
