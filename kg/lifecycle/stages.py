"""The decision list: from measures to stage, depth, former kind and the rest (section 4)."""

from __future__ import annotations

from collections.abc import Sequence

from kg.lifecycle.evaluation import Evaluation
from kg.lifecycle.measures import measures_of

REFUSAL = {
    "explicit": "(refused_on IS NOT NULL AND coalesce(refused_on >= last, NOT ever_client))",
    "inferred": "(coalesce(asked - bad_since > $D_dis, FALSE) AND NOT active)",
}
"""SQL conditions over measures: refusal stated, and refusal inferred from silence."""

RULES = (
    ("CURRENT", "ever_client AND active"),
    ("FORMER", "ever_client AND (explicit OR inferred)"),
    ("CURRENT", "ever_client AND coalesce(asked - last <= $D_act, FALSE)"),
    ("DORMANT", "ever_client AND coalesce(asked - last <= $D_lost, FALSE)"),
    ("FORMER", "ever_client"),
    ("USER_ONLY", "ever_user"),
    ("REFUSING", "explicit AND coalesce(started <= refused_on, TRUE)"),
    ("POTENTIAL", "signalled"),
    ("UNENGAGED", "TRUE"),
)
"""Stages in the order of the decision list, each with its condition over measures."""

LOYAL = {
    "occasions": "n >= $N_loyal",
    "span": "span >= $M_loyal",
    "recency": "coalesce(asked - last_buy <= $D_loyal, FALSE)",
    "satisfaction": (
        "($loyaltyMinSatisfaction IS NULL OR coalesce(score >= $loyaltyMinSatisfaction, FALSE))"
    ),
    "no notice": "NOT notice",
}
"""Conditions of LOYAL, all required."""

REGULAR = "(active OR recent >= $N_reg)"


def _rule_case() -> str:
    """Return the SQL expression of the number of the first rule that applies."""
    whens = " ".join(f"WHEN {condition} THEN {i}" for i, (_, condition) in enumerate(RULES, 1))
    return f"CASE {whens} END"


def _stage_case() -> str:
    """Return the SQL expression of the stage that a rule gives."""
    return (
        "CASE rule "
        + " ".join(f"WHEN {i} THEN '{s}'" for i, (s, _) in enumerate(RULES, 1))
        + " END"
    )


_DEPTH = f"""
CASE WHEN stage = 'CURRENT' THEN
    CASE WHEN {" AND ".join(LOYAL.values())} THEN 'LOYAL'
         WHEN {REGULAR} THEN 'REGULAR' ELSE 'OCCASIONAL' END END
"""

_FORMER_KIND = """
CASE WHEN stage = 'FORMER' THEN
    CASE WHEN inferred OR explicit AND coalesce(first_bad <= refused_on, FALSE) THEN 'DISLOYAL'
         ELSE 'LOST' END END
"""

_PIPELINE = """
CASE WHEN stage IN ('POTENTIAL', 'USER_ONLY') THEN
    CASE WHEN qualified IS NOT NULL AND positive < $Q_min THEN 'DISQUALIFIED'
         WHEN NOT two_way THEN 'SUSPECT'
         WHEN qualified IS NOT NULL THEN 'QUALIFIED' ELSE 'PROSPECT' END END
"""

_TIER = """
CASE WHEN stage IN ('CURRENT', 'DORMANT') AND (notice OR unresolved) THEN 'T1'
     WHEN stage = 'REFUSING' THEN 'T2' WHEN stage = 'UNENGAGED' THEN 'T3' END
"""


def decide(
    evaluation: Evaluation, probes: str, name: str, classes: Sequence[str] | None = None
) -> None:
    """Keep, as table `name`, the classes of each row (party, asked) of the table `probes`.

    They are rule, stage, depth, former kind and the rest, beside all measures; or only some of the
    `classes`, with what a stage rests on alone read.
    """
    kept = "*" if classes is None else ", ".join(("party", "asked", *classes))
    with measures_of(evaluation, probes, name, of_clients=classes is None) as measures:
        evaluation.table(name, _DECIDED.format(measures=measures, kept=kept))


_DECIDED = f"""
WITH refusing AS (
    SELECT *, {REFUSAL["explicit"]} AS explicit, {REFUSAL["inferred"]} AS inferred
    FROM {{measures}} AS measured
), ruled AS (SELECT *, {_rule_case()} AS rule FROM refusing),
staged AS (SELECT *, {_stage_case()} AS stage FROM ruled),
decided AS (
    SELECT *, {_DEPTH} AS depth, {_FORMER_KIND} AS former_kind, {_PIPELINE} AS pipeline,
        CASE WHEN internal THEN 'INTERNAL' ELSE 'EXTERNAL' END AS position, {_TIER} AS tier
    FROM staged
)
SELECT {{kept}} FROM decided
"""
