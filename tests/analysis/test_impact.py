"""The figures of a dry run are counts of the tables that tell the parties and the referrals."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from kg.analysis.impact import figures
from kg.analysis.referral_tables import broken, outcomes, rings
from kg.lifecycle import classify
from kg.store import Store
from tests.analysis.test_network import AT, drawn, links_are_taken_off  # noqa: F401
from tests.lifecycle.world import World, context


def of_tables(store: Store, **parameters: Any) -> dict[str, int]:
    """Return what the tables hold, each made for itself."""
    cursor, here = store.cursor(), context(AT.isoformat(), **parameters)
    stages = Counter(classify(cursor, here).column("stage"))
    found = Counter(outcomes(cursor, here).column("outcome"))
    return {
        **{f"stage:{stage}": count for stage, count in stages.items()},
        **{f"outcome:{outcome}": count for outcome, count in found.items()},
        "rings": len(set(rings(cursor, here).column("ring"))),
        "broken": len(broken(cursor, here)),
    }


@pytest.mark.parametrize("parameters", [{}, {"matchProduct": True, "referrerMustBeClient": True}])
def test_they_are_counts_of_the_tables(parameters: dict[str, Any]) -> None:
    world, *_ = drawn(7, 12)
    world.merged("000-0", "001-0")
    world.party("ALONE")
    world.refers("NOBODY", "ALONE", "2025-01-01", key="R-unknown")
    with world.store() as store:
        found = figures(store.cursor(), context(AT.isoformat(), **parameters))
        assert found == of_tables(store, **parameters)
    assert found["rings"] > 1 or parameters
    assert found["broken"] > 1
    assert len([name for name in found if name.startswith("outcome:")]) > 1


def test_of_nothing_there_are_none() -> None:
    with World().store() as store:
        found = figures(store.cursor(), context(AT.isoformat()))
        assert found == of_tables(store)
