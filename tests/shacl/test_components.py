"""Constraint components, SPARQL targets and the variables of the run, as pySHACL has them."""

from __future__ import annotations

import pytest
from against_pyshacl import graph, our_results, pyshacl_results
from test_validation import report

from kg.errors import ShapesError, UnsupportedShapeError
from kg.shacl import load_shapes
from kg.store import Store

DECLARED = """
ex:pre sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/"^^xsd:anyURI ] .
"""
ABOVE = (
    DECLARED
    + """
ex:Above a sh:ConstraintComponent ;
    sh:parameter [ sh:path ex:above ] , [ sh:path ex:except ; sh:optional true ] ;
    sh:labelTemplate "more than {$above}"@en , "plus de {$above}"@fr ;
    sh:validator [ a sh:SPARQLAskValidator ; sh:prefixes ex:pre ;
        sh:ask "ASK { FILTER ($value > $above || $value = ?except) }" ] .
"""
)
SAME = (
    DECLARED
    + """
ex:Same a sh:ConstraintComponent ; sh:parameter [ sh:path ex:as ] ;
    sh:validator [ a sh:SPARQLAskValidator ; sh:prefixes ex:pre ;
        sh:ask "ASK { $this $as ?other . FILTER ($value = ?other) }" ] .
"""
)
LABELLED = (
    DECLARED
    + '''
ex:Labelled a sh:ConstraintComponent ; sh:parameter [ sh:path ex:lang ] ;
    sh:propertyValidator [ a sh:SPARQLSelectValidator ; sh:message "not in {$lang}: {?value}" ;
        sh:select """SELECT DISTINCT $this ?value WHERE { $this $PATH ?value .
            FILTER (!isLiteral(?value) || !langMatches(lang(?value), $lang)) }""" ] ;
    sh:nodeValidator [ a sh:SPARQLSelectValidator ; sh:prefixes ex:pre ;
        sh:select """SELECT $this ?value WHERE { $this ex:p ?value .
            FILTER (lang(?value) != $lang) }""" ] .
'''
)
DATA = """
ex:a ex:p 1 , 5 ; ex:q 5 ; a ex:C . ex:b ex:p 3 ; ex:q 3 ; a ex:C . ex:c ex:p 9 ; ex:r ex:a .
ex:d ex:p "x"@en , "y"@fr ; a ex:D . ex:e ex:p ex:a ; a ex:D .
"""


Found = list[tuple[str, str]]
BELOW = [("a", "1"), ("d", "x"), ("d", "y"), ("e", "ex:a")]


def found(store: Store, shapes: str) -> Found:
    """Return focus node and value of each result."""
    return sorted(
        (
            one.focus[1].removeprefix("https://example.org/"),
            one.value[1].replace("https://example.org/", "ex:") if one.value else "",
        )
        for one in report(store, shapes, DATA).results
    )


# An error in the filter (a text above a number) is no answer: the value is refused (6.2.3, 6.3).
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("sh:property [ sh:path ex:p ; ex:above 2 ]", BELOW),
        ("sh:property [ sh:path ex:p ; ex:above 2 ; ex:except 1 ]", BELOW[1:]),
        (
            "sh:not [ sh:property [ sh:path ex:p ; ex:above 2 ] ]",
            [("b", "ex:b"), ("c", "ex:c")],
        ),
        (
            "sh:or ( [ sh:path ex:p ; ex:above 2 ] [ sh:path ex:q ; sh:minCount 1 ] )",
            [("d", "ex:d"), ("e", "ex:e")],
        ),
        ("sh:property [ sh:path [ sh:inversePath ex:r ] ; ex:above 2 ]", [("a", "ex:c")]),
    ],
)
def test_ask_validator_of_values(store: Store, shape: str, expected: Found) -> None:
    assert found(store, ABOVE + f"ex:s sh:targetSubjectsOf ex:p ; {shape} .") == expected


@pytest.mark.parametrize(
    ("shape", "expected"),
    [("sh:path ex:p ; ex:as ex:q", [("a", "1")]), ("sh:path ex:q ; ex:as ex:p", [])],
)
def test_ask_validator_relates_value_and_focus_node(
    store: Store, shape: str, expected: Found
) -> None:
    assert found(store, SAME + f"ex:s sh:targetClass ex:C ; {shape} .") == expected


