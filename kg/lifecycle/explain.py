"""Why a party has its stage: evidence, the rule that decided, the conditions that failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from kg.lifecycle.classify import classified
from kg.lifecycle.context import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.evidence import Evidence, evidence
from kg.lifecycle.shortfalls import Shortfall, shortfalls
from kg.lifecycle.stages import LOYAL, REGULAR, RULES
from kg.store import Cursor

EXPLANATION_COLUMNS = (
    "party", "party_key", "kind", "name", "holds", "value", "needed", "missing", "en", "fr",
)  # fmt: skip

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


_CLASS_TEXTS = {
    "CURRENT": ("current", "actuelle"),
    "DISLOYAL": ("disloyal", "déloyale"),
    "DORMANT": ("dormant", "inactive"),
    "FORMER": ("former", "ancienne"),
    "LOYAL": ("loyal", "fidèle"),
    "POTENTIAL": ("potential", "potentielle"),
    "PROSPECT": ("a prospect", "prospect"),
    "QUALIFIED": ("qualified", "qualifiée"),
    "REGULAR": ("regular", "régulière"),
}

_EVIDENCE_TEXTS = {
    "bad experience": ("Unresolved bad experience", "Expérience négative non résolue"),
    "contract": ("Contract", "Contrat"),
    "engagement": ("Sign of engagement", "Signe d'engagement"),
    "membership": ("Membership", "Appartenance"),
    "purchase": ("Purchase", "Achat"),
    "refusal": ("Refusal", "Refus"),
    "targeted": ("In a segment targeted since", "Dans un segment ciblé depuis"),
    "use": ("Use", "Utilisation"),
}


class Explained(NamedTuple):
    """A classified party: its measures, the events read, the conditions that failed next to it."""

    fact: Mapping[str, Any]
    evidence: list[Evidence]
    shortfalls: list[Shortfall]


class _Line(NamedTuple):
    """A row of the explanation of one party."""

    kind: str
    name: str
    holds: bool | None
    en: str
    fr: str
    value: float | None = None
    needed: float | None = None
    missing: float | None = None


def explain(cursor: Cursor, context: Context, *, party: str) -> Table:
    """Return what decided the stage of a party.

    Kinds of rows: `measure`; `rule`, of which the last decided and those before it failed; `depth`
    for CURRENT parties; `neighbour`, a class that the party nearly has, and `failed`, its
    conditions that do not hold; `evidence`, the events that were read, named by their IRI.

    Raises:
        UsageError: no party has this key.
    """
    values = context.parameters.as_mapping()
    found = explained(cursor, context, party=party)
    rows = [
        (one.fact["iri"], one.fact["key"], line.kind, line.name, line.holds, line.value,
         line.needed, line.missing, line.en, line.fr)
        for one in found
        for line in _lines(one, values)
    ]  # fmt: skip
    return Table(EXPLANATION_COLUMNS, rows)


def explained(cursor: Cursor, context: Context, *, party: str) -> list[Explained]:
    """Return what the classification of the parties with a key or IRI rests on.

    Raises:
        UsageError: no party has this key.
    """
    with snapshot(cursor) as settled:
        evaluation = classified(cursor, context, party=party, settled=settled)
        evaluation.name_terms("SELECT party FROM classification")
        facts = _facts(evaluation)
        by_party: dict[int, list[Evidence]] = defaultdict(list)
        for one in evidence(evaluation):
            by_party[one.party].append(one)
    values = context.parameters.as_mapping()
    return [
        Explained(fact, by_party[fact["party"]], list(shortfalls(fact, values))) for fact in facts
    ]


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
        SELECT t.lex AS iri, k.key, c.*, asked - last AS silence, {tested}
        FROM classification AS c
        JOIN term AS t ON t.id = c.party
        LEFT JOIN {evaluation.source_keys("classification", "party")} AS k ON k.id = c.party
        ORDER BY k.key, t.lex
        """
    )
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _lines(one: Explained, values: Mapping[str, Any]) -> Iterator[_Line]:
    """Yield the lines about one party."""
    fact = one.fact
    for name, (en, fr) in _MEASURES.items():
        told = (f"{en}: {_text(fact[name], 'en')}", f"{fr} : {_text(fact[name], 'fr')}")
        yield _Line("measure", name, None, *told)
    for number, (stage, _) in enumerate(RULES[: fact["rule"]], 1):
        en, fr = _filled(_RULE_TEXTS[number - 1], values)
        yield _Line("rule", f"{number} {stage}", bool(fact[f"rule_{number}"]), en, fr)
    if fact["stage"] == "CURRENT":
        for name, texts in _DEPTH_TEXTS.items():
            en, fr = _filled(texts, values)
            yield _Line("depth", name, bool(fact[f"depth_{name}"]), en, fr)
    yield from _neighbours(one.shortfalls)
    for event in one.evidence:
        en, fr = _EVIDENCE_TEXTS[event.kind]
        told = (f"{en}: {_text(event.day, 'en')}", f"{fr} : {_text(event.day, 'fr')}")
        yield _Line("evidence", event.event, None, *told)


def _filled(texts: tuple[str, str], values: Mapping[str, Any]) -> list[str]:
    return [text.format_map(values) for text in texts]


def _neighbours(found: Iterable[Shortfall]) -> Iterator[_Line]:
    """Yield each class that a party has not, with all that fails, then one line a condition."""
    for name, group in groupby(found, key=lambda one: one.name):
        failed = list(group)
        en, fr = _CLASS_TEXTS[name]
        told = (
            f"Not {en}: {'; '.join(one.en for one in failed)}.",
            f"Non {fr} : {' ; '.join(one.fr for one in failed)}.",
        )
        yield _Line("neighbour", name, holds=False, en=told[0], fr=told[1])
        for one in failed:
            yield _Line(
                "failed", f"{name} {one.condition}", holds=False, en=one.en, fr=one.fr,
                value=one.value, needed=one.needed, missing=one.missing,
            )  # fmt: skip


def _text(value: Any, language: str) -> str:
    """Return a measure for people."""
    words = {"en": ("none", "yes", "no"), "fr": ("néant", "oui", "non")}[language]
    if value is None:
        return words[0]
    if isinstance(value, bool):
        return words[1] if value else words[2]
    return str(value)
