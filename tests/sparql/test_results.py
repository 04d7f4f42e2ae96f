"""Result formats: what is written reads back as the same terms, in other people's readers."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.query import Result as RdflibResult

from kg.errors import QueryEvaluationError, UsageError
from kg.sparql.results import formats_of, write_bindings, write_graph

XSD = "http://www.w3.org/2001/XMLSchema#"
BLANK, IRI, STRING, LANG, OTHER = 1, 2, 3, 4, 20

NASTY = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("\"'\\\t\n\r\x00\x01\x0b\x1f<>&,;=+-@ \ufffe\u2028é😀"),
    max_size=12,
)
FOR_XML = NASTY.map(lambda text: "".join(c for c in text if c in "\t\n\r" or "\x1f" < c < "\ufffe"))
NUMBERS = st.sampled_from(
    ["1", "01", "+1", "-0", "1.50", ".5", "5.", "1e6", "1.E2", ".5e-3", "1E", "NaN", "INF", "١", ""]
)
DATATYPES = st.sampled_from(["integer", "decimal", "double", "boolean", "date", "gYear"]).map(
    XSD.__add__
)


def terms(text):
    """Return a strategy of raw terms whose lexical forms come from `text`."""
    return st.one_of(
        st.none(),
        st.from_regex(r"http://example\.org/[a-zé0-9/?&=']{0,8}(#[a-z]{0,3})?", fullmatch=True).map(
            lambda iri: (IRI, iri, None, None)
        ),
        st.sampled_from(["b0", "_:b1", "N3f", "x-1", "a b", "é.", "-", "a.b"]).map(
            lambda label: (BLANK, label, None, None)
        ),
        text.map(lambda lex: (STRING, lex, XSD + "string", None)),
        st.tuples(text, st.sampled_from(["en", "fr-ca", "zh-hant"])).map(
            lambda pair: (LANG, pair[0], RDF_LANG, pair[1])
        ),
        st.tuples(NUMBERS | text, DATATYPES).map(lambda pair: (OTHER, pair[0], pair[1], None)),
    )


RDF_LANG = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


@dataclass
class Answer:
    """The part of a query's answer that the writers read."""

    solutions: list = field(default_factory=list)
    variables: list = field(default_factory=lambda: ["a", "b"])
    form: str = "select"
    boolean: bool | None = None
    graph: list = field(default_factory=list)
    complete: bool = True
    limited: bool = False

    def rows(self):
        return iter(self.solutions)

    def lines(self, name):
        return None

    def triples(self):
        return iter(self.graph)


def written(answer, name):
    return b"".join(write_bindings(answer, name))


def plain(term):
    """Return what a reader found as a raw term without its kind; blank nodes become one mark."""
    if term is None:
        return None
    if isinstance(term, ox.BlankNode):
        return ("blank",)
    if isinstance(term, ox.NamedNode):
        return ("iri", term.value)
    return (term.value, term.datatype.value, term.language)


def expected(term):
    if term is None:
        return None
    kind, lex, datatype, language = term
    return {BLANK: ("blank",), IRI: ("iri", lex)}.get(kind, (lex, datatype, language))


def solutions(text):
    return st.lists(st.tuples(terms(text), terms(text)), max_size=6)


@pytest.mark.parametrize("name", ["json", "tsv"])
@settings(max_examples=60, deadline=None)
@given(rows=solutions(NASTY))
def test_every_term_reads_back_by_pyoxigraph(name, rows):
    syntax = {"json": ox.QueryResultsFormat.JSON, "tsv": ox.QueryResultsFormat.TSV}[name]
    read = ox.parse_query_results(written(Answer(rows), name), syntax)
    assert [v.value for v in read.variables] == ["a", "b"]
    assert [[plain(t) for t in row] for row in read] == [[expected(t) for t in r] for r in rows]


