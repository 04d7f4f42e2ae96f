"""Value of clients, customer lifetime value, and what insiders pay and know more (section 9)."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from kg.analysis.names import names_of
from kg.analysis.values import CODES, costs_by_kind, flows, value_notes
from kg.errors import UsageError
from kg.lifecycle import Context, Note, Table
from kg.lifecycle.classify import build_facts
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.records import build_records
from kg.store import Cursor

VALUE_COLUMNS = (
    "party", "party_key", "revenue", "refunds", "goods", "marketing", "service", "value",
    "currency", "undated", "public_revenue", "from", "to", "params",
)  # fmt: skip
CLV_COLUMNS = (
    "party", "party_key", "margin", "clv", "currency", "retention", "discount", "years", "as_of",
    "params",
)  # fmt: skip
PRICE_COLUMNS = (
    "product", "product_key", "public_price", "staff_price", "gap", "currency", "public_lines",
    "staff_lines", "without_quantity",
)  # fmt: skip
INFORMATION_COLUMNS = ("product", "product_key", "topics", "internal", "external", "gap")
_CENT = Decimal("0.01")


def values(
    cursor: Cursor, context: Context, *, start: date | None = None, end: date | None = None
) -> Table:
    """Return revenue, refunds and costs of each party over [start, end], by currency.

    `value` is revenue less all the others; `public_revenue` is revenue without lines at a staff
    price, which count in no total of the external clientele (section 6.6). `undated` counts the
    purchases, refunds and costs of the party in this currency that have no date: they are in no
    sum.
    """
    last = min(end or context.as_of, context.as_of)
    with snapshot(cursor):
        evaluation = _facts(cursor, context)
        rows = evaluation.run(
            _VALUES.format(
                flows=flows(evaluation, undated=True, at_staff_price=True),
                costs=costs_by_kind(evaluation),
                codes=CODES,
            ),
            start=start,
            end=last,
            default_currency=context.currency,
        ).fetchall()
        names = names_of(evaluation, (row[0] for row in rows))
        notes = value_notes(evaluation)
    under = (start, last, context.parameters.iri)
    found = [
        (*names[party], *amounts, sum(amounts[1:], amounts[0]), currency, undated, public, *under)
        for party, currency, *amounts, undated, public in rows
    ]
    shown = [(*row[:2], row[2], *(-cost for cost in row[3:7]), *row[7:]) for row in found]
    ordered = sorted(shown, key=lambda row: (row[8], -row[7], row[1] or row[0]))
    return Table(VALUE_COLUMNS, ordered, notes)


_VALUES = """
WITH flow AS (
    SELECT party, currency, amount, day,
        CASE WHEN amount < 0 AND back THEN 'refunds' ELSE 'revenue' END AS kind, staff
    FROM ({flows})
    UNION ALL
    SELECT party, currency, -amount, day, kind, FALSE FROM ({costs})
), coded AS (
    SELECT f.*, coalesce(t.lex, $default_currency) AS code,
        coalesce(day <= $end AND coalesce(day >= $start::DATE, $start IS NULL), FALSE) AS counted
    FROM flow AS f LEFT JOIN {codes} AS t ON t.id = f.currency
)
SELECT party, code,
    {sums},
    count(*) FILTER (day IS NULL),
    CAST(coalesce(sum(amount) FILTER (counted AND kind = 'revenue' AND NOT staff), 0)
        AS DECIMAL(30, 2))
