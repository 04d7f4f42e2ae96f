"""The analyses of value, described."""

from __future__ import annotations

from kg.analysis.described import Analysis, Option
from kg.analysis.options import period_options
from kg.analysis.value import (
    CLV_COLUMNS,
    INFORMATION_COLUMNS,
    PRICE_COLUMNS,
    VALUE_COLUMNS,
    information_gaps,
    lifetime_values,
    price_gaps,
    values,
)

VALUE = (
    Analysis(
        "value parties",
        "Value of each party over a period",
        "Valeur de chaque partie sur une période",
        VALUE_COLUMNS,
        values,
        period_options(required=False),
    ),
    Analysis(
        "value clv",
        "Lifetime value under a given retention and discount",
        "Valeur vie client sous une rétention et une actualisation données",
        CLV_COLUMNS,
        lifetime_values,
        (
            Option(
                "retention",
                "retention",
                str,
                "Share of clients kept each year, from 0 to 1.",
                "Part des clients gardés chaque année, de 0 à 1.",
                required=True,
            ),
            Option(
                "discount",
                "discount",
                str,
                "Yearly discount rate, such as 0.1.",
                "Taux annuel d'actualisation, comme 0.1.",
                required=True,
            ),
            Option(
                "years",
                "years",
                str,
                "Years that count; for ever otherwise.",
                "Années comptées ; sans fin sinon.",
            ),
        ),
    ),
    Analysis(
        "value price-gap",
        "Price gap between staff and the public",
        "Écart de prix entre personnel et public",
        PRICE_COLUMNS,
        price_gaps,
        period_options(required=False),
    ),
    Analysis(
        "value info-gap",
        "Information gap between internal and external clients",
        "Écart d'information entre clients internes et externes",
        INFORMATION_COLUMNS,
        information_gaps,
    ),
)
