"""Every concept of the inventory has its term, fully explained; every tension has its note."""

from __future__ import annotations

import csv
import re
import unicodedata

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Literal, Namespace, URIRef
from rulebook import ONTOLOGY, vocabulary

NAMESPACES = {
    "cg": "https://w3id.org/clientgraph/ns#",
    "scheme": "https://w3id.org/clientgraph/scheme/",
    "org": "http://www.w3.org/ns/org#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}
ROLE_TYPE = Namespace(NAMESPACES["cg"]).RoleType
KINDS = {
    OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, SKOS.Concept, SKOS.ConceptScheme,
    ROLE_TYPE,
}  # fmt: skip
SOURCE_LINES = re.compile(r"S[0-4](:\d+(-\d+)?)")
TENSION = re.compile(r"\bT(\d+)(?=[ ,:])")


def inventory() -> dict[int, tuple[URIRef, ...]]:
    """Return the terms of each concept of the inventory."""
    with (ONTOLOGY / "concepts.csv").open(encoding="utf-8", newline="") as lines:
        return {
            int(row["concept"]): tuple(expanded(name) for name in row["terms"].split())
            for row in csv.DictReader(lines)
        }


def expanded(name: str) -> URIRef:
    """Return the IRI of a shortened name."""
    prefix, _, local = name.partition(":")
    return URIRef(NAMESPACES[prefix] + local)


TERMS = sorted({term for terms in inventory().values() for term in terms})


def languages(term: URIRef, predicate: URIRef) -> list[str]:
    """Return the languages of the texts of a term, one entry for each text."""
    texts = vocabulary().objects(term, predicate)
    return sorted(t.language or "" for t in texts if isinstance(t, Literal))


def test_the_inventory_is_whole() -> None:
    assert list(inventory()) == list(range(1, 244))
    assert all(inventory().values())


@pytest.mark.parametrize("term", TERMS)
def test_the_term_of_a_concept_is_explained(term: URIRef) -> None:
    assert KINDS & set(vocabulary().objects(term, RDF.type))
    labels = languages(term, RDFS.label) + languages(term, SKOS.prefLabel)
    assert labels == ["en", "fr"]
    assert languages(term, SKOS.definition) == ["en", "fr"]
    assert languages(term, SKOS.example) == ["en", "fr"]


@pytest.mark.parametrize("term", TERMS)
def test_the_term_of_a_concept_names_lines_of_a_source(term: URIRef) -> None:
    sources = list(vocabulary().objects(term, DCTERMS.source))
    assert any(SOURCE_LINES.fullmatch(str(source)) for source in sources), sources


def test_the_terms_of_a_concept_name_all_its_lines() -> None:
    with (ONTOLOGY / "concepts.csv").open(encoding="utf-8", newline="") as lines:
        wanted = {int(row["concept"]): set(row["sources"].split()) for row in csv.DictReader(lines)}
    for concept, terms in inventory().items():
        named = {str(line) for term in terms for line in vocabulary().objects(term, DCTERMS.source)}
        assert wanted[concept] <= named, concept


SMALL_WORDS = re.compile(
    "de|du|des|la|le|les|l|d|un|une|a|au|aux|en|par|sur|et|ou|clients?"
    "|the|of|an|to|for|as|with|and|or|s"
)
NOT_NAMED = {
    (13, "fr"), (13, "en"), (155, "en"), (184, "en"), (210, "en"), (211, "en"), (212, "en"),
    (213, "en"), (224, "en"), (240, "fr"), (240, "en"),
    (25, "fr"), (31, "fr"), (31, "en"), (56, "fr"), (56, "en"), (62, "fr"), (65, "fr"), (65, "en"),
    (148, "fr"), (148, "en"), (189, "fr"), (232, "fr"), (236, "fr"),
}  # fmt: skip
"""Concepts that the inventory calls by no name of one thing.

The first two lines: a list or a group, whose members are the terms. The others: a phrase, or the
same under another aspect, which definition and note of the term take up.
"""


def words(label: str) -> frozenset[str]:
    """Return the words of a label that count, in the singular, without accents."""
    plain = unicodedata.normalize("NFKD", label.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    found = re.findall("[a-z0-9]+", plain)
    counting = [word for word in found if not SMALL_WORDS.fullmatch(word)] or found
    return frozenset(re.sub("[sx]$", "", word) for word in counting)


def test_a_concept_is_found_by_what_the_inventory_calls_it() -> None:
    with (ONTOLOGY / "concepts.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    missing = {
        (int(row["concept"]), language)
        for row in rows
        for language in ("fr", "en")
        if not _is_called(inventory()[int(row["concept"])], row[language], language)
    }
    assert missing == NOT_NAMED


def _is_called(terms: tuple[URIRef, ...], called: str, language: str) -> bool:
    """Return whether a label of some terms says the same, or more, or less."""
    labels = [
        words(str(label))
        for term in terms
        for predicate in (RDFS.label, SKOS.prefLabel, SKOS.altLabel)
        for label in vocabulary().objects(term, predicate)
        if isinstance(label, Literal) and label.language == language
    ]
    without = re.sub(r"\([^)]*\)", "", called)
    names = [words(name) for name in (called, *re.split(r"[,/;:=]|\b(?:ou|or|et|and)\b", without))]
    return any(
        name and label and (name <= label or label <= name) for name in names for label in labels
    )


def test_every_source_is_a_known_text_or_an_address() -> None:
    for term, source in vocabulary().subject_objects(DCTERMS.source):
        assert isinstance(source, URIRef) or SOURCE_LINES.fullmatch(str(source)), term


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_tension_has_a_scope_note(language: str) -> None:
    notes = vocabulary().objects(None, SKOS.scopeNote)
    told = {
        int(number)
        for note in notes
        if isinstance(note, Literal) and note.language == language
        for number in TENSION.findall(str(note))
    }
    assert told == set(range(1, 32))


def test_scope_notes_and_examples_come_in_both_languages() -> None:
    for predicate in (SKOS.scopeNote, SKOS.example):
        for term in set(vocabulary().subjects(predicate)):
            assert isinstance(term, URIRef)
            found = languages(term, predicate)
            assert found.count("fr") == found.count("en") == len(found) / 2, (term, predicate)


def test_texts_are_sentences_of_their_own() -> None:
    for term, text in vocabulary().subject_objects(SKOS.definition):
        assert isinstance(text, Literal)
        assert re.fullmatch(r"[A-ZÀÂÇÉÈÊÎÔŒÀ].*\.", str(text)), (term, text)
        assert "  " not in str(text)
