"""RML in Turtle (https://rml.io/specs/rml/, http://w3id.org/rml/): read as the YARRRML it says.

Logical sources of CSV and JSON, subject, predicate, object and graph maps with templates,
references, constants and functions (FNML, old and new), classes, term types, datatypes, languages
and joins. Every other property of the vocabularies is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyoxigraph as ox
import yaml

from kg.errors import MappingError, RdfSyntaxError
from kg.ingest.mapping import Document
from kg.ingest.mapping_terms import BLANK
from kg.ingest.yarrrml import parse_document
from kg.namespaces import FUNCTION
from kg.store.nesting import check_nesting

_NAMESPACES = (
    "http://www.w3.org/ns/r2rml#",
    "http://semweb.mmlab.be/ns/rml#",
    "http://w3id.org/rml/",
    "http://semweb.mmlab.be/ns/fnml#",
)
_FUNCTIONS = {
    "http://users.ugent.be/~bjdmeest/function/grel.ttl#": "grel:",
    "http://example.com/idlab/function/": "idlab-fn:",
    "https://w3id.org/imec/idlab/function#": "idlab-fn:",
    str(FUNCTION): "cgf:",
}
"""Namespaces of functions, with the prefixes under which YARRRML has them."""
_EXECUTES = "executes"
"""Local name of the property of the older vocabulary that names a function."""
_FORMULATIONS = {"CSV": "csv", "JSONPath": "jsonpath"}
_VALUES = ("template", "reference", "column", "constant", "functionValue", "functionExecution")
_TERM = {*_VALUES, "termType"}
_TYPES = {"IRI": "iri", "URI": "iri", "Literal": "literal", "BlankNode": BLANK}
"""Term types by their local names, as YARRRML has them."""
_KNOWN = {
    "map": {"logicalSource", "subjectMap", "subject", "predicateObjectMap"},
    "logical source": {"source", "referenceFormulation", "iterator"},
    "source": {"path", "root"},
    "subject map": {*_TERM, "class", "graph", "graphMap"},
    "entry": {"predicate", "predicateMap", "object", "objectMap", "graph", "graphMap"},
    "term map": {
        *_TERM, "datatype", "datatypeMap", "language", "languageMap", "parentTriplesMap",
        "joinCondition", "return", "returnMap",
    },
    "join": {"child", "parent"},
    "function value": {"predicateObjectMap", "logicalSource"},
    "execution": {"function", "functionMap", "input", "return", "returnMap"},
    "input": {"parameter", "parameterMap", "inputValue", "inputValueMap"},
}  # fmt: skip
_PLACE = re.compile(r"(?<!\\)\{((?:[^{}\\]|\\.)+)\}")
_BASE = "urn:x-rml:document"
"""What the names of triples maps, such as `<#Person>`, are relative to."""
_DEFAULT_GRAPH = "defaultGraph"
_TARGET = "logicalTarget"

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
        calls = {one for said in self._said.values() for one in said.get("functionValue", [])}
        self._maps = [
            node
            for node, said in self._said.items()
            if "logicalSource" in said and node not in calls
        ]

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
        if _TARGET in unknown:
            raise self._error(
                "logical targets are not offered: an import writes to the store alone. A graph map"
                " says to which named graph, and 'clientgraph export' writes files"
            )
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
            value, kind = self._value(subject, "iri")
            if kind == "literal":
                raise self._error("a subject is an IRI or a blank node")
            entry["subjects"] = {**value, "type": kind}
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
        predicates += [self._iri(one) for one in said.get("predicateMap", [])]
        objects = [self._constant(one) for one in said.get("object", [])]
        objects += [self._object(one) for one in said.get("objectMap", [])]
        return {"predicates": predicates, "objects": objects, **self._graphs(said)}

    def _graphs(self, said: Mapping[str, list[Any]]) -> Entry:
        """Return the graphs that a map names."""
        values: list[Entry] = [{"value": one.value} for one in said.get("graph", [])]
        values += [self._iri(one) for one in said.get("graphMap", [])]
        named = [one for one in values if not one.get("value", "").endswith(_DEFAULT_GRAPH)]
        return {"graphs": [{**one, "type": "iri"} for one in named]} if named else {}

    def _iri(self, node: Any) -> Entry:
        """Return the map of a predicate or a graph."""
        value, kind = self._value(self._of(node, "term map"), "iri")
        if kind != "iri":
            raise self._error("a predicate and a graph are IRIs")
        return {**value, "type": kind}

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
        value, kind = self._value(said, "iri" if "template" in said and not kinds else "literal")
        if "constant" in said and not kinds and "termType" not in said:
            return self._constant(said["constant"][0])
        entry = {**value, "type": kind}
        for name in ("datatype", "language"):
            if name in said:
                entry[name] = self._one(said, name, "term map").value
            elif f"{name}Map" in said:
                inner = self._of(self._one(said, f"{name}Map", "term map"), "term map")
                given, _ = self._value(inner, "iri" if name == "datatype" else "literal")
                if "value" not in given:
                    raise self._error(f"the {name} of a term is no function")
                entry[name] = given["value"]
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

    def _value(self, said: Mapping[str, list[Any]], kind: str) -> tuple[Entry, str]:
        """Return the value or the call of a term map, and its type: `kind` unless it says so."""
        given = [name for name in _VALUES if name in said]
        if len(given) != 1:
            raise self._error("a term map has a template, a reference, a constant or a function")
        value = self._one(said, given[0], "term map")
        if given[0] == "functionValue":
            entry = self._called(value)
        elif given[0] == "functionExecution":
            entry = self._executed(value)
        elif given[0] == "template":
            entry = {"value": "".join(_template(value.value))}
        else:
            constant = given[0] == "constant"
            entry = {"value": value.value if constant else _reference(value.value)}
        if "termType" in said:
            local = re.split("[#/]", self._one(said, "termType", "term map").value)[-1]
            if local not in _TYPES:
                raise self._error(f"the term type {local!r} is not one of {', '.join(_TYPES)}")
            kind = _TYPES[local]
        return entry, kind

    def _called(self, node: Any) -> Entry:
        """Return a function value of the older vocabulary, whose entries are its parameters."""
        function: str | None = None
        parameters = []
        for one in self._of(node, "function value").get("predicateObjectMap", []):
            said = self._of(one, "entry")
            name = self._named(said, "predicate", "entry")
            if re.split("[#/]", name)[-1] == _EXECUTES:
                function = _function(self._named(said, "object", "entry"))
            else:
                parameters.append([_function(name), self._given(said, "object")])
        if function is None:
            raise self._error("a function value does not say which function it executes")
        return {"function": function, "parameters": parameters}

    def _executed(self, node: Any) -> Entry:
        """Return a function execution of the newer vocabulary; its function has one result."""
        said = self._of(node, "execution")
        parameters = []
        for one in said.get("input", []):
            given = self._of(one, "input")
            name = self._named(given, "parameter", "input")
            parameters.append([_function(name), self._given(given, "inputValue")])
        return {
            "function": _function(self._named(said, "function", "execution")),
            "parameters": parameters,
        }

    def _named(self, said: Mapping[str, list[Any]], name: str, what: str) -> str:
        """Return the IRI that a property, or the constant of its map, names."""
        if name in said:
            return str(self._one(said, name, what).value)
        inner = self._of(self._one(said, f"{name}Map", what), "term map")
        return str(self._one(inner, "constant", "term map").value)

    def _given(self, said: Mapping[str, list[Any]], name: str) -> str | Entry:
        """Return the argument that a property, or its map, gives: a text or a call."""
        if name in said:
            return str(self._one(said, name, "argument").value)
        inner = self._of(self._one(said, f"{name}Map", "argument"), "term map")
        value, _ = self._value(inner, "literal")
        text: str | Entry = value.get("value", value)
        return text


def _function(iri: str) -> str:
    """Return the name that YARRRML has for a function or a parameter."""
    for namespace, prefix in _FUNCTIONS.items():
        if iri.startswith(namespace):
            return prefix + iri.removeprefix(namespace)
    return iri


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
