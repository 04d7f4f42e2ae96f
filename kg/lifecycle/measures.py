"""The base measures of each probe: a party at a day (rules-and-metrics, section 3).

A probe table has the columns (party, asked). The main classification has one probe per party; the
history of a party has several. Each step joins events to probes on the party and reads what is
dated up to `asked`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kg.lifecycle.evaluation import Evaluation

MEASURES = (
    "n", "first_buy", "last_buy", "span", "recent", "active", "first", "last", "ever_client",
    "ever_user", "refused_on", "notice", "unresolved", "first_bad", "bad_since", "signalled",
    "two_way", "started", "qualified", "positive", "score", "internal", "key_account",
    "suggested", "excluded",
)  # fmt: skip
"""Columns of the measures, beside `party` and `asked`."""


def measure(evaluation: Evaluation, probes: str, name: str) -> None:
    """Keep, as table `name`, the measures of each row (party, asked) of the table `probes`."""
    with measures_of(evaluation, probes, name) as measures:
        evaluation.table(name, f"SELECT * FROM {measures}")


@contextmanager
def measures_of(
    evaluation: Evaluation, probes: str, name: str, *, of_clients: bool = True
) -> Iterator[str]:
    """Yield a relation of the measures of each row (party, asked) of the table `probes`.

    `name` begins the names of the tables that it reads, which are gone afterwards. Unless
    `of_clients`, signs of engagement are read for those alone whom they may classify: whoever was
    never a client.
    """
    steps = {
        f"{name}_bought": _BOUGHT,
        f"{name}_contracted": _CONTRACTED,
        f"{name}_used": _USED,
        f"{name}_acquired": _acquired(evaluation),
        f"{name}_wronged": _WRONGED,
        f"{name}_refused": _REFUSED,
        f"{name}_signalled": _SIGNALLED if of_clients else _SIGNALLED_OF_OTHERS,
        f"{name}_qualified": _QUALIFIED,
        f"{name}_scored": _SCORED,
        f"{name}_marked": _MARKED,
    }
    for step, sql in steps.items():
        evaluation.table(step, sql.format(probes=probes, name=name))
    yield f"({_JOINED.format(name=name)})"
    for step in steps:
        evaluation.drop(step)


_BOUGHT = """
SELECT b.party, b.asked, count(*) AS n, min(o.day) AS first_buy, max(o.day) AS last_buy,
    count(*) FILTER (o.day > b.asked - CAST($W_reg AS INTEGER)) AS recent
FROM {probes} AS b
JOIN occasion AS o ON o.party = b.party AND o.day <= b.asked AND b.asked < o.until
GROUP BY b.party, b.asked
"""

_CONTRACTED = """
SELECT b.party, b.asked, min(c.start) AS first_start, max(least(c.finish, b.asked)) AS last_day,
    bool_or(b.asked < c.finish) AS active
FROM {probes} AS b
JOIN contract AS c ON c.party = b.party AND c.start <= b.asked
GROUP BY b.party, b.asked
"""

_USED = """
SELECT b.party, b.asked, max(u.day) AS last_use
FROM {probes} AS b
JOIN usage AS u ON u.party = b.party AND u.day <= b.asked
GROUP BY b.party, b.asked
"""

_REFUSED = """
SELECT b.party, b.asked, max(r.effective) FILTER (r.effective <= b.asked) AS refused_on,
    bool_or(r.effective > b.asked) AS notice
FROM {probes} AS b
JOIN refusal AS r ON r.party = b.party AND r.day <= b.asked
GROUP BY b.party, b.asked
"""

_SIGNALLED = """
SELECT b.party, b.asked, bool_or(s.two_way) AS two_way, max(s.day) FILTER (s.started) AS started
FROM {probes} AS b
JOIN signal AS s ON s.party = b.party AND s.day <= b.asked AND s.shown <= b.asked
GROUP BY b.party, b.asked
"""

_SIGNALLED_OF_OTHERS = _SIGNALLED.replace(
    "{probes} AS b", "(SELECT party, asked FROM {name}_acquired WHERE NOT ever_client) AS b"
)

_QUALIFIED = """
SELECT b.party, b.asked, max(q.day) AS qualified, max_by(q.positive, (q.day, q.qualification))
    AS positive
FROM {probes} AS b
JOIN qualification AS q ON q.party = b.party AND q.day <= b.asked
    AND b.asked - q.day <= $V_qual AND q.sales
GROUP BY b.party, b.asked
"""

_SCORED = """
SELECT b.party, b.asked, max_by(s.score, (s.day, s.measurement)) AS score
FROM {probes} AS b
JOIN score AS s ON s.party = b.party AND s.day <= b.asked
GROUP BY b.party, b.asked
"""

_ACQUIRED = """
SELECT b.party, b.asked, coalesce(o.n, 0) AS n, o.first_buy, o.last_buy,
    coalesce(o.last_buy - o.first_buy, 0) AS span, coalesce(o.recent, 0) AS recent,
    coalesce(c.active, FALSE) AS active, least(o.first_buy, c.first_start) AS first,
    greatest(o.last_buy, c.last_day, {last_use}) AS last,
    o.party IS NOT NULL OR c.party IS NOT NULL OR {by_use} OR {by_undated} AS ever_client,
    u.party IS NOT NULL AS ever_user
