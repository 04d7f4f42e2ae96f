"""Each function of mapping documents as pairs: a call, and its value."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.ingest.calls import parse_call
from kg.ingest.compile import Relation, Values
from kg.ingest.functions import FUNCTIONS, Context, focal_iri
from kg.ingest.sql import rendered
from kg.minting import joined_key, mint
from kg.store import Cursor, Store

CONTEXT = Context("secret", "shop", "ORG", "EUR", "2026-01-02T03:04:05.000Z")
ROW = {
    "name": "  Éva O'Neil ",
    "day": "31/12/2024",
    "leap": "30/02/2024",
    "amount": "1 234,50",
    "qty": "3",
    "price": "0.335",
    "mark": "n/a",
    "mail": " a b+c@example.org",
    "phone": "0 612.34(0)56",
    "key": "P1",
    "org": "ORG",
    "path": "a/b/c",
    "none": None,
}
PAIRS: list[tuple[str, object]] = [
    ("trim($(name))", "Éva O'Neil"),
    ("lower($(name))", "  éva o'neil "),
    ("upper($(mark))", "N/A"),
    ("concat($(key), -, $(org))", "P1-ORG"),
    ("concat($(key), $(none))", None),
    ("missingIf($(mark), -, n/a)", None),
    ("missingIf($(key), -, n/a)", "P1"),
    ('replace($(path), "/", ".")', "a.b.c"),
    ("part($(path), /, 2)", "b"),
    ("part($(path), /, -1)", "c"),
    ("part($(path), /, 9)", None),
    ("first($(none), $(key), $(org))", "P1"),
    ("last($(key), $(org), $(none))", "ORG"),
    ("when(equal($(key), P1), yes, no)", "yes"),
    ("when(equal($(key), P2), yes)", None),
    ("number($(amount))", "1234.50"),
    ('number("1,234.5", ".", ",")', "1234.5"),
    ("number($(mark))", None),
    ("multiply($(qty), $(price))", "1.005"),
    ("add($(qty), -10.50)", "-7.5"),
    ("subtract(100, 0.0)", "100"),
    ("multiply($(mark), 2)", None),
    ("round(99.6, 0)", "100"),
    ("round(multiply($(qty), $(price)), 2)", "1.01"),
    ('parseDate($(day), "%d/%m/%Y")', "2024-12-31"),
    ('parseDate($(leap), "%d/%m/%Y")', None),
    ('parseDateTime("31/12/2024 8:05", "%d/%m/%Y %H:%M")', "2024-12-31T08:05:00"),
    ("slug($(name))", "eva-o-neil"),
    ("slug(---)", None),
    ("mint(product, $(key))", mint("secret", "product", "shop", "P1")),
    ("mint(line, $(key), 2)", mint("secret", "line", "shop", joined_key(["P1", "2"]))),
    ("mint(party, $(org))", focal_iri(CONTEXT)),
    ("mint(product, $(org))", mint("secret", "product", "shop", "ORG")),
    ("mint(party, $(none))", None),
    ("mailto($(mail))", "mailto:a%20b%2Bc@example.org"),
    ("tel($(phone))", "tel:06123456"),
    ("tel($(phone), 33)", "tel:+336123456"),
    ('tel("0033 6 12 34")', "tel:+3361234"),
    ("organization()", focal_iri(CONTEXT)),
    ("currency()", "EUR"),
    ("importTime()", CONTEXT.now),
    ("equal($(key), P1)", True),
    ("notEqual($(key), P1)", False),
    ("equal($(none), P1)", None),
    ("in($(key), P0, P1)", True),
    ("isNull($(none))", True),
    ("isNotNull($(none))", False),
    ('matches($(key), "P[0-9]")', True),
    ('matches($(path), "a")', False),
    ("startsWith($(path), a/)", True),
    ("less($(price), 1)", True),
    ("lessOrEqual(2, 2.0)", True),
    ("greater(10, 9)", True),
    ("greaterOrEqual($(mark), 9)", None),
    ("not(equal($(key), P1))", False),
    ("all(equal($(key), P1), isNull($(none)))", True),
    ("any(equal($(key), P2), isNull($(none)))", True),
]


@pytest.fixture(scope="module")
def cursor() -> Iterator[Cursor]:
    with Store.open() as store:
        yield store.cursor()


@pytest.mark.parametrize(("call", "expected"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_function_gives_its_value(cursor: Cursor, call: str, expected: object) -> None:
    relation = Relation("row", {name: f"c{i}" for i, name in enumerate(ROW)}, 0)
    sql = rendered(Values(relation, CONTEXT, "here").sql(parse_call(call, "here")))
    marks = ", ".join(f"?::VARCHAR AS c{i}" for i in range(len(ROW)))
    found = cursor.execute(f"SELECT {sql} FROM (SELECT {marks})", list(ROW.values())).fetchall()
    assert found == [(expected,)]


def test_every_function_is_tried_here() -> None:
    tried = {call.partition("(")[0] for call, _ in PAIRS}
    assert tried == set(FUNCTIONS)
