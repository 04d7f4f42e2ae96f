"""Behaviour of the validator that the W3C suite leaves open or that is ours."""

from __future__ import annotations

from datetime import date

import pytest
from graph_stores import holding
from rdflib import SH, Graph, Literal, URIRef

from kg.errors import ShapesError, UnsupportedShapeError
from kg.shacl import Report, load_shapes, validate
from kg.shacl.reading import parse_turtle
from kg.store import Store

PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix cg: <https://w3id.org/clientgraph/ns#> .
@prefix cgs: <https://w3id.org/clientgraph/shapes#> .
"""
AS_OF = date(2026, 3, 1)


def graph(text: str) -> Graph:
    made = Graph()
    parse_turtle(made, (PREFIXES + text).encode())
    return made


def report(
    store: Store,
    shapes: str,
    *data: str,
    vocabulary: str = "",
    focus: str | None = None,
    limit: int | None = None,
) -> Report:
    loaded = load_shapes(graph(shapes), graph(vocabulary))
    with holding(store, *(graph(text) for text in data)) as cursor:
        return validate(cursor, loaded, AS_OF, focus, limit=limit)


def values(found: Report) -> list[str]:
    return sorted(result.value[1] for result in found.results if result.value)


def foci(found: Report) -> list[str]:
    return sorted(result.focus[1].removeprefix("https://example.org/") for result in found.results)


def property_shape(constraint: str) -> str:
    return f"ex:s a sh:PropertyShape ; sh:targetNode ex:a ; sh:path ex:p ; {constraint} ."


# --- The data graph is a set, the union of all graphs ---


def test_same_triple_in_two_graphs_counts_once(store: Store) -> None:
    data = "ex:a ex:p 1 ."
    assert report(store, property_shape("sh:maxCount 1"), data, data).conforms
    assert report(store, property_shape("sh:minCount 2"), data, data).total == 1


def test_same_triple_in_two_graphs_is_reported_once(store: Store) -> None:
    data = "ex:a ex:p 1 ."
    found = report(store, property_shape("sh:nodeKind sh:IRI"), data, data)
    assert found.total == 1


def test_same_triple_in_two_graphs_is_one_qualified_value(store: Store) -> None:
    data = "ex:a ex:p 1 ."
    shape = property_shape(
        "sh:qualifiedMaxCount 1 ; sh:qualifiedValueShape [ sh:datatype xsd:integer ]"
    )
    assert report(store, shape, data, data).conforms


# --- Terms that the data do not hold ---


def test_target_node_absent_from_the_data_is_still_a_focus_node(store: Store) -> None:
    found = report(store, property_shape("sh:minCount 1"))
    assert foci(found) == ["a"]


def test_absent_value_is_missing_from_every_focus_node(store: Store) -> None:
    assert report(store, property_shape("sh:hasValue ex:nowhere"), "ex:a ex:p ex:b .").total == 1


def test_absent_members_of_a_list_match_nothing(store: Store) -> None:
    shape = property_shape("sh:in ( ex:nowhere ex:b )")
    assert report(store, shape, "ex:a ex:p ex:b, ex:c .").total == 1


def test_empty_list_admits_no_value(store: Store) -> None:
    assert report(store, property_shape("sh:in ()"), "ex:a ex:p ex:b .").total == 1


def test_limit_absent_from_the_data_is_compared_by_value(store: Store) -> None:
    found = report(store, property_shape("sh:minInclusive 5"), "ex:a ex:p 4.5, 5.0, 7 .")
    assert values(found) == ["4.5"]


# --- Comparison ---


@pytest.mark.parametrize(
    ("limit", "kept", "refused"),
    [
        ("sh:maxExclusive 10", "9.99", "10.0"),
        ("sh:minInclusive 0.1", "0.1", "0.0999999999999999999999999"),
        ("sh:maxInclusive 1e0", "1", "1.5"),
        ("sh:minExclusive 0", "1e-3", '"NaN"^^xsd:double'),
        ('sh:minInclusive "2025-01-31"^^xsd:date', '"2025-01-31"^^xsd:date', '"2025"^^xsd:gYear'),
        ('sh:maxInclusive "2025-02"^^xsd:gYearMonth', '"2025-02"^^xsd:gYearMonth', '"x"'),
        ('sh:minInclusive "b"', '"b"', '"a"'),
        ('sh:minInclusive "b"', '"c"', '"c"@en'),
        ("sh:maxInclusive false", "false", "true"),
        (
            'sh:minInclusive "2025-01-01T12:00:00Z"^^xsd:dateTime',
            '"2025-01-01T14:00:00+02:00"^^xsd:dateTime',
            '"2025-01-01T13:00:00"^^xsd:dateTime',
        ),
        (
            'sh:maxExclusive "2025-01-03T00:00:00Z"^^xsd:dateTime',
            '"2025-01-02T09:59:59"^^xsd:dateTime',
            '"2025-01-02T10:00:00"^^xsd:dateTime',
        ),
        (
            'sh:minExclusive "2025-01-01T00:00:00.1234567Z"^^xsd:dateTime',
            '"2025-01-01T01:00:00.1234568+01:00"^^xsd:dateTime',
            '"2025-01-01T00:00:00.1234567Z"^^xsd:dateTime',
        ),
        (
            "sh:maxExclusive 123456789012345678901234567891",
            "123456789012345678901234567890",
            "123456789012345678901234567891.0",
        ),
        ("sh:minInclusive -0.00000000001", "-0.00000000001", "-0.000000000011"),
    ],
)
def test_bounds_compare_as_sparql_does(store: Store, limit: str, kept: str, refused: str) -> None:
    shapes, data = property_shape(limit), f"ex:a ex:p {kept} . ex:b ex:p {refused} ."
    both = shapes.replace("sh:targetNode ex:a", "sh:targetSubjectsOf ex:p")
    assert foci(report(store, both, data)) == ["b"]


def test_pair_of_properties_compares_every_two_values(store: Store) -> None:
    shape = property_shape("sh:lessThanOrEquals ex:q")
    data = (
        'ex:a ex:p "2025-05-01"^^xsd:date ; ex:q "2025-05-01"^^xsd:date, "2025-04-01"^^xsd:date .'
    )
    assert report(store, shape, data).total == 1


def test_values_that_cannot_be_compared_violate(store: Store) -> None:
    data = 'ex:a ex:p "2025-05-01"^^xsd:date ; ex:q "2026"^^xsd:gYear .'
    assert report(store, property_shape("sh:lessThan ex:q"), data).total == 1


# --- Literals ---


@pytest.mark.parametrize(
    ("datatype", "good", "bad"),
    [
        ("xsd:date", '"2025-02-28"^^xsd:date', '"2025-02-30"^^xsd:date'),
        ("xsd:decimal", '"1.50"^^xsd:decimal', "1"),
        ("xsd:integer", '"01"^^xsd:integer', '"1"^^xsd:int'),
        ("xsd:byte", '"-128"^^xsd:byte', '"300"^^xsd:byte'),
        ("ex:code", '"x"^^ex:code', '"x"'),
        ("xsd:string", '"x"', '"x"@fr'),
    ],
)
def test_datatype_takes_well_formed_literals(
    store: Store, datatype: str, good: str, bad: str
) -> None:
    shape = (
        f"ex:s sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; sh:datatype {datatype} ] ."
    )
    data = f"ex:a ex:p {good} . ex:b ex:p {bad} ."
    assert foci(report(store, shape, data)) == ["b"]


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ('"^[A-Z]{3}$"', "EUR", "EURO"),
        (r'"^\\d+$"', "١٢", "a1"),
        ('"a.c"', "abc", "a\\nc"),
        ('"a.c" ; sh:flags "s"', "a\\nc", "ac"),
        ('"^EUR$" ; sh:flags "i"', "eur", "usd"),
        ('"a.b" ; sh:flags "q"', "xa.bx", "axb"),
        ('"^ a b $" ; sh:flags "x"', "ab", "a b"),
        ('"^b" ; sh:flags "m"', "a\\nb", "ab"),
    ],
)
def test_pattern_matches_as_regex_does(store: Store, pattern: str, good: str, bad: str) -> None:
    shape = f"ex:s sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; sh:pattern {pattern} ] ."
    data = f'ex:a ex:p "{good}" . ex:b ex:p "{bad}" .'
    assert foci(report(store, shape, data)) == ["b"]


# --- Classes ---


def test_subclasses_of_the_vocabulary_count(store: Store) -> None:
    shape = """ex:s sh:targetClass ex:Party ; sh:class ex:Party ;
        sh:property [ sh:path ex:n ; sh:minCount 1 ] ."""
    vocabulary = "ex:Person rdfs:subClassOf ex:Human . ex:Human rdfs:subClassOf ex:Party ."
    found = report(store, shape, "ex:a a ex:Person .", vocabulary=vocabulary)
    assert [result.component for result in found.results] == [SH.MinCountConstraintComponent]


def test_subclasses_of_the_data_count(store: Store) -> None:
    shape = "ex:s sh:targetClass ex:Party ; sh:nodeKind sh:Literal ."
    data = "ex:a a ex:Person . ex:Person rdfs:subClassOf ex:Party ."
    assert foci(report(store, shape, data)) == ["a"]


# --- Focus, limit and report ---


def test_focus_limits_the_focus_nodes(store: Store) -> None:
    shape = "ex:s sh:targetSubjectsOf ex:p ; sh:nodeKind sh:Literal ."
    focus = "SELECT id AS node FROM term WHERE lex IN ('https://example.org/b', 'https://example.org/c')"
    found = report(store, shape, "ex:a ex:p 1 . ex:b ex:p 1 .", focus=focus)
    assert foci(found) == ["b"]


def test_limit_lists_few_and_counts_all(store: Store) -> None:
    shape = "ex:s sh:targetSubjectsOf ex:p ; sh:nodeKind sh:Literal ; sh:severity sh:Warning ."
    found = report(store, shape, "ex:a ex:p 1 . ex:b ex:p 1 . ex:c ex:p 1 .", limit=2)
    assert len(found.results) == 2
    assert found.total == 3
    assert found.counts() == {(URIRef("https://example.org/s"), SH.Warning): 3}


def test_warnings_do_not_conform_but_are_no_violations(store: Store) -> None:
    found = report(store, property_shape("sh:minCount 1 ; sh:severity sh:Warning"))
    assert not found.conforms
    assert not found.has_violations


def test_message_of_the_shape_becomes_the_message_of_the_result(store: Store) -> None:
    shape = """ex:s sh:targetNode ex:a ; sh:nodeKind sh:Literal ;
        sh:message "Mauvais {$this}."@fr, "Bad {?value}."@en ."""
    found = report(store, shape)
    assert found.results[0].messages == {
        "fr": "Mauvais https://example.org/a.",
        "en": "Bad https://example.org/a.",
    }
    expected = Literal("Bad https://example.org/a.", lang="en")
    assert (None, SH.resultMessage, expected) in found.graph()


def test_shape_without_message_gets_one_in_both_languages(store: Store) -> None:
    found = report(store, property_shape("sh:minCount 2"))
    assert found.results[0].messages == {
        "en": "p: fewer values than 2.",
        "fr": "p : moins de 2 valeur(s).",
    }


def test_report_graph_writes_complex_paths(store: Store) -> None:
    shape = """ex:s sh:targetNode ex:a ;
        sh:property [ sh:minCount 1 ;
            sh:path ( [ sh:inversePath ex:p ] [ sh:zeroOrMorePath ex:q ] ) ] ."""
    found = report(store, shape).graph()
    (path,) = found.objects(None, SH.resultPath)
    (first,) = found.objects(None, SH.inversePath)
    assert first == URIRef("https://example.org/p")
    assert (path, None, None) in found


def test_validation_leaves_the_store_as_it_was(store: Store) -> None:
    report(store, property_shape("sh:minCount 1"), "ex:a ex:q 1 .")
    row = store.cursor().execute("SELECT count(*) FROM term").fetchone()
    assert row == (0,)


# --- SPARQL constraints ---


def sparql_shape(select: str, rest: str = "", target: str = "sh:targetSubjectsOf ex:p") -> str:
    return f'''
        cgs:pre sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/"^^xsd:anyURI ],
            [ sh:prefix "cg" ; sh:namespace "https://w3id.org/clientgraph/ns#"^^xsd:anyURI ] .
        ex:s {target} ; {rest} sh:sparql [ sh:prefixes cgs:pre ; sh:select """{select}""" ;
            sh:message "{{?value}} de {{$this}} ({{?extra}})"@fr ] .'''


def test_solutions_fill_the_message(store: Store) -> None:
    select = "SELECT $this ?value ?extra WHERE { $this ex:p ?value . BIND(?value + 1 AS ?extra) }"
    found = report(store, sparql_shape(select), "ex:a ex:p 1 .")
    assert found.results[0].messages == {"fr": "1 de https://example.org/a (2)"}


def test_computed_value_is_reported(store: Store) -> None:
    select = "SELECT $this (STRLEN(STR($this)) AS ?value) WHERE { $this ex:p ?x }"
    assert values(report(store, sparql_shape(select), "ex:a ex:p 1 .")) == ["21"]


def test_path_that_the_data_do_not_hold_is_reported(store: Store) -> None:
    select = (
        "SELECT $this (ex:missing AS ?path) WHERE { FILTER NOT EXISTS { $this ex:missing ?x } }"
    )
    graph_ = report(store, sparql_shape(select), "ex:a ex:p 1 .").graph()
    assert (None, SH.resultPath, URIRef("https://example.org/missing")) in graph_


def test_today_is_the_date_of_the_run_and_not_in_the_data(store: Store) -> None:
    select = """SELECT $this ?value WHERE {
        $this ex:p ?value . cg:currentRun cg:asOf ?today . FILTER (?value > ?today) }"""
    data = """ex:a ex:p "2026-03-02"^^xsd:date . ex:b ex:p "2026-03-01"^^xsd:date .
        cg:currentRun cg:asOf "1999-01-01"^^xsd:date ."""
    assert foci(report(store, sparql_shape(select), data)) == ["a"]


def test_today_inside_not_exists_is_the_date_of_the_run(store: Store) -> None:
    select = """SELECT $this WHERE { FILTER NOT EXISTS {
        cg:currentRun cg:asOf ?today . $this ex:p ?value . FILTER (?value <= ?today) } }"""
    data = 'ex:a ex:p "2026-03-02"^^xsd:date . ex:b ex:p "2026-03-01"^^xsd:date .'
    assert foci(report(store, sparql_shape(select), data)) == ["a"]


def test_focus_node_absent_from_the_data_reaches_the_query(store: Store) -> None:
    select = "SELECT $this WHERE { FILTER NOT EXISTS { $this ex:p ?x } }"
    shape = sparql_shape(select, target="sh:targetNode ex:a, ex:b")
    assert foci(report(store, shape, "ex:b ex:p 1 .")) == ["a"]


def test_query_that_is_not_compiled_is_evaluated(store: Store) -> None:
    select = """SELECT $this (SUM(?x) AS ?value) WHERE { $this ex:p ?x }
        GROUP BY $this HAVING (SUM(?x) > 1)"""
    data = "ex:a ex:p 0.33333333333333, 0.777777777777777 . ex:b ex:p 0.33333333333333 ."
    assert foci(report(store, sparql_shape(select), data)) == ["a"]


def test_unrelated_halves_of_a_not_exists_are_joined(store: Store) -> None:
    select = """SELECT $this ?value WHERE { $this ex:p ?value . ?other ex:p ?value .
        FILTER (?other != $this)
        FILTER NOT EXISTS {
            $this ex:q ?mine . ?other ex:q ?theirs . FILTER (?mine != ?theirs) } }"""
    data = """ex:a ex:p 1 ; ex:q 1 . ex:b ex:p 1 ; ex:q 2 .
        ex:c ex:p 2 ; ex:q 3 . ex:d ex:p 2 ; ex:q 3 ."""
    assert foci(report(store, sparql_shape(select), data)) == ["c", "d"]


# --- What is refused ---


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        ("sh:js [ sh:jsFunctionName 'x' ]", "sh#js|shacl#js"),
        ("ex:lang 'fr'", "example.org/LangComponent"),
        ("sh:node ex:s", "refers to itself"),
        ("sh:property [ sh:path ex:p ; sh:node ex:s ]", "refers to itself"),
        (r"sh:pattern '(?=a)b'", "look-around"),
        (r"sh:pattern '(a)\\1'", "back reference"),
        ("sh:pattern 'a' ; sh:flags 'z'", "flags"),
    ],
)
def test_what_is_not_compiled_is_refused_by_name(store: Store, shape: str, named: str) -> None:
    component = "ex:LangComponent a sh:ConstraintComponent ; sh:parameter [ sh:path ex:lang ] ."
    with pytest.raises(UnsupportedShapeError, match=named):
        report(
            store,
            f"{component} ex:s a sh:NodeShape ; sh:targetSubjectsOf ex:p ; {shape} .",
            "ex:a ex:p 1 .",
        )


@pytest.mark.parametrize(
    ("select", "named"),
    [
        ("SELECT $this WHERE { $this ?p ?o MINUS { $this ex:p 1 } }", "MINUS"),
        ("SELECT $this WHERE { $this ?p ?o VALUES ?o { 1 } }", "VALUES"),
        ("SELECT $this WHERE { SERVICE ex:s { $this ?p ?o } }", "SERVICE"),
        ("SELECT $this WHERE { { SELECT ?o WHERE { ?s ?p ?o } } }", "subquery"),
        ("SELECT $this WHERE { BIND (1 AS $this) }", "AS"),
        ("SELECT $this WHERE { BIND (1 AS $currentShape) }", "currentShape"),
    ],
)
def test_forms_that_pre_binding_forbids_are_refused(select: str, named: str) -> None:
    with pytest.raises(UnsupportedShapeError, match=named):
        load_shapes(graph(sparql_shape(select)))


@pytest.mark.parametrize(
    "shape",
    [
        "sh:minCount 'one'",
        "sh:minCount 1, 2",
        "sh:nodeKind ex:Thing",
        "sh:in ex:list",
        "sh:datatype 'x'",
        "sh:minInclusive ex:one",
        "sh:sparql [ sh:select 'SELECT ?x WHERE { ?x ?y ?z }' ]",
        "sh:sparql [ sh:select 'SELECT $this WHERE {' ]",
        "sh:path ex:other",
        "sh:deactivated 'perhaps'",
    ],
)
def test_malformed_shapes_are_refused(shape: str) -> None:
    with pytest.raises(ShapesError):
        load_shapes(graph(property_shape(shape)))
