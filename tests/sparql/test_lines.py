"""The engine writes an answer as the writers in Python do, byte for byte."""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from kg.errors import QueryEvaluationError
from kg.namespaces import CUT_ANSWER
from kg.sparql import Result, engine, query
from kg.sparql.lines import FORMATS
from kg.sparql.results import write_bindings, write_graph
from kg.sparql.running import Allowance
from kg.sparql.update import update
from kg.store import Kind, Store, lookup_building

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


SOUND = 'FILTER(!isIRI(?o) || REGEX(STR(?o), "^[a-z:/.0-9é]*$"))'
FIT_FOR_XML = r'FILTER(!REGEX(STR(?o), "[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x{FFFE}]"))'
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
    "fit for XML": f"""SELECT ?s ?o ?iri WHERE {{
        ?s :p ?o {FIT_FOR_XML} BIND(DATATYPE(?o) AS ?iri)
    }} ORDER BY ?s""",
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
    fit = f"?s :p ?o {FIT_FOR_XML} VALUES ?n {{ 1 2 3 4 5 6 }}"
    text = f"{PREFIX}SELECT ?s ?o ?n WHERE {{ {fit} }} ORDER BY ?s ?n"
    complete = assert_same(store, monkeypatch, text, name, Allowance(max_rows=most))
    assert complete == (most > 5_000)


@pytest.mark.parametrize("name", ["csv", "json", "tsv"])
@pytest.mark.parametrize("most", [None, 0, 7, 5_000])
def test_same_bytes_of_few_solutions(store: Store, name: str, most: int | None) -> None:
    for pattern in ("?s :p ?o OPTIONAL { ?s :q ?q }", "?s :p ?o ; :q ?q FILTER(isNUMERIC(?o))"):
        text = f"{PREFIX}SELECT ?o ?s ?q WHERE {{ {pattern} }} LIMIT 3000"
        ours, other = (query(store, text, allowance=Allowance(max_rows=most)) for _ in range(2))
        other._lines = lambda _result, _name: None
        rows = list(other.rows())
        assert ours.lines(name) is not None
        ours, other = (query(store, text, allowance=Allowance(max_rows=most)) for _ in range(2))
        other._lines = lambda _result, _name: None
        assert sorted(_written(ours, name).split(b"\n")) == sorted(
            _written(other, name).split(b"\n")
        )
        assert ours.complete == other.complete == (most is None or most > len(rows))


def _written(result: Result, name: str) -> bytes:
    """Return an answer in a format, or why it cannot be written in it."""
    try:
        if result.form == "select":
            return b"".join(write_bindings(result, name))
        return b"".join(write_graph(result, name))
    except QueryEvaluationError as error:
        # Which of several such characters is met first follows no order.
        return re.sub(r"U\+[0-9A-F]{4}", "U+", str(error)).encode()


def assert_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, text: str, name: str, allowance: Allowance
) -> bool:
    """Compare both ways of writing an answer; return whether it is complete."""
    found = []
    for many in (1_000_000_000, 0):
        monkeypatch.setattr(engine, "_MANY", many)
        result = query(store, text, allowance=allowance)
        assert result.engine == "sql", result.reason
        found.append((_written(result, name), result.complete))
    (python, complete), (ours, also) = found
    assert complete == also
    for mine, other in zip(ours.split(b"\n"), python.split(b"\n"), strict=True):
        assert mine == other
    return complete


@pytest.mark.parametrize("name", ["nt", "turtle", "xml", "json-ld"])
@pytest.mark.parametrize("filtered", ["", FIT_FOR_XML])
def test_same_bytes_of_graphs(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str, filtered: str
) -> None:
    wanted = "?s :p ?o . ?o :said ?s . ?s :text ?text . ?s :new 'never \\t seen', 4.50"
    pattern = f"?s :p ?o {SOUND} {filtered} BIND(CONCAT(STR(?o), '!') AS ?text)"
    text = f"{PREFIX}CONSTRUCT {{ {wanted} }} WHERE {{ {pattern} }}"
    found = []
    for many in (1_000_000_000, 0):
        monkeypatch.setattr(engine, "_MANY", many)
        result = query(store, text)
        assert result.engine == "sql", result.reason
        written = _written(result, name)
        lines = written.splitlines()
        if name == "json-ld":
            lines = [str(quad).encode() for quad in ox.parse(written, ox.RdfFormat.JSON_LD)]
        found.append(sorted(lines))
    assert found[0] == found[1]
    assert len(found[0]) > (1_000 if filtered else 0)


