"""The explanation of a stage: true, in both languages, ending with the rule that decided."""

from __future__ import annotations

import pytest

from kg.lifecycle import explain
from tests.lifecycle.world import World, context, iri


def lines(world: World, as_of: str, kind: str) -> list[tuple[str, bool | None, str, str]]:
    with world.store() as store:
        table = explain(store.cursor(), context(as_of), party="P")
    return [
        (row["name"], row["holds"], row["en"], row["fr"])
        for row in table.records()
        if row["kind"] == kind
    ]


def bought(*days: str) -> World:
    world = World()
    world.party("P")
    for day in days:
        world.buys("P", day)
    return world


def test_rules_before_the_deciding_one_failed() -> None:
    rules = lines(bought("2024-01-10"), "2025-06-01", "rule")
    assert [(name, holds) for name, holds, _, _ in rules] == [
        ("1 CURRENT", False), ("2 FORMER", False), ("3 CURRENT", False), ("4 DORMANT", True),
    ]  # fmt: skip
    assert rules[-1][2:] == (
        "It was a client within the last 730 days.",
        "Elle a été cliente dans les 730 derniers jours.",
    )


def test_what_is_missing_for_loyalty_is_named() -> None:
    world = bought("2024-01-10", "2024-06-01", "2024-12-01")
    depth = {name: holds for name, holds, _, _ in lines(world, "2025-03-01", "depth")}
    assert depth == {
        "occasions": True, "span": False, "recency": True, "satisfaction": True,
        "no notice": True, "regular": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "en", "fr"),
    [
        ("n", "Occasions: 1", "Occasions d'achat : 1"),
        ("silence", "Days since then: 31", "Jours écoulés depuis : 31"),
        ("active", "Active contract: no", "Contrat en cours : non"),
        ("score", "Latest satisfaction: none", "Dernière satisfaction : néant"),
    ],
)
def test_measures_are_told(name: str, en: str, fr: str) -> None:
    measures = lines(bought("2025-01-01"), "2025-02-01", "measure")
    assert [(e, f) for n, _, e, f in measures if n == name] == [(en, fr)]


@pytest.mark.parametrize(
    ("days", "as_of", "name", "en", "fr"),
    [
        (
            ["2024-01-10", "2024-11-30"], "2025-01-10", "LOYAL",
            "Not loyal: 2 occasions of 3; 40 days missing between first and last purchase.",
            "Non fidèle : 2 occasions sur 3 ; il manque 40 jours entre le premier et le dernier"
            " achat.",
        ),
        (
            ["2024-01-10"], "2025-06-01", "CURRENT",
            "Not current: no contract is active; 508 days since the last time, 143 more than 365.",
            "Non actuelle : aucun contrat n'est en cours ; 508 jours depuis la dernière fois, 143"
            " de plus que 365.",
        ),
        (
            ["2024-01-10"], "2025-06-01", "FORMER",
            "Not former: no refusal is in effect; 508 days of silence, 223 more before it.",
            "Non ancienne : aucun refus n'a pris effet ; 508 jours de silence, encore 223 avant"
            " cela.",
        ),
        (
            [], "2025-06-01", "POTENTIAL",
            "Not potential: no sign of engagement is recorded.",
            "Non potentielle : aucun signe d'engagement n'est enregistré.",
        ),
    ],
)  # fmt: skip
def test_neighbouring_classes_tell_what_is_missing(
    days: list[str], as_of: str, name: str, en: str, fr: str
) -> None:
    told = lines(bought(*days), as_of, "neighbour")
    assert [(e, f) for n, _, e, f in told if n == name] == [(en, fr)]


def test_what_is_missing_comes_in_numbers() -> None:
    with bought("2024-01-10", "2024-11-30").store() as store:
        table = explain(store.cursor(), context("2025-01-10"), party="P")
    numbers = {
        row["name"]: (row["value"], row["needed"], row["missing"])
        for row in table.records()
        if row["kind"] == "failed"
    }
    assert numbers["LOYAL occasions"] == (2, 3, 1)
    assert numbers["LOYAL span"] == (325, 365, 40)


def test_evidence_is_what_counted_and_nothing_else() -> None:
    world = bought("2024-01-10", "2025-05-01")
    world.refund("000001", "2024-02-01", 100)
    world.event("BadExperience", "P", "2025-01-01", severity="major", resolvedOn="2025-01-05")
    world.event("BadExperience", "P", "2025-02-01", severity="major")
    found = lines(world, "2025-06-01", "evidence")
    assert [(name, en) for name, _, en, _ in found] == [
        (iri("event", "000005"), "Unresolved bad experience: 2025-02-01"),
        (iri("purchase", "000002"), "Purchase: 2025-05-01"),
    ]


def test_every_stage_has_its_neighbours_told() -> None:
    world = World()
    for key in ("user", "refusing", "spoken", "rated"):
        world.party(key)
    world.uses("user", "2025-01-01")
    world.event("Refusal", "refusing", "2025-01-01")
    world.event("Interaction", "spoken", "2025-01-01", direction="in")
    world.event("Qualification", "rated", "2025-05-01", budgetFit="yes", needFit="yes")
    expected = {
        "user": {"CURRENT", "PROSPECT", "QUALIFIED"}, "refusing": {"CURRENT", "POTENTIAL"},
        "spoken": {"CURRENT", "QUALIFIED"}, "rated": {"CURRENT", "PROSPECT", "QUALIFIED"},
    }  # fmt: skip
    with world.store() as store:
        for key, names in expected.items():
            table = explain(store.cursor(), context("2025-06-01"), party=key)
            assert {r["name"] for r in table.records() if r["kind"] == "neighbour"} == names
