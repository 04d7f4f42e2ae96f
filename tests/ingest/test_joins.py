"""Joins between mappings, and datatypes and languages that depend on the row."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import Importer, triples

from kg.errors import MappingError
from kg.ingest.yarrrml import parse_document
from kg.store import Store

SOURCES = """
sources:
  people: {access: people.csv, referenceFormulation: csv}
  cities: {access: cities.csv, referenceFormulation: csv}
mappings:
  person:
    sources: people
    s: http://x/p/$(id)
    po:
      - p: foaf:based_near
        o:
          - mapping: city
            condition: CONDITION
  city:
    sources: cities
    s: http://x/c/$(code)
    po:
      - [rdfs:label, $(label)]
"""
EQUAL = "{function: equal, parameters: [[str1, $(place), s], [str2, $(name), o]]}"


def near(store: Store) -> set[tuple[str, str]]:
    return {(s[-1], o[-1]) for s, p, o in triples(store) if p == "based_near"}


FILES = {
    "people.csv": "id,place\n1,Lyon\n2,Nice\n3,\n4,Brest\n5,Lyon\n",
    "cities.csv": "code,name,label\na,Lyon,x\nb,Nice,y\nc,Lyon,z\nd,,w\n",
}


@pytest.mark.parametrize(
    "condition",
    [
        EQUAL,
        "{function: idlab-fn:equal, parameters: [[grel:valueParameter2, $(name), o],"
        " [grel:valueParameter, $(place), s]]}",
        "equal($(place), $(name))",
        "['equal(lower($(place)), lower($(name)))']",
        "{function: equal, parameters: [[str1, $(place), subject], {parameter: str2, value:"
        " {function: grel:string_trim, parameters: [[grel:valueParameter, $(name), object]]}}]}",
    ],
)
def test_objects_are_the_subjects_of_rows_that_agree(
    store: Store, importer: Importer, condition: str
) -> None:
    report = importer(FILES, SOURCES.replace("CONDITION", condition))
    assert report.status == "committed"
    assert near(store) == {("1", "a"), ("1", "c"), ("2", "b"), ("5", "a"), ("5", "c")}


def test_several_conditions_hold_together(store: Store, importer: Importer) -> None:
    both = "['equal($(place), $(name))', 'equal($(id), $(code))']"
    files = FILES | {"cities.csv": "code,name,label\n1,Lyon,x\n2,Lyon,y\n"}
    importer(files, SOURCES.replace("CONDITION", both))
    assert near(store) == {("1", "1")}


def test_condition_of_the_other_mapping_counts(store: Store, importer: Importer) -> None:
    document = SOURCES.replace("CONDITION", EQUAL).replace(
        "    s: http://x/c/$(code)", "    s: http://x/c/$(code)\n    condition: equal($(label), z)"
    )
    importer(FILES, document)
    assert near(store) == {("1", "c"), ("5", "c")}


def test_mapping_of_the_same_source_needs_no_condition(store: Store, importer: Importer) -> None:
    importer(
        {"a.csv": "id,code\n1,a\n2,\n3,c\n"},
        "sources: {rows: [a.csv~csv]}\nmappings:\n"
        "  one: {sources: rows, s: http://x/p/$(id), po: [{p: foaf:based_near, o: [{mapping: two}]}"
        "]}\n"
        "  two: {sources: rows, s: http://x/c/$(code), po: [[a, cg:Party]]}\n",
    )
    assert near(store) == {("1", "a"), ("3", "c")}


def test_an_object_may_be_the_subjects_of_several_mappings(
    store: Store, importer: Importer
) -> None:
    document = SOURCES.replace("mapping: city", "mapping: [city, town]").replace("CONDITION", EQUAL)
    town = document[document.index("  city:\n") :].replace("city:", "town:").replace("/c/", "/t/")
    importer(FILES, document + town)
    rows = triples(store)
    assert {o for s, p, o in rows if p == "basedNear" or p == "based_near" if s.endswith("2")} == {
        "http://x/c/b", "http://x/t/b",
    }  # fmt: skip


def test_a_condition_keeps_a_function_from_what_it_leaves_out(
    store: Store, importer: Importer
) -> None:
    document = """
mappings:
  m:
    sources: [['a.csv~csv']]
    s: http://x/$(id)
    c: notEqual($(id), 9)
    po:
      - [cg:known, "yes"]
      - p: cg:day
        o: {function: 'date($(day), dmy)', datatype: xsd:date}
        condition: notEqual($(kind), none)
