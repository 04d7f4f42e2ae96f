"""What names something, the last dated first, beside a walk over everything."""

import random
from datetime import datetime

import pytest

from kg.namespaces import XSD
from kg.store import Store, decode, latest, lookup

EX = "http://example.org/"
DAY = str(XSD.date)


@pytest.fixture(scope="module")
def facts():
    """Return events that name one of two things, most of them dated once or twice."""
    chance = random.Random(3)
    return [
        (
            f"{EX}event/{n:03}",
            chance.choice("ab"),
            [f"2025-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}" for _ in range(n % 3)],
        )
        for n in range(200)
    ]


@pytest.fixture(scope="module")
def store(facts):
    with Store.open(None) as store:
        rows = []
        for event, named, days in facts:
            rows.append((event, f"{EX}names", f"{EX}{named}", None, None, f"{EX}graph"))
            rows += [(event, f"{EX}day", day, DAY, None, f"{EX}graph") for day in set(days)]
        with store.write() as tx:
            for first in range(0, len(rows), 50):
                tx.insert_few(rows[first : first + 50])
        yield store


@pytest.mark.parametrize("few", [0, 30, 10_000])
@pytest.mark.parametrize("most", [1, 10, 500])
def test_the_last_dated_come_first_however_many_are_dated(store, facts, monkeypatch, few, most):
    monkeypatch.setattr(latest, "_FEW", few)
    cursor = store.cursor()
    a, day = lookup(cursor, [(f"{EX}a", None, None), (f"{EX}day", None, None)])
    found = latest.last_naming(cursor, [a], [day], datetime(2025, 7, 1), most)
    names = decode(cursor, [event for event, _ in found])
    past = {
        event: [d for d in days if d < "2025-07-01"] for event, one, days in facts if one == "a"
    }
    last = {event: max(days) for event, days in past.items() if days}
    days = [last[names[event][1]] for event, _ in found]
    assert len(set(found)) == len(found) == min(most, len(last))
    assert days == sorted(last.values(), reverse=True)[:most]
