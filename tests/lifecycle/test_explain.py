"""The explanation of a stage: true, in both languages, ending with the rule that decided."""

from __future__ import annotations

import pytest

from kg.lifecycle import explain
from tests.lifecycle.world import World, context


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
