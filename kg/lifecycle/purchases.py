"""Purchases from f and its units, what voids them, and the occasions they make (section 3)."""

from __future__ import annotations

from dataclasses import replace

from kg.lifecycle.evaluation import NEVER, Evaluation
from kg.lifecycle.rows import Things, in_columns, rows_of


def build_purchases(evaluation: Evaluation) -> None:
    """Make the tables `purchase`, `refund`, `gross`, `free`, `staff`, `voided` and `counting`."""
    _purchase(evaluation)
    _leave_out_repeated_orders(evaluation)
    _refund(evaluation)
    _gross(evaluation)
    _free(evaluation)
    _staff(evaluation)
    _voided(evaluation)
    _counting(evaluation)


def _purchase(evaluation: Evaluation) -> None:
    """Keep purchases whose seller is f or one of its units; a purchase without seller is f's."""
    evaluation.table(
        "foreign_sale",
        f"""
        SELECT DISTINCT x.s FROM {evaluation.triples("seller")} AS x
        LEFT JOIN merged AS m ON m.id = x.o
        WHERE coalesce(m.canonical, x.o) NOT IN (SELECT id FROM house)
        """,
    )
    sold = Things(("Purchase",), "client", dates=("purchaseDate",))
    if evaluation.focused:
        # A table of its own tells the engine how few there are when one party is in focus.
        met = f"SELECT s FROM {evaluation.triples('client')} WHERE {evaluation.in_focus('o')}"
        evaluation.table("sale", met)
        sold = replace(sold, within="sale")
    evaluation.table(
        "purchase",
        f"""
        SELECT x.s AS purchase, x.client AS record, coalesce(m.canonical, x.client) AS party,
            x.purchaseDate_first AS first_day, x.purchaseDate_day AS day
        FROM {rows_of(evaluation, sold)} AS x
        LEFT JOIN merged AS m ON m.id = x.client
        WHERE {evaluation.in_focus("x.client")}
        """,
    )
    # Few are left out: to take these out costs half of what leaving them out of the joins does.
    evaluation.run(
        """
        DELETE FROM purchase WHERE party = (SELECT id FROM self)
            OR purchase IN (SELECT s FROM foreign_sale UNION ALL SELECT s FROM unknown)
        """
    )


def _leave_out_repeated_orders(evaluation: Evaluation) -> None:
    """Count an order once when several merged records hold it (section 6.7)."""
    evaluation.table(
        "repeated_order",
        f"""
        SELECT purchase FROM (
            SELECT x.purchase, dense_rank() OVER (
                PARTITION BY x.party, n.o, y.o, x.day ORDER BY x.record
            ) AS place
            FROM purchase AS x
            JOIN {evaluation.triples("orderNumber")} AS n ON n.s = x.purchase
            LEFT JOIN {evaluation.triples("seller")} AS y ON y.s = x.purchase
            WHERE x.party IN (SELECT canonical FROM merged)
        ) WHERE place > 1
        """,
    )
    evaluation.run("DELETE FROM purchase WHERE purchase IN (SELECT purchase FROM repeated_order)")


def sold_lines(evaluation: Evaluation) -> str:
    """Return the relation (party, day, line) of the lines of the table `purchase`.

    Where the property table has them, they are read from it, rather than joined to that table.
    """
    sold = Things(("Purchase",), "client", objects=("hasLine",), dates=("purchaseDate",))
    if evaluation.focused or not in_columns(evaluation, sold):
        lines = evaluation.triples("hasLine")
        joined = f"SELECT p.party, p.day, l.o AS line FROM purchase AS p JOIN {lines} AS l"
        return f"({joined} ON l.s = p.purchase)"
    return f"""(
        SELECT coalesce(m.canonical, x.client) AS party, x.purchaseDate_day AS day,
            x.hasLine AS line
        FROM {rows_of(evaluation, sold)} AS x
        LEFT JOIN merged AS m ON m.id = x.client
        WHERE x.hasLine IS NOT NULL
            AND coalesce(m.canonical, x.client) <> (SELECT id FROM self)
            AND x.s NOT IN (
                SELECT s FROM foreign_sale UNION ALL SELECT s FROM unknown
                UNION ALL SELECT purchase FROM repeated_order
            )
    )"""


def _refund(evaluation: Evaluation) -> None:
    """Keep refunds of the purchases, of a whole purchase or of one of its lines."""
    evaluation.table(
        "refund",
        f"""
        SELECT DISTINCT r.s AS refund, p.purchase, p.party, a.amount, c.o AS currency,
            d.first_day, d.day
        FROM {evaluation.triples("refunds")} AS r
        LEFT JOIN {evaluation.triples("hasLine")} AS l ON l.o = r.o
        JOIN purchase AS p ON p.purchase = coalesce(l.s, r.o)
        JOIN {evaluation.amounts("amount")} AS a ON a.s = r.s
        LEFT JOIN {evaluation.triples("currency")} AS c ON c.s = r.s
        LEFT JOIN {evaluation.dates("date")} AS d ON d.s = r.s
        WHERE r.s NOT IN (SELECT s FROM unknown)
        """,
    )