"""
    text = "id,kind,day\n1,a,1/2/2024\n2,none,unknown\n9,a,unknown\n"
    report = importer({"a.csv": text}, document)
    assert report.status == "committed", report.findings
    assert {(s[-1], p, o) for s, p, o in triples(store) if s.startswith("http://x/")} == {
        ("1", "known", "yes"), ("1", "day", "2024-02-01"), ("2", "known", "yes"),
    }  # fmt: skip
    text = text.replace("2,none", "2,b")
    report = importer({"a.csv": text}, document)
    assert [(f.row, f.value) for f in report.findings] == [(3, "unknown")]


KEY = st.sampled_from(["", "a", "b", "é"])
TABLE = st.lists(st.tuples(KEY, KEY), min_size=1, max_size=6)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people=TABLE, cities=TABLE)
def test_joins_are_those_of_two_loops(
    importer: Importer, people: list[tuple[str, str]], cities: list[tuple[str, str]]
) -> None:
    files = {
        "people.csv": "id,place\n" + "".join(f"{i},{a}\n" for i, (a, _) in enumerate(people)),
        "cities.csv": "code,name,label\n"
        + "".join(f"{i},{a},{b}\n" for i, (a, b) in enumerate(cities)),
    }
    report = importer(files, SOURCES.replace("CONDITION", EQUAL), dry_run=True)
    expected = {
        (i, j) for i, (a, _) in enumerate(people) for j, (b, _) in enumerate(cities) if a and a == b
    }
    labels = {j for j, (_, label) in enumerate(cities) if label}
    assert report.quads_staged == len(expected) + len(labels)


WRONG = [
    ("{function: less, parameters: [[a, $(place), s], [b, $(name), o]]}", "by 'equal'"),
    ("{function: equal, parameters: [[a, $(place), s], [b, $(name), s]]}", "one value of each"),
    ("{function: equal, parameters: [[a, $(place), x], [b, $(name), o]]}", "[name, value, s]"),
    ("{function: equal}", "has a function and parameters"),
    ("{function: equal, parameters: [[a, {parameters: []}, s], [b, $(name), o]]}", "a call has a"),
    (
        "{function: equal, parameters: [[a, {function: lower, parameters: [[value, $(x), o]]}, s],"
        " [b, $(name), o]]}",
        "[name, value, s]",
    ),
]


@pytest.mark.parametrize(("condition", "text"), WRONG, ids=[text for _, text in WRONG])
def test_wrong_conditions_are_refused(condition: str, text: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_document(SOURCES.replace("CONDITION", condition), "m.yml")
    assert text in str(caught.value)


def test_join_with_a_mapping_that_is_not_there_is_refused() -> None:
    with pytest.raises(MappingError, match="no mapping 'town'; there are person, city"):
        parse_document(
            SOURCES.replace("mapping: city", "mapping: town").replace("CONDITION", EQUAL), "m.yml"
        )


def test_join_of_two_sources_needs_a_condition(importer: Importer) -> None:
    document = SOURCES.replace("            condition: CONDITION\n", "")
    with pytest.raises(MappingError, match="reads another source; a condition"):
        importer(FILES, document)


def test_datatypes_and_languages_come_from_the_row(store: Store, importer: Importer) -> None:
    importer(
        {"a.csv": "id,text,lang,kind\n1,oui,FR,date\n2,yes,en-GB,string\n3,si,,\n"},
        "prefixes: {t: 'http://www.w3.org/2001/XMLSchema#'}\nsources: {rows: [a.csv~csv]}\n"
        "mappings: {m: {sources: rows, s: 'http://x/$(id)', po: [{p: rdfs:label,"
        " o: {value: $(text), language: $(lang)}}, [rdfs:comment, $(text), $(lang)~lang],"
        " {p: rdfs:seeAlso, o: {value: 2024-01-0$(id), datatype: t:$(kind)}}]}}",
    )
    rows = store.cursor().execute(
        "SELECT p.lex, o.lex, o.lang, o.dt FROM live AS q JOIN term AS p ON p.id = q.p"
        " JOIN term AS o ON o.id = q.o WHERE p.lex LIKE '%rdf-schema#%' ORDER BY ALL"
    )
    found = {
        (p.partition("#")[2], o, lang, dt.partition("#")[2]) for p, o, lang, dt in rows.fetchall()
    }
    texts = {("oui", "fr", "langString"), ("yes", "en-gb", "langString"), ("si", None, "string")}
    assert {row for row in found if row[0] in ("label", "comment")} - {
        ("label", "default", None, "string")
    } == {(p, *one) for p in ("label", "comment") for one in texts}
    assert {row[1:] for row in found if row[0] == "seeAlso"} == {
        ("2024-01-01", None, "date"), ("2024-01-02", None, "string"),
        ("2024-01-03", None, "string"),
    }  # fmt: skip


def test_language_that_is_none_is_a_violation(importer: Importer) -> None:
    report = importer(
        {"a.csv": "id,lang\n1,in French\n"},
        "sources: {rows: [a.csv~csv]}\n"
        "mappings: {m: {sources: rows, s: 'http://x/$(id)',"
        " po: [[rdfs:label, $(id), $(lang)~lang]]}}",
    )
    assert [(f.row, f.column) for f in report.findings] == [(2, "lang")]
    assert "not a language tag" in report.findings[0].message["en"]
