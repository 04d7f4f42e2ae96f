"""Mapping documents: what is understood, and how everything else is refused with its place."""

from __future__ import annotations

import textwrap

import pytest

from kg.errors import MappingError
from kg.ingest.calls import parse_call, parse_template
from kg.ingest.inputs import template, template_names
from kg.ingest.mapping import (
    PERSONAL,
    Call,
    Constant,
    Mapping,
    Reference,
    Template,
    TermMap,
)
from kg.ingest.yarrrml import parse_document
from kg.namespaces import CG


def mapping(text: str) -> Mapping:
    """Return the one mapping of a document with a source `rows`."""
    document = parse_document(
        "sources: {rows: [a.csv~csv]}\nprefixes: {ex: 'http://example.org/'}\nmappings:\n  thing:\n"
        + textwrap.indent(textwrap.dedent(text), "    "),
        "doc.yml",
    )
    return document.mappings[0]


def test_short_and_long_forms_say_the_same() -> None:
    short = mapping(
        """
        sources: rows
        s: ex:$(id)
        po:
          - [a, cg:Party]
          - [ex:name, $(name), en~lang]
          - [ex:size, $(size), xsd:decimal]
          - [ex:knows, ex:$(other)~iri]
        """
    )
    long = mapping(
        """
        source: [rows]
        subject: {value: "ex:$(id)"}
        predicateobjects:
          - {predicates: a, objects: cg:Party}
          - {predicate: ex:name, object: {value: $(name), language: en}}
          - {p: [ex:size], o: [{v: $(size), datatype: xsd:decimal}]}
          - {p: ex:knows, o: {value: "ex:$(other)", type: iri}}
        """
    )
    for first, second in zip(short.rules, long.rules, strict=True):
        assert [_plain(term) for term in first.predicates] == [
            _plain(term) for term in second.predicates
        ]
        assert [_plain(term) for term in first.objects] == [_plain(term) for term in second.objects]


def _plain(term: TermMap) -> tuple[object, ...]:
    return term.value, term.iri, term.datatype, term.language


def test_several_predicates_and_objects() -> None:
    rule = mapping("{sources: rows, s: 'ex:$(id)', po: [[[ex:p, ex:q], [$(x), fixed]]]}").rules[0]
    assert [term.value for term in rule.objects] == [Reference("x"), Constant("fixed")]
    assert [term.value for term in rule.predicates] == [
        Constant("http://example.org/p"),
        Constant("http://example.org/q"),
    ]


def test_prefixes_of_the_project_are_known() -> None:
    rule = mapping("{sources: rows, s: 'ex:$(id)', po: [[a, cg:Party]]}").rules[0]
    assert rule.objects[0].value == Constant(str(CG.Party))


def test_functions_in_both_notations() -> None:
    document = mapping(
        """
        sources: rows
        s: ex:$(id)
        po:
          - [ex:p, {f: 'replace(lower($(x)), "[, ]+", by = -)'}]
          - p: ex:p
            o:
              function: replace
              parameters:
                - [value, {function: grel:toLowerCase, parameters: [[grel:valueParameter, $(x)]]}]
                - {parameter: pattern, value: "[, ]+"}
                - [by, "-"]
        """
    )
    first, second = (rule.objects[0].value for rule in document.rules)
    assert isinstance(first, Call)
    assert isinstance(second, Call)
    assert _tree(first) == _tree(second)
    assert _tree(first) == ("replace", ("lower", "$x"), "[, ]+", "-")


def _tree(value: object) -> object:
    if isinstance(value, Call):
        return (value.function, *(_tree(argument) for argument in value.arguments))
    if isinstance(value, Reference):
        return f"${value.column}"
    return value.text if isinstance(value, Constant) else value


def test_graphs_and_conditions() -> None:
    rule = mapping(
        """
        sources: rows
        s: ex:$(id)
        po:
          - {p: ex:p, o: $(x), graphs: personal, condition: "notEqual($(x), no)"}
        """
    ).rules[0]
    assert rule.graphs == (PERSONAL,)
    assert rule.condition is not None
    assert rule.condition.function == "notEqual"


def test_templates_with_escapes() -> None:
    assert parse_template("$(a b)") == Reference("a b")
    assert parse_template("x$(a)y$(b)") == Template(
        (Constant("x"), Reference("a"), Constant("y"), Reference("b"))
    )
    assert parse_template(r"\$\(a\)") == Constant("$(a)")
    assert parse_template(r"$(net \(EUR\))") == Reference("net (EUR)")