def _gross(evaluation: Evaluation) -> None:
    """Keep gross(x) by currency of the purchases where it decides: refunded, or perhaps free."""
    evaluation.table(
        "gross",
        f"""
        WITH weighed AS (
            SELECT purchase FROM refund
            UNION
            SELECT p.purchase FROM purchase AS p
            JOIN {evaluation.triples("hasLine")} AS l ON l.s = p.purchase
            JOIN {evaluation.amounts("netAmount")} AS a ON a.s = l.o
            WHERE a.amount <= 0
        )
        SELECT w.purchase, c.o AS currency, sum(a.amount) AS amount
        FROM weighed AS w
        JOIN {evaluation.triples("hasLine")} AS l ON l.s = w.purchase
        JOIN {evaluation.amounts("netAmount")} AS a ON a.s = l.o
        LEFT JOIN {evaluation.triples("currency")} AS c ON c.s = l.o
        GROUP BY w.purchase, c.o
        """,
    )


def _free(evaluation: Evaluation) -> None:
    """Keep free samples: no purchases, but evidence of use."""
    evaluation.table(
        "free",
        "SELECT purchase FROM gross GROUP BY purchase HAVING bool_and(amount = 0)",
    )


def _staff(evaluation: Evaluation) -> None:
    """Keep purchases whose lines all bear the staff price."""
    evaluation.table(
        "staff_line",
        f"SELECT DISTINCT s FROM {evaluation.triples('priceBasis')} WHERE o = $word_staff",
    )
    evaluation.table(
        "staff",
        f"""
        WITH touched AS (
            SELECT DISTINCT l.s AS purchase FROM {evaluation.triples("hasLine")} AS l
            JOIN staff_line ON staff_line.s = l.o
        )
        SELECT l.s AS purchase FROM {evaluation.triples("hasLine")} AS l
        JOIN touched ON touched.purchase = l.s
        GROUP BY l.s
        HAVING bool_and(l.o IN (SELECT s FROM staff_line))
        """,
    )


def _voided(evaluation: Evaluation) -> None:
    """Keep (purchase, day): from this day on, refunds reach the threshold in each currency."""
    evaluation.table(
        "voided",
        """
        WITH refunded AS (
            SELECT g.purchase, g.currency, g.amount, r.day, sum(r.amount) OVER (
                PARTITION BY g.purchase, g.currency ORDER BY r.day RANGE UNBOUNDED PRECEDING
            ) AS total
            FROM gross AS g
            JOIN refund AS r ON r.purchase = g.purchase AND r.day IS NOT NULL
                AND coalesce(r.currency = g.currency, TRUE)
        ), reached AS (
            SELECT purchase, currency, min(day) AS day FROM refunded
            WHERE CAST(total AS DECIMAL(30, 10)) * CAST(1000000 AS DECIMAL(7, 0))
                >= CAST(amount AS DECIMAL(30, 10)) * CAST($voidMillionths AS DECIMAL(7, 0))
            GROUP BY purchase, currency
        )
        SELECT g.purchase, max(r.day) AS day
        FROM gross AS g
        LEFT JOIN reached AS r ON r.purchase = g.purchase
            AND r.currency IS NOT DISTINCT FROM g.currency
        GROUP BY g.purchase
        HAVING bool_and(g.amount <= 0 OR r.day IS NOT NULL) AND bool_or(g.amount > 0)
        """,
    )


def _counting(evaluation: Evaluation) -> None:
    """Keep the purchases that make occasions: each counts at every T with day ≤ T < until."""
    staff = "" if evaluation.context.parameters.count_staff_purchases else _WITHOUT_STAFF
    evaluation.table(
        "counting",
        f"""
        SELECT p.purchase, p.party, p.day, coalesce(v.day, {NEVER}) AS until
        FROM purchase AS p
        LEFT JOIN voided AS v ON v.purchase = p.purchase
        ANTI JOIN free ON free.purchase = p.purchase
        {staff}
        """,
    )


def build_occasions(
    evaluation: Evaluation, among: str | None = None, *, counted: bool = True
) -> None:
    """Make the table `occasion` (party, day, until), which counts at each T with day ≤ T < until.

    `among` is a table of the only parties whose occasions are wanted. Unless they are `counted`,
    which no stage asks for, those of one day may stay apart.
    """
    dated = "SELECT party, day, {until} FROM counting WHERE day IS NOT NULL"
    if among:
        dated += f" AND party IN (SELECT party FROM {among})"
    if not counted or evaluation.context.parameters.occasion_granularity == "order":
        evaluation.table("occasion", dated.format(until="until"))
        return
    by_day = dated.format(until="max(until) AS until")
    evaluation.table("occasion", f"{by_day} GROUP BY party, day")


_WITHOUT_STAFF = "ANTI JOIN staff ON staff.purchase = p.purchase"