FROM {{probes}} AS b
LEFT JOIN {{name}}_bought AS o ON o.party = b.party AND o.asked = b.asked
LEFT JOIN {{name}}_contracted AS c ON c.party = b.party AND c.asked = b.asked
LEFT JOIN {{name}}_used AS u ON u.party = b.party AND u.asked = b.asked
{undated}
"""

_UNDATED = """
LEFT JOIN (
    SELECT DISTINCT b.party, b.asked FROM {probes} AS b
    JOIN undated AS d ON d.party = b.party AND b.asked < d.until
) AS d ON d.party = b.party AND d.asked = b.asked
"""


def _acquired(evaluation: Evaluation) -> str:
    """Return the step of everClient, first and last, under the basis and the undated policy."""
    parameters = evaluation.context.parameters
    by_use = parameters.current_basis == "purchaseOrUse"
    by_undated = parameters.undated_policy == "assumeEarliest"
    return _ACQUIRED.format(
        last_use="u.last_use" if by_use else "NULL",
        by_use="u.party IS NOT NULL" if by_use else "FALSE",
        by_undated="d.party IS NOT NULL" if by_undated else "FALSE",
        undated=_UNDATED if by_undated else "",
    )


_WRONGED = """
SELECT a.party, a.asked, min(x.day) AS first_bad, min(x.day) FILTER (x.day >= a.last) AS bad_since
FROM {name}_acquired AS a
JOIN bad AS x ON x.party = a.party AND x.day <= a.asked AND a.asked < x.resolved
GROUP BY a.party, a.asked
"""

_INTERNAL = """
SELECT b.party, b.asked, 'internal' AS mark FROM {probes} AS b
JOIN membership AS m ON m.member = b.party AND m.start <= b.asked AND b.asked < m.finish
    AND (NOT m.contractor OR $contractorIsInternal)
JOIN house AS h ON h.id = m.organization
"""
_UNIT = "SELECT b.party, b.asked, 'internal' FROM {probes} AS b JOIN house AS h ON h.id = b.party"
_KEY = """
SELECT b.party, b.asked, 'key' FROM {probes} AS b
JOIN designation AS d ON d.party = b.party AND d.start <= b.asked AND b.asked < d.finish
"""
_EXCLUDED = """
SELECT b.party, b.asked, 'excluded' FROM {probes} AS b
JOIN imprecise AS i ON i.party = b.party
    AND (i.day IS NULL OR i.first_day <= b.asked AND b.asked < i.day)
"""

_TARGETED = """
SELECT b.party, b.asked, 'targeted' FROM {probes} AS b
JOIN targeted AS g ON g.party = b.party AND g.start <= b.asked AND b.asked < g.finish
"""

_MARKED = f"""
SELECT party, asked, bool_or(mark = 'internal') AS internal, bool_or(mark = 'key') AS key_account,
    bool_or(mark = 'excluded') AS excluded, bool_or(mark = 'targeted') AS targeted
FROM ({_INTERNAL} UNION ALL {_UNIT} UNION ALL {_KEY} UNION ALL {_EXCLUDED} UNION ALL {_TARGETED})
GROUP BY party, asked
"""
"""Position, designation, excluded evidence and targetings: facts that few parties have."""

_JOINED = """
SELECT a.*, r.refused_on, coalesce(r.notice, FALSE) AS notice,
    w.party IS NOT NULL AS unresolved, w.first_bad, w.bad_since,
    s.party IS NOT NULL OR coalesce(k.targeted, FALSE) AS signalled,
    coalesce(s.two_way, FALSE) AS two_way, s.started,
    q.qualified, q.positive, g.score,
    coalesce(k.internal, FALSE) AS internal, coalesce(k.key_account, FALSE) AS key_account,
    coalesce(p.amount >= $K_potential, FALSE) AS suggested,
    coalesce(k.excluded, FALSE) AS excluded
FROM {name}_acquired AS a
LEFT JOIN {name}_refused AS r ON r.party = a.party AND r.asked = a.asked
LEFT JOIN {name}_wronged AS w ON w.party = a.party AND w.asked = a.asked
LEFT JOIN {name}_signalled AS s ON s.party = a.party AND s.asked = a.asked
LEFT JOIN {name}_qualified AS q ON q.party = a.party AND q.asked = a.asked
LEFT JOIN {name}_scored AS g ON g.party = a.party AND g.asked = a.asked
LEFT JOIN {name}_marked AS k ON k.party = a.party AND k.asked = a.asked
LEFT JOIN potential AS p ON p.party = a.party
"""
