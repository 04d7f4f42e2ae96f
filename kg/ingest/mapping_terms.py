"""Terms in mapping documents: subjects, predicates, objects, graphs, conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rdflib import RDF

from kg.ingest.calls import Argument, make_call, parse_call, parse_template
from kg.ingest.functions import FUNCTIONS
from kg.ingest.mapping import (
    PARTIAL_DATE,
    PERSONAL,
    Call,
    Constant,
    Join,
    Template,
    TermMap,
    Value,
)
from kg.ingest.places import Node

_CALL_KEYS = {
    "function": "function",
    "fn": "function",
    "f": "function",
    "parameters": "parameters",
    "pms": "parameters",
}
_TERM_KEYS = _CALL_KEYS | {
    "value": "value",
    "v": "value",
    "type": "type",
    "t": "type",
    "datatype": "datatype",
    "d": "datatype",
    "language": "language",
    "l": "language",
    "mapping": "mapping",
    "condition": "condition",
    "targets": "targets",
}
_PARAMETER_KEYS = {"parameter": "parameter", "pm": "parameter", "value": "value", "v": "value"}
_SIDES = {"subject": "s", "object": "o"}
BLANK = "blank"
"""Type of a term that is a blank node."""
STORED = "node"
"""Type of a term that may be any node of the store."""
_SCHEMES = ("http:", "https:", "urn:", "mailto:", "tel:")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_PREFIXED = re.compile(r"([A-Za-z][\w.-]*)?:")


def refuse_targets(keys: Mapping[str, Node]) -> None:
    """Refuse a key that says where statements are written to.

    Raises:
        MappingError: it is there.
    """
    if "targets" in keys:
        raise keys["targets"].error(
            "targets are not offered: an import writes to the store alone. 'graphs' says to which"
            " named graph, and 'clientgraph export' writes files"
        )


class Terms:
    """Reader of terms under the prefixes of one document.

    With `stored`, a term may have the type `node`: what a row of quarantine says of stored nodes,
    blank ones included. Documents of users have no such terms.
    """

    def __init__(self, prefixes: Mapping[str, str], *, stored: bool = False) -> None:
        self._prefixes = prefixes
        self._stored = stored

    def is_type(self, predicate: TermMap) -> bool:
        """Tell whether a predicate is `rdf:type`."""
        return predicate.value == Constant(str(RDF.type))

    def subject(self, node: Node) -> TermMap:
        """Read a subject."""
        keys = {} if node.is_text else node.entries(_TERM_KEYS)
        if "type" in keys and keys["type"].text() == BLANK:
            return self._blank(keys, node)
        return self._iri(node)

    def predicate(self, node: Node) -> TermMap:
        """Read a predicate; `a` is rdf:type."""
        if node.is_text and node.text() == "a":
            return TermMap(Constant(str(RDF.type)), iri=True, place=node.place)
        return self._iri(node)

    def graphs(self, node: Node | None) -> tuple[TermMap | str, ...]:
        """Read graphs; `personal` stands for the personal graph of the import."""
        if node is None:
            return ()
        return tuple(
            PERSONAL if item.is_text and item.text() == PERSONAL else self._iri(item)
            for item in node.elements()
        )

    def condition(self, node: Node | None) -> Call | None:
        """Read a condition: a call in one line or with parameters."""
        if node is None:
            return None
        call = (
            parse_call(node.text(), node.place, node.external) if node.is_text else self._call(node)
        )
        if FUNCTIONS[call.function].returns != "condition":
            raise node.error(f"{call.function} is not a condition")
        return call

    def joins(self, node: Node) -> tuple[Join, ...]:
        """Read an object that is the subject of another mapping, or of several; none: another one.

        Its condition is `equal`, of a value of this mapping's source (`s`) and of the other's
        (`o`); several conditions stand in a list.
        """
        if node.is_text or node.is_list:
            return ()
        found = dict(node.items())
        if "mapping" not in found:
            return ()
        keys = node.entries({"mapping": "mapping", "condition": "condition"})
        conditions = keys["condition"].elements() if "condition" in keys else []
        same = tuple(self._agreement(item) for item in conditions)
        return tuple(Join(name, same, node.place) for name in keys["mapping"].texts())

    def _agreement(self, node: Node) -> tuple[Value, Value]:
        """Read a condition of a join: the value of this source, then that of the other."""
        if node.is_text:
            call = parse_call(node.text(), node.place, node.external)
            values = list(call.arguments)
        else:
            keys = node.entries(_CALL_KEYS)
            if "function" not in keys or "parameters" not in keys:
                raise node.error("the condition of a join has a function and parameters")
            sides: dict[str, Value] = {}
            for default, item in zip("so", keys["parameters"].elements(), strict=False):
                said: list[str] = []
                _, value = self._argument(item, said)
                told = {_SIDES.get(side, side) for side in said} or {default}
                if len(told) > 1 or not told <= {"s", "o"}:
                    raise item.error("a parameter of a join is [name, value, s] or [.., o]")
                sides[told.pop()] = value
            if len(sides) != 2 or len(keys["parameters"].elements()) != 2:
                raise node.error("a join compares one value of each source, s and o")
            values = [sides["s"], sides["o"]]
            call = make_call(keys["function"].text(), [(None, v) for v in values], node.place)
        if call.function != "equal":
            raise node.error(f"a join is by 'equal', not by {call.function!r}")
        return values[0], values[1]

    def object(self, node: Node, *, iri: bool = False, modifier: str | None = None) -> TermMap:
        """Read an object; `iri` makes an IRI of it, `modifier` is a datatype or `fr~lang`."""
        if node.is_text:
            return self._short(node, modifier, iri=iri)
        if node.is_list:
            return self._listed(node, modifier, iri=iri)
        keys = node.entries(_TERM_KEYS)
        refuse_targets(keys)
        for refused, meaning in (
            ("mapping", "a reference to another mapping stands among objects only"),
            ("condition", "a condition belongs to the entry, beside its objects"),
        ):
            if refused in keys:
                raise keys[refused].error(meaning)
        value = self._value(keys, node)
        if self._is_stored(keys):
            return TermMap(value, iri=True, place=node.place, stored=True)
        kind = keys["type"].text() if "type" in keys else None
        if kind == BLANK:
            return self._blank(keys, node)
        if kind not in {None, "iri", "literal"}:
            raise keys["type"].error(f"the type {kind!r} is not one of iri, literal, {BLANK}")
        returns_iri = isinstance(value, Call) and FUNCTIONS[value.function].returns == "iri"
        if kind == "iri" or (kind is None and (iri or returns_iri)):
            if "datatype" in keys or "language" in keys:
                raise node.error("an IRI has neither datatype nor language")
            return TermMap(self._expanded(value, node), iri=True, place=node.place)
        datatype = keys["datatype"].text() if "datatype" in keys else modifier
        language = keys["language"].text() if "language" in keys else None
        return self._literal(value, datatype, language, node)

    def _short(self, node: Node, modifier: str | None, *, iri: bool) -> TermMap:
        """Read an object in its short form."""
        text, kind = _split_suffix(node.text())
        if kind == "lang":
            raise node.error("a language stands after the object: [p, o, en~lang]")
        if iri or kind == "iri":
            return TermMap(
                self._expanded(parse_template(text, node.external), node),
                iri=True,
                place=node.place,
            )
        return self._literal(parse_template(text, node.external), modifier, None, node)

    def _listed(self, node: Node, modifier: str | None, *, iri: bool) -> TermMap:
        """Read an object `[value]` or `[value, datatype]`."""
        items = node.elements()
        if not 1 <= len(items) <= 2:
            raise node.error("an object in a list is [value] or [value, datatype]")
        kind = items[1].text() if len(items) == 2 else modifier
        return self.object(items[0], iri=iri, modifier=kind)

    def _value(self, keys: Mapping[str, Node], node: Node) -> Value:
        """Return the value of a term in its long form."""
        if "function" in keys:
            return self._called(keys)
        if "value" not in keys:
            raise node.error("the term has neither a value nor a function")
        return parse_template(keys["value"].text(), node.external)

    def _call(self, node: Node, sides: list[str] | None = None) -> Call:
        """Read a call in its long form."""
        keys = node.entries(_CALL_KEYS)
        if "function" not in keys:
            raise node.error("a call has a function")
        return self._called(keys, sides)

    def _called(self, keys: Mapping[str, Node], sides: list[str] | None = None) -> Call:
        """Return the call of `function` and `parameters`."""
        function = keys["function"]
        if "parameters" not in keys:
            return parse_call(function.text(), function.place, function.external)
        arguments = [self._argument(item, sides) for item in keys["parameters"].elements()]
        return make_call(function.text(), arguments, function.place)

    def _argument(self, node: Node, sides: list[str] | None = None) -> Argument:
        """Read one parameter, `[name, value]` or in keys.

        In a join, where `sides` are collected, a third item tells which source the value is of.
        """
        if node.is_list:
            items = node.elements()
            if len(items) == 3 and sides is not None:
                sides.append(items.pop().text())
            if len(items) != 2:
                raise node.error("a parameter is [name, value]")
            return items[0].text(), self._argument_value(items[1], sides)
        keys = node.entries(_PARAMETER_KEYS)
        if "parameter" not in keys or "value" not in keys:
            raise node.error("a parameter needs 'parameter' and 'value'")
        return keys["parameter"].text(), self._argument_value(keys["value"], sides)

    def _argument_value(self, node: Node, sides: list[str] | None = None) -> Value:
        """Read a value or a nested call."""
        if not node.is_text:
            return self._call(node, sides)
        return parse_template(_split_suffix(node.text())[0], node.external)

    def _iri(self, node: Node) -> TermMap:
        """Read a term that is an IRI."""
        if node.is_text:
            text, _ = _split_suffix(node.text())
            return TermMap(
                self._expanded(parse_template(text, node.external), node),
                iri=True,
                place=node.place,
            )
        keys = node.entries(_TERM_KEYS)
        refuse_targets(keys)
        for refused in ("datatype", "language", "mapping", "condition"):
            if refused in keys:
                raise keys[refused].error(f"an IRI in this place has no {refused!r}")
        value = self._value(keys, node)
        if self._is_stored(keys):
            return TermMap(value, iri=True, place=node.place, stored=True)
        return TermMap(self._expanded(value, node), iri=True, place=node.place)

    def _blank(self, keys: Mapping[str, Node], node: Node) -> TermMap:
        """Read a blank node, which its value tells apart from others."""
        refuse_targets(keys)
        for refused in ("datatype", "language", "mapping", "condition"):
            if refused in keys:
                raise keys[refused].error(f"a blank node has no {refused!r}")
        return TermMap(self._value(keys, node), iri=True, blank=True, place=node.place)

    def _is_stored(self, keys: Mapping[str, Node]) -> bool:
        """Tell whether a term may be any node of the store."""
        return self._stored and "type" in keys and keys["type"].text() == STORED

    def _literal(
        self, value: Value, datatype: str | None, language: str | None, node: Node
    ) -> TermMap:
        """Return a literal; a datatype may also be a language written `en~lang`."""
        if datatype is not None and datatype.endswith("~lang"):
            language, datatype = datatype.removesuffix("~lang"), None
        if language is not None:
            if datatype is not None:
                raise node.error("a literal has a datatype or a language, not both")
            tag = parse_template(language, node.external)
            if not isinstance(tag, Constant):
                return TermMap(value, iri=False, place=node.place, language_of=tag)
            if not _LANGUAGE.fullmatch(tag.text):
                raise node.error(f"{language!r} is not a language tag")
            return TermMap(value, iri=False, language=tag.text.lower(), place=node.place)
        if datatype is None or datatype == PARTIAL_DATE:
            return TermMap(value, iri=False, datatype=datatype, place=node.place)
        iri = self._expanded(parse_template(datatype, node.external), node)
        if not isinstance(iri, Constant):
            return TermMap(value, iri=False, place=node.place, datatype_of=iri)
        return TermMap(value, iri=False, datatype=iri.text, place=node.place)

    def _expanded(self, value: Value, node: Node) -> Value:
        """Return the value of an IRI with its prefix written out."""
        if isinstance(value, Constant):
            return Constant(self._full(value.text, node))
        first, *others = value.parts if isinstance(value, Template) else (None,)
        if isinstance(first, Constant):
            return Template((Constant(self._full(first.text, node)), *others))
        return value

    def _full(self, text: str, node: Node) -> str:
        """Return an IRI or its beginning with the prefix written out."""
        match = _PREFIXED.match(text)
        if match is None:
            raise node.error(f"{text!r} is no IRI: it has neither a prefix nor a scheme")
        prefix = match.group(1) or ""
        if prefix in self._prefixes:
            return self._prefixes[prefix] + text[match.end() :]
        if not text.startswith(_SCHEMES):
            raise node.error(f"the prefix {prefix!r} is not declared under 'prefixes'")
        return text


def _split_suffix(text: str) -> tuple[str, str | None]:
    """Return a short term without its `~iri` or `~lang`, and which it was."""
    for kind in ("iri", "lang"):
        if text.endswith(f"~{kind}"):
            return text.removesuffix(f"~{kind}"), kind
    return text, None
