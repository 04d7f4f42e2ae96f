"""IRIs of records: the same from Python and from SQL, opaque, and different for different keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.ingest.minting import joined_key_sql, mint_sql
from kg.ingest.sql import column, null, rendered, text
from kg.minting import joined_key, mint
from kg.store import Cursor, Store

KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@pytest.fixture(scope="module")
def cursor() -> Iterator[Cursor]:
    with Store.open() as store:
        yield store.cursor()


def test_iri_is_opaque_and_of_its_kind() -> None:
    iri = mint("secret", "party", "shop", "lea@example.org")
    assert re.fullmatch(r"https://w3id\.org/clientgraph/id/party/[0-9a-f]{32}", iri)


def test_every_part_counts() -> None:
    parts = ("secret", "party", "shop", "P1")
    changed = [(*parts[:i], parts[i] + "x", *parts[i + 1 :]) for i in range(4)]
    assert len({mint(*each) for each in [parts, *changed]}) == 5


def test_parts_of_a_key_cannot_run_into_one_another() -> None:
    assert joined_key(["a", "bc"]) != joined_key(["ab", "c"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(source=KEYS, parts=st.lists(KEYS, min_size=1, max_size=3))
def test_sql_and_python_agree(cursor: Cursor, source: str, parts: list[str]) -> None:
    key = joined_key_sql([text(part) for part in parts])
    sql = rendered(mint_sql("s'ecret", "line", text(source), key))
    found = cursor.execute(f"SELECT {sql}").fetchall()[0][0]
    assert found == mint("s'ecret", "line", source, joined_key(parts))


def test_missing_key_gives_no_iri_and_missing_further_parts_count_as_empty(cursor: Cursor) -> None:
    missing = mint_sql("s", "party", text("shop"), joined_key_sql([null(), text("b")]))
    partial = mint_sql("s", "party", text("shop"), joined_key_sql([column("k"), null()]))
    row = cursor.execute(
        f"SELECT {rendered(missing)}, {rendered(partial)} FROM (SELECT 'a' AS k)"
    ).fetchall()[0]
    assert row == (None, mint("s", "party", "shop", joined_key(["a", ""])))
