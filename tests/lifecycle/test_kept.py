"""Facts and classes that are kept: the answers of what is made anew, never of another state."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.lifecycle import Change, Context, Wanted, list_classified, moves, transitions, trend
from kg.lifecycle.evaluation import Evaluation
from kg.namespaces import CG, XSD
from kg.sparql.update import update
from kg.store import Cursor, Store
from tests.lifecycle.reference import History
from tests.lifecycle.test_movements import crowd
from tests.lifecycle.test_periods import LAST, RULES, SOME
from tests.lifecycle.test_properties import MANY_RUNS, RUNS, SPAN, START, VARIANTS, world_of
from tests.lifecycle.world import context, iri

Question = Callable[[Cursor, Context], Any]

_DAYS = st.integers(0, SPAN).map(lambda days: START + timedelta(days))


def _transitions(start: date) -> Question:
    return lambda cursor, asked: transitions(cursor, asked, start=start)


def _moves(start: date) -> Question:
    return lambda cursor, asked: moves(cursor, asked, start=start)


def _trend(start: date) -> Question:
    return lambda cursor, asked: trend(cursor, asked, start=start)


def _listed(start: date) -> Question:
    wanted = Wanted({"stage": "CURRENT"}, change=Change("since", start))
    return lambda cursor, asked: list_classified(cursor, asked, wanted, 3)


QUESTIONS = st.lists(
    st.builds(
        lambda kind, day: kind(day), st.sampled_from((_transitions, _moves, _trend, _listed)), _DAYS
    ),
    min_size=2,
    max_size=4,
)


def assert_kept_tell_the_same(
    found: list[History], questions: list[Question], rules: dict[str, Any]
) -> None:
    with world_of(found).store() as store:
        asked = context(LAST.isoformat(), **rules).pinned()
        plain = [one(store.cursor(), asked) for one in questions]
        store.keep_tables()
        cursor = store.cursor()
        assert [one(cursor, asked) for one in (*questions, *questions)] == [*plain, *plain]


@RUNS
@given(SOME, QUESTIONS)
def test_what_is_kept_tells_what_is_made_anew(
    found: list[History], questions: list[Question]
) -> None:
    assert_kept_tell_the_same(found, questions, RULES | VARIANTS["uses and undated"])


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
@MANY_RUNS
@given(SOME, QUESTIONS)
def test_what_is_kept_tells_what_is_made_anew_under_every_variant(
    variant: str, found: list[History], questions: list[Question]
) -> None:
    assert_kept_tell_the_same(found, questions, RULES | VARIANTS[variant])


@pytest.fixture
def store() -> Any:
    with crowd().store() as opened:
        opened.keep_tables()
        yield opened


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the tables that are made from now on."""
    tables: list[str] = []
    make = Evaluation.table

    def table(evaluation: Evaluation, name: str, sql: str, **values: Any) -> int:
        tables.append(name)
        return make(evaluation, name, sql, **values)

    monkeypatch.setattr(Evaluation, "table", table)
    return tables


ASKED = context("2025-06-01").pinned()
CURRENT = Wanted({"stage": "CURRENT"}, is_open=True)


def listed(store: Store, asked: Context = ASKED, hidden: tuple[str, ...] = ()) -> list[str]:
    cursor = store.cursor(hidden)
    rows = list_classified(cursor, asked, CURRENT, 9)[0].column("party_key")
    # What it was lent is gone.
    assert not cursor.execute(
        "SELECT * FROM duckdb_tables() WHERE temporary AND table_name <> 'quad'"
    ).fetchall()
    cursor.close()
    return rows


def test_facts_and_classes_are_made_once_for_all(store: Store, made: list[str]) -> None:
    first = listed(store)
    assert made.count("occasion") == made.count("classification") == 1
    made.clear()
    assert listed(store) == first
    assert made == ["listed"]
    trend(store.cursor(), ASKED, start=date(2025, 1, 1))
    transitions(store.cursor(), ASKED, start=date(2025, 1, 1))
    assert "occasion" not in made
    made.clear()
    # Another day rests on the same facts, and has classes of its own.
    listed(store, context("2024-06-01"))
    assert "occasion" not in made
    assert "classification" in made


def test_a_commit_makes_what_is_kept_stale(store: Store) -> None:
    assert listed(store) == ["A", "D"]
    assert store.kept is not None
    assert store.kept.known()
    bought = "<urn:p> a cg:Purchase ; cg:client <{}> ; cg:orderDate '2025-05-01'^^xsd:date ."
    prefixes = f"PREFIX cg: <{CG}> PREFIX xsd: <{XSD}>"
    update(store, f"{prefixes} INSERT DATA {{ {bought.format(iri('party', 'C'))} }}")
    assert store.kept.known() == []
    assert listed(store) == ["A", "C", "D"]


def test_whoever_sees_other_graphs_is_lent_nothing(store: Store, made: list[str]) -> None:
    assert listed(store) == ["A", "D"]
    made.clear()
    assert listed(store, hidden=("*",)) == []
    assert "occasion" in made
    made.clear()
    # Both are kept, each for its own.
    assert (listed(store), listed(store, hidden=("*",))) == (["A", "D"], [])
    assert set(made) == {"listed"}


def test_other_rules_and_an_earlier_knowledge_are_lent_nothing(
    store: Store, made: list[str]
) -> None:
    listed(store)
    for other in (
        context("2025-06-01", D_new=30),
        context("2025-06-01", datetime(2000, 1, 1, tzinfo=UTC)),
    ):
        made.clear()
        listed(store, other)
        assert "occasion" in made


def test_what_is_recorded_later_is_not_kept() -> None:
    world = crowd()
    late = datetime.now(UTC) + timedelta(days=1)
    world.property(iri("party", "C"), "recordedAt", late)
    with world.store() as store:
        store.keep_tables()
        assert store.kept is not None
        listed(store)
        assert store.kept.known() == []


def test_without_room_nothing_is_kept_and_all_is_told(store: Store) -> None:
    assert store.kept is not None
    store.kept.most = 64
    assert listed(store) == ["A", "D"]
    assert store.kept.known() == []


def test_a_transaction_that_began_before_is_lent_nothing_and_goes_on(store: Store) -> None:
    kept, asked = store.kept, context("2025-05-01")
    assert kept is not None
    listed(store)
    early = store.cursor()
    early.begin()
    assert kept.lend(early, kept.known()[0], asked.known_at)
    listed(store, asked)
    (late,) = [key for key in kept.known() if _day(key) == asked.as_of]
    assert not kept.lend(early, late, asked.known_at)
    assert early.execute("SELECT 1").fetchall() == [(1,)]
    early.rollback()
    assert kept.lend(early, late, asked.known_at)


def test_many_who_ask_at_once_have_it_made_once(store: Store, made: list[str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: listed(store), range(8)))
    assert found == [["A", "D"]] * 8
    assert made.count("occasion") == 1


def test_what_was_used_longest_ago_goes_first(store: Store) -> None:
    kept = store.kept
    assert kept is not None
    days = [date(2025, 6, 1), date(2025, 5, 1), date(2025, 4, 1)]
    for day in days[:2]:
        listed(store, context(day.isoformat()))
    listed(store, context(days[0].isoformat()))
    kept.most = kept.size
    listed(store, context(days[2].isoformat()))
    assert [_day(key) for key in kept.known() if _day(key)] == [days[0], days[2]]


def _day(key: Any) -> date | None:
    """Return the day of a classification that is kept, None for what else is."""
    return key[1][1] if isinstance(key[1], tuple) else None
