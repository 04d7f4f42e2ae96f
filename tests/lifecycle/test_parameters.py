"""Parameter sets: defaults, files, and what is refused (section 2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import UsageError
from kg.french import french
from kg.lifecycle import Parameters, load_parameters, parameters_from


def test_defaults_are_those_of_the_rules() -> None:
    values = Parameters().as_mapping()
    assert (values["D_act"], values["D_lost"], values["voidThreshold"]) == (365, 730, 1.0)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("set.yaml", "D_act: 180\nW_reg: 180\nvoidThreshold: 1"),
        ("set.json", '{"D_act": 180, "W_reg": 180}'),
    ],
)
def test_set_is_read_from_yaml_and_json(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    parameters = load_parameters(path)
    assert (parameters.d_act, parameters.n_loyal, parameters.name) == (180, 3, "set")


def test_empty_file_is_the_default_set(tmp_path: Path) -> None:
    path = tmp_path / "set.yaml"
    path.write_text("", "utf-8")
    assert load_parameters(path).iri == Parameters().iri


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"D_akt": 365}, "'D_akt' is unknown"),
        ({"D_act": "365"}, "D_act is '365'"),
        ({"D_act": True}, "D_act is True"),
        ({"D_act": None}, "D_act is None"),
        ({"D_act": 800}, "D_act breaks the rule D_act < D_lost"),
        ({"D_loyal": 400}, "D_loyal breaks"),
        ({"D_loyal": 0}, "D_loyal breaks"),
        ({"N_loyal": 1}, "N_loyal breaks"),
        ({"W_reg": 366}, "W_reg breaks"),
        ({"voidThreshold": 0}, "voidThreshold breaks"),
        ({"voidThreshold": 1.5}, "voidThreshold breaks"),
        ({"lambda_up": 0}, "lambda_up breaks"),
        ({"H_half": 0}, "H_half breaks"),
        ({"N_reg": 0}, "N_reg breaks"),
        ({"Q_min": 4}, "Q_min breaks"),
        ({"S_bad": -0.1}, "S_bad breaks"),
        ({"S_bad": float("nan")}, "S_bad is nan; give a number"),
        ({"K_potential": float("inf")}, "K_potential is inf; give a number"),
        ({"K_potential": 10**400}, "value of type float"),
        ({"D_lost": 10**20}, "give a number up to 1000000000"),
        ({"alpha": 0}, "alpha breaks"),
        ({"W_attr": -1}, "W_attr breaks"),
        ({"L_max": 0}, "L_max breaks"),
        ({"minRespondents": 0}, "minRespondents breaks"),
        ({"S_sev": "huge"}, "choose among minor, major, critical"),
    ],
)
def test_wrong_set_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parameters_from(values)
    assert french(str(caught.value))


@pytest.mark.parametrize("text", ["- D_act", "D_act: [", "365"])
def test_file_that_holds_no_set_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "set.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"set\.yaml"):
        load_parameters(path)


def test_equal_values_have_one_iri_whatever_the_name() -> None:
    assert parameters_from({"voidThreshold": 1}, "a").iri == parameters_from({}, "b").iri
    assert parameters_from({"D_new": 30}).iri != Parameters().iri
