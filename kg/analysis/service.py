"""Service levels kept along the chains, and purchase requests from requester to order (8.10)."""

from __future__ import annotations

import math
from datetime import date
from itertools import islice, pairwise

import networkx as nx

from kg.analysis.names import NOBODY, Name, names_of
from kg.analysis.parties import one_party
from kg.analysis.supply import supply_graph
from kg.errors import UsageError
from kg.lifecycle import Context, Note, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.records import build_records
from kg.store import Cursor

SLA_COLUMNS = ("unit_key", "client_key", "measured", "met", "compliance")
SLA_PATH_COLUMNS = ("path", "parties", "links", "measured_links", "compliance")
REQUEST_COLUMNS = (
    "request", "request_key", "requester_key", "specifier_key", "handler_key", "date",
    "technical_review", "commercial_review", "status", "open", "days", "due", "late", "order",
    "as_of",
)  # fmt: skip
_MOST_PATHS = 10_000


def service_levels(
    cursor: Cursor, context: Context, *, start: date | None = None, end: date | None = None
) -> Table:
    """Return how often the service levels of each supplier-client pair were met in a period.

    Pairs of the supply graph at T; without any measurement, `compliance` is None. Measurements
    are those dated in [start, end], by default all up to T.
    """
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        kept = _kept(evaluation, start, end)
        notes = _undated(evaluation)
        names = names_of(evaluation, supply.graph)
    rows = []
    for unit, client in supply.graph.edges:
        measured, met = kept.get((unit, client), (0, 0))
        ratio = met / measured if measured else None
        rows.append((names[unit].order, names[client].order, measured, met, ratio))
    return Table(SLA_COLUMNS, sorted(rows, key=lambda row: row[:2]), notes)


def service_paths(
    cursor: Cursor,
    context: Context,
    *,
    unit: str,
    client: str,
    start: date | None = None,
    end: date | None = None,
) -> Table:
    """Return the compliance of each simple path from a unit to a client: the product of its links.

    It takes the links as independent, which is an assumption. Links without a measurement are left
    out of the product: `measured_links` says how many it rests on, None is a path without any.

    Raises:
        UsageError: a party is unknown, or there are too many paths.
    """
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        ends = one_party(evaluation, unit), one_party(evaluation, client)
        kept = _kept(evaluation, start, end)
        notes = _undated(evaluation)
        names = names_of(evaluation, {*supply.graph, *ends})
    if not set(ends) <= set(supply.graph):
        return Table(SLA_PATH_COLUMNS, [])
    found = nx.all_simple_paths(supply.graph, *ends, cutoff=context.parameters.l_max)
    paths = sorted(islice(found, _MOST_PATHS + 1), key=lambda one: (len(one), one))
    if len(paths) > _MOST_PATHS:
        raise UsageError(f"There are more than {_MOST_PATHS} paths; give a smaller L_max.")
    rows = []
    for number, nodes in enumerate(paths, 1):
        known = [kept[link] for link in pairwise(nodes) if link in kept]
        whole = math.prod(met / measured for measured, met in known) if known else None
        told = " > ".join(names[node].order for node in nodes)
        rows.append((number, told, len(nodes) - 1, len(known), whole))
    return Table(SLA_PATH_COLUMNS, rows, notes)


def _undated(evaluation: Evaluation) -> tuple[Note, ...]:
    """Return how many measurements are left out for want of a date or a result."""
    return evaluation.notes_of(
        f"""
        SELECT count(DISTINCT m.s) FROM {evaluation.triples("agreement")} AS m
        LEFT JOIN {evaluation.triples("met")} AS ok ON ok.s = m.s
        LEFT JOIN {evaluation.dates("date")} AS d ON d.s = m.s
        WHERE (ok.s IS NULL OR d.day IS NULL) AND m.s NOT IN (SELECT s FROM unknown)
        """,
        "Measurements without a date or a result, which are left out: {count}.",
        "Mesures sans date ou sans résultat, laissées de côté : {count}.",
    )


