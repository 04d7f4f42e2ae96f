"""RML in Turtle (https://rml.io/specs/rml/, http://w3id.org/rml/): read as the YARRRML it says.

Logical sources of CSV and JSON, subject, predicate, object and graph maps with templates,
references and constants, classes, term types, datatypes, languages and joins. Functions, blank
nodes and every other property of the two vocabularies are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyoxigraph as ox
import yaml

from kg.errors import MappingError, RdfSyntaxError
from kg.ingest.mapping import Document
from kg.ingest.yarrrml import parse_document
from kg.store.nesting import check_nesting

_NAMESPACES = (
    "http://www.w3.org/ns/r2rml#",
    "http://semweb.mmlab.be/ns/rml#",
    "http://w3id.org/rml/",
    "http://semweb.mmlab.be/ns/fnml#",
)
_FORMULATIONS = {"CSV": "csv", "JSONPath": "jsonpath"}
_TERM = {"template", "reference", "column", "constant", "termType"}
_KNOWN = {
    "map": {"logicalSource", "subjectMap", "subject", "predicateObjectMap"},
    "logical source": {"source", "referenceFormulation", "iterator"},
    "source": {"path", "root"},
    "subject map": {*_TERM, "class", "graph", "graphMap"},
    "entry": {"predicate", "predicateMap", "object", "objectMap", "graph", "graphMap"},
    "term map": {
        *_TERM, "datatype", "datatypeMap", "language", "languageMap", "parentTriplesMap",
        "joinCondition",
    },
    "join": {"child", "parent"},
}  # fmt: skip
_PLACE = re.compile(r"(?<!\\)\{((?:[^{}\\]|\\.)+)\}")
_BASE = "urn:x-rml:document"
"""What the names of triples maps, such as `<#Person>`, are relative to."""
_DEFAULT_GRAPH = "defaultGraph"

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Entry = dict[str, Any]


def parse_rml(content: bytes, name: str) -> Document:
    """Read the Turtle text of an RML document called `name`.

    Raises:
        MappingError: it is no Turtle, or says something that is not understood.
    """
    try:
        check_nesting(content, name)
        parsed = ox.parse(content, ox.RdfFormat.TURTLE, base_iri=_BASE)
        quads = [(q.subject, q.predicate, q.object) for q in parsed]
    except (SyntaxError, ValueError, RdfSyntaxError) as error:
        raise MappingError(f"{name}: this is not Turtle ({error}).") from error
    return parse_document(_Reader(quads, name).yarrrml(), name)


class _Reader:
    """The statements of an RML document by subject and by the local name of their property."""

    def __init__(self, quads: list[tuple[Any, ox.NamedNode, Any]], name: str) -> None:
        self._name = name
        self._said: dict[Any, dict[str, list[Any]]] = {}
        for subject, predicate, value in quads:
            for namespace in _NAMESPACES:
                if predicate.value.startswith(namespace):
                    local = predicate.value.removeprefix(namespace)
                    said = self._said.setdefault(subject, {})
                    said.setdefault(local, []).append(value)
        self._maps = [node for node, said in self._said.items() if "logicalSource" in said]

    def yarrrml(self) -> str:
        """Return the document as YARRRML."""
        if not self._maps:
            raise self._error("there is no triples map with a logical source")
        sources = {f"source {i}": self._source(node) for i, node in enumerate(self._maps, 1)}
        mappings = {
            self._key(node): {"sources": f"source {i}", **self._mapping(node)}
            for i, node in enumerate(self._maps, 1)
        }
        document = {"sources": sources, "mappings": mappings}
        return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)

    def _error(self, message: str) -> MappingError:
        """Return an error of this document."""
        return MappingError(f"{self._name}: {message}.")

    def _key(self, node: Term) -> str:
        """Return the name of a triples map."""
        return f"map {self._maps.index(node) + 1}"

    def _of(self, node: Any, what: str) -> dict[str, list[Any]]:
        """Return what is said of a node, refusing what is not understood there."""
        said = self._said.get(node, {})
        unknown = sorted(set(said) - _KNOWN[what])
        if unknown:
            raise self._error(f"{unknown[0]!r} of a {what} is not understood")
        return said

    def _one(self, said: Mapping[str, list[Any]], name: str, what: str) -> Any:
        """Return the one value of a property."""
        values = said.get(name, [])
        if len(values) != 1:
            raise self._error(f"a {what} has exactly one {name!r}, not {len(values)}")
        return values[0]

    def _source(self, node: Any) -> Entry:
        """Return the source of a triples map."""
        said = self._of(self._one(self._of(node, "map"), "logicalSource", "map"), "logical source")
        source = self._one(said, "source", "logical source")
        if not isinstance(source, ox.Literal):
            source = self._one(self._of(source, "source"), "path", "source")
        formulation = self._one(said, "referenceFormulation", "logical source").value
        local = re.split("[#/]", formulation)[-1]
        if local not in _FORMULATIONS:
            raise self._error(f"the reference formulation {local!r} is not read; use CSV")
        entry = {"access": source.value, "referenceFormulation": _FORMULATIONS[local]}
        if "iterator" in said:
            entry["iterator"] = said["iterator"][0].value
        return entry

    def _mapping(self, node: Any) -> Entry:
        """Return a triples map as a mapping."""
        said = self._of(node, "map")
        entry: Entry = {}
        classes: list[Any] = []
        if "subject" in said:
            entry["subjects"] = self._one(said, "subject", "map").value
        else:
            subject = self._of(self._one(said, "subjectMap", "map"), "subject map")
            value, iri = self._value(subject, default_iri=True)
            if not iri:
                raise self._error("a subject is an IRI")
            entry["subjects"] = {"value": value, "type": "iri"}
            classes = [{"value": one.value, "type": "iri"} for one in subject.get("class", [])]
            entry |= self._graphs(subject)
        rules: list[Entry] = []
        if classes:
            rules.append({"predicates": "a", "objects": classes})
        rules += [self._rule(one) for one in said.get("predicateObjectMap", [])]
        return entry | {"predicateobjects": rules}

    def _rule(self, node: Any) -> Entry:
        """Return a predicate-object map as an entry."""
        said = self._of(node, "entry")
        predicates = [{"value": one.value, "type": "iri"} for one in said.get("predicate", [])]
        for one in said.get("predicateMap", []):
            value, _ = self._value(self._of(one, "term map"), default_iri=True)
            predicates.append({"value": value, "type": "iri"})
        objects = [self._constant(one) for one in said.get("object", [])]
        objects += [self._object(one) for one in said.get("objectMap", [])]
        return {"predicates": predicates, "objects": objects, **self._graphs(said)}

    def _graphs(self, said: Mapping[str, list[Any]]) -> Entry:
        """Return the graphs that a map names."""
        values = [one.value for one in said.get("graph", [])]
        values += [
            self._value(self._of(one, "term map"), default_iri=True)[0]
            for one in said.get("graphMap", [])
        ]
        named = [value for value in values if not value.endswith(_DEFAULT_GRAPH)]
        return {"graphs": [{"value": value, "type": "iri"} for value in named]} if named else {}

    def _object(self, node: Any) -> Entry:
        """Return an object map as an object."""
        said = self._of(node, "term map")
        if "parentTriplesMap" in said:
            parent = self._one(said, "parentTriplesMap", "term map")
            if parent not in self._maps:
                raise self._error("a parent triples map has no logical source")
            conditions = [self._condition(one) for one in said.get("joinCondition", [])]
            entry: Entry = {"mapping": self._key(parent)}
            return entry | ({"condition": conditions} if conditions else {})
        kinds = {"datatype", "datatypeMap", "language", "languageMap"} & set(said)
        value, iri = self._value(said, default_iri="template" in said and not kinds)
        if "constant" in said and not kinds and "termType" not in said:
            return self._constant(said["constant"][0])
        entry = {"value": value, "type": "iri" if iri else "literal"}
        for name in ("datatype", "language"):
            if name in said:
                entry[name] = self._one(said, name, "term map").value
            elif f"{name}Map" in said:
                inner = self._of(self._one(said, f"{name}Map", "term map"), "term map")
                entry[name] = self._value(inner, default_iri=name == "datatype")[0]
        return entry

    def _condition(self, node: Any) -> Entry:
        """Return a join condition."""
        said = self._of(node, "join")
        child = _reference(self._one(said, "child", "join").value)
        parent = _reference(self._one(said, "parent", "join").value)
        return {"function": "equal", "parameters": [["value", child, "s"], ["other", parent, "o"]]}

    def _constant(self, value: Any) -> Entry:
        """Return a constant as an object."""
        if not isinstance(value, ox.Literal):
            return {"value": value.value, "type": "iri"}
        entry: Entry = {"value": value.value, "type": "literal"}
        if value.language:
            return entry | {"language": value.language}
        return entry | {"datatype": value.datatype.value}

    def _value(self, said: Mapping[str, list[Any]], *, default_iri: bool) -> tuple[str, bool]:
        """Return the value of a term map, and whether it is an IRI."""
        given = [name for name in ("template", "reference", "column", "constant") if name in said]
        if len(given) != 1:
            raise self._error("a term map has a template, a reference or a constant")
        text = self._one(said, given[0], "term map").value
        if given[0] == "template":
            text = "".join(_template(text))
        elif given[0] != "constant":
            text = _reference(text)
        iri = default_iri
        if "termType" in said:
            kind = re.split("[#/]", self._one(said, "termType", "term map").value)[-1]
            if kind == "BlankNode":
                raise self._error("blank nodes are not made: give the resource an IRI")
            iri = kind in {"IRI", "URI"}
        return text, iri


def _reference(column: str) -> str:
    """Return a column as YARRRML writes it."""
    return "$(" + re.sub(r"([()])", r"\\\1", column) + ")"


def _template(text: str) -> Iterator[str]:
    """Yield the parts of a template as YARRRML writes them."""
    end = 0
    for match in _PLACE.finditer(text):
        yield re.sub(r"\\([{}\\])", r"\1", text[end : match.start()])
        yield _reference(re.sub(r"\\(.)", r"\1", match.group(1)))
        end = match.end()
    yield re.sub(r"\\([{}\\])", r"\1", text[end:])
