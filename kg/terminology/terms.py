"""The terms of the vocabulary with their texts in both languages and their links to each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.term import Node

from kg.namespaces import CG, PREFIXES, SCHEMA, SCHEME
from kg.terminology.graphs import terms_by_area, vocabulary_graph

KINDS = ("class", "object-property", "datatype-property", "annotation", "role-type", "concept",
         "scheme", "individual")  # fmt: skip
"""What a term may be."""

_TYPES = {
    OWL.Class: "class",
    OWL.ObjectProperty: "object-property",
    OWL.DatatypeProperty: "datatype-property",
    OWL.AnnotationProperty: "annotation",
    CG.RoleType: "role-type",
    SKOS.Concept: "concept",
    SKOS.ConceptScheme: "scheme",
    CG.Run: "individual",
}
_LINKS = {
    "parents": (RDFS.subClassOf, RDFS.subPropertyOf, SKOS.broader),
    "domain": (RDFS.domain, SCHEMA.domainIncludes),
    "range": (RDFS.range, SCHEMA.rangeIncludes),
    "inverse": (OWL.inverseOf,),
    "scheme": (SKOS.inScheme,),
    "matches": (
        SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch, SKOS.exactMatch,
        OWL.equivalentClass,
    ),
    "replaced": (DCTERMS.isReplacedBy,),
}  # fmt: skip
_BACKWARD = {
    "children": (RDFS.subClassOf, RDFS.subPropertyOf, SKOS.broader),
    "properties": (RDFS.domain, SCHEMA.domainIncludes),
    "values-of": (RDFS.range, SCHEMA.rangeIncludes),
    "concepts": (SKOS.topConceptOf,),
}

Texts = Mapping[str, tuple[str, ...]]
"""The texts of a term in one respect, by language."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term: `name` is short and unique, `area` the file that defines it, without its ending.

    `links` leads to the IRIs of other terms, by the way in which they are related.
    """

    iri: str
    name: str
    kind: str
    area: str
    labels: Texts
    alternatives: Texts
    definitions: Texts
    notes: Texts
    examples: Texts
    sources: tuple[str, ...]
    notation: str
    rule: str
    links: Mapping[str, tuple[str, ...]]

    def text(self, texts: Texts, language: str) -> str:
        """Return the first text in a language, else in any, else an empty one."""
        found = texts.get(language) or next(iter(texts.values()), ("",))
        return found[0]

    def label(self, language: str) -> str:
        """Return the label in a language."""
        return self.text(self.labels, language) or self.name


class Terminology:
    """All terms, found by IRI or by name, and searched."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)
        self._by_iri = {term.iri: term for term in self.terms}
        self._by_name = {term.name: term for term in self.terms}

    def of_iri(self, iri: str) -> Term | None:
        """Return the term of an IRI, None where the vocabulary has none."""
        return self._by_iri.get(iri)

    def named(self, name: str) -> Term | None:
        """Return the term of a short name, None where there is none."""
        return self._by_name.get(name)

    def labelled(self, label: str) -> list[Term]:
        """Return the terms with a label, in either language; case and accents do not count."""
        wanted = _folded(label)
        return [
            term for term in self.terms if wanted in {_folded(text) for text in _all(term.labels)}
        ]

    def areas(self) -> Mapping[str, tuple[Term, ...]]:
        """Return the terms by area, in the order of the files."""
        found: dict[str, list[Term]] = {}
        for term in self.terms:
            found.setdefault(term.area, []).append(term)
        return {area: tuple(terms) for area, terms in found.items()}

    def search(self, words: str, language: str) -> list[Term]:
        """Return the terms in whose texts all words occur, those whose label is or has them first.

        Case and accents do not count.
        """
        wanted = _folded(words).split()
        found = []
        for term in self.terms:
            label = _folded(" ".join((term.label(language), *_all(term.alternatives), term.name)))
            texts = _folded(" ".join((label, *_all(term.labels), *_all(term.definitions))))
            if all(word in texts for word in wanted):
                in_label = all(word in label for word in wanted)
                unlike = _folded(words) not in {_folded(text) for text in _all(term.labels)}
                found.append(((unlike, not in_label), label, term))
        return [term for _, _, term in sorted(found, key=lambda one: one[:2])]


@lru_cache(maxsize=1)
def load_terminology() -> Terminology:
    """Return the terms of the vocabulary, in the order of its files.

    Raises:
        FileNotFoundError: the package was built without its folders.
    """
    graph = vocabulary_graph()
    terms = []
    for area, defined in terms_by_area().items():
        kinds = {term: _kind(graph, term) for term in defined}
        known = [term for term in defined if kinds[term] in KINDS]
        known.sort(key=lambda term: (kinds[term] != "scheme", str(term)))
        terms += [_term(graph, term, kinds[term], area) for term in known]
    return Terminology(terms)


def short_name(iri: str) -> str:
    """Return the name of a term in addresses: `Purchase`, `scheme/stage/current`, `org:member`."""
    if iri.startswith(str(CG)):
        return iri.removeprefix(str(CG))
    if iri.startswith(str(SCHEME)):
        return "scheme/" + iri.removeprefix(str(SCHEME))
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


def _kind(graph: Graph, term: URIRef) -> str:
    types = set(graph.objects(term, RDF.type))
    return next((kind for node, kind in _TYPES.items() if node in types), "")


def _term(graph: Graph, term: URIRef, kind: str, area: str) -> Term:
    links = {way: _iris(graph.objects(term, one) for one in ones) for way, ones in _LINKS.items()}
    for way, ones in _BACKWARD.items():
        links[way] = _iris(graph.subjects(one, term) for one in ones)
    return Term(
        iri=str(term),
        name=short_name(str(term)),
        kind=kind,
        area=area,
        labels=_texts(graph, term, RDFS.label, SKOS.prefLabel),
        alternatives=_texts(graph, term, SKOS.altLabel),
        definitions=_texts(graph, term, SKOS.definition),
        notes=_texts(graph, term, SKOS.scopeNote),
        examples=_texts(graph, term, SKOS.example),
        sources=tuple(sorted(map(str, graph.objects(term, DCTERMS.source)))),
        notation=str(graph.value(term, SKOS.notation) or ""),
        rule=str(graph.value(term, CG.ruleReference) or ""),
        links=links,
    )


def _iris(found: Iterable[Iterable[Node]]) -> tuple[str, ...]:
    return tuple(sorted({str(n) for nodes in found for n in nodes if isinstance(n, URIRef)}))


def _texts(graph: Graph, term: URIRef, *predicates: URIRef) -> Texts:
    found: dict[str, list[str]] = {}
    for predicate in predicates:
        for text in graph.objects(term, predicate):
            if isinstance(text, Literal) and text.language:
                found.setdefault(text.language, []).append(str(text))
    return {language: tuple(sorted(texts)) for language, texts in sorted(found.items())}


def _all(texts: Texts) -> Iterable[str]:
    return (text for some in texts.values() for text in some)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
