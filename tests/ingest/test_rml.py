"""RML in Turtle makes the triples that its YARRRML makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from imported import triples
from rdflib import RDF, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from kg.errors import MappingError
from kg.ingest import ImportOptions, run_import
from kg.ingest.rml import parse_rml
from kg.shacl import Shapes
from kg.store import Store

PREFIXES = {
    "old": (
        "@prefix rr: <http://www.w3.org/ns/r2rml#> . @prefix rml:"
        " <http://semweb.mmlab.be/ns/rml#> . @prefix ql: <http://semweb.mmlab.be/ns/ql#> .\n"
    ),
    "new": (
        "@prefix rr: <http://w3id.org/rml/> . @prefix rml: <http://w3id.org/rml/> ."
        " @prefix ql: <http://w3id.org/rml/> .\n"
    ),
}
COMMON = "@prefix ex: <http://x/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
RML = """
ex:people rml:logicalSource [ rml:source "people.csv" ; rml:referenceFormulation ql:CSV ] ;
    rr:subjectMap [ rr:template "http://x/p/{id}" ; rr:class ex:Person ; rr:graph ex:g ] ;
    rr:predicateObjectMap
        [ rr:predicate ex:name, ex:label ; rr:objectMap [ rml:reference "full (name)" ;
            rr:language "fr" ] ] ,
        [ rr:predicate ex:age ; rr:objectMap [ rml:reference "age" ; rr:datatype xsd:integer ] ] ,
        [ rr:predicate ex:page ; rr:objectMap [ rml:reference "page" ; rr:termType rr:IRI ] ] ,
        [ rr:predicate ex:note ; rr:objectMap [ rr:template "\\\\{{id}\\\\}" ;
            rr:termType rr:Literal ] ] ,
        [ rr:predicateMap [ rr:template "http://x/{kind}" ] ; rr:object ex:yes, "1"^^xsd:integer ] ,
        [ rr:predicate ex:lives ; rr:objectMap [ rr:parentTriplesMap ex:cities ;
            rr:joinCondition [ rr:child "place" ; rr:parent "name" ] ] ] .
ex:cities rml:logicalSource [ rml:source "cities.csv" ; rml:referenceFormulation ql:CSV ] ;
    rr:subjectMap [ rr:template "http://x/c/{code}" ] ;
    rr:predicateObjectMap [ rr:predicate ex:name ; rr:objectMap [ rml:reference "name" ] ] .
