"""Every analysis runs by name, takes its options as text and answers with its columns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.analysis import ANALYSES
from kg.errors import UsageError
from kg.french import french
from kg.lifecycle import Table
from kg.store import Store
from tests.lifecycle.world import World, context

OPTIONS = {
    "party": "B", "from": "2025-01-01", "to": "2025-06-30", "model": "first", "unit": "U",
    "client": "B", "against": '{"D_loyal": 90}', "scope": "product",
    "remove": "U", "cut": "", "share": "", "satisfaction": "", "by": "channel",
    "segment": "S", "persona": "H", "parties": "A",
    "retention": "0.8", "discount": "0.1", "years": "5", "other": "A", "role": "CLIENT",
    "step": "quarter",
}  # fmt: skip


def world() -> World:
    made = World()
    for key in ("A", "B"):
        made.party(key)
    made.party("U", "OrganizationalUnit", unitOf="ORG")
    made.refers("A", "B", "2025-01-01")
    made.buys("B", "2025-01-10")
    made.supplies("U", "B", 0.5)
    made.add("segment", "S", "Segment", sourceKey="S")
    made.add("persona", "H", "BuyerPersona", sourceKey="H")
    return made


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with world().store() as made:
        yield made


def run(store: Store, name: str, options: dict[str, str]) -> Table:
    return ANALYSES[name].run(store.cursor(), context("2025-06-01"), options)


def _few() -> list[object]:
    """Return the names; those asked over HTTP with the same options are left to the slow run."""
    return [
        pytest.param(name, marks=[pytest.mark.slow] * all(one.required for one in made.options))
        for name, made in ANALYSES.items()
    ]


@pytest.mark.parametrize("name", _few())
def test_analysis_answers_with_its_columns(store: Store, name: str) -> None:
    options = {option.name: OPTIONS[option.name] for option in ANALYSES[name].options}
    table = run(store, name, options)
    assert table.columns == ANALYSES[name].columns
    assert all(len(row) == len(table.columns) for row in table.rows)


@pytest.mark.parametrize("name", ANALYSES)
def test_analysis_has_titles_in_both_languages(name: str) -> None:
    analysis = ANALYSES[name]
    texts = [
        analysis.en,
        analysis.fr,
        *(text for one in analysis.options for text in (one.en, one.fr)),
    ]
    assert all(texts)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("referrals chain", {}, "needs the option 'party'"),
        ("referrals chain", {"party": "NOBODY"}, "No party has the key"),
        ("referrals credit", {"model": "magic"}, "choose among"),
        ("referrals rates", {"from": "2025-01-01", "to": "June"}, "give a date"),
        ("referrals rates", {"from": "2025-12-31", "to": "2025-01-01"}, "ends before it begins"),
        ("segments members", {"segment": "NOWHERE"}, "No single Segment"),
        ("segments personas", {"persona": "NOWHERE"}, "No single BuyerPersona"),
        ("value clv", {"retention": "NaN", "discount": "0.1"}, "a number like"),
        ("value clv", {"retention": "0.5", "discount": "1e-30"}, "needs a retention"),
        ("value clv", {"retention": "0.5", "discount": "0.1", "years": "1e9"}, "whole number"),
        ("value clv", {"retention": "1", "discount": "1", "years": "99999"}, "needs a retention"),
        ("chains reach", {"party": "B"}, "takes no option"),
    ],
)
def test_wrong_options_are_refused_in_both_languages(
    store: Store, name: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        run(store, name, options)
    assert french(str(caught.value))
