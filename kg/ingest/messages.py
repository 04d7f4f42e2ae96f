"""What a wrong cell is told, in English and French.

`{column}`, `{value}` and `{detail}` are filled in; every message says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from kg.french import LANGUAGES
from kg.ingest.codes import nearest

MESSAGES: dict[str, tuple[str, str]] = {
    "required": (
        "{column} is empty, and must be filled.",
        "{column} est vide et doit être rempli.",
    ),
    "required when": (
        "{column} is empty, and must be filled when {detail}.",
        "{column} est vide et doit être rempli quand {detail}.",
    ),
    "date": (
        "{value} is no date of the calendar: write YYYY-MM-DD, or YYYY-MM or YYYY where the day is"
        " not known.",
        "{value} n'est pas une date du calendrier : écrire AAAA-MM-JJ, ou AAAA-MM ou AAAA si le"
        " jour n'est pas connu.",
    ),
    "day": (
        "{value} is no day of the calendar: write YYYY-MM-DD.",
        "{value} n'est pas un jour du calendrier : écrire AAAA-MM-JJ.",
    ),
    "dateTime": (
        "{value} is no time: write YYYY-MM-DDThh:mm:ss, with Z or an offset where known.",
        "{value} n'est pas un horodatage : écrire AAAA-MM-JJThh:mm:ss, avec Z ou un décalage s'il"
        " est connu.",
    ),
    "decimal": (
        "{value} is no number: write digits with a point, as 1234.50.",
        "{value} n'est pas un nombre : écrire des chiffres et un point, comme 1234.50.",
    ),
    "boolean": (
        "{value} is neither true nor false: write one of them.",
        "{value} n'est ni true ni false : écrire l'un des deux.",
    ),
    "currency": (
        "{value} is no currency code: write its three capital letters, as EUR.",
        "{value} n'est pas un code de devise : écrire ses trois capitales, comme EUR.",
    ),
    "one of": (
        "{value} is not one of {detail}: write one of these.",
        "{value} n'est pas une des valeurs {detail} : écrire l'une d'elles.",
    ),
    "reference": (
        "{value} is not the key of {detail}, neither in this import nor in the store for this"
        " source: import it too, or correct the key.",
        "{value} n'est pas la clé d'{detail}, ni dans cet import ni dans la base"
        " pour cette source : l'importer aussi, ou corriger la clé.",
    ),
    "taken": (
        "{value} is the key of another record already: choose another key, or change that record"
        " where it came from.",
        "{value} est déjà la clé d'une autre fiche : choisir une autre clé, ou modifier cette fiche"
        " là d'où elle vient.",
    ),
    "same per": (
        "{value} differs from the value of an earlier row with the same {detail}: give them one.",
        "{value} diffère de la valeur d'une ligne précédente ayant le même {detail} : n'en donner"
        " qu'une.",
    ),
    "only when": (
        "{column} has no meaning here: it may be filled only when {detail}.",
        "{column} n'a pas de sens ici : à remplir seulement quand {detail}.",
    ),
    "function": (
        "{value} cannot be read by {detail}: correct the cell, or set such rows aside in the"
        " mapping.",
        "{value} ne peut pas être lu par {detail} : corriger la cellule, ou écarter ces lignes"
        " dans la correspondance.",
    ),
    "iri": (
        "{value} is not an absolute IRI: write one, as https://example.org/x.",
        "{value} n'est pas un IRI absolu : en écrire un, comme https://example.org/x.",
    ),
    "language": (
        "{value} is not a language tag, such as fr or en-GB.",
        "{value} n'est pas un code de langue, comme fr ou en-GB.",
    ),
    "literal": (
        "{value} is not a value of the datatype {detail}: correct the cell.",
        "{value} n'est pas une valeur du type {detail} : corriger la cellule.",
    ),
}

_REFERRED: dict[str, tuple[str, str]] = {
    "information": ("a piece of information", "une information"),
    "party": ("a party", "une partie (client, personne, société ou unité)"),
    "persona": ("a persona", "un persona"),
    "product": ("a product", "un produit"),
    "purchase": ("a purchase", "un achat"),
    "segment": ("a segment", "un segment"),
}
"""What a key is of, by the kind of record that a reference names."""

FRENCH_KINDS: dict[str, str] = {
    "cell: required": "cellule vide à remplir",
    "cell: required when": "cellule vide à remplir",
    "cell: date": "date qui n'en est pas une",
    "cell: day": "jour qui n'en est pas un",
    "cell: dateTime": "horodatage qui n'en est pas un",
    "cell: decimal": "nombre qui n'en est pas un",
    "cell: boolean": "ni vrai ni faux",
    "cell: currency": "devise inconnue",
    "cell: one of": "valeur hors liste",
    "cell: reference": "clé que rien ne porte",
    "cell: taken": "clé déjà prise",
    "cell: same per": "valeur qui diffère dans une même fiche",
    "cell: only when": "cellule sans objet ici",
    "cell: function": "cellule illisible",
    "cell: iri": "adresse (IRI) qui n'en est pas une",
    "cell: language": "langue qui n'en est pas une",
    "cell: literal": "valeur d'un autre type",
    "unknown term": "terme inconnu",
    "unknown code": "code inconnu",
}
"""Kinds of findings beside rules, as French readers are told of them."""

HELD: dict[str, tuple[str, str]] = {
    "needs": (
        "It needs what row {row} of {file} says, which is refused: correct that row.",
        "Elle a besoin de ce que dit la ligne {row} de {file}, refusée : corriger cette ligne.",
    ),
    "record": (
        "It belongs to one record with row {row}, which is refused: correct that row.",
        "Elle forme un même enregistrement avec la ligne {row}, refusée : corriger cette ligne.",
    ),
    "rule": (
        "It breaks the rule {rule}: see the report of the import.",
        "Elle enfreint la règle {rule} : voir le rapport d'import.",
    ),
    "taken back": (
        "It needs {name}, which was taken back with the import {run}: it comes in by itself when"
        " that is imported again.",
        "Elle a besoin de {name}, retiré avec l'import {run} : elle reviendra d'elle-même quand"
        " cela sera importé de nouveau.",
    ),
    "waits": (
        "It needs {name}, which went to quarantine when the import {run} was taken back: both"
        " come in together.",
        "Elle a besoin de {name}, mis en quarantaine au retrait de l'import {run} : les deux"
        " reviendront ensemble.",
    ),
    "rule without": (
        "Without the import {run}, which was taken back, it breaks the rule {rule}: import again"
        " what it misses, then try the quarantine again.",
        "Sans l'import {run}, retiré, elle enfreint la règle {rule} : importer de nouveau ce qui"
        " lui manque, puis réessayer la quarantaine.",
    ),
}
"""Why a row is refused that has no wrong cell of its own."""


def message(code: str, *, column: str, value: str, detail: str) -> dict[str, str]:
    """Return the texts of a message by language, with what was meant where that is likely."""
    details = (detail, detail)
    if code == "reference":
        details = _REFERRED.get(detail, (f"a {detail}", f"un élément « {detail} »"))
    texts = {
        language: text.format(column=column, value=repr(value), detail=one)
        for language, text, one in zip(LANGUAGES, MESSAGES[code], details, strict=True)
    }
    meant = _meant(value, detail) if code == "one of" else None
    return texts if meant is None else meaning(texts, meant)


@lru_cache(maxsize=4096)
def _meant(value: str, codes: str) -> str | None:
    """Return the code, of several between commas, that a value most likely stands for."""
    return nearest(value, codes.split(", "))


def meaning(texts: Mapping[str, str], meant: str) -> dict[str, str]:
    """Return the texts of a message with what was meant, most likely."""
    return {
        "en": f"{texts['en']} Did you mean {meant!r}?",
        "fr": f"{texts['fr']} Vouliez-vous dire {meant!r} ?",
    }


def held_message(code: str, **values: object) -> dict[str, str]:
    """Return the texts of why a row is refused, by language."""
    return {
        language: text.format_map(values)
        for language, text in zip(LANGUAGES, HELD[code], strict=True)
    }


def perhaps_for_refusals(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of a violation that may be there only because rows are refused."""
    remarks = {
        "en": "Perhaps only because other rows are refused: correct these first.",
        "fr": "Peut-être seulement parce que d'autres lignes sont refusées : les corriger d'abord.",
    }
    return {code: f"{text} {remarks.get(code, remarks['en'])}" for code, text in texts.items()}


def warning_message(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of a warning beside what a row is refused for."""
    marks = {"en": "Warning:", "fr": "Avertissement :"}
    return {code: f"{marks.get(code, marks['en'])} {text}" for code, text in texts.items()}


def respelled_note(quads: int) -> dict[str, str]:
    """Return the note that statements name schema.org in another spelling than the one kept."""
    return {
        "en": f"Statements that write http://schema.org/: {quads}. They are kept with"
        " https://schema.org/, as the vocabulary writes it.",
        "fr": f"Énoncés qui écrivent http://schema.org/ : {quads}. Ils sont gardés avec"
        " https://schema.org/, comme le vocabulaire l'écrit.",
    }


EMPTY_ROW = {"en": "the row is empty", "fr": "la ligne est vide"}
