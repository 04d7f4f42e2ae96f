"""The named questions: two independent engines read them and give the rows worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import pyoxigraph
import pytest
from dealing_rows import DEALING_ROWS
from rdflib import Dataset
from rdflib.plugins.sparql import prepareQuery
from relation_rows import RELATION_ROWS
from rulebook import QUERIES

from benchmarks.questions import filled
from kg.catalog import NamedQuery, load_catalog, read_query

# rdflib's own TriG reader calls what rdflib has deprecated.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:(Dataset|ConjunctiveGraph)\b.* is deprecated:DeprecationWarning"
)

FACTS = Path(__file__).with_name("organisation.trig")
RELATIONS = Path(__file__).with_name("relations.trig")
DEALINGS = Path(__file__).with_name("dealings.trig")

ROWS: dict[str, tuple[dict[str, str], list[str]]] = {
    "revenue-by-month": (
        {},
        [
            "2024-05 EUR 8.04 0 8.04",
            "2025-01 EUR 70.3 0 70.3",
            "2025-02 EUR 0 0.3 -0.3",
            "2025-06 USD 7.5 0 7.5",
        ],
    ),
    "top-customers": (
        {},
        [
            "firm X1 Cliente_SA EUR 1 90 0 90",
            "ben C2 Benoît EUR 1 40 0 40",
            "ann C1 Anne EUR 1 30.3 0.3 30",
            "dan C4 - EUR 1 8.04 0 8.04",
            "clo C3 - USD 1 7.5 0 7.5",
        ],
    ),
    "customers-without-purchase-since": (
        {"since": "2025-06-15"},
        ["dan C4 - 2024-05-02", "ann C1 Anne 2025-01-10", "ben C2 Benoît 2025-01-20"],
    ),
    "purchase-habits": (
        {"at": "2025-06-30"},
        ["ann C1 EUR 0 0 171 0", "ben C2 EUR 0 0 161 0", "dan C4 EUR 0 0 424 0"],
    ),
    "parties-by-kind": (
        {},
        ["LegalEntity 2 1", "NaturalPerson 5 4", "OrganizationalUnit 5 0"],
    ),
    "users-without-purchase": ({}, ["dan C4 help 1", "eve C5 tea 0"]),
    "who-is-client-buyer-payer": ({"order": "O-2"}, ["o2 2025-01-20 C2 C3 C2 C3 C3 ORG"]),
    "referral-chain": (
        {"key": "C3"},
        ["r2 2025-03-01 ben C2 clo C3", "r1 2025-01-15 ann C1 ben C2"],
    ),
    "referral-descendants": ({"key": "C1"}, ["ben C2 Benoît true", "clo C3 - false"]),
    "top-prescribers": (
        {},
        ["ann C1 EUR 1 40", "ben C2 USD 1 7.5"],
    ),
    "referral-rings": ({}, ["dan C4 eve C5", "eve C5 dan C4"]),
    "broken-referrals": ({}, ["r3 R3 firm X1 2025-03-02"]),
    "internal-suppliers-and-clients": (
        {"key": "U-SALES", "at": "2025-06-30"},
        [
            "supplier it U-IT Informatique Assistance 0.4 true",
            "client firm X1 Cliente_SA Comptoir 1 -",
        ],
    ),
    "unit-reach": ({"key": "U-IT"}, ["firm X1 Cliente_SA"]),
    "units-without-external-client": ({}, ["archive U-ARC Archives"]),
    "units-at-the-ends": (
        {},
        ["archive U-ARC Archives isolated", "it U-IT Informatique origin"],
    ),
    "sole-suppliers": ({"at": "2025-06-30"}, ["sales U-SALES Assistance U-IT"]),
    "supply-loops": ({}, ["lab U-LAB stock U-STOCK", "stock U-STOCK lab U-LAB"]),
    "price-gap": ({}, ["tea Thé EUR 10.05 8.04 0.2"]),
    "doubtful-dates": (
        {"at": "2025-04-15"},
        [
            "o3 Purchase O-3 future orderDate 2025-06 -",
            "r5 Referral R5 future date 2025-05-01 -",
            "o5 Purchase O-5 inconsistent deliveryDate 2024-05-01 2024-05-02",
            "o4 Purchase O-4 undated orderDate - -",
            "u3 Use - undated date - -",
        ],
    ),
    "statement-sources": (
        {"key": "C1"},
        [
            "ann type NaturalPerson facts/1 boutique 2025-06-01",
            "ann name Anne personal/1 boutique 2025-06-01",
            "ann sourceKey C1 facts/1 boutique 2025-06-01",
        ],
    ),
    "referred-not-notified": (
        {},
        ["clo C3 2025-03-01", "eve C5 2025-04-01", "dan C4 2025-05-01"],
    ),
    "party-properties": (
        {"key": "C1"},
        ["ann type NaturalPerson", "ann name Anne", "ann sourceKey C1"],
    ),
    "import-overview": (
        {},
        [
            "facts/1 boutique 2025-06-01 agent 174",
            "personal/1 boutique 2025-06-01 agent 2",
        ],
    ),
}


@cache
def catalogue() -> dict[str, NamedQuery]:
    return load_catalog()


@pytest.mark.parametrize("path", sorted(QUERIES.glob("*/*.rq")), ids=lambda path: path.stem)
def test_a_query_without_rows_is_read_by_two_parsers(path: Path) -> None:
    text = path.read_text("utf-8")
    prepareQuery(text)
    pyoxigraph.Store().query(text)


@pytest.mark.parametrize("path", sorted(QUERIES.rglob("*.rq")), ids=lambda path: path.stem)
def test_every_header_says_what_form_the_answer_has(path: Path) -> None:
    assert read_query(path).answer in {"list", "table", "number"}


def test_a_parameter_is_written_with_a_dollar_and_never_projected() -> None:
    for query in catalogue().values():
        projected = re.search(r"SELECT(.*?)WHERE", query.text, re.DOTALL)
        assert projected
        for parameter in query.parameters:
            assert f"${parameter.name}" in query.text
            assert not re.search(rf"\?{parameter.name}\b", query.text)
            assert f"${parameter.name}" not in projected[1]


def test_every_question_has_rows_worked_out_by_hand() -> None:
    assert set(ROWS) | set(RELATION_ROWS) | set(DEALING_ROWS) == set(catalogue())


CASES = [
    pytest.param(facts, name, *case, id=name)
    for facts, cases in ((FACTS, ROWS), (RELATIONS, RELATION_ROWS), (DEALINGS, DEALING_ROWS))
    for name, case in cases.items()
]


@cache
def read_by_rdflib(facts: Path) -> Dataset:
    dataset = Dataset(default_union=True)
    dataset.parse(data=facts.read_text("utf-8"), format="trig")
    return dataset


@pytest.mark.parametrize(("facts", "name", "values", "rows"), CASES)
def test_rdflib_gives_the_rows(
    facts: Path, name: str, values: dict[str, str], rows: list[str]
) -> None:
    query = catalogue()[name]
    result = read_by_rdflib(facts).query(query.text, initBindings=query.bind(values))
    assert shortened([None if t is None else str(t) for t in row] for row in result) == rows


@pytest.mark.parametrize(("facts", "name", "values", "rows"), CASES)
def test_pyoxigraph_gives_the_rows(
    facts: Path, name: str, values: dict[str, str], rows: list[str]
) -> None:
    query = catalogue()[name]
    text = filled(query.text, query.bind(values))
    store = pyoxigraph.Store()
    store.load(path=facts, format=pyoxigraph.RdfFormat.TRIG)
    solutions = store.query(text, use_default_graph_as_union=True)
    assert shortened([None if t is None else t.value for t in row] for row in solutions) == rows


def shortened(found: Iterable[list[str | None]]) -> list[str]:
    """Return rows as the table above writes them."""
    return [" ".join(short(text) for text in row) for row in found]


def short(text: str | None) -> str:
    """Return a value as the table above writes it: local name, plain number, day."""
    if text is None:
        return "-"
    if text.startswith("https://w3id.org/clientgraph/graph/"):
        return text.removeprefix("https://w3id.org/clientgraph/graph/")
    if text.startswith("http"):
        return re.split(r"[/#]", text)[-1]
    if re.match(r"\d{4}-\d\d-\d\dT", text):
        return text[:10]
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text.replace(" ", "_")
    return f"{number.normalize():f}" if number else "0"
