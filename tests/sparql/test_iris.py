"""Relative IRIs and escaped code points mean what they mean to another parser."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from kg.sparql import parse, parse_update, query, update
from kg.sparql.iris import resolved
from kg.sparql.operations import Modify
from kg.store import Store

BASES = [
    "http://a/b/c/d;p?q",
    "http://a",
    "http://a/",
    "http://a/b?x#f",
    "file:///srv/x/y.ttl",
    "urn:a:b",
    "x:",
    "x:a/b/c",
]
REFERENCES = [
    "g",
    "./g",
    "g/",
    "/g",
    "//g",
    "?y",
    "g?y",
    "#s",
    "g#s",
    "g?y#s",
    ".",
    "./",
    "..",
    "../",
    "../g",
    "../..",
    "../../g",
    "../../../g",
    "../../../../g",
    "/./g",
    "g.",
    ".g",
    "g..",
    "..g",
    "./../g",
    "./g/.",
    "g/./h",
    "g/../h",
    "g;x=1/./y",
    "g;x=1/../y",
    "g?y/./x",
    "g?y/../x",
    "g#s/./x",
    "g#s/../x",
    "http:g",
    "a/b:c",
    "#a:b",
    "?a:b",
    "é",
    "..#f",
    "x:y",
    "./x:y",
]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("reference", ["", *REFERENCES])
def test_a_relative_iri_is_resolved_as_another_parser_does(reference: str, base: str) -> None:
    turtle = f"<{reference}> <x:p> <x:o> ."
    [quad] = ox.parse(turtle, ox.RdfFormat.TURTLE, base_iri=base)
    assert resolved(reference, base) == quad.subject.value  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("reference", "base", "wanted"),
    [
        ("/../g", "http://a/b/c", "http://a/g"),
        ("//h/../x", "http://a/b/c", "http://h/x"),
        ("/../g", "urn:a", "urn:/g"),
    ],
)
def test_dots_above_the_root_are_dropped(reference: str, base: str, wanted: str) -> None:
    """Here the other parser leaves RFC 3986, section 5.2.4."""
    assert resolved(reference, base) == wanted


def test_the_base_of_a_text_may_have_any_scheme() -> None:
    [operation] = parse_update("BASE <x:a/> INSERT { <s> <#p:q> ?o } WHERE { <../t> <p> ?o }")
    assert isinstance(operation, Modify)
    assert [str(node) for node in operation.insert[0][:2]] == ["x:a/s", "x:a/#p:q"]
    triple = operation.where.algebra.p.p.triples[0]
    assert [str(node) for node in triple[:2]] == ["x:t", "x:a/p"]
    assert str(parse("BASE <urn:x:> ASK { <y> ?p ?o }").algebra.p.p.triples[0][0]) == "urn:y"


@pytest.mark.parametrize(
    "literal",
    [
        r'"d\u00e9cada"',
        r'"a\u0022b\u0027"',
        r"'a\u0027b\u0022'",
        r'"\\u0041"',
        r'"\\\u0041"',
        r'"\U0001F600x"',
        r'"""a\u0022""" ',
        r'"line\u000Aand\u000Dreturn\u0009tab"',
        r'"\u005Cn"',
        r'"it\'s \"q\""',
        r"'it\'s \"q\"'",
        r"""'''it\'s \"q\" and more'''""",
        '"raw\ttab"',
        r"<x:caf\u00e9>",
        r"<x:\u0063#y>",
    ],
)
def test_escaped_code_points_are_read(literal: str) -> None:
    text = f"INSERT {{ <x:s> <x:p> {literal} }} WHERE {{}} # \\u0041"
    oracle = ox.Store()
    oracle.update(text)
    [wanted] = oracle
    with Store.open() as store:
        update(store, text)
        [[found]] = query(store, "SELECT ?o { <x:s> <x:p> ?o }").rows()
        assert found is not None
        assert found[1] == wanted.object.value  # type: ignore[union-attr]
        update(store, text.replace("WHERE {}", "").replace("INSERT", "DELETE DATA"))
        assert query(store, "ASK { <x:s> <x:p> ?o }").boolean is False
