"""The vocabulary over HTTP: pages in both languages, documents in RDF, addresses of the IRIs."""

import re
from html import unescape

import pyoxigraph as ox
import pytest
from rdflib import RDFS, SH, Graph, URIRef
from rdflib.compare import isomorphic

from api.factory import create_app
from api.language import text_keys
from kg.config import Settings
from kg.namespaces import CG, CGS, SCHEME, SKOS
from kg.terminology import (
    DOCUMENT_FORMATS,
    KINDS,
    PATTERNS,
    all_rules,
    demands,
    derivations_of,
    load_terminology,
    main_patterns,
    pattern,
    rules_of,
    shapes_graph,
    vocabulary_graph,
)
from kg.terminology.uses import mentioned

TERMS = load_terminology()


@pytest.fixture(scope="module")
def client(store, tmp_path_factory):
    """Return one client for all tests: the pages of the vocabulary keep nothing."""
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("data")), store).test_client()


def read(content, format_name):
    """Return the graph of a document, read by a library that did not write it where one can."""
    if format_name == "json-ld":
        triples = ox.parse(content, format=ox.RdfFormat.JSON_LD)
        content, format_name = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), "nt"
    return Graph().parse(data=content, format=format_name)


@pytest.mark.parametrize("code", ["en", "fr"])
def test_the_list_has_every_term_with_its_label(client, code):
    text = client.get(f"/ontology?lang={code}").text
    assert len(re.findall(r"<h1\b", text)) == 1
    for term in TERMS.terms:
        assert f'id="{term.name}"' in text, term.name
    label = {"en": "natural person", "fr": "personne physique"}[code]
    assert f">{label}</a>" in text


def test_the_texts_of_areas_kinds_and_links_are_there():
    for area, terms in TERMS.areas().items():
        assert terms[0].kind == "scheme" or f"ontology.area.{area}" in text_keys()
    for kind in KINDS:
        assert f"ontology.kind.{kind}" in text_keys()


@pytest.mark.parametrize("code", ["en", "fr"])
def test_every_term_has_its_page(client, code):
    for term in TERMS.terms:
        response = client.get(f"/ontology/{term.name}?lang={code}")
        assert response.status_code == 200, term.name
        assert term.iri in response.text


def test_a_page_says_all_that_is_known(client):
    text = client.get("/ontology/Purchase?lang=fr").text
    for shown in (
        "Échange daté",
        "T5 :",
        "S2:22",
        "<svg",
        "T01",
        "acheteur agissant",
        "Deux boîtes",
    ):
        assert shown in text, shown
    assert "/query/doubtful-dates" in text
    text = client.get("/ontology/scheme/stage/current?lang=en").text
    for shown in ("current client", "CURRENT", "121 days ago", "Stages of the relationship"):
        assert shown in text, shown


@pytest.mark.parametrize(("words", "code", "first"), [
    ("client perdu", "fr", "scheme/former-kind/lost"),
    ("demande achat", "fr", "PurchaseRequest"),
    ("echeance", "fr", "dueDate"),
    ("loyal CLIENT", "en", "scheme/depth/loyal"),
])  # fmt: skip
def test_a_search_needs_no_accents_nor_capitals(client, words, code, first):
    found = [term.name for term in TERMS.search(words, code)]
    assert first in found[:4]
    text = client.get("/ontology", query_string={"q": words, "lang": code}).text
    assert f'href="/ontology/{first}"' in text


def test_a_search_without_result_says_so(client):
    assert "0 term" in client.get("/ontology?q=zzzz&lang=en").text
    assert "<script>" not in client.get("/ontology?q=%3Cscript%3E").text


@pytest.mark.parametrize("one", DOCUMENT_FORMATS, ids=lambda one: one.name)
def test_the_vocabulary_is_downloaded_whole(client, one):
    response = client.get("/ontology", headers={"Accept": one.media_type})
    assert response.mimetype == one.media_type
    assert "Accept" in response.headers["Vary"]
    assert isomorphic(read(response.data, one.name), vocabulary_graph())


