"""What each client is worth, in cents by currency (sections 7.4 and 9)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kg.lifecycle import Note
from kg.lifecycle.evaluation import Evaluation
from kg.lifecycle.purchases import sold_lines


class Value(NamedTuple):
    """Value of a party in one currency, in hundredths."""

    party: int
    currency: str
    cents: int


def party_values(
    evaluation: Evaluation, start: date | None = None, end: date | None = None
) -> list[Value]:
    """Return the value of each client over [start, end], by default everything up to T.

    Net amounts less refunds; with `valueMeasure: netMargin`, less costs too.
    """
    build_values(evaluation, start, end)
    rows = evaluation.run("SELECT party, code, cents FROM party_value ORDER BY party, code")
    return list(map(Value._make, rows.fetchall()))


def build_values(
    evaluation: Evaluation, start: date | None = None, end: date | None = None
) -> None:
    """Make the table `party_value` (party, code, cents), as `party_values` returns it."""
    margin = evaluation.context.parameters.value_measure == "netMargin"
    as_of = evaluation.context.as_of
    one = _one_currency(evaluation)
    evaluation.table(
        "party_value",
        (_OF_ONE_CURRENCY if one else _BY_CURRENCY).format(
            flows=_flows(evaluation, costs=margin, one_currency=one), codes=CODES
        ),
        default_currency=evaluation.context.currency,
        start=start,
        end=min(end or as_of, as_of),
    )
    evaluation.run("DELETE FROM party_value WHERE cents = 0")


def _cents(amount: str) -> str:
    """Return the SQL of an exact amount in hundredths.

    Whole hundredths are found in floating point and checked: to round exactly takes much longer.
    """
    near = f"TRY_CAST(round(CAST({amount} AS DOUBLE) * 100) AS BIGINT)"
    whole = f"{near} * CAST(0.01 AS DECIMAL(3, 2)) = {amount}"
    return f"CASE WHEN {whole} THEN {near} ELSE CAST(round({amount} * 100) AS BIGINT) END"


_DATED = "day BETWEEN coalesce($start::DATE, DATE '-infinity') AND $end"
_OF_ONE_CURRENCY = f"""
SELECT party, $default_currency AS code, {_cents("sum(amount)")} AS cents
FROM ({{flows}}) WHERE {_DATED} GROUP BY party
"""
_BY_CURRENCY = f"""
WITH summed AS (
    SELECT party, currency, sum(amount) AS amount FROM ({{flows}})
    WHERE {_DATED} GROUP BY party, currency
)
SELECT party, coalesce(t.lex, $default_currency) AS code, {_cents("sum(amount)")} AS cents
FROM summed LEFT JOIN {{codes}} AS t ON t.id = summed.currency
GROUP BY party, code
"""


def value_notes(evaluation: Evaluation) -> tuple[Note, ...]:
    """Return what values leave out or take for granted, with how many it concerns."""
    undated, without_amount, without_currency = evaluation.run(
        _MISSING.format(
            lines=evaluation.triples("hasLine"),
            amounts=evaluation.triples("netAmount"),
            currencies=evaluation.triples("currency"),
        )
    ).fetchone() or (0, 0, 0)
    code = evaluation.context.currency
    notes = (
        (undated, Note(
            f"Purchases and refunds without a date, which are in no value: {undated}.",
            f"Achats et remboursements sans date, qui n'entrent dans aucune valeur : {undated}.",
        )),
        (without_amount, Note(
            f"Purchases with a line without an amount, or without a line: {without_amount}.",
            f"Achats dont une ligne est sans montant, ou sans ligne : {without_amount}.",
        )),
        (without_currency, Note(
            f"Purchases with an amount without a currency, taken to be {code}: {without_currency}.",
            f"Achats dont un montant est sans devise, tenu pour {code} : {without_currency}.",
        )),
    )  # fmt: skip
    return tuple(note for count, note in notes if count)


_MISSING = """
WITH line AS (
    SELECT p.purchase, a.s IS NULL AS no_amount, a.s IS NOT NULL AND c.s IS NULL AS no_currency
    FROM purchase AS p
    LEFT JOIN {lines} AS l ON l.s = p.purchase
    LEFT JOIN {amounts} AS a ON a.s = l.o
    LEFT JOIN {currencies} AS c ON c.s = l.o
)
SELECT (SELECT count(*) FROM purchase WHERE day IS NULL)
        + (SELECT count(*) FROM refund WHERE day IS NULL),
    (SELECT count(DISTINCT purchase) FROM line WHERE no_amount),
    (SELECT count(DISTINCT purchase) FROM line WHERE no_currency)
