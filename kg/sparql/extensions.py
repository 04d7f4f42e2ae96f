"""Functions and aggregates beyond SPARQL 1.1, called by IRI: the one list of them.

They are compiled, and the evaluator has them too, with the same answers; the service description
and docs/functions.md tell them to users.
"""

from __future__ import annotations

from dataclasses import dataclass

from kg.namespaces import FUNCTION


@dataclass(frozen=True, slots=True)
class Extension:
    """A function or an aggregate of ours."""

    name: str
    arguments: str
    english: str
    french: str
    aggregate: bool = False

    @property
    def iri(self) -> str:
        """IRI by which it is called."""
        return str(FUNCTION[self.name])


EXTENSIONS: tuple[Extension, ...] = (
    Extension(
        "firstDay",
        "date",
        "first day that a date, dateTime, gYearMonth or gYear can mean, as xsd:date",
        "premier jour que peut désigner une date, un mois ou une année, en xsd:date",
    ),
    Extension(
        "lastDay",
        "date",
        "last day that a date, dateTime, gYearMonth or gYear can mean, as xsd:date",
        "dernier jour que peut désigner une date, un mois ou une année, en xsd:date",
    ),
    Extension(
        "month",
        "date",
        "month of a date, dateTime or gYearMonth, as xsd:gYearMonth",
        "mois d'une date, en xsd:gYearMonth",
    ),
    Extension(
        "quarter",
        "date",
        'quarter of a date, dateTime or gYearMonth, as a string such as "2024-Q1"',
        "trimestre d'une date, sous la forme « 2024-Q1 »",
    ),
    Extension(
        "addDays",
        "date, days",
        "date so many days later (earlier when negative), as xsd:date",
        "date décalée d'un nombre de jours, en xsd:date",
    ),
    Extension(
        "addMonths",
        "date, months",
        "date so many months later, on the last day of a month that lacks the day, as xsd:date",
        "date décalée d'un nombre de mois, ramenée au dernier jour d'un mois plus court",
    ),
    Extension(
        "daysBetween",
        "from, to",
        "days from one date to another, negative when the second is earlier",
        "nombre de jours d'une date à une autre",
    ),
    Extension(
        "monthsBetween",
        "from, to",
        "whole months from one date to another: how often addMonths fits",
        "nombre de mois révolus d'une date à une autre",
    ),
    Extension(
        "search",
        "text, words",
        "whether every word of the second is the beginning of a word of the first, in any case,"
        " with or without accents",
        "vrai si chaque mot cherché commence un mot du texte, sans tenir compte de la casse ni des"
        " accents",
    ),
    Extension(
        "file",
        "subject, predicate, object, graph",
        "name of the file that a fact of a named graph was imported from",
        "nom du fichier d'où un fait d'un graphe nommé a été importé",
    ),
    Extension(
        "row",
        "subject, predicate, object, graph",
        "row of that file",
        "ligne de ce fichier",
    ),
    Extension(
        "median",
        "number",
        "middle number, the mean of the two in the middle when there is an even count",
        "médiane",
        aggregate=True,
    ),
    Extension(
        "stdev",
        "number",
        "standard deviation of a sample (n - 1), as xsd:double; unbound for less than two numbers",
        "écart type d'un échantillon (n - 1)",
        aggregate=True,
    ),
    Extension(
        "mode",
        "term",
        "most frequent term, the first in the order of ORDER BY among several",
        "terme le plus fréquent, le premier dans l'ordre de ORDER BY s'il y en a plusieurs",
        aggregate=True,
    ),
)

AGGREGATES: dict[str, str] = {
    one.iri: f"Aggregate_{one.name.capitalize()}" for one in EXTENSIONS if one.aggregate
}
"""Names that the aggregates have in the algebra, by IRI."""
