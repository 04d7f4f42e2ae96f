"""The parties of a page: those that the classification of all tells, in its order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.lifecycle import CHANGES, Change, Wanted, classify, list_classified
from tests.lifecycle.reference import History
from tests.lifecycle.test_periods import LAST, RULES, SOME
from tests.lifecycle.test_properties import MANY_RUNS, RUNS, SPAN, START, VARIANTS, world_of
from tests.lifecycle.world import context

_STAGES = ("CURRENT", "DORMANT", "FORMER", "POTENTIAL", "UNENGAGED")
_CHANGED = st.builds(
    Change,
    st.sampled_from(sorted(CHANGES)),
    st.integers(0, SPAN).map(lambda days: START + timedelta(days)),
    st.sampled_from(("", *_STAGES)),
)
WANTED = st.builds(
    Wanted,
    st.dictionaries(st.just("stage"), st.sampled_from(_STAGES))
    | st.fixed_dictionaries({"depth": st.sampled_from(("LOYAL", "REGULAR", "OCCASIONAL"))}),
    st.sampled_from(("", "NEW", "CLOSED", "WON_BACK")),
    st.booleans(),
    st.none() | _CHANGED,
)


def happened(now: dict[str, Any], before: str, change: Change) -> bool:
    """Tell in plain words whether a change happened to a party, of some stage on its day."""
    became_client = now["first"] is not None and now["first"] > change.since
    return {
        "since": before == change.before if change.before else before != now["stage"],
        "first_after": became_client,
        "back_after": now["stage"] == "CURRENT" != before and not became_client,
        "lost_after": now["stage"] == "FORMER" != before,
    }[change.name]


def assert_listed_as_classified(
    found: list[History], wanted: Wanted, rules: dict[str, Any], most: int
) -> None:
    with world_of(found).store() as store:
        cursor = store.cursor()
        asked = context(LAST.isoformat(), **rules)
        everybody = list(classify(cursor, asked).records())
        before: dict[str, str] = {}
        if wanted.change:
            then = context(wanted.change.since.isoformat(), **rules)
            before = {row["party"]: row["stage"] for row in classify(cursor, then).records()}
        table, total = list_classified(cursor, asked, wanted, most)
    expected = [
        row
        for row in everybody
        if all(row[axis] == value for axis, value in wanted.axes.items())
        and (not wanted.flag or wanted.flag in row["flags"].split())
        and not (wanted.is_open and "CLOSED" in row["flags"].split())
        and (not wanted.change or happened(row, before[row["party"]], wanted.change))
    ]
    assert total == len(expected)
    told = [{k: v for k, v in row.items() if k != "knowledge"} for row in table.records()]
    assert told == [{k: v for k, v in row.items() if k != "knowledge"} for row in expected[:most]]


@RUNS
@given(SOME, WANTED, st.sampled_from((2, 500)))
def test_parties_are_listed_as_classifying_all_tells(
    found: list[History], wanted: Wanted, most: int
) -> None:
    assert_listed_as_classified(found, wanted, RULES | VARIANTS["uses and undated"], most)


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_many_parties_are_listed_as_classifying_all_tells(variant: str) -> None:
    @MANY_RUNS
    @given(SOME, WANTED)
    def check(found: list[History], wanted: Wanted) -> None:
        assert_listed_as_classified(found, wanted, RULES | VARIANTS[variant], 500)

    check()
