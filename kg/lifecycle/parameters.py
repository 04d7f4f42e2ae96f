"""Parameter sets of the rules: names, defaults and validity (rules-and-metrics, section 2)."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kg.errors import UsageError
from kg.namespaces import ID

RULE_VERSION = "1"
"""Version of the rules; part of the identity of a parameter set, since both fix a result."""


def _parameter(
    name: str, default: Any, *, choices: tuple[str, ...] = (), optional: bool = False
) -> Any:
    """Return a field that carries the name a user writes and what may be written."""
    metadata = {"name": name, "choices": choices, "optional": optional}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Parameters:
    """A valid set of parameters; `name` is for people and takes no part in its identity.

    Raises:
        UsageError: a value has the wrong type, or an inequality of section 2 is broken.
    """

    purchase_date_field: str = _parameter(
        "purchaseDateField", "orderDate", choices=("orderDate", "paymentDate", "deliveryDate")
    )
    occasion_granularity: str = _parameter("occasionGranularity", "day", choices=("day", "order"))
    void_threshold: float = _parameter("voidThreshold", 1.0)
    current_basis: str = _parameter(
        "currentBasis", "purchase", choices=("purchase", "purchaseOrUse")
    )
    count_staff_purchases: bool = _parameter("countStaffPurchases", default=True)
    d_act: int = _parameter("D_act", 365)
    d_lost: int = _parameter("D_lost", 730)
    n_loyal: int = _parameter("N_loyal", 3)
    m_loyal: int = _parameter("M_loyal", 365)
    d_loyal: int = _parameter("D_loyal", 180)
    loyalty_min_satisfaction: float | None = _parameter(
        "loyaltyMinSatisfaction", None, optional=True
    )
    n_reg: int = _parameter("N_reg", 3)
    w_reg: int = _parameter("W_reg", 365)
    d_new: int = _parameter("D_new", 90)
    d_dis: int = _parameter("D_dis", 180)
    s_bad: float = _parameter("S_bad", 0.4)
    s_sev: str = _parameter("S_sev", "major", choices=("minor", "major", "critical"))
    v_qual: int = _parameter("V_qual", 180)
    q_min: int = _parameter("Q_min", 3)
    k_potential: float = _parameter("K_potential", 100000.0)
    w_attr: int = _parameter("W_attr", 90)
    referrer_must_be_client: bool = _parameter("referrerMustBeClient", default=False)
    match_product: bool = _parameter("matchProduct", default=False)
    primary_policy: str = _parameter("primaryPolicy", "first", choices=("first", "last"))
    attribution_model: str = _parameter(
        "attributionModel", "linear", choices=("first", "last", "linear", "decay")
    )
    h_half: float = _parameter("H_half", 30.0)
    lambda_up: float = _parameter("lambda_up", 0.5)
    alpha: float | None = _parameter("alpha", None, optional=True)
    l_max: int = _parameter("L_max", 8)
    undated_policy: str = _parameter(
        "undatedPolicy", "exclude", choices=("exclude", "assumeEarliest")
    )
    employment_implies_internal_client: bool = _parameter(
        "employmentImpliesInternalClient", default=False
    )
    contractor_is_internal: bool = _parameter("contractorIsInternal", default=False)
    min_respondents: int = _parameter("minRespondents", 5)
    mature_only: bool = _parameter("matureOnly", default=False)
    granularity: str = _parameter("granularity", "unit", choices=("unit", "person"))
    value_measure: str = _parameter(
        "valueMeasure", "netRevenue", choices=("netRevenue", "netMargin")
    )
    name: str = "default"

    def __post_init__(self) -> None:
        for field in _fields():
            _check_type(field, getattr(self, field.name))
        _check_inequalities(self)

    def as_mapping(self) -> dict[str, Any]:
        """Return the values by the names of section 2."""
        return {field.metadata["name"]: getattr(self, field.name) for field in _fields()}

    @property
    def iri(self) -> str:
        """IRI of the set: equal values under equal rules have one IRI."""
        text = json.dumps([RULE_VERSION, self.as_mapping()], sort_keys=True)
        return str(ID[f"parameter-set/{hashlib.sha256(text.encode()).hexdigest()[:32]}"])


def parameters_from(values: Mapping[str, Any], name: str = "default") -> Parameters:
    """Return the set that takes the given values and defaults for the rest.

    Raises:
        UsageError: a name is unknown, or the set is not valid.
    """
    names = {field.metadata["name"]: field for field in _fields()}
    for given in values:
        if given not in names:
            raise UsageError(
                f"The parameter {given!r} is unknown. Known are: {', '.join(sorted(names))}."
            )
    fields = {names[given].name: _widened(names[given], value) for given, value in values.items()}
    return Parameters(name=name, **fields)


def load_parameters(path: Path) -> Parameters:
    """Return the set written in a YAML or JSON file of names and values.

    Raises:
        UsageError: the file cannot be read, or holds no valid set.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"The parameters of {path} cannot be read: {error}") from error
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise UsageError(f"{path} must hold parameter names with their values, like D_act: 365.")
    return parameters_from({str(given): value for given, value in values.items()}, path.stem)