@settings(max_examples=60, deadline=None)
@given(rows=solutions(FOR_XML))
def test_every_term_of_xml_characters_reads_back_from_xml(rows):
    document = written(Answer(rows), "xml")
    space = "{http://www.w3.org/2005/sparql-results#}"
    found = []
    for result in ET.fromstring(document).iter(f"{space}result"):  # noqa: S314  (our own output)
        row = {}
        for binding in result:
            (term,) = binding
            lang = term.get("{http://www.w3.org/XML/1998/namespace}lang")
            default = RDF_LANG if lang else XSD + "string"
            row[binding.get("name")] = {
                f"{space}uri": ("iri", term.text or ""),
                f"{space}bnode": ("blank",),
            }.get(term.tag, (term.text or "", term.get("datatype", default), lang))
        found.append([row.get("a"), row.get("b")])
    assert found == [[expected(t) for t in row] for row in rows]


@settings(max_examples=30, deadline=None)
@given(rows=solutions(FOR_XML))
def test_rdflib_reads_the_same_rows_from_json_and_from_xml(rows):
    by_json = RdflibResult.parse(io.BytesIO(written(Answer(rows), "json")), format="json")
    by_xml = RdflibResult.parse(io.BytesIO(written(Answer(rows), "xml")), format="xml")
    assert [str(v) for v in by_json.vars] == [str(v) for v in by_xml.vars] == ["a", "b"]
    assert len(by_json.bindings) == len(by_xml.bindings) == len(rows)
    for one, other, row in zip(by_json.bindings, by_xml.bindings, rows, strict=True):
        unbound = {name for name, term in zip("ab", row, strict=True) if term is None}
        assert {"a", "b"} - {str(k) for k in one} == unbound
        assert {"a", "b"} - {str(k) for k in other} == unbound


@settings(max_examples=60, deadline=None)
@given(rows=solutions(NASTY))
def test_csv_carries_every_value(rows):
    text = written(Answer(rows), "csv").decode()
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read[0] == ["a", "b"]
    for found, row in zip(read[1:], rows, strict=True):
        for value, term in zip(found, row, strict=True):
            if term is None:
                assert value == ""
            elif term[0] == BLANK:
                assert value.startswith("_:")
            else:
                assert value == term[1]


def test_csv_ends_lines_as_rfc_4180():
    answer = Answer([((STRING, 'a "b", c', None, None), None)])
    assert written(answer, "csv") == b'a,b\r\n"a ""b"", c",\r\n'


def test_tsv_abbreviates_numbers_only_where_they_read_back():
    def tsv(lex, datatype):
        answer = Answer([((OTHER, lex, XSD + datatype, None),)], ["n"])
        return written(answer, "tsv").decode().splitlines()[1]

    assert tsv("01", "integer") == "01"
    assert tsv("1.50", "decimal") == "1.50"
    assert tsv("1e6", "double") == "1e6"
    assert tsv("5.", "decimal") == f'"5."^^<{XSD}decimal>'
    assert tsv("5", "decimal") == f'"5"^^<{XSD}decimal>'
    assert tsv("INF", "double") == f'"INF"^^<{XSD}double>'
    assert tsv("1", "int") == f'"1"^^<{XSD}int>'
    assert tsv("1\n", "integer") == f'"1\\n"^^<{XSD}integer>'


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_xml_refuses_a_character_that_it_cannot_carry(character):
    answer = Answer([((STRING, f"a{character}b", None, None), None)])
    with pytest.raises(QueryEvaluationError, match="cannot carry"):
        written(answer, "xml")


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(QueryEvaluationError, match="surrogate"):
        written(Answer([((STRING, "\ud800", None, None), None)]), "json")


def test_two_blank_nodes_keep_two_labels():
    labels = ["a b", "x-612062", "_:a", "é", "b."]
    answer = Answer([((BLANK, label, None, None),) for label in labels], ["n"])
    bindings = json.loads(written(answer, "json"))["results"]["bindings"]
    assert len({row["n"]["value"] for row in bindings}) == len(labels)


def test_carriage_return_survives_xml_line_end_normalisation():
    answer = Answer([((STRING, "a\r\nb", None, None), None)])
    assert b"<literal>a&#13;\nb</literal>" in written(answer, "xml")


@pytest.mark.parametrize("value", [True, False])
def test_boolean_answers_read_back(value):
    answer = Answer(form="ask", boolean=value)
    for name, syntax in [
        ("json", ox.QueryResultsFormat.JSON),
        ("xml", ox.QueryResultsFormat.XML),
        ("tsv", ox.QueryResultsFormat.TSV),
    ]:
        assert bool(ox.parse_query_results(written(answer, name), syntax)) is value
    assert written(answer, "csv") == (b"true\n" if value else b"false\n")


