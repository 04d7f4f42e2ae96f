"""The CSV file of a template: its header, rows of an example, and what each column is for.

Everything comes from elsewhere: columns, checks and examples from the template's mapping document,
words from the vocabulary's labels and definitions and from the shapes' names, French headers from
`kg.ingest.headers`. So the file, what an import checks and what it says cannot differ.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import cache

from rdflib import RDF, RDFS, SH, SKOS, Graph, Literal, URIRef
from rdflib.term import Node

from kg.errors import UsageError
from kg.french import LANGUAGES
from kg.ingest.headers import SYNONYMS
from kg.ingest.inputs import template, template_names
from kg.ingest.mapping import Call, Cell, Constant, Document, Reference, Template, references
from kg.resources import folder

_HEAD = {
    "en": "{name}.csv. Columns are explained below; these rows may stay above the header."
    " Replace the example rows by yours.",
    "fr": "{name}.csv. Les colonnes sont expliquées ci-dessous ; ces lignes peuvent rester"
    " au-dessus de l'en-tête. Remplacer les lignes d'exemple par les vôtres.",
}
_REQUIRED = {"en": "required", "fr": "obligatoire"}
_OPTIONAL = {"en": "optional", "fr": "facultatif"}
_REQUIRED_WHEN = {
    "en": "required when {column} is {values}",
    "fr": "obligatoire quand {column} vaut {values}",
}
_ONLY_WHEN = {
    "en": "only when {column} is {values}",
    "fr": "seulement quand {column} vaut {values}",
}
_OR = {"en": " or ", "fr": " ou "}
_FORMS = {
    "date": {
        "en": "YYYY-MM-DD, or YYYY-MM or YYYY where the day is not known",
        "fr": "AAAA-MM-JJ, ou AAAA-MM ou AAAA si le jour n'est pas connu",
    },
    "day": {"en": "YYYY-MM-DD", "fr": "AAAA-MM-JJ"},
    "dateTime": {"en": "YYYY-MM-DDThh:mm:ssZ", "fr": "AAAA-MM-JJThh:mm:ssZ"},
    "decimal": {"en": "a number with a point, as 1234.50", "fr": "un nombre à point : 1234.50"},
    "boolean": {"en": "true or false", "fr": "true ou false"},
    "currency": {"en": "three capital letters, as EUR", "fr": "trois capitales, comme EUR"},
}
_KEY_OF = {"en": "key of a row of {file}.csv", "fr": "clé d'une ligne de {file}.csv"}
_FILES = {
    "information": "information",
    "party": "parties",
    "persona": "personas",
    "product": "products",
    "purchase": "purchases",
    "segment": "segments",
}
"""Kind of record that other templates refer to -> the template that names it."""

_RESULT = re.compile(", (as a [a-z]+: IRI|comme IRI [a-z]+ ?:)$")
"""What definitions say of what a cell becomes, which nobody writes."""

_EXAMPLES = {
    "date": "2025-01-15",
    "day": "2025-01-15",
    "dateTime": "2025-01-16T09:00:00Z",
    "decimal": "120.00",
    "boolean": "true",
    "currency": "EUR",
}
_KEYS = {"party": "C-001", "product": "A-001", "purchase": "O-001"}


def template_file(name: str, language: str = "en") -> str:
    """Return the text of a template's CSV file in English or French, UTF-8 to be.

    Raises:
        UsageError: there is no such template, or no such language.
    """
    if language not in LANGUAGES:
        raise UsageError(f"The language is {language!r}; use {' or '.join(LANGUAGES)}.")
    document = template(name)
    cells = cells_of(document)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["# " + _HEAD[language].format(name=name)])
    for cell in cells:
        writer.writerow([f"# {_explained(document, cell, language)}"])
    writer.writerow([_header(cell, language) for cell in cells])
    for row in range(max(len(cell.examples) for cell in cells) or 1):
        writer.writerow([_example(cell, row) for cell in cells])
    return text.getvalue()


def cells_of(document: Document) -> tuple[Cell, ...]:
    """Return the columns of the file of a template."""
    (cells,) = (source.cells for source in document.sources if source.access)
    return cells


def _header(cell: Cell, language: str) -> str:
    """Return the name of a column in a language."""
    return SYNONYMS[cell.column][0] if language == "fr" else cell.column


def _example(cell: Cell, row: int) -> str:
    """Return the cell of an example row; the last example given serves further rows."""
    if cell.examples:
        return cell.examples[min(row, len(cell.examples) - 1)]
    if cell.refers_to is not None:
        return _KEYS[cell.refers_to] if cell.required else ""
    return cell.one_of[0] if cell.one_of else _EXAMPLES.get(cell.kind, "")


def _explained(document: Document, cell: Cell, language: str) -> str:
    """Return what a column is for, and what it must hold."""
    needed = (_REQUIRED if cell.required else _OPTIONAL)[language]
    if cell.required_when is not None:
        needed = _case(_REQUIRED_WHEN[language], cell.required_when, language)
    if cell.only_when is not None:
        needed = f"{needed}, {_case(_ONLY_WHEN[language], cell.only_when, language)}"
    parts = [f"{_header(cell, language)} ({needed})"]
    words = words_of(document, cell.column, language)
    if words:
        parts.append(words)
    parts += form_of(cell, language)
    colon = " : " if language == "fr" else ": "
    return colon.join([parts[0], ". ".join(parts[1:])]) if parts[1:] else parts[0]


def _case(words: str, case: tuple[str, tuple[str, ...]], language: str) -> str:
    """Return what is said of a column where another one has some values."""
    column, values = case
    header = SYNONYMS[column][0] if language == "fr" else column
    return words.format(column=header, values=_OR[language].join(values))


def form_of(cell: Cell, language: str, *, codes: bool = True) -> Iterator[str]:
    """Yield what a cell must look like, with the codes that it may hold or without them."""
    if cell.kind in _FORMS:
        yield _FORMS[cell.kind][language]
    if cell.one_of and codes:
        yield ", ".join(cell.one_of)
    if cell.refers_to is not None:
        yield _KEY_OF[language].format(file=_FILES[cell.refers_to])


def words_of(document: Document, column: str, language: str) -> str:
    """Return the definition of the term that a column becomes, or the name of its shape."""
    graph = ontology()
    predicates = list(predicates_of(document, column, first=True))
    for predicate in predicates:
        for text in graph.objects(predicate, SKOS.definition):
            if isinstance(text, Literal) and text.language == language:
                return _RESULT.sub("", str(text).rstrip("."))
    for predicate in predicates:
        for shape in sorted(graph.subjects(SH.path, predicate), key=str):
            name = _name(graph, shape, language)
            if name:
                return name
    return ""


def _name(graph: Graph, node: Node, language: str) -> str:
    """Return the name or the label of a node in a language."""
    for predicate in (SH.name, RDFS.label):
        for text in graph.objects(node, predicate):
            if isinstance(text, Literal) and text.language == language:
                return str(text)
    return ""


@cache
def columns_of(name: str, predicate: str) -> tuple[str, ...]:
    """Return the columns of a template that the objects of a predicate are made of.

    There are none where there is no template of that name.
    """
    if name not in template_names():
        return ()
    document = template(name)
    columns = dict.fromkeys(cell.column for source in document.sources for cell in source.cells)
    return tuple(one for one in columns if URIRef(predicate) in predicates_of(document, one))


def predicates_of(document: Document, column: str, *, first: bool = False) -> Iterator[URIRef]:
    """Yield the predicates whose objects are made of a column, those of literals first.

    With `first`, only where it is what they are made of first: a country only completes a number.
    """
    names = {column}
    for source in document.sources:
        for name, computed in source.columns:
            if isinstance(computed, (Reference, Template, Call)):
                names |= {name} if names & set(references(computed)) else set()
    found: list[tuple[bool, URIRef]] = []
    for mapping in document.mappings:
        for rule in mapping.rules:
            for term in rule.objects:
                read = list(references(term.value))
                if names & set(read[:1] if first else read):
                    found += [
                        (term.iri, URIRef(predicate.value.text))
                        for predicate in rule.predicates
                        if isinstance(predicate.value, Constant)
                    ]
    for _, predicate in sorted(found, key=lambda one: one[0]):
        if predicate != RDF.type:
            yield predicate


@cache
def ontology() -> Graph:
    """Return the vocabulary and the shapes of the project."""
    graph = Graph()
    for name in ("vocabulary", "shapes"):
        for path in sorted((folder("ontology") / name).glob("*.ttl")):
            graph.parse(path)
    return graph
