"""Each function of mapping documents as pairs: a call, and its value."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.ingest.calls import parse_call
from kg.ingest.compile import Relation, Values
from kg.ingest.functions import FUNCTIONS, Context, focal_iri
from kg.ingest.lookups import CREATE, fill
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
    ('number("1.234,50")', None),
    ('number("1.234,50", ",", ".")', "1234.50"),
    ('number("1.234.567", ",", ".")', "1234567"),
    ('number("1.2345", ",", ".")', None),
    ('number("12 34")', None),
    ('number("-1 234")', "-1234"),
    ('number("1,5")', "1.5"),
    ('number("5", ",", "")', "5"),
    ("date($(day))", "2024-12-31"),
    ("date($(leap))", None),
    ('date("1/2/2024")', "2024-02-01"),
    ('date("1/2/2024", mdy)', "2024-01-02"),
    ('date("2024.3.9", ymd)', "2024-03-09"),
    ('date("3. 4. 2024")', "2024-04-03"),
    ("date(2024-05-06)", "2024-05-06"),
    ('date("2024-05-06 10:20:30")', "2024-05-06"),
    ("date(2024-05-06T10:20:30Z)", "2024-05-06"),
    ("date(2024-02-30)", None),
    ("date(2024-05)", "2024-05"),
    ("date(2024)", "2024"),
    ("date(5/2024)", "2024-05"),
    ("date(13/2024)", None),
    ('date("31/12/24")', None),
    ("date(yesterday)", None),
    ("date($(none))", None),
    ("excelDate(1)", "1900-01-01"),
    ("excelDate(59)", "1900-02-28"),
    ("excelDate(60)", None),
    ("excelDate(61)", "1900-03-01"),
    ("excelDate(45292)", "2024-01-01"),
    ("excelDate(45292.75)", "2024-01-01"),
    ("excelDate(0)", None),
    ("excelDate(x)", None),
    ("slug($(name))", "eva-o-neil"),
    ("slug(---)", None),
    ("mint(product, $(key))", mint("secret", "product", "shop", "P1")),
    ("mint(line, $(key), 2)", mint("secret", "line", "shop", joined_key(["P1", "2"]))),
    ("mint(party, $(org))", focal_iri(CONTEXT)),
    ("mint(product, $(org))", mint("secret", "product", "shop", "ORG")),
    ("mint(party, $(none))", None),
    ("mailto($(mail))", "mailto:a%20b%2Bc@example.org"),
    ('mailto("Ann Bo <MAILTO:Ann.Bo@Example.ORG>")', "mailto:Ann.Bo@example.org"),
    ("mailto(nobody)", "mailto:nobody"),
    ('phone("01 99 00 43 21", France)', "tel:+33199004321"),
    ('phone("01 99 00 43 21", "États-unis")', "tel:+10199004321"),
    ('phone("+44 (0)20 7946 0958")', "tel:+442079460958"),
    ('phone("tel:+33-1-99-00-12-34", $(none))', "tel:+33199001234"),
    ("country(Suisse, $(none))", "CH"),
    ("country(Neverland, Neverland)", "Neverland"),
    ('phone("01 99 00 43 21")', "tel:0199004321"),
    ('phone("0199 0043", FR)', "tel:01990043"),
    ("phone($(none), FR)", None),
    ('country("côte d\'ivoire")', "CI"),
    ("country(Allemagne)", "DE"),
    ("country(GERMANY)", "DE"),
    ("country(fra)", "FR"),
    ("country(UK)", "GB"),
    ("country(Atlantis)", None),
    ('phone("020 7946 0958", country("Royaume-Uni"))', "tel:+442079460958"),
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
        cursor = store.cursor()
        marks = ", ".join(f"?::VARCHAR AS c{i}" for i in range(len(ROW)))
        cursor.execute(f"CREATE TEMP TABLE row AS SELECT {marks}", list(ROW.values()))
        cursor.execute(CREATE)
        yield cursor


@pytest.mark.parametrize(("call", "expected"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_function_gives_its_value(cursor: Cursor, call: str, expected: object) -> None:
    relation = Relation("row", {name: f"c{i}" for i, name in enumerate(ROW)}, 0)
    values, parsed = Values(relation, CONTEXT, "here"), parse_call(call, "here")
    fill(cursor, values.lookups(parsed))
    found = cursor.execute(f"SELECT {rendered(values.sql(parsed))} FROM temp.row").fetchall()
    assert found == [(expected,)]


def test_every_function_is_tried_here() -> None:
    tried = {call.partition("(")[0] for call, _ in PAIRS}
    assert tried == set(FUNCTIONS)