def test_external_values_stand_in_templates_and_calls() -> None:
    document = parse_document(
        r"""
        prefixes: {ex: http://x/}
        external: {where: "Aix, (FR)", format: "%d/%m/%Y", kind: person, lang: fr, from: ex}
        sources:
          file: [a.csv~csv]
          rows:
            from: file
            where: equal($(city), $(_where))
            columns: {day: "parseDate($(date), $(_format))", place: "$(city) $(_where)"}
        mappings:
          thing:
            sources: rows
            s: {f: "mint($(_kind), $(id))"}
            po:
              - [ex:in, "$(_where)", "$(_lang)~lang"]
              - [ex:knows, "$(_from):$(_kind)/$(_id)~iri"]
              - p: ex:same
                o: {f: concat, pms: [[value, "<$(_where)>"], [value, $(\_where)]]}
        """,
        "doc.yml",
    )
    rows, thing = document.source("rows"), document.mappings[0]
    assert rows.where is not None
    assert rows.where.arguments == (Reference("city"), Constant("Aix, (FR)"))
    day, place = (rule for _, rule in rows.columns)
    assert isinstance(day, Call)
    assert day.arguments[1] == Constant("%d/%m/%Y")
    assert place == Template((Reference("city"), Constant(" Aix, (FR)")))
    [subject], [first, second, third] = thing.subjects, thing.rules
    assert isinstance(subject.value, Call)
    assert subject.value.arguments[0] == Constant("person")
    [term] = first.objects
    assert (term.value, term.language) == (Constant("Aix, (FR)"), "fr")
    assert second.objects[0].value == Template((Constant("http://x/person/"), Reference("_id")))
    value = third.objects[0].value
    assert isinstance(value, Call)
    assert value.arguments == (Constant("<Aix, (FR)>"), Reference("_where"))


def test_inverse_predicates_are_said_of_the_objects() -> None:
    document = parse_document(
        """
        prefixes: {ex: http://x/}
        sources: {rows: [a.csv~csv]}
        mappings:
          person:
            sources: rows
            s: ex:$(id)
            g: ex:g
            condition: isNotNull($(id))
            po:
              - {p: ex:owns, i: [ex:ownedBy, ex:of], o: [ex:$(car), ex:$(bike)],
                 condition: isNotNull($(car))}
              - {i: ex:child, o: ex:$(child)}
        """,
        "doc.yml",
    )
    person, owned, child = document.mappings
    assert [len(rule.objects) for rule in person.rules] == [2]
    assert [_plain(term) for term in owned.subjects] == [
        _plain(term) for term in person.rules[0].objects
    ]
    [rule] = owned.rules
    assert [term.value for term in rule.predicates] == [
        Constant("http://x/ownedBy"),
        Constant("http://x/of"),
    ]
    assert rule.objects == person.subjects
    assert owned.graphs == person.graphs
    assert owned.condition is not None
    assert owned.condition.function == "all"
    assert owned.condition.arguments == (person.condition, person.rules[0].condition)
    assert child.condition == person.condition


def test_quotes_keep_what_would_divide_arguments() -> None:
    call = parse_call('concat("a, b", " (", $(x), ")", c d)', "here")
    assert [_tree(argument) for argument in call.arguments] == ["a, b", " (", "$x", ")", "c d"]


