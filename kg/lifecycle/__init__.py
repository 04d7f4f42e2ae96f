"""Lifecycle of parties as of a date, computed from events under a parameter set."""

from kg.lifecycle.classify import COLUMNS, classify
from kg.lifecycle.context import Context, Table
from kg.lifecycle.explain import EXPLANATION_COLUMNS, explain
from kg.lifecycle.parameters import RULE_VERSION, Parameters, load_parameters, parameters_from
from kg.lifecycle.periods import PERIOD_COLUMNS, periods

__all__ = [
    "COLUMNS",
    "EXPLANATION_COLUMNS",
    "PERIOD_COLUMNS",
    "RULE_VERSION",
    "Context",
    "Parameters",
    "Table",
    "classify",
    "explain",
    "load_parameters",
    "parameters_from",
    "periods",
]
