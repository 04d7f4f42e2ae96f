"""The analyses of the lifecycle, described."""

from __future__ import annotations

from datetime import date

from kg.analysis.described import Analysis, Option
from kg.analysis.options import party_option
from kg.analysis.roles import ROLE_COLUMNS, ROLES, roles
from kg.lifecycle import (
    COLUMNS,
    DIFFERENCE_COLUMNS,
    EXPLANATION_COLUMNS,
    LOYALTY_COLUMNS,
    MERGE_COLUMNS,
    MOVE_COLUMNS,
    PERIOD_COLUMNS,
    SCOPES,
    STEPS,
    TRANSITION_COLUMNS,
    TREND_COLUMNS,
    Parameters,
    classify,
    differences,
    explain,
    merge_effects,
    moves,
    periods,
    scoped_loyalty,
    transitions,
    trend,
)

_EARLIER = Option(
    "from",
    "start",
    date,
    "The earlier date; the date of the answer is the later one.",
    "La première date ; celle de la réponse est la seconde.",
    required=True,
)

LIFECYCLE = (
    Analysis(
        "classify",
        "Lifecycle of parties",
        "Cycle de vie des parties",
        COLUMNS,
        classify,
        (party_option(required=False),),
    ),
    Analysis(
        "explain",
        "Why a party has its stage",
        "Pourquoi une partie a son stade",
        EXPLANATION_COLUMNS,
        explain,
        (party_option(required=True),),
    ),
    Analysis(
        "history",
        "Stages of a party over time",
        "Stades d'une partie au fil du temps",
        PERIOD_COLUMNS,
        periods,
        (party_option(required=True),),
    ),
    Analysis(
        "transitions",
        "From which stage to which, between two dates",
        "D'un stade à l'autre entre deux dates",
        TRANSITION_COLUMNS,
        transitions,
        (_EARLIER,),
    ),
    Analysis(
        "moves",
        "Parties that changed stage or depth between two dates",
        "Parties qui ont changé de stade ou de profondeur entre deux dates",
        MOVE_COLUMNS,
        moves,
        (_EARLIER,),
    ),
    Analysis(
        "trend",
        "Parties in each stage over time",
        "Parties de chaque stade au fil du temps",
        TREND_COLUMNS,
        trend,
        (
            Option(
                "from",
                "start",
                date,
                "Nothing before this date.",
                "Rien avant cette date.",
                required=True,
            ),
            Option(
                "step",
                "step",
                str,
                "What lies between two dates; default: month.",
                "Ce qui sépare deux dates ; par défaut : month.",
                choices=tuple(STEPS),
            ),
        ),
    ),
    Analysis(
        "differences",
        "Parties classified otherwise under another parameter set",
        "Parties classées autrement sous d'autres paramètres",
        DIFFERENCE_COLUMNS,
        differences,
        (
            Option(
                "against",
                "against",
                Parameters,
                "The other set: the name of a saved one, a file, or a JSON object.",
                "L'autre jeu : le nom d'un jeu enregistré, un fichier, ou un objet JSON.",
                required=True,
            ),
        ),
    ),
    Analysis(
        "merge-effects",
        "Records that have another stage or depth by being merged",
        "Fiches qui ont un autre stade ou une autre profondeur par leur fusion",
        MERGE_COLUMNS,
        merge_effects,
    ),
    Analysis(
        "loyalty",
        "Loyalty to brands, products or points of sale",
        "Fidélité aux marques, aux produits ou aux points de vente",
        LOYALTY_COLUMNS,
        scoped_loyalty,
        (
            Option(
                "scope",
                "scope",
                str,
                "What loyalty is to.",
                "Ce à quoi l'on est fidèle.",
                required=True,
                choices=SCOPES,
            ),
            party_option(required=False),
        ),
    ),
    Analysis(
        "roles",
        "Roles of parties, shown by events or computed",
        "Rôles des parties, montrés par les événements ou calculés",
        ROLE_COLUMNS,
        roles,
        (
            party_option(required=False),
            Option("role", "role", str, "Only this role.", "Ce rôle seulement.", choices=ROLES),
        ),
    ),
)