def test_no_solution_and_no_variable_are_still_documents():
    for rows, variables in [([], ["a"]), ([], []), ([(), ()], [])]:
        for name, syntax in [
            ("json", ox.QueryResultsFormat.JSON),
            ("xml", ox.QueryResultsFormat.XML),
        ]:
            read = ox.parse_query_results(written(Answer(rows, variables), name), syntax)
            assert len(list(read)) == len(rows)


def test_a_large_answer_comes_in_several_chunks():
    rows = [((STRING, "x" * 100, None, None), None)] * 5000
    assert len(list(write_bindings(Answer(rows), "json"))) > 5


SUBJECT = st.sampled_from([(IRI, "http://example.org/s", None, None), (BLANK, "a b", None, None)])
PREDICATE = st.just((IRI, "https://w3id.org/clientgraph/ns#note", None, None))


SYNTAXES = {
    "turtle": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "xml": ox.RdfFormat.RDF_XML,
    "json-ld": ox.RdfFormat.JSON_LD,
}


@pytest.mark.parametrize("name", SYNTAXES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_graphs_read_back_by_pyoxigraph(name, data):
    text = FOR_XML if name == "xml" else NASTY
    triple = st.tuples(SUBJECT, PREDICATE, terms(text).filter(bool))
    graph = data.draw(st.lists(triple, max_size=5))
    document = b"".join(write_graph(Answer(graph=graph), name))
    syntax = SYNTAXES[name]
    found = [(plain(t.subject), plain(t.object)) for t in ox.parse(document, syntax)]
    wanted = [(expected(s), expected(o)) for s, _, o in graph]
    assert sorted(set(found), key=repr) == sorted(set(wanted), key=repr)


@pytest.mark.parametrize("name", SYNTAXES)
def test_a_large_graph_comes_in_several_chunks_of_one_document(name):
    def iri(text):
        return (IRI, f"http://example.org/{text}", None, None)

    graph = [
        (iri(f"s{n // 3}"), iri(f"p{n % 3}"), (BLANK, f"b{n}", None, None)) for n in range(5000)
    ]
    chunks = list(write_graph(Answer(graph=graph), name))
    assert len(chunks) > 3
    found = {
        (t.subject.value, t.predicate.value) for t in ox.parse(b"".join(chunks), SYNTAXES[name])
    }
    assert found == {(s[1], p[1]) for s, p, _ in graph}


def test_an_empty_graph_is_a_document():
    for name, syntax in SYNTAXES.items():
        assert list(ox.parse(b"".join(write_graph(Answer(), name)), syntax)) == []


def test_rdf_xml_refuses_what_xml_cannot_carry():
    subject = (IRI, "http://example.org/s", None, None)
    with pytest.raises(QueryEvaluationError, match="U\\+0001"):
        list(write_graph(Answer(graph=[(subject, subject, (STRING, "\x01", None, None))]), "xml"))
    nameless = (IRI, "http://example.org/", None, None)
    with pytest.raises(QueryEvaluationError, match="ask for Turtle"):
        list(write_graph(Answer(graph=[(subject, nameless, subject)]), "xml"))


def test_turtle_uses_our_prefixes():
    triple = ((IRI, "http://example.org/s", None, None),)
    triple += ((IRI, "https://w3id.org/clientgraph/ns#client", None, None), triple[0])
    assert b" cg:client " in b"".join(write_graph(Answer(graph=[triple]), "turtle"))


def test_an_iri_that_is_none_is_refused_in_graphs():
    term = (IRI, "http://example.org/a b", None, None)
    with pytest.raises(QueryEvaluationError, match="not an IRI"):
        list(write_graph(Answer(graph=[(term, term, term)]), "nt"))


def test_unknown_formats_are_refused_with_the_choice():
    with pytest.raises(UsageError, match="json, xml, csv, tsv"):
        write_bindings(Answer(), "yaml")
    assert [one.name for one in formats_of("construct")] == ["turtle", "nt", "xml", "json-ld"]
