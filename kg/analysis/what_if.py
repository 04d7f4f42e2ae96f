"""What would change if a unit or a relation went, or a share or a satisfaction moved (section 8).

The change is made to the temporary tables of one evaluation: nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kg.analysis import chains
from kg.analysis.chain_tables import share_notes, unmeasured
from kg.analysis.influence import default_alpha
from kg.analysis.names import names_of
from kg.analysis.parties import one_party
from kg.analysis.satisfaction import exposures, satisfactions
from kg.analysis.supply import Change, SupplyGraph, supply_graph
from kg.errors import UsageError
from kg.lifecycle import Context, Table
from kg.lifecycle.evaluation import Evaluation, snapshot
from kg.store import Cursor

WHAT_IF_COLUMNS = ("party", "party_key", "measure", "before", "after", "change")
Measured = dict[tuple[int, str], float | None]
"""Measures of clients and units by (party, name)."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a user wants to see changed, as ids."""

    change: Change
    satisfied: Mapping[int, float] = field(default_factory=dict)


def what_if(
    cursor: Cursor,
    context: Context,
    *,
    remove: str | None = None,
    cut: str | None = None,
    share: str | None = None,
    satisfaction: str | None = None,
) -> Table:
    """Return the measures that a change would move, before and after, without writing anything.

    `remove` names units, `cut` relations as SUPPLIER>CLIENT, `share` is SUPPLIER>CLIENT=0.5,
    `satisfaction` UNIT=0.8; several are separated by commas. Measures: `exposure`,
    `exposure_norm`, `coverage`, `suppliers` (units that reach the client) and
    `points_of_failure` of clients, `reached` (external clients) of units. None: there is none.

    Raises:
        UsageError: nothing is changed, a party is unknown, a number is out of range, shares sum to
            more than 1, or a satisfaction is that of no unit.
    """
    if not any(map(_parts, (remove, cut, share, satisfaction))):
        raise UsageError("Say what to change: remove, cut, share or satisfaction.")
    with snapshot(cursor):
        evaluation, supply = supply_graph(cursor, context)
        satisfied = satisfactions(evaluation)
        wish = _read(evaluation, remove, cut, share, satisfaction)
        _refuse_others(evaluation, supply, wish)
        before = dict(_measured(supply, satisfied, context))
        evaluation, changed = supply_graph(cursor, context, wish.change)
        after = dict(_measured(changed, {**satisfied, **wish.satisfied}, context))
        moved = [key for key in {**before, **after} if _moved(before.get(key), after.get(key))]
        names = names_of(evaluation, {party for party, _ in moved})
    rows = [
        (
            *names[party],
            measure,
            *_change(before.get((party, measure)), after.get((party, measure))),
        )
        for party, measure in moved
    ]
    notes = (*share_notes(changed), *unmeasured(changed, {**satisfied, **wish.satisfied}))
    return Table(WHAT_IF_COLUMNS, sorted(rows, key=lambda row: (row[1] or row[0], row[2])), notes)


def _refuse_others(evaluation: Evaluation, supply: SupplyGraph, wish: _Wish) -> None:
    """Refuse a satisfaction that nothing rests on."""
    for party in wish.satisfied:
        if party not in supply.units:
            name = names_of(evaluation, [party])[party].order
            raise UsageError(
                f"{name} is no unit of the chains at the date; `chains units` lists those that are."
            )


def _measured(
    supply: SupplyGraph, satisfied: Mapping[int, float], context: Context
) -> Iterator[tuple[tuple[int, str], float | None]]:
    """Yield each measure of each client and unit."""
    for unit, count in chains.reached(supply).items():
        if count:
            yield (unit, "reached"), count
    for client, count in chains.suppliers(supply).items():
        yield (client, "suppliers"), count
    for client, count in Counter(client for client, _ in chains.points_of_failure(supply)).items():
        yield (client, "points_of_failure"), count
    alpha = context.parameters.alpha or default_alpha(supply)
    for client, exposed in exposures(supply, alpha, satisfied).items():
        yield (client, "exposure"), exposed.exposure
        yield (client, "exposure_norm"), exposed.normal
        yield (client, "coverage"), exposed.coverage


def _moved(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(before - after) > 1e-12


def _change(
    before: float | None, after: float | None
) -> tuple[float | None, float | None, float | None]:
    """Return before, after and their difference, None where one of them is."""
    moved = None if before is None or after is None else after - before
    return before, after, moved


def _read(
    evaluation: Evaluation,
    remove: str | None,
    cut: str | None,
    share: str | None,
    satisfaction: str | None,
) -> _Wish:
    """Return what the texts of a user stand for."""
    shares = [_valued(one, "share") for one in _parts(share)]
    scores = [_valued(one, "satisfaction") for one in _parts(satisfaction)]
    change = Change(
        removed=tuple(one_party(evaluation, key) for key in _parts(remove)),
        cut=tuple(_pair(evaluation, one) for one in _parts(cut)),
        shares=tuple((*_pair(evaluation, one), value) for one, value in shares),
    )
    return _Wish(change, {one_party(evaluation, key): value for key, value in scores})


def _parts(given: str | None) -> list[str]:
    return [one.strip() for one in (given or "").split(",") if one.strip()]


def _pair(evaluation: Evaluation, given: str) -> tuple[int, int]:
    """Return the ends of a relation written SUPPLIER>CLIENT."""
    supplier, arrow, client = given.rpartition(">")
    if not arrow:
        raise UsageError(f"{given!r} is no relation; write SUPPLIER>CLIENT with their keys.")
    return one_party(evaluation, supplier.strip()), one_party(evaluation, client.strip())


def _valued(given: str, what: str) -> tuple[str, float]:
    """Return the name and the number of NAME=NUMBER."""
    name, _, number = given.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not name or not 0 <= value <= 1:
        raise UsageError(f"The {what} {given!r} is not understood; write NAME=0.5, from 0 to 1.")
    return name, value
