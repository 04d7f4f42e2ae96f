"""Lifecycle of parties as of a date, computed from events under a parameter set."""

from kg.lifecycle.classify import COLUMNS, classify
from kg.lifecycle.context import Context, Table
from kg.lifecycle.explain import EXPLANATION_COLUMNS, explain
from kg.lifecycle.parameters import RULE_VERSION, Parameters, load_parameters, parameters_from

__all__ = [
    "COLUMNS",
    "EXPLANATION_COLUMNS",
    "RULE_VERSION",
    "Context",
    "Parameters",
    "Table",
    "classify",
    "explain",
    "load_parameters",
    "parameters_from",
]
