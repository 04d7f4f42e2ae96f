"""Options that several analyses take."""

from __future__ import annotations

from datetime import date

from kg.analysis.described import Option


def party_option(*, required: bool) -> Option:
    """Return the option that names a party."""
    en, fr = "Source key or IRI of a party.", "Clé source ou IRI d'une partie."
    return Option("party", "party", str, en, fr, required=required)


def period_options(*, required: bool) -> tuple[Option, Option]:
    """Return the options that bound a period."""
    first = ("First day of the period.", "Premier jour de la période.")
    last = ("Last day of the period.", "Dernier jour de la période.")
    return (
        Option("from", "start", date, *first, required=required),
        Option("to", "end", date, *last, required=required),
    )