def test_the_shapes_are_downloaded_whole(client):
    response = client.get("/shapes", headers={"Accept": "text/turtle"})
    assert response.mimetype == "text/turtle"
    assert len(Graph().parse(data=response.data, format="turtle")) == len(shapes_graph())


STATED = {
    (str(shape).removeprefix(CGS).partition("-")[0])
    for shape in shapes_graph().subjects(SH.severity)
}


def shown_rules(text):
    """Return the cells of the rows of the listing of rules, as plain text, by rule."""
    rows = re.findall(r'<tr id="(\w+)">(.*?)</tr>', text, re.DOTALL)
    return {name: " ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for name, row in rows}


@pytest.mark.parametrize(("code", "severity", "where"), [
    ("en", "error", "purchase"),
    ("fr", "erreur", "achat"),
])  # fmt: skip
def test_the_rules_are_listed_with_all_that_they_say(client, code, severity, where):
    text = client.get(f"/ontology/rules?lang={code}").text
    rows = shown_rules(text)
    assert set(rows) == STATED
    for stated in shapes_graph().subject_objects(SH.message):
        if stated[1].language == code:
            assert any(str(stated[1]) in row for row in rows.values()), stated[1]
    for one in (one for stated in demands().values() for one in stated):
        row = rows[one.rule.id]
        assert one.rule.names[code] in row
        assert one.rule.descriptions[code] in row
        assert one.targets, one.rule.id
    assert f" {severity} {where} " in rows["T01"]
    assert 'href="/ontology/Purchase"' in text
    # What breaks a rule is found among the facts.
    linked = set(re.findall(r'href="/quality/rule/(\w+)"', text))
    assert linked == {
        one.rule.id for stated in demands().values() for one in stated if one.about_facts
    }
    assert {"P01", "C10", "C08", "C11"} & linked == {"P01", "C10"}
    areas = re.findall(r'<h2 id="area-(\w+)"', text)
    assert (areas[0], areas[-2:]) == ("parties", ["derived", "terms"])


def test_a_listing_of_rules_is_searched_and_filtered(client):
    def found(**asked):
        return set(shown_rules(client.get("/ontology/rules", query_string=asked).text))

    severe = {
        str(shape).removeprefix(CGS).partition("-")[0]
        for shape in shapes_graph().subjects(SH.severity, SH.Violation)
    }
    assert found(severity="Violation") == severe
    assert found(q="T02") == {"T02", "T02b"}
    assert {"T11", "T12", "T23", "T24"} <= found(q="REMBOURSEMENT", lang="fr") < STATED
    assert found(q="remboursement", lang="en") == set()
    assert found(q="refund", severity="Info", lang="en") == set()
    assert found(severity="nonsense") == set()
    assert "<script>" not in client.get("/ontology/rules?q=%3Cscript%3E").text


def test_the_rules_answer_in_rdf_to_who_asks(client):
    response = client.get("/ontology/rules", headers={"Accept": "text/turtle"})
    assert len(Graph().parse(data=response.data, format="turtle")) == len(shapes_graph())


def test_terms_lead_to_the_rules_that_check_them(client):
    assert 'href="/ontology/rules#T01"' in client.get("/ontology/Purchase").text
    assert 'href="/ontology/rules"' in client.get("/ontology").text


@pytest.mark.parametrize(("path", "iri"), [
    ("/ontology/Purchase", CG.Purchase),
    ("/ontology/scheme/stage/current", SCHEME["stage/current"]),
    ("/scheme/stage/current", SCHEME["stage/current"]),
    ("/scheme/stage", SCHEME.stage),
])  # fmt: skip
def test_a_term_answers_in_rdf_to_who_asks(client, path, iri):
    response = client.get(path, headers={"Accept": "application/ld+json, text/html;q=0.5"})
    graph = read(response.data, "json-ld")
    assert set(graph.subjects()) == {URIRef(iri)}
    assert len(graph) == len(list(vocabulary_graph().triples((URIRef(iri), None, None))))


@pytest.mark.parametrize(("path", "page"), [
    ("/ns", "/ontology"),
    ("/shapes", "/ontology/rules"),
    ("/scheme/stage/current", "/ontology/scheme/stage/current"),
])  # fmt: skip
def test_the_path_of_an_iri_leads_a_browser_to_its_page(client, path, page):
    response = client.get(path, headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["Location"]) == (303, page)
    assert client.get("/ns", headers={"Accept": "text/turtle"}).mimetype == "text/turtle"


@pytest.mark.parametrize("path", ["/ontology/Nothing", "/scheme/stage/nothing"])
def test_an_unknown_term_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_format_that_there_is_none_of_is_told(client):
    assert client.get("/ontology?format=docx").status_code == 400


def test_drawings_are_made_of_the_model():
    drawn = 0
    for term in TERMS.terms:
        svg = pattern(term, TERMS, "fr")
        if svg is None:
            continue
        texts = [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
        assert texts[0] == term.label("fr")
        properties = {TERMS.of_iri(iri).label("fr") for iri in term.links["properties"]}
        assert set(texts[1::2]) <= properties
        heights = [int(y) for y in re.findall(r'<text x="\d+" y="(\d+)"', svg)]
        beside = zip(heights[1::2], heights[2::2], strict=True)
        assert all(0 < box - name < 15 for name, box in beside), "a name stands on its arrow"
        drawn += 1
    assert drawn > 20
    assert pattern(TERMS.named("Brand"), TERMS, "fr") is None


@pytest.mark.parametrize("code", ["en", "fr"])
def test_main_patterns_show_their_classes_and_all_that_leads_from_them(code):
    drawings = main_patterns(TERMS, code)
    assert len(drawings) == len(PATTERNS)
    for names, (first, svg) in zip(PATTERNS, drawings, strict=True):
        texts = {unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)}
        assert first.name == names[0]
        for term in map(TERMS.named, names):
            assert term is not None, names
            assert term.label(code) in texts
            leading = [TERMS.of_iri(iri) for iri in term.links["properties"]]
            leading = [p for p in leading if p.kind == "object-property" and p.links["range"]]
            assert {p.label(code) for p in leading} <= texts
            above = [TERMS.of_iri(iri) for iri in term.links["parents"]]
            assert {parent.label(code) for parent in above if parent} <= texts


def test_events_and_relators_with_many_properties_are_in_a_pattern():
    shown = {name for names in PATTERNS for name in names}
    for kind in ("Event", "Relator"):
        below = set(vocabulary_graph().transitive_subjects(RDFS.subClassOf, CG[kind]))
        rich = {
            term.name
            for term in TERMS.terms
            if URIRef(term.iri) in below and len(term.links["properties"]) > 4
        }
        assert rich - {kind} <= shown


def test_uses_are_those_of_the_shapes_and_of_queries():
    assert {"T08", "T09"} <= {rule.id for rule in rules_of(str(CG.actingBuyer))}
    assert rules_of(str(CG.persona)) == ()
    assert [rule.name for rule in derivations_of(str(CG.clientOf))] == ["client-of", "has-client"]
    assert {"T08", "P01", "C11"} <= {rule.id for rule in all_rules()}
    text = "PREFIX v: <https://w3id.org/clientgraph/ns#> SELECT ?x { ?x a v:Use, <urn:y> }"
    assert mentioned(text) == {str(CG.Use), "urn:y"}


def test_every_definition_of_the_vocabulary_is_a_term():
    defined = {str(term) for term in vocabulary_graph().subjects(SKOS.definition)}
    assert defined - {term.iri for term in TERMS.terms} == {str(CG).rstrip("#")}