FROM coded GROUP BY party, code
HAVING count(*) FILTER (counted) > 0 OR count(*) FILTER (day IS NULL) > 0
ORDER BY party, code
""".replace(
    "{sums}",
    ",\n    ".join(
        f"CAST(coalesce(sum(amount) FILTER (counted AND kind = '{kind}'), 0) AS DECIMAL(30, 2))"
        for kind in ("revenue", "refunds", "goods", "marketing", "service")
    ),
)


def lifetime_value(
    margin: Decimal, retention: Decimal, discount: Decimal, years: int | None = None
) -> Decimal:
    """Return the sum of yearly margins, the first now and certain; without years, for ever.

    Source: rules-and-metrics, section 9 (CLV). Unrounded.

    Raises:
        UsageError: retention, discount or years are out of range.
    """
    span = years is None or 1 <= years <= _MOST_YEARS
    if not (0 <= retention <= 1 and _LEAST_DISCOUNT <= discount <= _MOST_DISCOUNT and span):
        raise UsageError(
            "A lifetime value needs a retention from 0 to 1, a discount from"
            f" {_LEAST_DISCOUNT} to {_MOST_DISCOUNT}, and 1 to {_MOST_YEARS} years."
        )
    if years is None:
        return margin * (1 + discount) / (1 + discount - retention)
    factor = retention / (1 + discount)
    return margin * sum((factor**year for year in range(years)), Decimal(0))


_LEAST_DISCOUNT, _MOST_DISCOUNT = Decimal("0.000001"), 1000
"""Beyond these a discount is a slip of the pen, and sums lose their cents."""
_MOST_YEARS = 1000


def lifetime_values(
    cursor: Cursor,
    context: Context,
    *,
    retention: str,
    discount: str,
    years: str | None = None,
) -> Table:
    """Return the lifetime value of each client from its value over the last 365 days.

    It is no forecast: retention and discount are given, and equal for all.

    Raises:
        UsageError: a number is not understood or out of range.
    """
    kept, rate = _number("retention", retention), _number("discount", discount)
    span = _whole("years", years) if years else None
    lifetime_value(Decimal(1), kept, rate, span)
    start = date.fromordinal(max(context.as_of.toordinal() - 364, 1))
    rows = []
    found = values(cursor, context, start=start, end=context.as_of)
    for row in found.records():
        worth = lifetime_value(row["value"], kept, rate, span)
        rows.append(
            (row["party"], row["party_key"], row["value"],
             worth.quantize(_CENT, rounding=ROUND_HALF_EVEN), row["currency"], kept, rate, span,
             context.as_of, context.parameters.iri)
        )  # fmt: skip
    ordered = sorted(rows, key=lambda row: (row[4], -row[3], row[1] or row[0]))
    return Table(CLV_COLUMNS, ordered, found.notes)


def _number(name: str, given: str) -> Decimal:
    try:
        number = Decimal(given)
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UsageError(f"{name} is {given!r}; give a number like 0.8.")
    return number


def _whole(name: str, given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < _DIGITS):
        raise UsageError(f"{name} is {given!r}; give a whole number like 5.")
    return int(given)


_DIGITS = 10


def price_gaps(
    cursor: Cursor, context: Context, *, start: date | None = None, end: date | None = None
) -> Table:
    """Return, per product and currency, 1 − mean staff price / mean public price of a unit.

    Means are weighted by quantity; without a line of each kind the gap is None. Lines without a
    quantity are left out and counted.
    """
    last = min(end or context.as_of, context.as_of)
    with snapshot(cursor):
        evaluation = _facts(cursor, context)
        rows = evaluation.run(_prices(evaluation), start=start, end=last).fetchall()
        names = names_of(evaluation, (row[0] for row in rows))
        notes = value_notes(evaluation)
    found = [(*names[row[0]], *row[1:]) for row in rows]
    ordered = sorted(found, key=lambda row: (row[1] or row[0], row[5] or ""))
    return Table(PRICE_COLUMNS, ordered, notes)


def _prices(evaluation: Evaluation) -> str:
    """Return the SELECT of mean prices by product and currency."""
    return f"""
    WITH sold AS (
        SELECT i.o AS product, c.o AS currency, a.amount, q.amount AS quantity,
            l.o IN (SELECT s FROM staff_line) AS staff
        FROM purchase AS p
        JOIN {evaluation.triples("hasLine")} AS l ON l.s = p.purchase
        JOIN {evaluation.triples("item")} AS i ON i.s = l.o
        JOIN {evaluation.amounts("netAmount")} AS a ON a.s = l.o
        LEFT JOIN {evaluation.amounts("quantity")} AS q ON q.s = l.o
        LEFT JOIN {evaluation.triples("currency")} AS c ON c.s = l.o
        WHERE p.day <= $end AND coalesce(p.day >= $start::DATE, $start IS NULL) AND a.amount > 0
    ), priced AS (
        SELECT product, currency, count(*) FILTER (NOT staff AND quantity > 0) AS public_lines,
            count(*) FILTER (staff AND quantity > 0) AS staff_lines,
            count(*) FILTER (coalesce(quantity <= 0, TRUE)) AS without_quantity,
            CAST(sum(amount) FILTER (NOT staff AND quantity > 0) AS DOUBLE)
                / CAST(sum(quantity) FILTER (NOT staff AND quantity > 0) AS DOUBLE) AS public,
            CAST(sum(amount) FILTER (staff AND quantity > 0) AS DOUBLE)
                / CAST(sum(quantity) FILTER (staff AND quantity > 0) AS DOUBLE) AS staff
        FROM sold GROUP BY product, currency
    )
    SELECT product, public, staff, 1 - staff / nullif(public, 0), t.lex, public_lines,
        staff_lines, without_quantity
    FROM priced LEFT JOIN {CODES} AS t ON t.id = currency
    """


def information_gaps(cursor: Cursor, context: Context) -> Table:
    """Return, per product, topics that internal clients see less those that external ones see.

    The gap is their difference over all topics recorded. External clients see what is public or
    for clients, internal ones also what is internal; what is confidential is seen by neither.
    """
    with snapshot(cursor):
        evaluation = _facts(cursor, context)
        rows = evaluation.run(
            f"""
            WITH said AS (
                SELECT p.o AS product, t.o AS topic,
                    lower(regexp_extract(w.lex, '[^/]+$')) AS level
                FROM {evaluation.instances("ProductInformation")} AS e
                JOIN {evaluation.triples("item")} AS p ON p.s = e.s
                JOIN {evaluation.triples("topic")} AS t ON t.s = e.s
                LEFT JOIN {evaluation.triples("accessLevel")} AS a ON a.s = e.s
                LEFT JOIN term AS w ON w.id = a.o
                WHERE e.s NOT IN (SELECT s FROM unknown)
            )
            SELECT product, count(DISTINCT topic),
                count(DISTINCT topic) FILTER (level IN ('public', 'client', 'internal')) AS inside,
                count(DISTINCT topic) FILTER (level IN ('public', 'client')) AS outside,
                (inside - outside) / count(DISTINCT topic)
            FROM said GROUP BY product
            """
        ).fetchall()
        names = names_of(evaluation, (row[0] for row in rows))
        notes = _untold(evaluation)
    found = [(*names[row[0]], *row[1:]) for row in rows]
    return Table(INFORMATION_COLUMNS, sorted(found, key=lambda row: row[1] or row[0]), notes)


def _untold(evaluation: Evaluation) -> tuple[Note, ...]:
    """Return of how much information it is not known who sees it."""
    return evaluation.notes_of(
        f"""
        SELECT count(*) FROM {evaluation.instances("ProductInformation")} AS e
        WHERE e.s NOT IN (SELECT s FROM {evaluation.triples("accessLevel")})
            AND e.s NOT IN (SELECT s FROM unknown)
        """,
        "Information without an access level, taken to be seen by nobody: {count}.",
        "Informations sans niveau d'accès, tenues pour vues de personne : {count}.",
    )


def _facts(cursor: Cursor, context: Context) -> Evaluation:
    """Return an evaluation whose facts are read."""
    evaluation = Evaluation(cursor, context)
    build_records(evaluation)
    build_facts(evaluation)
    return evaluation
