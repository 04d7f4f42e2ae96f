"""The headers of named questions and the values of their parameters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from rdflib import XSD, Literal, URIRef

from kg.catalog import NamedQuery, find_query, load_catalog, read_query, read_term
from kg.errors import UsageError
from kg.namespaces import SCHEME

HEADER = """\
# id: Z9
# title.en: Purchases of a channel
# title.fr: Achats d'un canal
# question.en: Which purchases came
#   through one channel?
# question.fr: Quels achats par un canal ?
# param: at date default=today example="2026-06-30"
# param: channel string example="web shop"
# param: least decimal default=0
# param: scheme iri optional
# answer: one row per purchase
"""
TODAY = date(2026, 7, 1)


@pytest.fixture
def question(tmp_path: Path) -> NamedQuery:
    path = tmp_path / "purchases-by-channel.rq"
    path.write_text(HEADER + "\n# id: not part of the header\nSELECT * { ?s ?p ?o }\n", "utf-8")
    return read_query(path)


def test_header_gives_texts_in_both_languages(question: NamedQuery) -> None:
    assert question.name == "purchases-by-channel"
    assert question.id == "Z9"
    assert question.titles["fr"] == "Achats d'un canal"
    assert question.answer == "one row per purchase"


def test_a_line_without_key_goes_on_with_the_value_before_it(question: NamedQuery) -> None:
    assert question.questions["en"] == "Which purchases came through one channel?"


def test_parameters_say_whether_they_are_required(question: NamedQuery) -> None:
    required = {one.name: one.required for one in question.parameters}
    assert required == {"at": False, "channel": True, "least": False, "scheme": False}


def test_defaults_and_given_values_are_bound_as_typed_terms(question: NamedQuery) -> None:
    bound = question.bind({"channel": "shop"}, today=TODAY)
    assert bound == {
        "at": Literal(TODAY),
        "channel": Literal("shop"),
        "least": Literal(Decimal(0)),
    }


def test_an_iri_may_be_given_whole_bracketed_or_with_a_prefix(question: NamedQuery) -> None:
    expected = SCHEME["stage/loyal"]
    for text in (str(expected), f"<{expected}>", "scheme:stage/loyal"):
        assert question.bind({"channel": "x", "scheme": text})["scheme"] == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "needs the parameter 'channel', a string, for example channel=web shop"),
        ({"channel": "x", "canal": "y"}, "has no parameter 'canal'; it takes at, channel"),
        ({"channel": "x", "at": "30/06/2026"}, "'at' is '30/06/2026'; give a date"),
        ({"channel": "x", "at": "2026-02-30"}, "give a date, for example 2026-06-30"),
        ({"channel": "x", "least": "1e3"}, "give a decimal"),
        ({"channel": "x", "scheme": "a b"}, "give an iri"),
    ],
)
def test_wrong_values_are_refused_with_advice(
    question: NamedQuery, values: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        question.bind(values)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("# param: at", "a name and a type"),
        ("# param: at moment", "the types are iri, date"),
        ("# param: at date defualt=today", "may only add"),
        ('# param: at date example="2026', "a name and a type"),
    ],
)
def test_wrong_declarations_are_refused(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "q.rq"
    path.write_text(HEADER + line + "\nASK {}\n", "utf-8")
    with pytest.raises(UsageError, match=message):
        read_query(path)


def test_a_header_without_a_french_question_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.rq"
    path.write_text(HEADER.replace("# question.fr", "# question.de"), "utf-8")
    with pytest.raises(UsageError, match=r"no line '# question\.fr"):
        read_query(path)


def test_a_question_is_found_by_name_or_id(question: NamedQuery) -> None:
    catalog = {question.name: question}
    assert find_query("purchases-by-channel", catalog) is question
    assert find_query("z9", catalog) is question


def test_a_misspelt_name_gets_a_proposal(question: NamedQuery) -> None:
    with pytest.raises(UsageError, match=r"Did you mean purchases-by-channel\?"):
        find_query("purchase-by-channel", {question.name: question})


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("<https://example.org/a>", URIRef("https://example.org/a")),
        ("42", Literal("42", datatype=XSD.integer)),
        ("4.20", Literal("4.20", datatype=XSD.decimal)),
        ('"oui"@fr', Literal("oui", lang="fr")),
        ('"2026-06-30"^^xsd:date', Literal("2026-06-30", datatype=XSD.date)),
        ("web shop", Literal("web shop")),
    ],
)
def test_an_undeclared_value_is_read_as_sparql_writes_terms(
    text: str, term: URIRef | Literal
) -> None:
    assert read_term(text) == term


def test_an_unfinished_term_is_refused() -> None:
    with pytest.raises(UsageError, match="not an RDF term"):
        read_term('"open')


def test_every_question_of_the_project_has_a_whole_header() -> None:
    catalog = load_catalog()
    assert catalog
    ids = [question.id for question in catalog.values()]
    assert len(ids) == len(set(ids)), "two questions have one id"


def test_the_examples_of_every_question_are_values_of_their_type() -> None:
    for question in load_catalog().values():
        for parameter in question.parameters:
            for text in filter(None, (parameter.default, parameter.example)):
                parameter.term(text, TODAY)
