"""Quads staged by rules, or whose keys collide, become the rows of quads staged one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.store import Shared, Store, Transaction, dictionary
from tests.drawing import examples

XSD = "http://www.w3.org/2001/XMLSchema#"
LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_NUMBERS = {"n", "rule", "row", "subject"}
_COLUMNS = ("subject", "p", "o", "odt", "olang", "g", "rule", "row")
_CODED = """
SELECT s.lex, p.lex, o.lex, o.dt, o.lang, g.lex, c.origin FROM _coded AS c
JOIN term AS s ON s.id = c.s JOIN term AS p ON p.id = c.p JOIN term AS o ON o.id = c.o
LEFT JOIN term AS g ON g.id = c.g ORDER BY ALL
"""

kinds = st.sampled_from([(None, None), (XSD + "string", None), (XSD + "integer", None)])
tagged = st.sampled_from([(LANG_STRING, "en"), (LANG_STRING, "fr")])
graphs = st.sampled_from([None, "x:g", "x:h"])
predicates = st.sampled_from(["x:p", "x:q"])
values = st.sampled_from(["1", "x:a", "x:c"])
rules = st.lists(
    st.tuples(predicates, kinds | tagged, graphs, st.none() | values), min_size=1, max_size=3
)
own = st.tuples(st.none() | predicates, st.none() | tagged, graphs)
quads = st.lists(
    st.tuples(st.sampled_from(["x:a", "x:b", "_:c"]), values, own),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as opened:
        yield opened


@settings(max_examples=examples(8, 30), deadline=None)
@given(shared=rules, given_quads=quads, collide=st.booleans())
def test_rules_and_colliding_keys_change_nothing(
    store: Store,
    shared: list[tuple[str, tuple[str | None, str | None], str | None, str | None]],
    given_quads: list[tuple[str, str, tuple[str | None, tuple[str, str] | None, str | None]]],
    *,
    collide: bool,
) -> None:
    ruled, expected = [], set()
    for number, (subject, value, (p, kind, g)) in enumerate(given_quads):
        rule = number % len(shared)
        rule_p, rule_kind, rule_g, rule_o = shared[rule]
        # A quad's own datatype comes with its own language, and none with a rule's object.
        kind = None if rule_o else kind
        own_o = None if rule_o else value
        ruled.append((number, p, own_o, *(kind or (None, None)), g, rule, number))
        whole = kind or rule_kind
        expected.add((subject, p or rule_p, rule_o or value, *whole, g or rule_g, number))
    with store.write() as tx:
        tx.cursor.execute(_table("_ruled", _COLUMNS, ruled))
        laws = [(rule, p, dt, lang, g, o) for rule, (p, (dt, lang), g, o) in enumerate(shared)]
        tx.cursor.execute(_table("_rules", ("rule", "p", "odt", "olang", "g", "o"), laws))
        subjects = [(number, subject) for number, (subject, _, _) in enumerate(given_quads)]
        tx.cursor.execute(_table("_subjects", ("n", "s"), subjects))
        with pytest.MonkeyPatch.context() as patched:
            if collide:
                patched.setattr(dictionary, "_hashed", lambda lex, _dt, _lang: f"strlen({lex})")
            assert set(_encoded(tx)) == expected
        tx.rollback()


def _encoded(tx: Transaction) -> list[tuple[object, ...]]:
    """Return the texts of what the rules and the quads of the two tables are encoded as."""
    with tx.insertion() as insertion:
        insertion.add("temp._ruled", Shared("temp._rules", "temp._subjects"), "q.row")
        return tx.cursor.execute(_CODED).fetchall()


def _table(name: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Return the statement of a table of texts, but for the columns `rule` and `row`."""

    def cell(value: object) -> str:
        return "NULL" if value is None else f"'{value}'"

    values = ", ".join(f"({', '.join(map(cell, row))})" for row in rows)
    types = ", ".join(f"{c}::{'INTEGER' if c in _NUMBERS else 'VARCHAR'} AS {c}" for c in columns)
    given = f"(VALUES {values}) AS v({', '.join(columns)})"
    return f"CREATE TEMP TABLE {name} AS SELECT {types} FROM {given}"


def _load(store: Store, quads: list[str], name: str) -> list[str]:
    """Load quads; return the texts of the new terms in the order of their ids."""
    with store.write(activity="load") as tx:
        first = tx.cursor.execute("SELECT coalesce(max(id), 0) FROM term").fetchall()[0][0]
        tx.cursor.execute(
            f"CREATE TEMP TABLE {name} AS SELECT split_part(q, ' ', 1) AS s,"
            " split_part(q, ' ', 2) AS p, split_part(q, ' ', 3) AS o,"
            " CASE WHEN o NOT LIKE 'x:%' THEN ? END AS odt, NULL AS olang, NULL AS g"
            " FROM (SELECT unnest(?) AS q)",
            [XSD + "string", quads],
        )
        tx.insert(name)
        tx.cursor.execute(f"DROP TABLE {name}")
        rows = tx.cursor.execute("SELECT lex FROM term WHERE id > ? ORDER BY id", [first])
        return [lex for (lex,) in rows.fetchall()]


def _runs(kinds: list[str]) -> int:
    return 1 + sum(one != next_one for one, next_one in pairwise(kinds))


def test_terms_of_one_family_lie_together(store: Store) -> None:
    quads = [
        quad
        for n in range(20)
        for quad in (
            f"x:party/{n} x:family/name name{n}",
            f"x:order/{n} x:family/client x:party/{n}",
            f"x:order/{n} x:family/number number{n}",
        )
    ]
    terms = _load(store, quads, "of_families")
    kinds = [term.rstrip("0123456789") for term in terms]
    assert len(terms) == 4 * 20 + 3
    assert _runs(["" if kind.startswith("x:family") else kind for kind in kinds]) <= 4 + 2
    for kind in ("x:party/", "x:order/", "name", "number"):
        of_kind = [term for term in terms if term.startswith(kind)]
        assert of_kind == [f"{kind}{n}" for n in range(20)]


def test_what_has_a_namespace_of_its_own_is_in_no_more_families_than_allowed(store: Store) -> None:
    count = 4 * dictionary._NAMESPACES
    quads = [f"x:unit/{n}/a x:family/of{n % 2} x:unit/{n}/b" for n in range(count)]
    terms = _load(store, quads, "of_units")
    numbers = [int(term.split("/")[1]) for term in terms if term.startswith("x:unit")]
    breaks = sum(one > next_one for one, next_one in pairwise(numbers))
    assert len(numbers) == 2 * count
    assert breaks <= dictionary._NAMESPACES
