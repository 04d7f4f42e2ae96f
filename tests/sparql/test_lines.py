"""The engine writes an answer as the writers in Python do, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from kg.sparql import engine, query
from kg.sparql.lines import FORMATS
from kg.sparql.results import write_bindings
from kg.sparql.running import Allowance
from kg.store import Store

XSD = "http://www.w3.org/2001/XMLSchema#"
LANG = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
ALPHABET = "\"'\\\t\n\r\x00\x01\x0b\x1a\x1f\x7f<>&,;=+-@ {}|^`\ufffe\u2028é😀u00B1nt/"

Term = tuple[str, str | None, str | None]


def _texts() -> list[str]:
    chance = random.Random(7)
    random_texts = ["".join(chance.choices(ALPHABET, k=chance.randint(1, 9))) for _ in range(300)]
    escapes = ["\\u001F", "\\u001f\x1f", "\\\\u000B\x0b", '"\\"', "\\n\n", "a,b", "", " ", "=1+1"]
    return [*map(chr, range(128)), *escapes, *random_texts]


def _terms() -> list[Term]:
    texts = _texts()
    terms: list[Term] = [(text, XSD + "string", None) for text in texts]
    terms += [(text, LANG, tag) for text, tag in zip(texts, ["en", "fr-ca"] * 300, strict=False)]
    terms += [(text, XSD + "integer", None) for text in (*texts[:80], "01", "+1", "-0", " 1")]
    terms += [(text, XSD + "decimal", None) for text in ("1.50", ".5", "5.", "1")]
    terms += [(text, XSD + "double", None) for text in ("1e6", "1.E2", ".5e-3", "1E", "NaN", "INF")]
    terms += [("2024-01-01", XSD + "date", None), ("true", XSD + "boolean", None)]
    terms += [(text, "http://example.org/type", None) for text in texts[::5]]
    terms += [(f"http://example.org/{text}", None, None) for text in texts]
    labels = ["b0", "N3f", "x-1", "a b", "é.", "-", "a.b", "b.", "_", "_:b", "x", "A-", "A_"]
    return terms + [(f"_:{label}", None, None) for label in labels]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    terms = _terms()
    subjects = [f"http://example.org/{number:05d}" for number in range(len(terms))]
    with Store.open() as store:
        with store.write() as tx:
            tx.cursor.execute(
                "CREATE TEMP TABLE nasty AS SELECT unnest(?::VARCHAR[]) AS s,"
                " 'http://example.org/p' AS p, unnest(?::VARCHAR[]) AS o,"
                " unnest(?::VARCHAR[]) AS odt, unnest(?::VARCHAR[]) AS olang,"
                " NULL::VARCHAR AS g",
                [subjects, *([term[i] for term in terms] for i in range(3))],
            )
            tx.insert("nasty")
            tx.insert(
                "SELECT s, 'http://example.org/q' AS p, o, odt, olang, g FROM nasty"
                " WHERE s[-1] < '4'"
            )
        yield store


PREFIX = "PREFIX : <http://example.org/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
QUERIES = {
    "stored": "SELECT ?s ?o WHERE { ?s :p ?o } ORDER BY ?s",
    "unbound": "SELECT ?o ?s ?never ?q WHERE { ?s :p ?o OPTIONAL { ?s :q ?q } } ORDER BY ?s",
    "all predicates": "SELECT ?s ?p ?ö WHERE { ?s ?p ?ö FILTER(?p != :none) } ORDER BY ?s ?p",
    "computed": """SELECT ?s ?text ?size ?half ?tagged ?typed ?long WHERE {
        ?s :p ?o
        BIND(CONCAT(STR(?o), "\\n,é\\"") AS ?text) BIND(STRLEN(STR(?o)) AS ?size)
        BIND(?size / 3 AS ?half)
        BIND(STRLANG(STR(?o), "en") AS ?tagged) BIND(xsd:double(?size) AS ?typed)
        BIND(?size > 3 AS ?long)
    } ORDER BY ?s""",
    "either": """SELECT ?s ?any WHERE {
        ?s :p ?o OPTIONAL { ?s :q ?q } BIND(COALESCE(?q, STRLEN(STR(?o))) AS ?any)
    } ORDER BY ?s""",
    "not in the dictionary": """SELECT ?s ?o ?new WHERE {
        ?s :p ?o VALUES ?new { "never \\"seen\\"" 42 } } ORDER BY ?s ?new""",
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", QUERIES.values(), ids=QUERIES)
def test_same_bytes_from_the_engine(
    store: Store, monkeypatch: pytest.MonkeyPatch, text: str, name: str
) -> None:
    assert_same(store, monkeypatch, PREFIX + text, name, Allowance())


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("most", [0, 1, 4095, 4096, 4097, 9_000])
def test_same_bytes_where_rows_are_limited(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    text = PREFIX + "SELECT ?s ?o ?n WHERE { ?s :p ?o VALUES ?n { 1 2 3 4 } } ORDER BY ?s ?n"
    complete = assert_same(store, monkeypatch, text, name, Allowance(max_rows=most))
    assert complete == (most > 5_000)


def assert_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, text: str, name: str, allowance: Allowance
) -> bool:
    """Compare both ways of writing an answer; return whether it is complete."""
    found = []
    for many in (1_000_000_000, 0):
        monkeypatch.setattr(engine, "_MANY", many)
        result = query(store, text, allowance=allowance)
        assert result.engine == "sql", result.reason
        found.append((b"".join(write_bindings(result, name)), result.complete))
    (python, complete), (ours, also) = found
    assert complete == also
    for mine, other in zip(ours.split(b"\n"), python.split(b"\n"), strict=True):
        assert mine == other
    return complete
