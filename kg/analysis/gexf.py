"""Networks as GEXF 1.3 documents, with the day from which each node and edge is there.

Source: https://gexf.net (schema and primer of version 1.3). The library's own writer puts an
attribute on `graph` that the schema does not know, and leaves out what figures rest on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

import networkx as nx

_NAMESPACE = "http://gexf.net/1.3"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def gexf_document(graph: nx.DiGraph[str]) -> bytes:
    """Return a network as GEXF; `start` of nodes and edges are ISO dates.

    `key` is the label of a node; other attributes keep their name and type, and an empty text is
    left out. The description tells what the graph says of itself: T, K, parameters, rules.
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
    nodes = _declared(body, "node", (values for _, values in graph.nodes(data=True)))
    edges = _declared(body, "edge", (values for _, _, values in graph.edges(data=True)))
    _add_nodes(body, graph, nodes)
    _add_edges(body, graph, edges)
    document: bytes = tostring(root, "utf-8", xml_declaration=True)
    return document


def _described(told: Mapping[str, Any]) -> str:
    """Return what a graph says of itself as one text."""
    return "; ".join(f"{name}: {value}" for name, value in told.items() if name != "mode")


def xml_text(text: str) -> str:
    """Return a text with what no XML document may hold replaced."""
    return _NO_XML.sub("\ufffd", text)


def _declared(body: Element, kind: str, values: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    """Declare the attributes of nodes or edges; return their ids by name."""
    types: dict[str, str] = {}
    for one in values:
        for name, value in one.items():
            if name not in ("key", "start"):
                types.setdefault(name, _TYPES[type(value)])
    declared = SubElement(body, "attributes", {"class": kind, "mode": "static"})
    ids = {name: f"{kind[0]}{number}" for number, name in enumerate(types)}
    for name, number in ids.items():
        SubElement(declared, "attribute", id=number, title=name, type=types[name])
    return ids


def _add_nodes(body: Element, graph: nx.DiGraph[str], ids: Mapping[str, str]) -> None:
    nodes = SubElement(body, "nodes", count=str(len(graph)))
    for name, values in graph.nodes(data=True):
        label = xml_text(str(values.get("key", name)))
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
    said = {ids[name]: value for name, value in values.items() if name in ids and value != ""}
    if not said:
        return
    holder = SubElement(element, "attvalues")
    for number, value in said.items():
        text = str(value).lower() if isinstance(value, bool) else xml_text(str(value))
        SubElement(holder, "attvalue", {"for": number, "value": text})