def _fields() -> list[dataclasses.Field[Any]]:
    """Return the fields that are parameters."""
    return [field for field in dataclasses.fields(Parameters) if "name" in field.metadata]


def _kind(field: dataclasses.Field[Any]) -> type:
    """Return the type of a parameter's values, None left aside."""
    kinds: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str}
    return kinds[str(field.type).removesuffix(" | None")]


def _widened(field: dataclasses.Field[Any], value: Any) -> Any:
    """Return a whole number as a float where the parameter is one: 1 and 1.0 mean the same."""
    if _kind(field) is float and isinstance(value, int) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):
            return float(value)
    return value


_MOST = {False: 10**9, True: 10**15}
"""What whole numbers keep to, and what others (True): beyond are slips of the pen."""


def _check_type(field: dataclasses.Field[Any], value: Any) -> None:
    """Refuse a value that is not of the parameter's type or not among its choices."""
    name, choices = field.metadata["name"], field.metadata["choices"]
    if value is None and field.metadata["optional"]:
        return
    if type(value) is not _kind(field):
        raise UsageError(
            f"The parameter {name} is {value!r}; give a value of type {_kind(field).__name__}."
        )
    most = _MOST[_kind(field) is float]
    if isinstance(value, int | float) and not -most <= value <= most:  # nor is NaN
        raise UsageError(f"The parameter {name} is {value!r}; give a number up to {most}.")
    if choices and value not in choices:
        raise UsageError(f"The parameter {name} is {value!r}; choose among {', '.join(choices)}.")


def _check_inequalities(given: Parameters) -> None:
    """Refuse a set that breaks an inequality of section 2."""
    rules = (
        ("D_loyal", "0 < D_loyal ≤ D_act", 0 < given.d_loyal <= given.d_act),
        ("D_act", "D_act < D_lost", given.d_act < given.d_lost),
        ("N_loyal", "N_loyal ≥ 2", given.n_loyal >= 2),
        ("W_reg", "W_reg ≤ D_act", given.w_reg <= given.d_act),
        ("voidThreshold", "0 < voidThreshold ≤ 1", 0 < given.void_threshold <= 1),
        ("lambda_up", "0 < lambda_up ≤ 1", 0 < given.lambda_up <= 1),
        ("H_half", "H_half > 0", given.h_half > 0),
        ("N_reg", "N_reg ≥ 1", given.n_reg >= 1),
        ("Q_min", "0 ≤ Q_min ≤ 3", 0 <= given.q_min <= 3),
        ("S_bad", "0 ≤ S_bad ≤ 1", 0 <= given.s_bad <= 1),
        ("alpha", "0 < alpha ≤ 1", given.alpha is None or 0 < given.alpha <= 1),
        ("W_attr", "W_attr ≥ 0", given.w_attr >= 0),
        ("L_max", "L_max ≥ 1", given.l_max >= 1),
        ("minRespondents", "minRespondents ≥ 1", given.min_respondents >= 1),
    )
    for name, rule, holds in rules:
        if not holds:
            raise UsageError(f"The parameter {name} breaks the rule {rule}; change the set.")
