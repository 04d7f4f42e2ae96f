"""Texts are read as the grammar says: as a strict parser answers, with the algebra of rdflib."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import BNode
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from kg.errors import QuerySyntaxError
from kg.sparql import parse, query, update
from kg.sparql.algebra import translated
from kg.sparql.parsing import QueryParser, UpdateParser
from kg.sparql.reading import Row
from kg.sparql.results import write_graph
from kg.store import Kind, Store
from kg.store.rdf import load_bytes

ROOT = Path(__file__).resolve().parents[2]
QUERIES = sorted([*ROOT.glob("queries/*.rq"), *ROOT.glob("ontology/rules/*.rq")])

PROLOGUE = "BASE <http://example.org/dir/> PREFIX : <http://example.org/> PREFIX ex.a: <../>\n"
DATA = """
@prefix : <http://example.org/> .
:a :p 1, -1, "x"@en, "t\\tq\\"" ; :q :b, :c\\~d ; :r ( 1 [ :p 2 ] ) .
:b :p 2, -0.5 ; :q :a ; :r () .
:c\\~d :q [ :q :a ; :p "long" ] .
"""

TEXTS = (
    r"""
SELECT * { ?s :q :c\~d }
SELECT * { ?s ex.a:q <b> ; ; <../q> ?o ; }
SELECT * { ?s :p ?o FILTER(?o<2 &&?o>0) }
SELECT * { ?s :p ?o FILTER(isNumeric(?o)&&?o<=?o) }
SELECT * { ?s :p ?o FILTER(?o = -1 || ?o=- 0.5||-?o=-2) }
SELECT ?s (?o -1 AS ?a) (?o-1*2+3 AS ?b) { ?s :p ?o FILTER(isNumeric(?o)) }
SELECT (2*-1 AS ?a) (+1 AS ?b) (!true AS ?c) (- 1 AS ?d) ((1)-(1) AS ?e) {}
SELECT (sameTerm(-01, "-01"^^<http://www.w3.org/2001/XMLSchema#integer>) AS ?a) {}
SELECT * { ?s :p -1, 1 . ?s :q/:p ?o . }
SELECT * { [ :p 2 ; :q ?o ] . }
SELECT * { ?s :r ( 1 [ :p ?o ] ) }
SELECT * { ( ?a [ :p ?b ] ) :none ?c }
SELECT * { ?s :r () }
SELECT * { _:x :q ?o . ?o :q _:x }
SELECT * { ?s :p 'x'@en, "t\tq\"", '''t	q"''' }
SELECT * { ?s a|:q ?o }
SELECT * { ?s !(:p|^:q|a) ?o }
SELECT * { ?s !:p ?o ; !^:p ?q }
SELECT * { ?s (:q/:p)|(:p) ?o }
SELECT * { ?s :q? ?o . :a :q+ ?o . ?s (:q|:p)? 2 }
SELECT * { { ?s :p 1 } UNION { ?s :p 2 } UNION { } OPTIONAL { ?s :q ?o } MINUS { ?s :p -1 } }
SELECT * { VALUES () { } }
SELECT * { VALUES () { () () } }
SELECT * { VALUES (?a ?b) { (1 UNDEF) (:a -1) } VALUES ?c { UNDEF true "x"@en } }
SELECT ?s (COUNT(DISTINCT *) AS ?n) (SUM(?o) AS ?t) { ?s :p ?o FILTER isNumeric(?o) } GROUP BY ?s
SELECT (GROUP_CONCAT(STR(?n); SEPARATOR="-") AS ?l) { :b :p ?n FILTER(?n > 0) }
SELECT ?k { ?s :p ?o } GROUP BY (isIRI(?s) AS ?k) STR(?o) HAVING (COUNT(*) >= 1) (1 = 1)
SELECT ?s { ?s :q ?o } ORDER BY DESC(STR(?o)) ?s STR(?s) OFFSET 3 LIMIT 2
SELECT REDUCED ?s WHERE { ?s :p ?o } VALUES ?s { :a }
SELECT * { ?s :p ?o FILTER(?o IN (1, 2) && ?o NOT IN () && !(?o IN ())) }
SELECT * { ?s :p ?o FILTER NOT EXISTS { ?s :q ?o } FILTER EXISTS { SELECT ?s { ?s :q ?x } } }
SELECT (IF(1 < 2, "a", "b") AS ?x) (COALESCE() AS ?y) (CONCAT() AS ?z) (SUBSTR("abc", 2) AS ?w) {}
SELECT (<http://www.w3.org/2001/XMLSchema#integer>("07") AS ?x) (isIRI(<x>) AS ?y) {}
SELECT * { ?s :p ?o BIND(?o+1 AS ?n) FILTER REGEX(STR(?o), "^1", "i") }
SELECT ?été { ?été :p 1 } # a comment
SELECT * { ?s :p "\u0078"@en, 1 }
select * where { ?s :p ?o . filter bound ( ?o ) } limit 20
CONSTRUCT {} WHERE { ?s :p ?o }
CONSTRUCT WHERE { ?s :q ?o }
CONSTRUCT WHERE { }
CONSTRUCT { ?s :made [ :of ?o ], ( ?o ) } WHERE { ?s :q ?o }
""".strip()
    .replace('\\"""', '"""')
    .splitlines()
)


@pytest.fixture(scope="module")
def store() -> Store:
    store = Store.open()
    with store.write() as tx:
        load_bytes(tx, DATA.encode(), format="turtle")
    return store


@pytest.fixture(scope="module")
def oxigraph() -> ox.Store:
    store = ox.Store()
    store.load(DATA.encode(), format=ox.RdfFormat.TURTLE)
    return store


@pytest.mark.parametrize("text", TEXTS)
def test_answers_are_those_of_a_strict_parser(store: Store, oxigraph: ox.Store, text: str) -> None:
    expected = oxigraph.query(PROLOGUE + text)
    found = query(store, PROLOGUE + text, union_default_graph=False)
    if isinstance(expected, ox.QuerySolutions):
        assert set(found.variables) == {name.value for name in expected.variables}
        assert Counter(map(_ours, found.rows())) == Counter(
            tuple(_theirs(solution[name]) for name in found.variables) for solution in expected
        )
        return
    assert isinstance(expected, ox.QueryTriples)
    written = b"".join(write_graph(found, "nt"))
    assert _canonical(ox.parse(written, ox.RdfFormat.N_TRIPLES)) == _canonical(
        ox.Quad(*triple) for triple in expected
    )


def _canonical(quads) -> set[ox.Quad]:
    found = ox.Dataset(ox.Quad(*quad) for quad in quads)
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return set(found)


def _ours(row: Row) -> tuple[object, ...]:
    """Return terms; labels of blank nodes are forgotten, and numbers are compared by value."""
    return tuple(None if term is None else _key(*term) for term in row)


def _theirs(term: ox.NamedNode | ox.BlankNode | ox.Literal | None) -> object:
    if isinstance(term, ox.Literal):
        return _key(Kind.STRING, term.value, term.datatype.value, term.language)
    if term is None:
        return None
    kind = Kind.BLANK if isinstance(term, ox.BlankNode) else Kind.IRI
    return _key(kind, term.value, None, None)


def _key(kind: int, text: str, datatype: str | None, language: str | None) -> object:
    if datatype and datatype.endswith(("#integer", "#decimal")):
        return float(text)
    return "blank" if kind == Kind.BLANK else (text, language)


def test_a_negated_property_set_of_nothing_is_any_predicate(store: Store) -> None:
    texts = ("SELECT ?s ?o { ?s !() ?o }", "SELECT ?s ?o { ?s ?p ?o }")
    asked = [query(store, PROLOGUE + text, union_default_graph=False) for text in texts]
    of_path, of_triples = (Counter(found.rows()) for found in asked)
    assert of_path == of_triples
    assert of_path.total() > 10


def test_describe_all_describes_what_is_in_scope(store: Store) -> None:
    texts = ("DESCRIBE * { ?s :q :a MINUS { ?s :r ?m } }", "DESCRIBE ?s { ?s :q :a }")
    every, named = (b"".join(write_graph(query(store, PROLOGUE + t), "nt")) for t in texts)
    assert every.count(b"\n") == 2
    assert every.splitlines()[0] in named


def _shown(node: object) -> object:
    """Return an algebra in a form in which the names of blank nodes are forgotten."""
    if isinstance(node, CompValue):
        parts = {key: _shown(node[key]) for key in sorted(node) if key not in ("_vars", "lazy")}
        parts.pop("PV", None)  # in any order for SELECT *
        return node.name, tuple(parts.items())
    if isinstance(node, BNode):
        return "blank"
    if isinstance(node, list | tuple):
        shown = [_shown(item) for item in node]
        return tuple(sorted(shown, key=repr)) if isinstance(node, list) else tuple(shown)
    if isinstance(node, dict):
        return tuple(sorted((repr(key), repr(node[key])) for key in node))
    return node if node is None else repr(node)


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_has_the_algebra_that_rdflib_gives_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = translated(*parseQuery(text))
    assert _shown(parse(text).algebra) == _shown(expected.algebra)


def test_parts_of_services_are_kept_as_written() -> None:
    text = "SELECT * { SERVICE <x:a> { ?s ?p 1 } OPTIONAL { SERVICE SILENT ?v{ ?s ?p '}' } } }"
    _, tree = QueryParser(text).query()
    first, optional = tree.where.part
    assert first.service_string == "SERVICE <x:a> { ?s ?p 1 }"
    assert optional.graph.part[0].service_string == "SERVICE SILENT ?v{ ?s ?p '}' }"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p }",
        "SELECT * { ?s ?p ?o",
        "SELECT { ?s ?p ?o }",
        "SELECT * { ?s :none ?o }",
        "SELECT * { <<( ?s ?p ?o )>> ?q ?r }",
        "SELECT * { ?s ?p ?o {| ?q ?r |} }",
        "SELECT (STR() AS ?x) {}",
        "SELECT (STR(1, 2) AS ?x) {}",
        "SELECT * { FILTER ?x }",
        "SELECT * {} LIMIT ?x",
        "SELECT * {} {}",
        "SELECT * { ?s ?p 'a }",
        "VERSION '1.2' SELECT * {}",
    ],
)
def test_what_is_no_query_of_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|declared|no end"):
        QueryParser(text).query()


@pytest.mark.parametrize("text", ["INSERT { ?s ?p ?o }", "DELETE DATA { <x:a> <x:b> }", "LOAD 1"])
def test_what_is_no_operation_of_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        UpdateParser(text).operation()


def test_names_with_escapes_are_stored_as_what_they_mean() -> None:
    store = Store.open()
    update(store, r"PREFIX : <x:> INSERT { :a\-b :p '\u00e9\n' } WHERE {}")
    found = query(store, "SELECT * { ?s ?p ?o }", union_default_graph=False).rows()
    assert [[term and term[1] for term in row] for row in found] == [["x:a-b", "x:p", "é\n"]]


def test_many_triple_patterns_are_read_in_a_moment() -> None:
    text = "SELECT * { " + " . ".join(f"?s <x:p{n}> ?o{n}" for n in range(10_000)) + " }"
    before = time.process_time()
    [pattern] = [parse(text).algebra.p.p]
    assert len(pattern.triples) == 10_000
    assert time.process_time() - before < 20


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"SELECT ?\u0061 { ?\u0061 ?p ?o }", "SELECT ?a { ?a ?p ?o }"),
        (r"PREFIX x\u003a <urn:x:> ASK { x\u003Ab ?p ?o }", "PREFIX x: <urn:x:> ASK { x:b ?p ?o }"),
        (r"\u0041SK { ?s ?p ?o FILTER(?o \U0000003c 3) }", "ASK { ?s ?p ?o FILTER(?o < 3) }"),
        (r'SELECT * { ?s ?p "\u0022\u005c" }', r'SELECT * { ?s ?p "\"\\" }'),
    ],
)  # fmt: skip
def test_escaped_code_points_are_read_first(written: str, meant: str) -> None:
    assert str(parse(written).algebra) == str(parse(meant).algebra)


@pytest.mark.parametrize(
    "text",
    [r"SELECT * { <urn:a\u0020b> ?p ?o }", r"ASK \u007b ?s ?p \uD800 }", r"ASK { ?s ?p \u12 }"],
)
def test_escapes_of_what_cannot_stand_there_are_refused(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        parse(text)