def _kept(
    evaluation: Evaluation, start: date | None, end: date | None
) -> dict[tuple[int, int], tuple[int, int]]:
    """Return (measured, met) of each pair of nodes with a measurement in the period."""
    rows = evaluation.run(
        f"""
        SELECT a.node, b.node, count(DISTINCT m.s), count(DISTINCT m.s) FILTER (ok.num = 1)
        FROM supply AS s
        JOIN place AS a ON a.party = s.supplier
        JOIN place AS b ON b.party = s.client
        JOIN {evaluation.triples("hasSLA")} AS h ON h.s = s.relation
        JOIN {evaluation.triples("agreement")} AS m ON m.o = h.o
        JOIN {evaluation.triples("met")} AS ok ON ok.s = m.s
        JOIN {evaluation.dates("date")} AS d ON d.s = m.s
        WHERE m.s NOT IN (SELECT s FROM unknown) AND d.day <= $as_of
            AND coalesce(d.day >= $start::DATE, $start IS NULL)
            AND coalesce(d.day <= $end::DATE, $end IS NULL)
        GROUP BY a.node, b.node
        """,
        start=start,
        end=end,
    ).fetchall()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def purchase_requests(cursor: Cursor, context: Context) -> Table:
    """Return purchase requests made by T, with their reviews, status at T and order.

    The status is that of the last change by T, else the one written on the request. `open`: it was
    neither ordered, rejected, withdrawn nor done. `days` counts from the request to T, or to the
    change that closed it; `late`: still open after its due date.
    """
    with snapshot(cursor):
        evaluation = Evaluation(cursor, context)
        build_records(evaluation)
        found = evaluation.run(_requests(evaluation)).fetchall()
        ids = {one for row in found for one in (*row[:4], row[12]) if one is not None}
        names = names_of(evaluation, ids)
    rows = []
    for row in found:
        ends = (names.get(one, NOBODY) for one in row[1:4])
        order = names[row[12]].order if row[12] is not None else None
        keys = (end.order or None for end in ends)
        rows.append((*_of(names, row[0]), *keys, *row[4:12], order, context.as_of))
    return Table(REQUEST_COLUMNS, sorted(rows, key=lambda row: (row[5], row[1] or row[0])))


def _of(names: dict[int, Name], one: int) -> Name:
    return names[one]


def _requests(evaluation: Evaluation) -> str:
    """Return the SELECT of requests with their ends, dates, status and order."""
    status = f"""(
        SELECT x.s, min(lower(regexp_extract(t.lex, '[^/]+$'))) AS name
        FROM {evaluation.triples("status")} AS x JOIN term AS t ON t.id = x.o GROUP BY x.s)"""
    return f"""
    WITH changed AS (
        SELECT c.o AS request, max_by(x.name, (d.day, c.s)) AS name, max(d.day) AS day
        FROM {evaluation.triples("request")} AS c
        JOIN {status} AS x ON x.s = c.s
        JOIN {evaluation.dates("date")} AS d ON d.s = c.s AND d.day <= $as_of
        WHERE c.s NOT IN (SELECT s FROM unknown)
        GROUP BY c.o
    ), asked AS (
        SELECT e.s AS request, r.o AS requester, p.o AS specifier, h.o AS handler, d.day,
            tech.day AS technical, comm.day AS commercial, due.day AS due,
            coalesce(c.name, w.name) AS status, c.day AS changed_on, o.o AS ordered
        FROM {evaluation.instances("PurchaseRequest")} AS e
        JOIN {evaluation.dates("date")} AS d ON d.s = e.s AND d.day <= $as_of
        LEFT JOIN {evaluation.triples("requester")} AS r ON r.s = e.s
        LEFT JOIN {evaluation.triples("internalSpecifier")} AS p ON p.s = e.s
        LEFT JOIN {evaluation.triples("handledBy")} AS h ON h.s = e.s
        LEFT JOIN {evaluation.dates("technicalReview")} AS tech ON tech.s = e.s
            AND tech.day <= $as_of
        LEFT JOIN {evaluation.dates("commercialReview")} AS comm ON comm.s = e.s
            AND comm.day <= $as_of
        LEFT JOIN {evaluation.dates("dueDate")} AS due ON due.s = e.s
        LEFT JOIN {evaluation.triples("resultedIn")} AS o ON o.s = e.s
        LEFT JOIN changed AS c ON c.request = e.s
        LEFT JOIN {status} AS w ON w.s = e.s
        WHERE e.s NOT IN (SELECT s FROM unknown)
    )
    SELECT request, requester, specifier, handler, day, technical, commercial, status,
        coalesce(status NOT IN ('ordered', 'rejected', 'withdrawn', 'done'), ordered IS NULL)
            AS open,
        CASE WHEN open THEN $as_of ELSE coalesce(changed_on, $as_of) END - day AS days,
        due, open AND coalesce(due < $as_of, FALSE) AS late, ordered
    FROM asked
    """