def test_each_value_of_a_lone_parameter_is_a_constraint(store: Store) -> None:
    shapes = SAME + "ex:s sh:targetClass ex:C ; sh:property [ sh:path ex:p ; ex:as ex:q , ex:p ] ."
    assert report(store, shapes, DATA).total == 1


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ('sh:path ex:p ; ex:lang "en"', [("d", "y"), ("e", "ex:a")]),
        ('ex:lang "fr"', [("d", "x")]),
    ],
)
def test_select_validators_of_property_and_node_shapes(
    store: Store, shape: str, expected: Found
) -> None:
    assert found(store, LABELLED + f"ex:s sh:targetClass ex:D ; {shape} .") == expected


def test_message_of_the_validator_is_filled_in(store: Store) -> None:
    shapes = LABELLED + 'ex:s sh:targetClass ex:D ; sh:property [ sh:path ex:p ; ex:lang "en" ] .'
    texts = {
        text for each in report(store, shapes, DATA).results for text in each.messages.values()
    }
    assert texts == {"not in en: y", "not in en: https://example.org/a"}


def test_label_template_is_the_message_in_each_language(store: Store) -> None:
    shapes = ABOVE + "ex:s sh:targetNode 1 ; ex:above 2 ; a sh:NodeShape ."
    found = report(store, shapes, "ex:a ex:p 2 .")
    assert found.results[0].messages == {"en": "more than 2", "fr": "plus de 2"}


def test_message_of_the_shape_comes_before_that_of_the_component(store: Store) -> None:
    shapes = ABOVE + 'ex:s sh:targetNode 1 ; ex:above 2 ; sh:message "{$value} < {$above}" .'
    assert report(store, shapes, "").results[0].messages == {"": "1 < 2"}


def test_query_that_cannot_be_compiled_is_evaluated_for_each_value(store: Store) -> None:
    shapes = f"""{DECLARED} ex:Total a sh:ConstraintComponent ; sh:parameter [ sh:path ex:sum ] ;
        sh:validator [ sh:prefixes ex:pre ; sh:ask
            '''ASK {{ {{ SELECT $this $sum (SUM(DISTINCT ?x) AS ?y) {{ $this ex:p ?x }}
                GROUP BY $this $sum }} FILTER (?y = $sum && $value > 0) }}''' ] .
        ex:s sh:targetClass ex:C ; sh:property [ sh:path ex:q ; ex:sum 6 ] ."""
    made = report(store, shapes, DATA)
    assert found(store, shapes) == [("b", "3")]
    assert made.checks[0].engine == "rdflib"
    assert made.checks[0].reason


def test_limit_applies_to_each_focus_node(store: Store) -> None:
    select = "SELECT $this ?value WHERE { $this ex:p ?value } ORDER BY ?value LIMIT 1"
    assert [focus for focus, _ in found(store, sparql_shape(select))] == ["a", "b", "c", "d", "e"]


def test_aggregate_of_a_focus_node_does_not_count_its_value_nodes(store: Store) -> None:
    shapes = f"""{DECLARED} ex:Total a sh:ConstraintComponent ; sh:parameter [ sh:path ex:n ] ;
        sh:validator [ sh:prefixes ex:pre ; sh:ask
            '''ASK {{ {{ SELECT $this (COUNT(?x) AS ?y) {{ $this ex:p ?x }} GROUP BY $this }}
                FILTER (?y = 2 && $value > 0) }}''' ] .
        ex:s sh:targetClass ex:C ; sh:property [ sh:path ex:p ; ex:n 0 ] ."""
    assert found(store, shapes) == [("b", "3")]


# --- Targets --------------------------------------------------------------------------------------

TYPES = (
    DECLARED
    + """
ex:Having a sh:SPARQLTargetType ; rdfs:subClassOf sh:Target ; sh:prefixes ex:pre ;
    sh:parameter [ sh:path ex:value ; sh:name "v" ] , [ sh:path ex:of ] ;
    sh:select "SELECT ?this WHERE { ?this $of $wanted }" .
""".replace("ex:value", "ex:wanted")
)


@pytest.mark.parametrize(
    "target",
    [
        'sh:prefixes ex:pre ; sh:select "SELECT ?this WHERE { ?this ex:p 5 }"',
        'sh:prefixes ex:pre ; sh:select "SELECT ?this WHERE { ?x ex:p ?this'
        ' MINUS { ex:a ex:p ?this } }"',
        "a ex:Having ; ex:of ex:p ; ex:wanted 3",
    ],
)
def test_focus_nodes_of_sparql_targets(store: Store, target: str) -> None:
    typed = target if target.startswith("a ") else f"a sh:SPARQLTarget ; {target}"
    shapes = graph(TYPES + f"ex:s a sh:NodeShape ; sh:target [ {typed} ] ; sh:in ( ex:z ) .")
    data = graph(DATA)
    expected = pyshacl_results(data, shapes)
    assert expected
    assert our_results(store, data, shapes) == expected


