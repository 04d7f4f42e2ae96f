"""The referral analyses as tables (columns: interfaces, section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from kg.analysis.credit import credited_by_model, downstream, money, upstream_shared
from kg.analysis.forest import Forest, primary_forest
from kg.analysis.forest import rings as rings_of
from kg.analysis.names import NOBODY, Name, names_of
from kg.analysis.parties import one_party
from kg.analysis.referrals import COLD, build_stages, evaluate_referrals, undated_notes
from kg.analysis.values import party_values, value_notes
from kg.errors import UsageError
from kg.lifecycle import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.lifecycle.measures import measure
from kg.lifecycle.purchases import build_occasions
from kg.store import Cursor, counted

MODELS = ("first", "last", "linear", "decay", "upstream")
"""Ways to credit referrers; the last one shares value up the chain."""


def outcomes(cursor: Cursor, context: Context) -> Table:
    """Return each referral dated up to T with its outcome (section 7.1)."""
    columns = ("recommendation_key", "referrer", "referrer_key", "referred", "referred_key",
               "date", "outcome", "reason")  # fmt: skip
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context)
        found = evaluation.run(
            "SELECT key, giver, receiver, day, outcome, coalesce(flaw, '') FROM referral"
            " ORDER BY key"
        ).fetchall()
        names = names_of(evaluation, _present(row[i] for row in found for i in (1, 2)))
    rows = [
        (key, *names.get(giver, NOBODY), *names[receiver], day, outcome, reason)
        for key, giver, receiver, day, outcome, reason in found
    ]
    return Table(columns, rows)


def chain(cursor: Cursor, context: Context, *, party: str) -> Table:
    """Return the chain of a party up to its origin, the party itself first (section 7.3).

    Raises:
        UsageError: no party has this key.
    """
    columns = ("step", "party", "party_key", "recommendation_key", "date")
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context, above=party)
        forest = primary_forest(evaluation)
        start = one_party(evaluation, party)
        members = [start, *forest.ancestors(start)]
        names = names_of(evaluation, members)
    rows: list[tuple[Any, ...]] = []
    for step, member in enumerate(members):
        edge = forest.edges.get(member)
        via = (edge.key, edge.day) if edge else (None, None)
        rows.append((step, *names[member], *via))
    return Table(columns, rows)


def tree(cursor: Cursor, context: Context) -> Table:
    """Return every party of the primary forest with its referrer, depth and root (section 7.3)."""
    columns = ("party", "party_key", "primary", "primary_key", "depth", "root_key")
    with snapshot(cursor):
        evaluation, forest = _forest(cursor, context)
        places = forest.places
        names = names_of(evaluation, places)
    rows = [
        (*names[party], *_named(names, forest.parent(party)), depth, names[root].key)
        for party, (depth, root) in places.items()
    ]
    return Table(columns, sorted(rows, key=lambda row: (row[5] or "", row[4], row[1] or row[0])))


def descendants(cursor: Cursor, context: Context, *, party: str) -> Table:
    """Return everyone whom a party brought, directly or not, with the depth below it.

    Raises:
        UsageError: no party has this key.
    """
    columns = ("party", "party_key", "primary", "primary_key", "depth")
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context, below=party)
        forest = primary_forest(evaluation)
        start = one_party(evaluation, party)
        brought = forest.children()
        found: list[tuple[int, int, int]] = []
        level = [start]
        depth = 0
        while level:
            depth += 1
            found.extend((child, one, depth) for one in level for child in brought.get(one, ()))
            level = [child for one in level for child in brought.get(one, ())]
        names = names_of(evaluation, [start, *(child for child, _, _ in found)])
    rows = [(*names[child], *names[parent], depth) for child, parent, depth in found]
    return Table(columns, sorted(rows, key=lambda row: (row[4], row[1] or row[0])))


def credit(
    cursor: Cursor,
    context: Context,
    *,
    model: str | None = None,
    start: date | None = None,
    end: date | None = None,
) -> Table:
    """Return what each referrer is credited with, then the unattributed (sections 7.4, 7.5).

    Values are those dated in [start, end], by default all up to T.

    Raises:
        UsageError: the model is unknown.
    """
    model = model or context.parameters.attribution_model
    if model not in MODELS:
        raise UsageError(f"The model {model!r} is unknown; choose among {', '.join(MODELS)}.")
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context, all_parties=True)
        values = party_values(evaluation, start, end)
        if model == "upstream":
            factor = context.parameters.lambda_up
            credited = upstream_shared(values, primary_forest(evaluation), factor)
        else:
            credited = credited_by_model(evaluation, [model])[model]
        names = names_of(evaluation, _present(party for party, _ in credited))
        notes = value_notes(evaluation)
    currencies = sorted({value.currency for value in values}) or [context.currency]
    rows = [
        (*names[party], money(cents), currency)
        for (party, currency), cents in credited.items()
        if party is not None and cents
    ]
    rows.sort(key=lambda row: (row[3], -row[2], row[1] or row[0]))
    left = [(*NOBODY, money(credited.get((None, code), 0)), code) for code in currencies]
    return Table(("referrer", "referrer_key", "credit", "currency"), rows + left, notes)


def downstream_values(cursor: Cursor, context: Context) -> Table:
    """Return the value of all descendants of each party that has some: not additive (7.5)."""
    columns = ("party", "party_key", "downstream", "descendants", "currency")
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context)
        below, counts = downstream(party_values(evaluation), primary_forest(evaluation))
        names = names_of(evaluation, counts)
        notes = value_notes(evaluation)
    rows = [
        (*names[party], money(cents), counts[party], currency)
        for currency, worth in below.items()
        for party, cents in worth.items()
        if cents
    ]
    valued = {row[0] for row in rows}
    rows += [
        (*names[party], money(0), count, context.currency)
        for party, count in counts.items()
        if names[party].iri not in valued
    ]
    ordered = sorted(rows, key=lambda row: (row[4], -row[2], row[1] or row[0]))
    return Table(columns, ordered, notes)


def rings(cursor: Cursor, context: Context) -> Table:
    """Return the members of each ring of valid referrals (section 7.6)."""
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context)
        found = rings_of(evaluation)
        names = names_of(evaluation, (member for ring in found for member in ring))
    rows = []
    for ring in found:
        members = sorted((names[member] for member in ring), key=lambda name: name.order)
        rows += [(members[0].order, *name) for name in members]
    return Table(("ring", "party", "party_key"), sorted(rows, key=lambda row: row[0]))


def removed(cursor: Cursor, context: Context) -> Table:
    """Return the primary edges left out because they closed a ring (section 7.6)."""
    columns = ("recommendation_key", "referrer", "referrer_key", "referred", "referred_key", "date")
    with snapshot(cursor):
        evaluation, forest = _forest(cursor, context)
        ends = [end for edge in forest.removed for end in (edge.referrer, edge.referred)]
        names = names_of(evaluation, ends)
    rows = [
        (edge.key, *names[edge.referrer], *names[edge.referred], edge.day)
        for edge in forest.removed
    ]
    return Table(columns, sorted(rows))


def broken(cursor: Cursor, context: Context) -> Table:
    """Return where referral chains are broken, and why (section 7.7)."""
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context, all_parties=True)
        pairs = broken_links(evaluation)
        names = names_of(evaluation, (row[0] for row in pairs))
    rows = [(*names[party], key, reason) for party, key, reason in pairs]
    rows.sort(key=lambda row: (row[1] or row[0], row[2] or ""))
    return Table(("party", "party_key", "recommendation_key", "reason"), rows)


def broken_links(evaluation: Evaluation) -> list[tuple[int, str | None, str]]:
    """Return the party, the referral if there is one, and the reason of each broken chain.

    The evaluation has the facts of all parties, and their referrals.
    """
    found = evaluation.run(_BROKEN.format(sources=evaluation.triples("acquisitionSource")))
    return found.fetchall()


def cold(cursor: Cursor, context: Context) -> Table:
    """Return converted referrals whose referrer is FORMER at T: the relay is lost (7.7)."""
    columns = ("recommendation_key", "referrer", "referrer_key", "referred", "referred_key", "date")
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context)
        build_stages(evaluation, cold_only=True)
        found = evaluation.run(
            f"SELECT key, giver, receiver, day FROM referral WHERE {COLD} ORDER BY key"
        ).fetchall()
        names = names_of(evaluation, (row[i] for row in found for i in (1, 2)))
    return Table(columns, [(key, *names[a], *names[b], day) for key, a, b, day in found])


def rates(cursor: Cursor, context: Context, *, start: date, end: date) -> Table:
    """Return conversion rate, invitations per client and K over [start, end] seen at T (7.2).

    Clients are those at the end of the period, or at T where it goes on.
    """
    columns = ("referred", "converted", "clients", "invitations_per_client", "conversion", "k")
    mature = (
        "AND day + CAST($W_attr AS INTEGER) <= $as_of" if context.parameters.mature_only else ""
    )
    with snapshot(cursor):
        evaluation = evaluate_referrals(cursor, context, all_parties=True)
        row = evaluation.run(
            f"""
            SELECT count(DISTINCT receiver),
                count(DISTINCT receiver) FILTER (outcome = 'converted')
            FROM referral WHERE valid AND day BETWEEN $start AND $end {mature}
            """,
            start=start,
            end=end,
        ).fetchone()
        referred, converted = row or (0, 0)
        clients = _clients(evaluation, min(end, context.as_of))
        notes = undated_notes(evaluation)
    ratios = (_ratio(referred, clients), _ratio(converted, referred), _ratio(converted, clients))
    return Table(columns, [(referred, converted, clients, *ratios)], notes)


_BROKEN = """
SELECT receiver, key, flaw FROM referral
WHERE flaw IN ('no referrer', 'unknown referrer', 'after the first acquisition')
    AND receiver IN (SELECT party FROM party)
