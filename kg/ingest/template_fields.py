"""The form of a template: a field for each column, with the words of its CSV file.

A record that is entered by hand and one that comes in a file are checked as one: by what the
template's mapping document says of its columns, of which both are made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from rdflib import RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.term import Node

from kg.ingest.codes import WORDS
from kg.ingest.headers import SYNONYMS
from kg.ingest.inputs import template
from kg.ingest.mapping import Call, Cell, Constant, Document, Reference, Template, references
from kg.ingest.template_files import cells_of, form_of, ontology, words_of
from kg.namespaces import SCHEME
from kg.resources import folder

_FRENCH = frozenset({"client", "prospect"})
"""Codes that are French words themselves."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A code that a column may hold, and what it is called."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a template as a field of a form, its words in one language."""

    column: str
    label: str
    about: str
    """What it is for; may be empty."""
    form: str
    """What it must look like; may be empty."""
    kind: str
    """`text`, `date` (or a month, or a year), `day`, `dateTime`, `decimal`, `boolean`..."""
    required: bool
    choices: tuple[Choice, ...]
    closed: bool
    """It holds one of the choices; otherwise they are proposals."""
    refers_to: str | None
    """The kind of record that it holds the key of."""
    required_when: tuple[str, str] | None
    """It has to be filled where the field of that label has one of the values listed."""
    only_when: tuple[str, str] | None
    """It is filled only where the field of that label has one of the values listed."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a template; `title` is what one record of it is called."""

    name: str
    title: str
    about: str
    fields: tuple[Field, ...]


@cache
def form_of_template(name: str, language: str) -> Form:
    """Return the form of a template in English or French.

    Raises:
        UsageError: there is no template of that name.
    """
    document = template(name)
    made = _class_of(document)
    cells = cells_of(document)
    return Form(
        name,
        _begun(_text(made, (SKOS.prefLabel, RDFS.label), language) or name) if made else name,
        _text(made, (SKOS.definition,), language) if made else "",
        tuple(_field(document, cell, cells, language) for cell in cells),
    )


def _field(document: Document, cell: Cell, cells: tuple[Cell, ...], language: str) -> Field:
    codes = cell.one_of or tuple(_proposed(document, cell))

    def case(told: tuple[str, tuple[str, ...]] | None) -> tuple[str, str] | None:
        if told is None:
            return None
        other = next(one for one in cells if one.column == told[0])
        called = [_called(document, other, one, language) for one in told[1]]
        return label_of(other.column, language), ", ".join(called)

    return Field(
        cell.column,
        label_of(cell.column, language),
        words_of(document, cell.column, language),
        "" if cell.refers_to else ". ".join(map(_begun, form_of(cell, language, codes=False))),
        cell.kind,
        cell.required,
        tuple(Choice(one, _called(document, cell, one, language)) for one in codes),
        bool(cell.one_of),
        cell.refers_to,
        case(cell.required_when),
        case(cell.only_when),
    )


def label_of(column: str, language: str) -> str:
    """Return what a column is called for people."""
    name = SYNONYMS[column][0] if language == "fr" else column.replace("_", " ")
    return _begun(name)


def _schemes(document: Document, cell: Cell) -> Iterator[str]:
    """Yield the names of the schemes that the codes of a column may be of, the surest first."""
    yield from _stated(document, cell)
    yield from _alike(document, cell)
    yield cell.column.replace("_", "-")


def _stated(document: Document, cell: Cell) -> Iterator[str]:
    """Yield the schemes of the concepts that a column becomes."""
    names = _made_of(document, cell.column)
    for mapping in document.mappings:
        for rule in mapping.rules:
            for term in rule.objects:
                if isinstance(term.value, Template) and names & set(references(term.value)):
                    first = term.value.parts[0]
                    if isinstance(first, Constant) and first.text.startswith(str(SCHEME)):
                        yield first.text.removeprefix(str(SCHEME)).rstrip("/")