REFUSED = [
    ("sources: rows\ns: ex:$(id)\nunknown: 1", "line 7: the key 'unknown' is not understood"),
    ("s: ex:$(id)", "has no sources"),
    ("sources: rows", "has no subjects"),
    ("sources: none\ns: ex:$(id)", "there is no source 'none'"),
    ("sources: rows\ns: nope:$(id)", "the prefix 'nope' is not declared"),
    ("sources: rows\ns: just text", "is no IRI"),
    ("sources: rows\ns: ex:$(id)\npo: [[ex:p]]", "a short entry is"),
    ("sources: rows\ns: ex:$(id)\npo: [{p: ex:p}]", "the entry has no objects"),
    ("sources: rows\ns: ex:$(id)\npo: [{p: ex:p, o: {mapping: other}}]", "no mapping 'other'"),
    ("sources: rows\ns: ex:$(id)\npo: [{p: ex:p, o: {value: x, targets: y}}]", "targets"),
    ("sources: rows\ns: {value: 'ex:$(id)', targets: y}", "targets"),
    ("sources: rows\ns: {value: 'ex:$(id)', language: en}", "no 'language'"),
    ("sources: rows\ns: ex:$(id)\npo: [{i: ex:p}]", "the entry has no objects"),
    ("sources: rows\ns: ex:$(id)\npo: [{i: ex:p, o: {value: x, datatype: xsd:date}}]", "an IRI"),
    ("sources: rows\ns: ex:$(id)\npo: [{i: ex:p, o: {mapping: thing}}]", "inverse predicate"),
    ("sources: rows\ns: ex:$(id)\npo: [[ex:p, {f: shout($(x))}]]", "no function 'shout'"),
    ("sources: rows\ns: ex:$(id)\npo: [[ex:p, {f: 'lower($(x), y)'}]]", "lower takes (value)"),
    ("sources: rows\ns: ex:$(id)\npo: [[ex:p, {f: 'lower(text = $(x))'}]]", "no parameter 'text'"),
    ("sources: rows\ns: ex:$(id)\npo: [[ex:p, {f: 'lower($(x)'}]]", "cannot be read as a call"),
    ("sources: rows\ns: ex:$(id)\npo: [[ex:p, {f: 'mint($(x), $(y))'}]]", "a constant for its 'k"),
    ("sources: rows\ns: ex:$(id)\npo: [[ex:p, {f: 'when($(x), y)'}]]", "needs a condition"),
    ("sources: rows\ns: ex:$(id)\ncondition: lower($(x))", "lower is not a condition"),
    ("sources: rows\ns: ex:$(id)\npo: [[ex:p, $(x), not a tag~lang]]", "not a language tag"),
    ("sources: rows\ns: ex:$(id)\ns: ex:$(id)", "stands twice"),
    ("sources: rows\ns: ex:$(id)\nsubject: ex:$(id)", "'subjects' is given twice"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[case[1] for case in REFUSED])
def test_what_is_not_understood_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(MappingError) as caught:
        mapping(text)
    assert "doc.yml line " in str(caught.value)
    assert message in str(caught.value)


SOURCES = [
    ("{rows: {access: a.csv}}", "needs a 'referenceFormulation'"),
    ("{rows: {access: a.xml, referenceFormulation: xpath}}", "'xpath' is not read"),
    ("{rows: {access: a.csv, from: b, referenceFormulation: csv}}", "either 'access'"),
    ("{rows: {from: later}, later: [a.csv~csv]}", "builds on 'later'"),
    ("{rows: {access: a.csv, referenceFormulation: csv, group by: [x]}}", "'group by' is for"),
    ("{r: [a.csv~csv], rows: {from: r, columns: {n: {median: $(x)}}}}", "'median' is not"),
    ("{r: [a.csv~csv], rows: {from: r, group by: [x], columns: {n: $(y)}}}", "column of a group"),
    ("{r: [a.csv~csv], rows: {from: r, set aside: [{when: isNull($(x))}]}}", "needs 'when' and"),
    ("{rows: {access: a.csv, referenceFormulation: csv, cells: {x: {type: int}}}}", "type 'int'"),
    (
        "{rows: {access: a.csv, referenceFormulation: csv,"
        " cells: {x: {required when: {y: a, z: b}}}}}",
        "'required when' names one column and its values",
    ),
    ("{r: [a.csv~csv], rows: {from: r, cells: {x: {required: true}}}}", "'cells' is for a source"),
    ("{rows: nothing}", "file~csv"),
]


@pytest.mark.parametrize(("sources", "message"), SOURCES, ids=[case[1] for case in SOURCES])
def test_wrong_sources_are_refused(sources: str, message: str) -> None:
    document = f"sources: {sources}\nmappings: {{m: {{sources: rows, s: 'cg:$(id)'}}}}"
    with pytest.raises(MappingError) as caught:
        parse_document(document, "doc.yml")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "is empty"), ("a: [", "not YAML"), ("- x", "keys with values"), ("{}", "no key 'map")],
)
def test_documents_that_are_none_are_refused(text: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        parse_document(text, "doc.yml")


@pytest.mark.parametrize("name", template_names())
def test_templates_are_mapping_documents(name: str) -> None:
    document = template(name)
    cells = document.sources[0].cells
    assert document.sources[0].access == f"{name}.csv"
    assert any(cell.required for cell in cells)
