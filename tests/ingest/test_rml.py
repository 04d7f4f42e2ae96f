"""RML in Turtle makes the triples that its YARRRML makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from imported import triples

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


SUBJECT = 'rr:subjectMap [ rr:template "http://x/{id}" ]'
SOURCE = 'rml:logicalSource [ rml:source "a.csv" ; rml:referenceFormulation ql:CSV ]'
WRONG = [
    ("ex:m rr:subjectMap", "not Turtle"),
    ("ex:m a ex:Map .", "no triples map"),
    (f"ex:m {SOURCE.replace('CSV', 'XPath')} ; {SUBJECT} .", "formulation 'XPath' is not read"),
    (f'ex:m {SOURCE} ; {SUBJECT} ; rr:sqlQuery "x" .', "'sqlQuery' of a map"),
    (f"ex:m {SOURCE} .", "exactly one 'subjectMap', not 0"),
    (f"ex:m {SOURCE} ; rr:subjectMap [ rr:termType rr:IRI ] .", "a template, a reference"),
    (
        f'ex:m {SOURCE} ; rr:subjectMap [ rr:template "{{id}}" ; rr:termType rr:BlankNode ] .',
        "blank nodes",
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