UNION ALL
SELECT DISTINCT coalesce(m.canonical, a.s), NULL, 'declared as acquired by recommendation'
FROM {sources} AS a
LEFT JOIN merged AS m ON m.id = a.s
WHERE a.o = $byRecommendation
    AND coalesce(m.canonical, a.s) NOT IN (SELECT receiver FROM referral)
    AND coalesce(m.canonical, a.s) IN (SELECT party FROM party)
"""


def _clients(evaluation: Evaluation, day: date) -> int:
    """Return how many parties had ever acquired something at a day, those closed before aside."""
    evaluation.table(
        "rate_probe",
        "SELECT party, $day AS asked FROM party WHERE coalesce(closed >= $day, TRUE)",
        day=day,
    )
    build_occasions(evaluation)
    measure(evaluation, "rate_probe", "rate_measured")
    return counted(evaluation.run("SELECT count(*) FROM rate_measured WHERE ever_client"))


def _ratio(part: int, whole: int) -> float | None:
    """Return part / whole, None when there is no whole."""
    return part / whole if whole else None


def _forest(cursor: Cursor, context: Context) -> tuple[Evaluation, Forest]:
    """Return the evaluated referrals and their primary forest."""
    evaluation = evaluate_referrals(cursor, context)
    return evaluation, primary_forest(evaluation)


def _named(names: dict[int, Name], party: int | None) -> Name:
    """Return the name of a party that may be missing."""
    return NOBODY if party is None else names[party]


def _present(ids: Iterable[int | None]) -> list[int]:
    """Return the ids that are not missing."""
    return [one for one in ids if one is not None]
