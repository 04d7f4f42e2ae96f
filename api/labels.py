"""What things of the graph are called in the language of the request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache

from flask import Flask, url_for
from rdflib import URIRef

from api.asking import ask
from api.language import current_language, day_text, moment_text, text_keys, translate
from kg.namespaces import CG, FOAF, ID, RDF, RDFS
from kg.store import Kind, RawTerm
from kg.terminology import Term, load_terminology

PARTY_KINDS = frozenset(
    str(CG[name])
    for name in ("NaturalPerson", "LegalEntity", "OrganizationalUnit", "Household", "Organization",
                 "Party")
)  # fmt: skip
"""Classes of parties."""
_DIGITS = 6
_DAYS = frozenset({Kind.DATE, Kind.YEARMONTH})
_TRUTHS = {"true": "analyses.true", "1": "analyses.true", "false": "analyses.false",
           "0": "analyses.false"}  # fmt: skip
_TYPE = str(RDF.type)
_KEYS = (CG.sourceKey, CG.orderNumber)
_NAMES = (FOAF.name, RDFS.label)
_PARTY = str(ID["party/"])
_WORD = "word."
_CHANNEL = re.compile(r"\bcg:channel\b")
_LAST = re.compile(r"[^/#]+(?=/*$)")


def label_of(iri: str) -> str:
    """Return the label of a term of the vocabulary, else the last part of the IRI."""
    if term := load_terminology().of_iri(iri):
        return term.label(current_language())
    last = _LAST.search(iri)
    key = f"property.{last[0]}" if last else ""
    return translate(key) if key in text_keys() else last[0] if last else iri


def concept(scheme: str, notation: str) -> Term | None:
    """Return the concept of a scheme that has a notation, such as `CURRENT` among the stages."""
    return _concepts().get((scheme, notation))


def concept_label(scheme: str, notation: str) -> str:
    """Return the label of a concept by its notation; the notation where there is none."""
    found = concept(scheme, notation)
    return found.label(current_language()) if found else notation


def concepts_of(scheme: str) -> list[str]:
    """Return the notations of the concepts of a scheme."""
    return [notation for name, notation in _concepts() if name == scheme]


def pseudonym(iri: str) -> str:
    """Return what a party is called where its name is not known or not to be seen.

    The digits are those of its IRI, which are made with the store's secret.
    """
    return translate("party.pseudonym", digits=iri.rpartition("/")[2][:_DIGITS])


def names_of(iris: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Return (name, key, class) of the things with these IRIs that the caller may see.

    A name that is not there, or not for the caller, is the key; that of a party its pseudonym.
    """
    if not iris:
        return {}
    listed = " ".join(URIRef(iri).n3() for iri in dict.fromkeys(iris))
    asked = " ".join(one.n3() for one in (RDF.type, *_KEYS, *_NAMES))
    text = f"""
        SELECT ?thing ?p ?o {{
          VALUES ?thing {{ {listed} }} VALUES ?p {{ {asked} }} ?thing ?p ?o
        }}"""
    told: dict[str, dict[str, str]] = {}
    for iri, predicate, value in texts_of(text):
        of_thing = told.setdefault(iri, {})
        # What a party is comes before what else it was found to be.
        known = (value, of_thing.get(predicate, value))
        of_thing[predicate] = min(known, key=lambda one: (one not in PARTY_KINDS, one))
    return {iri: _called(iri, of_thing) for iri, of_thing in told.items() if _TYPE in of_thing}


def labels_of(iris: Sequence[str]) -> dict[str, str]:
    """Return what these IRIs are called, those that are called anything: terms and things."""
    terms = load_terminology()
    labels = {iri: label_of(iri) for iri in iris if terms.of_iri(iri)}
    others = [one for one in iris if one not in labels and _is_written(one)]
    return labels | {iri: name for iri, (name, _, _) in names_of(others).items() if name}


def heading_of(name: str) -> str:
    """Return what a column of a named question or of an analysis is called, by its name.

    That of keys is called as the thing is.
    """
    thing = name.removesuffix("Key")
    if thing != name:
        return translate("column.key_of", thing=heading_of(thing))
    for area in ("column", "analyses.column"):
        if (key := f"{area}.{name}") in text_keys():
            return translate(key)
    return begun(label_of(str(CG[name])))


def words_of(query: str) -> dict[str, str]:
    """Return what the words that a named question answers with are called, by the word.

    They are those that it gives itself, and the channels where it asks for them.
    """
    words = (key.removeprefix(_WORD) for key in text_keys() if key.startswith(_WORD))
    told = {word: translate(_WORD + word) for word in words if f'"{word}"' in query}
    channels = _channels() if _CHANNEL.search(query) else ()
    return {word: channel_label(word) for word in channels} | told


def channel_label(text: str) -> str:
    """Return what the channel that a text names is called; the text where it names none of ours."""
    found = _channels().get(text.casefold())
    return found.label(current_language()) if found else text


def begun(label: str) -> str:
    """Return a label as a heading begins, with a capital."""
    return label[:1].upper() + label[1:]


def text_of(term: RawTerm) -> str:
    """Return a value as the language of the request writes it; numbers and texts as they are."""
    kind, lex = term[:2]
    if kind in _DAYS:
        return day_text(lex)
    if kind == Kind.DATETIME:
        return moment_text(lex)
    return translate(_TRUTHS[lex]) if kind == Kind.BOOLEAN else lex


def page_of(iri: str) -> str:
    """Return the address of the page about a thing or a term."""
    if term := load_terminology().of_iri(iri):
        return url_for("pages.ontology.show_term", name=term.name)
    if iri.startswith(_PARTY):
        return url_for("pages.party.show_party", name=iri.rpartition("/")[2])
    return url_for("pages.query.show_query", query=f"DESCRIBE <{iri}>")


def _is_written(iri: str) -> bool:
    """Tell whether a text is an IRI that can stand in a query, without signs that would end it."""
    return ":" in iri and not any(one in '<>"{}|^`\\' or one <= " " for one in iri)


def _called(iri: str, told: dict[str, str]) -> tuple[str, str, str]:
    """Return (name, key, class) by what is told of a thing."""
    kind = told[_TYPE]
    name, key = (
        next((told[str(one)] for one in given if str(one) in told), "") for given in (_NAMES, _KEYS)
    )
    return name or (pseudonym(iri) if kind in PARTY_KINDS else key), key, kind


def texts_of(query: str) -> Iterator[list[str]]:
    """Yield the rows of a query as texts, empty where nothing is bound."""
    with closing(ask(query)) as result:
        for row in result.rows():
            yield [term[1] if term else "" for term in row]


def register_labels(app: Flask) -> None:
    """Give the templates the labels."""
    app.jinja_env.filters["label"] = label_of
    app.jinja_env.filters["channel"] = channel_label
    app.jinja_env.globals["concept"] = concept
    app.jinja_env.globals["page_of"] = page_of
    app.jinja_env.globals["concept_label"] = concept_label


@lru_cache(maxsize=1)
def _concepts() -> dict[tuple[str, str], Term]:
    return {
        (term.name.split("/")[1], term.notation): term
        for term in load_terminology().terms
        if term.notation and term.name.startswith("scheme/")
    }


@lru_cache(maxsize=1)
def _channels() -> dict[str, Term]:
    """Return the channels by their notations and by what they are called in either language."""
    return {
        name.casefold(): term
        for (scheme, notation), term in _concepts().items()
        if scheme == "channel"
        for texts in ({"": (notation,)}, term.labels, term.alternatives)
        for names in texts.values()
        for name in names
    }
