"""Why a party has its stage: its measures, the rule that decided, the conditions that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kg.lifecycle.classify import classified
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.stages import LOYAL, REGULAR, RULES
from kg.store import Cursor

EXPLANATION_COLUMNS = ("party", "party_key", "kind", "name", "holds", "en", "fr")

_MEASURES = {
    "n": ("Occasions", "Occasions d'achat"),
    "first": ("First acquisition", "Première acquisition"),
    "last": ("Last sign of being a client", "Dernier signe de clientèle"),
    "silence": ("Days since then", "Jours écoulés depuis"),
    "span": ("Days between first and last purchase", "Jours entre premier et dernier achat"),
    "recent": ("Occasions in the last W_reg days", "Occasions des W_reg derniers jours"),
    "active": ("Active contract", "Contrat en cours"),
    "refused_on": ("Last refusal in effect", "Dernier refus effectif"),
    "bad_since": ("Unresolved bad experience since then", "Expérience négative non résolue depuis"),
    "score": ("Latest satisfaction", "Dernière satisfaction"),
    "two_way": ("Has spoken with us", "A déjà échangé avec nous"),
}

_RULE_TEXTS = (
    ("It has an active contract.", "Un contrat est en cours."),
    (
        "It was a client and refused, in words or by silence after a bad experience.",
        "Elle a été cliente et a refusé, par déclaration ou par silence après une expérience"
        " négative.",
    ),
    (
        "It was a client within the last {D_act} days.",
        "Elle a été cliente dans les {D_act} derniers jours.",
    ),
    (
        "It was a client within the last {D_lost} days.",
        "Elle a été cliente dans les {D_lost} derniers jours.",
    ),
    ("It was a client at some time.", "Elle a été cliente un jour."),
    ("It has used without acquiring.", "Elle a utilisé sans acquérir."),
    (
        "It refused and has not come back on its own since.",
        "Elle a refusé et n'est pas revenue d'elle-même depuis.",
    ),
    ("It has shown a sign of engagement.", "Elle a donné un signe d'engagement."),
    ("Nothing else applies.", "Rien d'autre ne s'applique."),
)

_DEPTH_TEXTS = {
    "occasions": ("At least {N_loyal} occasions.", "Au moins {N_loyal} occasions d'achat."),
    "span": (
        "At least {M_loyal} days from first to last purchase.",
        "Au moins {M_loyal} jours du premier au dernier achat.",
    ),
    "recency": (
        "Bought within the last {D_loyal} days.",
        "A acheté dans les {D_loyal} derniers jours.",
    ),
    "satisfaction": (
        "Satisfaction reaches the minimum, if one is set.",
        "La satisfaction atteint le minimum, s'il y en a un.",
    ),
    "no notice": ("No notice was given.", "Aucun préavis n'a été donné."),
    "regular": (
        "An active contract, or {N_reg} occasions in the last {W_reg} days.",
        "Un contrat en cours, ou {N_reg} occasions dans les {W_reg} derniers jours.",
    ),
}


def explain(cursor: Cursor, context: Context, *, party: str) -> Table:
    """Return what decided the stage of a party: kinds `measure`, `rule` and `depth`.

    The last row of kind `rule` decided; the rows before it failed. Rows of kind `depth` are there
    for CURRENT parties.

    Raises:
        UsageError: no party has this key.
    """
    with snapshot(cursor):
        evaluation = classified(cursor, context, party=party)
        rows = _facts(evaluation)
    values = context.parameters.as_mapping()
    found = [
        (fact["iri"], fact["key"], *line) for fact in rows for line in _explained(fact, values)
    ]
    return Table(EXPLANATION_COLUMNS, found)


def _facts(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return the measures of the classified parties, with each condition as true or false."""
    conditions = {
        **{f"rule_{number}": condition for number, (_, condition) in enumerate(RULES, 1)},
        **{f"depth_{name}": condition for name, condition in LOYAL.items()},
        "depth_regular": REGULAR,
    }
    tested = ", ".join(f'({sql}) AS "{name}"' for name, sql in conditions.items())
    result = evaluation.run(
        f"""
        SELECT t.lex AS iri, k.key, c.* EXCLUDE (party), asked - last AS silence, {tested}
        FROM classification AS c
        JOIN term AS t ON t.id = c.party
        LEFT JOIN {evaluation.source_keys("classification", "party")} AS k ON k.id = c.party
        ORDER BY k.key, t.lex
        """
    )
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _explained(fact: Mapping[str, Any], values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the lines (kind, name, holds, en, fr) about one party."""
    lines: list[tuple[Any, ...]] = [
        (
            "measure",
            name,
            None,
            f"{en}: {_text(fact[name], 'en')}",
            f"{fr} : {_text(fact[name], 'fr')}",
        )
        for name, (en, fr) in _MEASURES.items()
    ]
    for number, (stage, _) in enumerate(RULES[: fact["rule"]], 1):
        en, fr = (text.format_map(values) for text in _RULE_TEXTS[number - 1])
        lines.append(("rule", f"{number} {stage}", bool(fact[f"rule_{number}"]), en, fr))
    if fact["stage"] == "CURRENT":
        for name, texts in _DEPTH_TEXTS.items():
            en, fr = (text.format_map(values) for text in texts)
            lines.append(("depth", name, bool(fact[f"depth_{name}"]), en, fr))
    return lines


def _text(value: Any, language: str) -> str:
    """Return a measure for people."""
    words = {"en": ("none", "yes", "no"), "fr": ("néant", "oui", "non")}[language]
    if value is None:
        return words[0]
    if isinstance(value, bool):
        return words[1] if value else words[2]
    return str(value)
