"""The days on which classes of parties may change; on no other day do they need to be judged.

Both relations hold more days than those of changes, and miss none of these. Call them after the
facts of all days up to T were read.
"""

from __future__ import annotations

from kg.lifecycle.evaluation import Evaluation


def class_turns() -> str:
    """Return a relation (party, day) of the days on which any class may change; days come twice."""
    return f"(SELECT d.party, d.day + w.days AS day FROM ({_DATED}) AS d, ({_WAITS}) AS w)"


def stage_turns(evaluation: Evaluation) -> str:
    """Return a relation (party, day) of the days on which a stage may change; days come twice.

    The table `lasting` is made for it: of the occasions that are never void, with the ones before
    and after.
    """
    evaluation.table("lasting", _LASTING)
    return f"({_STAGE_TURNS})"


def _waiting(name: str) -> str:
    """Return the SQL of the days until a silence has become longer than a parameter."""
    return f"CAST(${name} AS INTEGER) + 1"


_FINITE = "day > DATE '-infinity' AND day < DATE 'infinity'"
_WAITS = " UNION ".join(
    [
        "SELECT 0 AS days",
        "SELECT CAST($W_reg AS INTEGER)",
        *(f"SELECT {_waiting(name)}" for name in ("D_act", "D_lost", "D_dis", "D_loyal", "V_qual")),
    ]
)
"""How many days after what happened a class may change."""
_DATED = f"""
SELECT party, day FROM (
    SELECT party, day FROM purchase
    UNION SELECT party, until FROM occasion
    UNION SELECT party, until FROM undated
    UNION SELECT party, start FROM contract UNION SELECT party, finish FROM contract
    UNION SELECT party, day FROM usage
    UNION SELECT party, day FROM refusal UNION SELECT party, effective FROM refusal
    UNION SELECT party, day FROM bad UNION SELECT party, resolved FROM bad
    UNION SELECT party, day FROM signal UNION SELECT party, shown FROM signal
    UNION SELECT party, day FROM qualification
    UNION SELECT party, day FROM score
    UNION SELECT party, first_day FROM imprecise UNION SELECT party, day FROM imprecise
    UNION SELECT member, start FROM membership UNION SELECT member, finish FROM membership
    UNION SELECT party, start FROM designation UNION SELECT party, finish FROM designation
    UNION SELECT party, start FROM targeted UNION SELECT party, finish FROM targeted
) AS met WHERE {_FINITE}
"""
"""Every day from or until which a measure counts something."""

_LASTING = """
SELECT party, day, lag(day) OVER by_day AS before, lead(day) OVER by_day AS next
FROM occasion WHERE until = DATE 'infinity'
WINDOW by_day AS (PARTITION BY party ORDER BY day)
"""
_ENDING = " UNION ALL ".join(
    f"SELECT party, day + {_waiting(name)} FROM waited" for name in ("D_act", "D_lost")
)
_SILENT = " UNION ALL ".join(
    f"SELECT party, day + {_waiting(name)} FROM lasting WHERE coalesce(next - day > ${name}, TRUE)"
    for name in ("D_act", "D_lost")
)
_STAGE_TURNS = f"""
WITH waited AS (
    SELECT party, day FROM occasion WHERE until < DATE 'infinity'
    UNION ALL SELECT party, finish FROM contract UNION ALL SELECT party, day FROM usage
), met AS (
    SELECT party, day FROM lasting
    WHERE coalesce(day - before > $D_act, TRUE)
        OR party IN (SELECT party FROM refusal UNION ALL SELECT party FROM bad)
    UNION ALL {_SILENT}
    UNION ALL SELECT party, day FROM waited UNION ALL {_ENDING}
    UNION ALL SELECT party, until FROM occasion WHERE until < DATE 'infinity'
    UNION ALL SELECT party, until FROM undated
    UNION ALL SELECT party, start FROM contract
    UNION ALL SELECT party, day FROM refusal UNION ALL SELECT party, effective FROM refusal
    UNION ALL SELECT party, day FROM bad UNION ALL SELECT party, resolved FROM bad
    UNION ALL SELECT party, day + {_waiting("D_dis")} FROM bad
    UNION ALL SELECT s.party, s.shown FROM signal AS s ANTI JOIN (
        SELECT party, day FROM lasting WHERE before IS NULL
    ) AS f ON f.party = s.party AND f.day <= s.shown
    UNION ALL SELECT party, start FROM targeted UNION ALL SELECT party, finish FROM targeted
)
SELECT party, day FROM met WHERE {_FINITE}
"""
"""Who bought not longer than D_act days before is CURRENT on the day of a purchase as on the eve,
unless by a refusal or a bad experience; a silence ends with the next purchase; and whoever bought
for good stays a client, whom no sign of engagement classifies."""