def test_iris_are_not_looked_through_where_none_is_odd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MANY", 0)
    text = PREFIX + "CONSTRUCT { ?s :new ?o , <urn:x:n\\u00E9w> } WHERE { ?s :p ?o }"
    tsv = PREFIX + "SELECT ?s ?o (IRI(CONCAT('urn:x:', ?o)) AS ?made) WHERE { ?s :p ?o }"

    def written(*names: str) -> list[list[bytes]]:
        asked = {"nt": text, "tsv": tsv}
        return [sorted(_written(query(store, asked[n]), n).splitlines()) for n in names]

    with Store.open(threads=1) as store:
        update(store, PREFIX + "INSERT DATA { :a :p :b, 'c\\n', 'd' . :b :p 'e f' }")
        without = written("nt", "tsv")
        assert lookup_building.build(store)
        index = store.lookup_index
        assert index is not None
        assert index.sound
        assert written("nt", "tsv") == without
        with store.write() as tx:
            tx.insert(
                "SELECT 'urn:x:{odd}' AS s, 'http://example.org/p' AS p, 'urn:x:o d' AS o,"
                " NULL::VARCHAR AS odt, NULL::VARCHAR AS olang, NULL::VARCHAR AS g"
            )
        assert store.lookup_index is not None
        assert not store.lookup_index.sound
        [found] = written("tsv")
        assert found[-2].startswith(b"<urn:x:\\u007Bodd\\u007D>\t<urn:x:o\\u0020d>")
        store.lookup_index = None
        assert written("tsv") == [found]
        assert lookup_building.build(store)
        assert not store.lookup_index.sound
        assert written("tsv") == [found]


@pytest.mark.parametrize("name", ["csv", "json"])
def test_iris_are_written_alike_whether_one_is_odd_or_not(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(engine, "_MANY", 0)
    text = PREFIX + "SELECT ?s ?o (IRI(CONCAT('urn:x:', ENCODE_FOR_URI(?o))) AS ?i) { ?s :p ?o }"
    data = ":a :p :b, <urn:x:k,l>, 'x,y', 'q\"r', _:n . <urn:x:m,é> :p 'z' . _:n :p :b"

    def written() -> list[bytes]:
        return sorted(_written(query(store, text), name).split(b"\n"))

    with Store.open(threads=1) as store:
        update(store, PREFIX + f"INSERT DATA {{ {data} }}")
        without = written()
        assert b"urn:x:k,l" in b"".join(without)
        assert lookup_building.build(store)
        assert store.lookup_index is not None
        assert store.lookup_index.sound
        assert written() == without
        with store.write() as tx:
            tx.insert(
                "SELECT 'urn:x:\"odd' AS s, 'http://example.org/p' AS p, 'urn:x:o' || chr(10) AS o,"
                " NULL::VARCHAR AS odt, NULL::VARCHAR AS olang, NULL::VARCHAR AS g"
            )
        assert not store.lookup_index.sound
        found = written()
        assert len(found) > len(without)
        result = query(store, text)
        result._lines = lambda _result, _name: None
        assert found == sorted(_written(result, name).split(b"\n"))


def test_a_graph_may_be_cut(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MANY", 0)
    for name in ("nt", "turtle"):
        text = f"{PREFIX}CONSTRUCT {{ ?s :p ?o }} WHERE {{ ?s :p ?o {SOUND} }}"
        result = query(store, text, allowance=Allowance(max_rows=20))
        written = _written(result, name)
        assert not result.complete
        assert b"not complete" in written
        assert len(list(ox.parse(written, ox.RdfFormat.TURTLE))) == 20


@pytest.mark.parametrize("many", [0, 1_000_000_000])
def test_the_head_of_a_cut_answer_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(engine, "_MANY", many)
    for most in (20, 100_000):
        text = PREFIX + "SELECT ?s WHERE { ?s :p ?o }"
        limited = Allowance(max_rows=most)
        document = json.loads(_written(query(store, text, allowance=limited), "json"))
        assert document["head"].get("link") == ([CUT_ANSWER] if most == 20 else None)
        root = ET.fromstring(_written(query(store, text, allowance=limited), "xml"))  # noqa: S314
        links = [
            link.get("href") for link in root.iter("{http://www.w3.org/2005/sparql-results#}link")
        ]
        assert links == ([CUT_ANSWER] if most == 20 else [])


def test_new_nodes_of_a_graph_are_made_by_the_engine(store: Store) -> None:
    # A literal cannot be a subject, which only the dictionary tells; each solution has new nodes.
    text = f"{PREFIX}CONSTRUCT {{ ?s :r _:n . ?o :p ?s . _:n :q ?o }} WHERE {{ ?s :q ?o }}"
    result = query(store, text)
    triples = list(result.triples())
    assert (result.engine, result.reason) == ("sql", None)
    assert all(triple[0][0] in (Kind.BLANK, Kind.IRI) for triple in triples)
    nodes = {triple[2] for triple in triples if triple[1][1].endswith("/r")}
    solutions = list(query(store, f"{PREFIX}SELECT ?s WHERE {{ ?s :q ?o }}").rows())
    assert len(nodes) == len(solutions) > 100