def _alike(document: Document, cell: Cell) -> Iterator[str]:
    """Yield the names that schemes have as the properties do whose texts a column holds."""
    for mapping in document.mappings:
        for rule in mapping.rules:
            if any(term.value == Reference(cell.column) for term in rule.objects):
                for predicate in rule.predicates:
                    if isinstance(predicate.value, Constant):
                        yield _hyphened(predicate.value.text.rpartition("#")[2])


def _made_of(document: Document, column: str) -> set[str]:
    """Return a column and those that are computed from it."""
    names = {column}
    for source in document.sources:
        for name, computed in source.columns:
            if isinstance(computed, (Reference, Template, Call)):
                names |= {name} if names & set(references(computed)) else set()
    return names


def _proposed(document: Document, cell: Cell) -> Iterator[str]:
    """Yield the codes of the scheme that free texts of a column may be codes of."""
    if cell.refers_to is None and cell.kind == "text":
        for scheme in (*_stated(document, cell), *_alike(document, cell)):
            if found := _concepts().get(scheme):
                yield from found
                return


def _called(document: Document, cell: Cell, code: str, language: str) -> str:
    """Return what a code of a column is called: its concept, its class, or a word for it."""
    for scheme in _schemes(document, cell):
        labels = _concepts().get(scheme, {})
        for written in (code, code.replace("_", "-")):
            if written in labels:
                return labels[written][language]
    made = _class_when(document, cell.column, code)
    if made is not None and (label := _text(made, (SKOS.prefLabel, RDFS.label), language)):
        return label
    signs = not all(one.replace("_", "").isalpha() for one in cell.one_of)
    if language == "fr" and not signs and code not in _FRENCH and (words := WORDS.get(code)):
        return words[0]
    return code if signs else code.replace("_", " ")


def _class_when(document: Document, column: str, code: str) -> URIRef | None:
    """Return the class of what is made where a column holds a code."""
    asked = {Reference(column), Constant(code)}
    for mapping in document.mappings:
        for rule in mapping.rules:
            condition = rule.condition
            if condition is None or condition.function != "equal":
                continue
            if set(condition.arguments) == asked:
                for term in rule.objects:
                    if isinstance(term.value, Constant):
                        return URIRef(term.value.text)
    return None


def _class_of(document: Document) -> URIRef | None:
    """Return the class of what a row is: where it may be one of several, what they all are."""
    for mapping in document.mappings:
        found = [
            URIRef(term.value.text)
            for rule in mapping.rules
            if any(_is_type(one.value) for one in rule.predicates)
            for term in rule.objects
            if isinstance(term.value, Constant)
        ]
        if found:
            return _common(found)
    return None


def _is_type(value: object) -> bool:
    return isinstance(value, Constant) and value.text == str(RDF.type)


def _common(classes: list[URIRef]) -> URIRef:
    """Return the nearest class that all of some classes are."""
    above = [list(ontology().transitive_objects(one, RDFS.subClassOf)) for one in classes]
    shared = (one for one in above[0] if all(one in others for others in above))
    return next((one for one in shared if isinstance(one, URIRef)), classes[0])


@cache
def _concepts() -> dict[str, dict[str, dict[str, str]]]:
    """Return the labels by language of the concepts of each scheme, by their codes."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    graph = Graph()
    for path in sorted((folder("ontology") / "schemes").glob("*.ttl")):
        graph.parse(path)
    for concept, label in graph.subject_objects(SKOS.prefLabel):
        scheme, _, code = str(concept).removeprefix(str(SCHEME)).partition("/")
        if code and isinstance(label, Literal) and label.language:
            found.setdefault(scheme, {}).setdefault(code, {})[label.language] = str(label)
    return found


def _text(node: Node, predicates: tuple[URIRef, ...], language: str) -> str:
    """Return the first text of a node under one of some predicates in a language."""
    for predicate in predicates:
        for text in ontology().objects(node, predicate):
            if isinstance(text, Literal) and text.language == language:
                return str(text)
    return ""


def _hyphened(name: str) -> str:
    """Return a name of several words, each with a capital, as its scheme is named."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