def test_computed_focus_node_is_checked_and_reported(store: Store) -> None:
    target = 'sh:prefixes ex:pre ; sh:select "SELECT (STR(?x) AS ?this) WHERE { ?x ex:p 5 }"'
    shapes = DECLARED + f"ex:s a sh:NodeShape ; sh:target [ {target} ] ; sh:maxLength 3 ."
    (found,) = report(store, shapes, DATA).results
    assert found.focus[1:3] == ("https://example.org/a", "http://www.w3.org/2001/XMLSchema#string")


# --- $currentShape, $shapesGraph, ?failure --------------------------------------------------------


def sparql_shape(select: str, rest: str = "") -> str:
    return (
        DECLARED
        + f'''ex:s a sh:NodeShape ; sh:targetSubjectsOf ex:p ; {rest}
        sh:sparql [ sh:prefixes ex:pre ; sh:select """{select}""" ] .'''
    )


def test_current_shape_is_bound(store: Store) -> None:
    select = "SELECT $this ($currentShape AS ?value) WHERE { $this ex:p 9 }"
    (found,) = report(store, sparql_shape(select), DATA).results
    assert found.value is not None
    assert found.value[1] == "https://example.org/s"


def test_shapes_graph_can_be_asked_set_wise(store: Store) -> None:
    select = """SELECT $this ?value WHERE { $this ex:p ?value .
        GRAPH $shapesGraph { $currentShape ex:limit ?limit } FILTER (?value > ?limit) }"""
    found = report(store, sparql_shape(select, "ex:limit 4 ;"), DATA)
    assert sorted(one.value[1] for one in found.results if one.value) == ["5", "9"]


def test_filter_about_the_focus_node_within_the_shapes_graph_is_refused(store: Store) -> None:
    select = "SELECT $this { GRAPH $shapesGraph { ?x ex:limit ?y FILTER (?x = $this) } }"
    with pytest.raises(UnsupportedShapeError, match="shapesGraph"):
        report(store, sparql_shape(select), DATA)


def test_failure_of_a_query_is_an_error(store: Store) -> None:
    select = "SELECT $this ?failure WHERE { $this ex:p ?x BIND (?x = %d AS ?failure) }"
    assert report(store, sparql_shape(select % 7), DATA).total == 7
    with pytest.raises(ShapesError, match="failure"):
        report(store, sparql_shape(select % 9), DATA)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:k ; sh:optional true ] .", "K"),
        ("ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:this ] .", "this"),
        (
            "ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:k ] ; sh:validator"
            " [ sh:ask 'ASK { BIND (1 AS ?k) }' ] . ex:s sh:targetNode 1 ; ex:k 1 .",
            "k a value with AS",
        ),
        (
            "ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:k ] ; sh:validator"
            " [ sh:ask 'SELECT $this {}' ] . ex:s sh:targetNode 1 ; ex:k 1 .",
            "ASK query",
        ),
        (
            "ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:k ] , [ sh:path ex:l ] ;"
            " sh:validator [ sh:ask 'ASK {}' ] . ex:s sh:targetNode 1 ; ex:k 1 , 2 ; ex:l 1 .",
            "2 values",
        ),
        (
            "ex:K a sh:ConstraintComponent ; sh:parameter [ sh:path ex:k ] ; sh:propertyValidator"
            " [ sh:select 'SELECT $this { $this $PATH 1 }' ] . ex:s sh:targetNode 1 ; ex:k 1 .",
            "no validator",
        ),
        ("ex:s sh:target [ sh:select 'SELECT ?x { ?x ?y ?z }' ] .", r"\$this"),
        ("ex:s sh:target [ a ex:Unknown ] .", "target"),
        (
            "ex:s sh:targetNode 1 ; sh:sparql [ sh:select 'SELECT $this { $this $PATH 1 }' ] .",
            "sh:path",
        ),
    ],
)
def test_malformed_definitions_are_refused(text: str, named: str) -> None:
    with pytest.raises(ShapesError, match=named):
        load_shapes(graph(text))
