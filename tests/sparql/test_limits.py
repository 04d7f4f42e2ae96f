"""The first solutions of many, where the engine has more of a dictionary than it reads at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.sparql import query
from kg.store import Store
from kg.store.rdf import load_bytes

MANY = 126_000
"""More terms than a row group of the engine's tables has, 122,880: it leaves out whole ones."""
EXPECTED = [f"{n:06d}" for n in range(MANY)]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    lines = [f'<urn:s{key}> <urn:key> "{key}" .' for key in EXPECTED]
    lines += [f'<urn:s{key}> <urn:other> "{key}" .' for key in EXPECTED[::2]]
    with Store.open() as store:
        with store.write() as tx:
            load_bytes(tx, "\n".join(lines).encode(), format="nquads")
        yield store


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{ ?s :key ?key } ORDER BY ?key LIMIT 3", EXPECTED[:3]),
        ("{ ?s :key ?key } ORDER BY ?key ?s LIMIT 3 OFFSET 1000", EXPECTED[1000:1003]),
        ("{ ?s :key ?key } ORDER BY DESC(?key) LIMIT 3", EXPECTED[:-4:-1]),
        (
            "{ ?s :key ?key OPTIONAL { ?s :other ?other } } ORDER BY ?other ?key LIMIT 3",
            EXPECTED[1:6:2],
        ),
        (
            "{ ?s :key ?key OPTIONAL { ?s :other ?other } } ORDER BY DESC(?other) LIMIT 3",
            EXPECTED[-2:-7:-2],
        ),
    ],
)
def test_a_limit_keeps_the_first_in_order(store: Store, pattern: str, expected: list[str]) -> None:
    found = query(store, f"PREFIX : <urn:> SELECT ?key {pattern}")
    assert found.engine == "sql"
    assert [key[1] for (key,) in found.rows() if key is not None] == expected