"""


def _flows(evaluation: Evaluation, *, costs: bool, one_currency: bool) -> str:
    """Return the SELECT (party, currency, amount, day) of what adds to a value or takes away."""
    sold = flows(evaluation, one_currency=one_currency)
    given = f"SELECT party, currency, amount, day FROM ({sold})"
    if not costs:
        return given
    return (
        f"{given} UNION ALL SELECT party, currency, -amount, day FROM ({costs_by_kind(evaluation)})"
    )


def flows(
    evaluation: Evaluation,
    *,
    undated: bool = False,
    one_currency: bool = False,
    at_staff_price: bool = False,
) -> str:
    """Return the SELECT (party, currency, amount, day, back, staff) of sales and refunds.

    Refunds are negative, and `back`; `staff` are sales at a staff price, if they are asked for with
    `at_staff_price`. Those without a date are left out, unless `undated`. A refund of an undated
    sale is undated.
    NULL is the currency of the context, which is taken for granted where none is given; with
    `one_currency`, those of sales are not looked at.
    """
    dated = "TRUE" if undated else "day IS NOT NULL"
    staff = "l.line IN (SELECT s FROM staff_line)" if at_staff_price else "FALSE"
    told = f"LEFT JOIN {evaluation.triples('currency')} AS c ON c.s = l.line"
    currency, told = ("NULL::BIGINT", "") if one_currency else ("c.o", told)
    return f"""
    SELECT * FROM (
        SELECT l.party, {currency} AS currency, a.amount, l.day, FALSE AS back,
            {staff} AS staff
        FROM {sold_lines(evaluation)} AS l
        JOIN {evaluation.amounts("netAmount")} AS a ON a.s = l.line
        {told}
        UNION ALL
        SELECT r.party, r.currency, -r.amount, CASE WHEN p.day IS NOT NULL THEN r.day END,
            TRUE, FALSE
        FROM refund AS r JOIN purchase AS p ON p.purchase = r.purchase
    ) WHERE {dated}
    """


def _one_currency(evaluation: Evaluation) -> bool:
    """Say whether all currencies given are that of the context: they need not be looked at."""
    found = evaluation.run(
        f"SELECT 1 FROM {CODES} WHERE lex <> $default_currency LIMIT 1",
        default_currency=evaluation.context.currency,
    )
    return found.fetchone() is None


CODES = """(
    SELECT t.id, t.lex FROM (SELECT DISTINCT o FROM live WHERE p = $currency) AS c
    JOIN term AS t ON t.id = c.o
)"""
"""The relation (id, lex) of the currencies of a store."""


def costs_by_kind(evaluation: Evaluation) -> str:
    """Return the SELECT (party, currency, amount, day, kind) of costs borne for a party.

    A cost without a kind is one of service.
    """
    return f"""
    SELECT coalesce(m.canonical, r.o) AS party, c.o AS currency, a.amount, d.day,
        coalesce(lower(regexp_extract(w.lex, '[^/]+$')), 'service') AS kind
    FROM {evaluation.instances("CostAllocation")} AS e
    JOIN {evaluation.triples("party")} AS r ON r.s = e.s
    JOIN {evaluation.amounts("amount")} AS a ON a.s = e.s
    LEFT JOIN {evaluation.dates("date")} AS d ON d.s = e.s
    LEFT JOIN {evaluation.triples("currency")} AS c ON c.s = e.s
    LEFT JOIN {evaluation.triples("costKind")} AS k ON k.s = e.s
    LEFT JOIN term AS w ON w.id = k.o
    LEFT JOIN merged AS m ON m.id = r.o
    WHERE e.s NOT IN (SELECT s FROM unknown)
    """