"""
YARRRML = """
prefixes: {ex: http://x/}
sources:
  people: {access: people.csv, referenceFormulation: csv}
  cities: {access: cities.csv, referenceFormulation: csv}
mappings:
  people:
    sources: people
    s: ex:p/$(id)
    graphs: ex:g
    po:
      - [a, ex:Person]
      - [[ex:name, ex:label], $(full \\(name\\)), fr~lang]
      - [ex:age, $(age), xsd:integer]
      - [ex:page, $(page)~iri]
      - [ex:note, "{$(id)}"]
      - [ex:$(kind), [ex:yes~iri]]
      - [ex:$(kind), 1, xsd:integer]
      - {p: ex:lives, o: {mapping: cities, condition: "equal($(place), $(name))"}}
  cities:
    sources: cities
    s: ex:c/$(code)
    po: [[ex:name, $(name)]]
"""
FILES = {
    "people.csv": "id,full (name),age,page,kind,place\n"
    "1,Zoé B,42,http://y/1,friend,Lyon\n2,,,,foe,Nice\n3,C,7,http://y/3,,Lyon\n",
    "cities.csv": "code,name\na,Lyon\nb,Nice\nc d,Lyon\n",
}


def made(
    folder: Path, document: str, name: str, shapes: Shapes, tables: Mapping[str, str] = FILES
) -> set[tuple[str, str, str]]:
    """Return the triples of the files by a mapping document."""
    for file, text in tables.items():
        (folder / file).write_text(text, encoding="utf-8")
    (folder / name).write_text(document, encoding="utf-8")
    with Store.open() as store:
        files = [folder / file for file in tables]
        report = run_import(store, files, ImportOptions(mapping=folder / name, shapes=shapes))
        assert report.status == "committed", report.findings
        return triples(store)


@pytest.mark.parametrize("vocabulary", PREFIXES)
def test_rml_makes_what_yarrrml_makes(tmp_path: Path, no_shapes: Shapes, vocabulary: str) -> None:
    rml = made(tmp_path, PREFIXES[vocabulary] + COMMON + RML, "m.ttl", no_shapes)
    yarrrml = made(tmp_path, YARRRML, "m.yml", no_shapes)
    assert rml == yarrrml
    assert {o for _, p, o in rml if p.endswith("lives")} == {
        "http://x/c/a", "http://x/c/b", "http://x/c/c%20d",
    }  # fmt: skip
    assert {o for _, p, o in rml if p.endswith("note")} == {"{1}", "{2}", "{3}"}


def test_names_of_maps_may_be_relative(tmp_path: Path, no_shapes: Shapes) -> None:
    absolute = next(iter(PREFIXES.values())) + COMMON + RML
    relative = absolute.replace("ex:people", "<#people>").replace("ex:cities", "<#cities>")
    assert relative != absolute
    assert made(tmp_path, relative, "m.ttl", no_shapes) == made(
        tmp_path, absolute, "m.ttl", no_shapes
    )


GREL = "@prefix grel: <http://users.ugent.be/~bjdmeest/function/grel.ttl#> ."
CGF = "@prefix cgf: <https://w3id.org/clientgraph/function#> ."
FUNCTIONS = {
    "old": """@prefix fnml: <http://semweb.mmlab.be/ns/fnml#> .
        @prefix fno: <https://w3id.org/function/ontology#> .
        ex:people SOURCE ; rr:subjectMap [ rr:template "http://x/p/{id}" ] ;
            rr:predicateObjectMap [ rr:predicate ex:name ; rr:objectMap [ fnml:functionValue [
                rr:predicateObjectMap
                    [ rr:predicate fno:executes ; rr:objectMap [ rr:constant grel:toUpperCase ] ] ,
                    [ rr:predicate grel:valueParameter ; rr:objectMap [ fnml:functionValue [
                        rml:logicalSource [ rml:source "people.csv" ] ;
                        rr:predicateObjectMap
                            [ rr:predicate fno:executes ; rr:object cgf:replace ] ,
                            [ rr:predicate cgf:value ; rr:objectMap [ rml:reference "kind" ] ] ,
                            [ rr:predicate cgf:pattern ; rr:object "o" ] ,
                            [ rr:predicate cgf:by ; rr:object "(0)" ] ] ] ] ] ;
                rr:language "fr" ] ] .""",
    "new": """ex:people SOURCE ; rr:subjectMap [ rr:template "http://x/p/{id}" ] ;
            rr:predicateObjectMap [ rr:predicate ex:name ; rr:objectMap [
                rml:functionExecution ex:upper ; rml:return grel:stringOut ; rr:language "fr" ] ] .
        ex:upper rml:function grel:toUpperCase ;
            rml:input [ rml:parameter grel:valueParam ;
                rml:inputValueMap [ rml:functionExecution ex:replace ] ] .
        ex:replace rml:functionMap [ rr:constant cgf:replace ] ;
            rml:input [ rml:parameter cgf:value ; rml:inputValueMap [ rml:reference "kind" ] ] ,
                [ rml:parameter cgf:pattern ; rml:inputValue "o" ] ,
                [ rml:parameterMap [ rr:constant cgf:by ] ; rml:inputValue "(0)" ] .""",
}
AS_YARRRML = """
prefixes: {ex: http://x/}
sources: {people: [people.csv~csv]}
mappings:
  people:
    sources: people
    s: ex:p/$(id)
    po:
      - p: ex:name
        o: {function: 'upper(replace($(kind), o, "(0)"))', language: fr}
"""


@pytest.mark.parametrize("vocabulary", PREFIXES)
def test_functions_make_what_those_of_yarrrml_make(
    tmp_path: Path, no_shapes: Shapes, vocabulary: str
) -> None:
    source = 'rml:logicalSource [ rml:source "people.csv" ; rml:referenceFormulation ql:CSV ]'
    text = FUNCTIONS[vocabulary].replace("SOURCE", source)
    rml = PREFIXES[vocabulary] + COMMON + GREL + CGF + text
    people = {"people.csv": FILES["people.csv"]}
    found = made(tmp_path, rml, "m.ttl", no_shapes, people)
    assert found == made(tmp_path, AS_YARRRML, "m.yml", no_shapes, people)
    assert {o for _, _, o in found} == {"FRIEND", "F(0)E"}


BLANK = """
ex:people rml:logicalSource [ rml:source "people.csv" ; rml:referenceFormulation ql:CSV ] ;
    rr:subjectMap [ rr:template "http://x/p/{id}" ] ;
    rr:predicateObjectMap
        [ rr:predicate ex:lives ; rr:objectMap [ rr:template "{street} {place}" ;
            rr:termType rr:BlankNode ] ] ,
        [ rr:predicate ex:near ; rr:objectMap [ rr:parentTriplesMap ex:cities ;
            rr:joinCondition [ rr:child "place" ; rr:parent "name" ] ] ] .
ex:addresses rml:logicalSource [ rml:source "people.csv" ; rml:referenceFormulation ql:CSV ] ;
    rr:subjectMap [ rr:template "{street} {place}" ; rr:termType rr:BlankNode ;
        rr:class ex:Address ] ;
    rr:predicateObjectMap [ rr:predicate ex:street ; rr:objectMap [ rml:reference "street" ] ] ,
        [ rr:predicate ex:city ; rr:objectMap [ rml:reference "place" ;
            rr:termType rr:BlankNode ] ] .
ex:cities rml:logicalSource [ rml:source "cities.csv" ; rml:referenceFormulation ql:CSV ] ;
    rr:subjectMap [ rml:reference "name" ; rr:termType rr:BlankNode ] ;
    rr:predicateObjectMap [ rr:predicate ex:name ; rr:objectMap [ rml:reference "name" ] ] .
"""
PLACED = {
    "people.csv": "id,street,place\n1,Rue A,Lyon\n2,Rue A,Lyon\n3,Rue A,Nice\n4,,Nice\n",
    "cities.csv": "name\nLyon\nNice\n",
}
BY_HAND = """
@prefix ex: <http://x/> .
<http://x/p/1> ex:lives _:a ; ex:near _:lyon . <http://x/p/2> ex:lives _:a ; ex:near _:lyon .
<http://x/p/3> ex:lives _:b ; ex:near _:nice . <http://x/p/4> ex:near _:nice .
_:a a ex:Address ; ex:street "Rue A" ; ex:city _:lyon .
_:b a ex:Address ; ex:street "Rue A" ; ex:city _:nice .
_:lyon ex:name "Lyon" . _:nice ex:name "Nice" .
"""


def as_graph(found: set[tuple[str, str, str]]) -> Graph:
    """Return triples of nodes and plain texts as a graph."""
    graph = Graph()
    for s, p, o in found:
        graph.add((_node(s), RDF.type if p == "type" else URIRef(p), _node(o)))
    return graph


def _node(text: str) -> URIRef | BNode | Literal:
    if text.startswith("_:"):
        return BNode(text[2:])
    return URIRef(text) if text.startswith("http:") else Literal(text)


@pytest.mark.parametrize("vocabulary", PREFIXES)
def test_blank_nodes_are_those_that_their_values_tell_apart(
    tmp_path: Path, no_shapes: Shapes, vocabulary: str
) -> None:
    document = PREFIXES[vocabulary] + COMMON + BLANK
    found = as_graph(made(tmp_path, document, "m.ttl", no_shapes, PLACED))
    assert isomorphic(found, Graph().parse(data=BY_HAND))


def test_blank_nodes_are_found_again_by_the_next_import_of_their_source(
    tmp_path: Path, store: Store, no_shapes: Shapes
) -> None:
    document = tmp_path / "m.ttl"
    document.write_text(PREFIXES["old"] + COMMON + BLANK)

    def imported(people: str, source: str) -> str:
        tables = {**PLACED, "people.csv": people}
        for file, text in tables.items():
            (tmp_path / file).write_text(text, encoding="utf-8")
        files = [tmp_path / file for file in tables]
        options = ImportOptions(source=source, mapping=document, shapes=no_shapes)
        return run_import(store, files, options).status

    people = PLACED["people.csv"]
    assert imported(people, "crm") == "committed"
    first = triples(store)
    assert imported(people, "crm") == "unchanged"
    assert imported(people.replace("3,Rue A", "3,Rue C"), "crm") == "committed"
    kept = {one for one in first if "_:" in one[0] + one[2] and "Nice" not in one}
    lives = {o for s, p, o in triples(store) if s == "http://x/p/3" and p.endswith("lives")}
    assert len(lives) == 1
    assert lives.isdisjoint(o for _, _, o in first)
    assert {one for one in kept if one[0] in {"http://x/p/1", "http://x/p/2"}} <= triples(store)
    assert imported(people, "crm") == "committed"
    assert triples(store) == first
    assert imported(people, "shop") == "committed"
    blank = [{s for s, _, _ in each if s.startswith("_:")} for each in (first, triples(store))]
    assert len(blank[1]) == 2 * len(blank[0]) == 8


SUBJECT = 'rr:subjectMap [ rr:template "http://x/{id}" ]'
SOURCE = 'rml:logicalSource [ rml:source "a.csv" ; rml:referenceFormulation ql:CSV ]'
WRONG = [
    (
        f"ex:m {SOURCE} ; rr:subjectMap [ rr:constant ex:a ; rml:logicalTarget ex:t ] .",
        "targets are not offered",
    ),
    ("ex:m rr:subjectMap", "not Turtle"),
    ("ex:m a ex:Map .", "no triples map"),
    (f"ex:m {SOURCE.replace('CSV', 'XPath')} ; {SUBJECT} .", "formulation 'XPath' is not read"),
    (f'ex:m {SOURCE} ; {SUBJECT} ; rr:sqlQuery "x" .', "'sqlQuery' of a map"),
    (f"ex:m {SOURCE} .", "exactly one 'subjectMap', not 0"),
    (f"ex:m {SOURCE} ; rr:subjectMap [ rr:termType rr:IRI ] .", "a template, a reference"),
    (
        f'ex:m {SOURCE} ; rr:subjectMap [ rr:template "{{id}}" ; rr:termType rr:Literal ] .',
        "a subject is an IRI or a blank node",
    ),
    (
        f'ex:m {SOURCE} ; rr:subjectMap [ rr:template "{{id}}" ; rr:termType rr:Resource ] .',
        "the term type 'Resource' is not one of IRI, URI, Literal, BlankNode",
    ),
    (
        f"ex:m {SOURCE} ; {SUBJECT} ; rr:predicateObjectMap [ rr:object 1 ; rr:predicateMap"
        ' [ rr:template "{p}" ; rr:termType rr:BlankNode ] ] .',
        "a predicate and a graph are IRIs",
    ),
    (
        f"ex:m {SOURCE} ; {SUBJECT} ; rr:predicateObjectMap [ rr:predicate ex:p ;"
        " rr:objectMap [ <http://semweb.mmlab.be/ns/fnml#functionValue> ex:f ] ] .",
        "does not say which function",
    ),
    (
        f"ex:m {SOURCE} ; {SUBJECT} ; rr:predicateObjectMap [ rr:predicate ex:p ;"
        " rr:objectMap [ rr:parentTriplesMap ex:nowhere ] ] .",
        "no logical source",
    ),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[case[1] for case in WRONG])
def test_what_is_not_understood_is_refused(text: str, message: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_rml((PREFIXES["old"] + COMMON + text).encode(), "m.ttl")
    assert message in str(caught.value)
