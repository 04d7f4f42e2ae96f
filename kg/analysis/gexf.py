"""Networks as GEXF 1.3 documents: when each node and edge is there, and what changes over time.

Source: https://gexf.net (schema and primer of version 1.3). The library's own writer puts an
attribute on `graph` that the schema does not know, and leaves out what figures rest on.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

import networkx as nx

_NAMESPACE = "http://gexf.net/1.3"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Spell(NamedTuple):
    """What an attribute is from one ISO date on until another.

    Where the next spell begins on the day on which one ends, this day is of the next.
    """

    value: str
    start: str
    end: str


def gexf_document(graph: nx.DiGraph[str]) -> bytes:
    """Return a network as GEXF; `start` of nodes and edges are ISO dates.

    `label`, in a graph without labels `key`, is the label of a node; other attributes keep their
    name and type, and an empty text is left out. A list of `Spell` is one that changes over time.
    The description tells what the graph says of itself: T, K, parameters, rules.
    """
    register_namespace("xsi", _XSI)
    root = Element(
        "gexf",
        {
            "xmlns": _NAMESPACE,
            "version": "1.3",
            f"{{{_XSI}}}schemaLocation": f"{_NAMESPACE} {_NAMESPACE}/gexf.xsd",
        },
    )
    meta = SubElement(root, "meta", lastmodifieddate=datetime.now(UTC).date().isoformat())
    SubElement(meta, "creator").text = "clientgraph"
    SubElement(meta, "description").text = _described(graph.graph)
    dynamic = {"mode": "dynamic", "timeformat": "date", "timerepresentation": "interval"}
    body = SubElement(root, "graph", {"defaultedgetype": "directed", "idtype": "string", **dynamic})
    label = "label" if any("label" in values for values in graph.nodes.values()) else "key"
    nodes = _declared(body, "node", graph.nodes.values(), besides=(label, "start"))
    edges = _declared(body, "edge", graph.edges.values(), besides=("start",))
    _add_nodes(body, graph, nodes, label)
    _add_edges(body, graph, edges)
    document: bytes = tostring(root, "utf-8", xml_declaration=True)
    return document


def _described(told: Mapping[str, Any]) -> str:
    """Return what a graph says of itself as one text."""
    return "; ".join(f"{name}: {value}" for name, value in told.items() if name != "mode")


def xml_text(text: str) -> str:
    """Return a text with what no XML document may hold replaced."""
    return _NO_XML.sub("\ufffd", text)


def _declared(
    body: Element, kind: str, values: Iterable[Mapping[str, Any]], *, besides: Container[str]
) -> Mapping[str, str]:
    """Declare the attributes of nodes or edges but some; return their ids by name."""
    types: dict[str, tuple[str, str]] = {}
    for one in values:
        for name, value in one.items():
            if name not in besides:
                types.setdefault(name, _declared_as(value))
    ids = {name: f"{kind[0]}{number}" for number, name in enumerate(types)}
    for mode in ("static", "dynamic"):
        named = [name for name, told in types.items() if told[0] == mode]
        if named or mode == "static":
            declared = SubElement(body, "attributes", {"class": kind, "mode": mode})
            for name in named:
                SubElement(declared, "attribute", id=ids[name], title=name, type=types[name][1])
    return ids


def _declared_as(value: Any) -> tuple[str, str]:
    """Return the mode and the type of an attribute."""
    return ("dynamic", "string") if isinstance(value, list) else ("static", _TYPES[type(value)])


def _add_nodes(body: Element, graph: nx.DiGraph[str], ids: Mapping[str, str], called: str) -> None:
    nodes = SubElement(body, "nodes", count=str(len(graph)))
    for name, values in graph.nodes(data=True):
        label = xml_text(str(values.get(called, name)))
        node = SubElement(nodes, "node", {"id": name, "label": label, **_start(values)})
        _add_values(node, values, ids)


def _add_edges(body: Element, graph: nx.DiGraph[str], ids: Mapping[str, str]) -> None:
    edges = SubElement(body, "edges", count=str(graph.number_of_edges()))
    for number, (source, target, values) in enumerate(graph.edges(data=True)):
        ends = {"id": str(number), "source": source, "target": target}
        _add_values(SubElement(edges, "edge", {**ends, **_start(values)}), values, ids)


def _start(values: Mapping[str, Any]) -> dict[str, str]:
    return {"start": values["start"]} if "start" in values else {}


def _add_values(element: Element, values: Mapping[str, Any], ids: Mapping[str, str]) -> None:
    said = {n: value for n, value in values.items() if n in ids and value not in ("", [])}
    if not said:
        return
    holder = SubElement(element, "attvalues")
    for name, value in said.items():
        for one in value if isinstance(value, list) else [value]:
            SubElement(holder, "attvalue", {"for": ids[name], **_told(one)})


def _told(value: Any) -> dict[str, str]:
    """Return a value, and when it holds, as attributes of its element."""
    if isinstance(value, Spell):
        return value._asdict() | {"value": xml_text(value.value)}
    return {"value": str(value).lower() if isinstance(value, bool) else xml_text(str(value))}
