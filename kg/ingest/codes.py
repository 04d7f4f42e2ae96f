"""Words for the codes of templates: what files write, in English or French, where a code is meant.

`Nature` may hold `personne`, `Particulier` or `société` where the template wants `person` and
`legal`. Words are compared as headers are, without regard to case and accents.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from kg.ingest.headers import folded
from kg.ingest.mapping import Cell

WORDS: dict[str, tuple[str, ...]] = {
    "person": (
        *("personne", "personne physique", "particulier", "individu", "individual", "people"),
        *("natural person", "physique", "pp"),
    ),
    "legal": (
        *("organisation", "organization", "personne morale", "morale", "pm", "société"),
        *("entreprise", "association", "company", "business", "legal entity", "legal person"),
        *("corporate", "professionnel", "professional", "pro", "firm", "organisme"),
    ),
    "unit": (
        *("unité", "service", "département", "direction", "department", "division", "team"),
        *("équipe", "organizational unit", "unité organisationnelle"),
    ),
    "household": ("ménage", "foyer", "famille", "family"),
    "client": ("customer", "cliente"),
    "prospect": ("lead", "prospecte"),
    "recommendation": ("recommandation", "referral", "parrainage", "bouche à oreille"),
    "advertising": ("publicité", "pub", "advertisement"),
    "event": ("événement", "salon"),
    "search": ("recherche", "moteur de recherche"),
    "social": ("réseaux sociaux", "réseau social", "social media"),
    "partner": ("partenaire",),
    "walk-in": ("passage", "visite spontanée"),
    "other": ("autre", "divers"),
    "public": ("tarif public", "catalogue"),
    "staff": ("personnel", "tarif du personnel", "salarié"),
    "personal": ("personnel", "privé", "private"),
    "professional": ("professionnel", "pro", "business"),
    "in": ("entrant", "entrante", "inbound", "incoming", "reçu"),
    "out": ("sortant", "sortante", "outbound", "outgoing", "envoyé"),
    "both": ("les deux", "mutuel"),
    "minor": ("mineur", "mineure", "faible"),
    "major": ("majeur", "majeure", "grave"),
    "critical": ("critique",),
    "sales": ("vente", "ventes", "commercial"),
    "yes": ("oui", "vrai", "true"),
    "no": ("non", "faux", "false"),
    "unknown": ("inconnu", "inconnue", "ne sait pas"),
    "draft": ("brouillon",),
    "submitted": ("soumise", "soumis", "déposée"),
    "technically_reviewed": ("avis technique rendu", "technique validée"),
    "commercially_reviewed": ("avis commercial rendu", "commercial validé"),
    "ordered": ("commandée", "commandé"),
    "rejected": ("rejetée", "rejeté", "refusée", "refusé"),
    "withdrawn": ("retirée", "retiré", "abandonnée"),
    "key_account": ("grand compte", "compte clé"),
    "ambassador": ("ambassadeur", "ambassadrice"),
    "adviser": ("conseiller", "conseillère", "advisor"),
    "goods": ("marchandises", "biens", "achats"),
}
"""Code of a template -> words for it, the code itself left out."""


_LIKE = 0.7
"""Likeness from which a code is proposed for what is none."""


def nearest(value: str, codes: Collection[str], like: float = _LIKE) -> str | None:
    """Return the code that a value most likely stands for, None where it is like none."""
    by_word = {folded(word): code for code in codes for word in (*WORDS.get(code, ()), code)}
    found = get_close_matches(folded(value), list(by_word), n=1, cutoff=like)
    return by_word[found[0]] if found else None


def code_of(cell: Cell, value: str) -> str | None:
    """Return the code of a column that a value means, None where it means none."""
    if value in cell.one_of:
        return value
    word = "" if "$" in value else folded(value)
    for code in cell.one_of if word else ():
        if word == folded(code) or word in map(folded, WORDS.get(code, ())):
            return code
    return None


def codes_of(cell: Cell, values: Sequence[str]) -> dict[str, str | None]:
    """Return the code that each value means, by the value as it is written, each once."""
    return {value: code_of(cell, value) for value in sorted(set(values))}
