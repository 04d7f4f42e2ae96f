"""Saved parameter sets: named, immutable, read back as they were."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import UsageError
from kg.lifecycle import (
    Parameters,
    named_parameters,
    parameters_from,
    read_parameters,
    save_parameters,
    saved_parameters,
)
from kg.lifecycle.parameter_sets import parameter_facts
from kg.store import Store

SETS = st.fixed_dictionaries(
    {},
    optional={
        "D_act": st.integers(365, 700),
        "S_bad": st.floats(0, 1),
        "countStaffPurchases": st.booleans(),
        "loyaltyMinSatisfaction": st.one_of(st.none(), st.floats(0, 1)),
        "currentBasis": st.sampled_from(["purchase", "purchaseOrUse"]),
    },
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(SETS)
def test_a_set_is_read_back_as_it_was_saved(values: dict[str, object]) -> None:
    parameters = parameters_from(values, "mine")
    with Store.open(None, threads=1) as store:
        assert save_parameters(store, parameters) == 1
        assert named_parameters(store.cursor(), "mine") == parameters
        assert saved_parameters(store.cursor()) == [parameters]


def test_a_name_never_changes_its_meaning() -> None:
    with Store.open(None, threads=1) as store:
        save_parameters(store, parameters_from({"D_act": 400}, "long"))
        assert save_parameters(store, parameters_from({"D_act": 400}, "long")) == 0
        with pytest.raises(UsageError, match="never changes"):
            save_parameters(store, parameters_from({"D_act": 401}, "long"))
        assert named_parameters(store.cursor(), "long").d_act == 400
        assert store.head == 1


def test_two_names_of_equal_values_are_both_there() -> None:
    with Store.open(None, threads=1) as store:
        for name in ("one", "two"):
            save_parameters(store, Parameters(name=name))
        assert [one.name for one in saved_parameters(store.cursor())] == ["one", "two"]
        assert named_parameters(store.cursor(), "two") == Parameters(name="two")


def test_the_defaults_have_a_name_without_being_saved() -> None:
    with Store.open(None, threads=1) as store:
        assert read_parameters(store.cursor(), "default") == Parameters()
        assert save_parameters(store, Parameters()) == 0
        with pytest.raises(UsageError, match="never changes"):
            save_parameters(store, parameters_from({"D_act": 400}, "default"))


def test_a_text_is_values_or_a_name() -> None:
    with Store.open(None, threads=1) as store:
        cursor = store.cursor()
        assert read_parameters(cursor, '{"D_act": 400}').d_act == 400
        for given_text, message in (("unsaved", "No parameter set"), ("{", "no JSON object"),
                                    ('{"D_act": 0}', "D_loyal")):  # fmt: skip
            with pytest.raises(UsageError, match=message):
                read_parameters(cursor, given_text)


def test_sets_that_results_name_are_not_saved_ones() -> None:
    with Store.open(None, threads=1) as store:
        with store.write() as tx:
            facts = parameter_facts(Parameters(name="theirs"))
            tx.insert_few([(*fact, "https://example.org/derived") for fact in facts])
        assert saved_parameters(store.cursor()) == []
        with pytest.raises(UsageError, match="No parameter set"):
            named_parameters(store.cursor(), "theirs")
