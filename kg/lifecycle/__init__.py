"""Lifecycle of parties as of a date, computed from events under a parameter set."""

from kg.lifecycle.classify import COLUMNS, classify
from kg.lifecycle.context import Context, Note, Table, told_beside, told_sentence
from kg.lifecycle.explain import EXPLANATION_COLUMNS, explain
from kg.lifecycle.kept import make_ready
from kg.lifecycle.listing import CHANGES, Change, Wanted, list_classified
from kg.lifecycle.loyalty import LOYALTY_COLUMNS, SCOPES, scoped_loyalty
from kg.lifecycle.merge_effects import MERGE_COLUMNS, merge_effects
from kg.lifecycle.movements import (
    DIFFERENCE_COLUMNS,
    MOVE_COLUMNS,
    TRANSITION_COLUMNS,
    differences,
    moves,
    transitions,
)
from kg.lifecycle.parameter_sets import (
    named_parameters,
    read_parameters,
    save_parameters,
    saved_parameters,
)
from kg.lifecycle.parameters import RULE_VERSION, Parameters, load_parameters, parameters_from
from kg.lifecycle.periods import PERIOD_COLUMNS, periods
from kg.lifecycle.trends import STEPS, TREND_COLUMNS, trend

__all__ = [
    "CHANGES",
    "COLUMNS",
    "DIFFERENCE_COLUMNS",
    "EXPLANATION_COLUMNS",
    "LOYALTY_COLUMNS",
    "MERGE_COLUMNS",
    "MOVE_COLUMNS",
    "PERIOD_COLUMNS",
    "RULE_VERSION",
    "SCOPES",
    "STEPS",
    "TRANSITION_COLUMNS",
    "TREND_COLUMNS",
    "Change",
    "Context",
    "Note",
    "Parameters",
    "Table",
    "Wanted",
    "classify",
    "differences",
    "explain",
    "list_classified",
    "load_parameters",
    "make_ready",
    "merge_effects",
    "moves",
    "named_parameters",
    "parameters_from",
    "periods",
    "read_parameters",
    "save_parameters",
    "saved_parameters",
    "scoped_loyalty",
    "told_beside",
    "told_sentence",
    "transitions",
    "trend",
]
