"""The W3C's tests of the two HTTP protocols of SPARQL 1.1, as their manifests describe them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, RDFS, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

PROJECT = Path(__file__).resolve().parents[2]
SUITES = Path(os.environ.get("CLIENTGRAPH_SUITES", PROJECT / "../shared/suites")).resolve()
ROOT = SUITES / "rdf-tests/sparql/sparql11"

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
FILES = {
    "protocol/manifest.ttl": MF.ProtocolTest,
    "graph-store-protocol/manifest-direct.ttl": MF.GraphStoreProtocolTest,
    "graph-store-protocol/manifest-indirect.ttl": MF.GraphStoreProtocolTest,
    "service-description/manifest.ttl": MF.ServiceDescriptionTest,
}
_STATUS = {
    "OK": "200",
    "Created": "201",
    "NoContent": "204",
    "NotFound": "404",
    "StatusCode2xx": "2",
    "StatusCode3xx": "3",
    "StatusCode4xx": "4",
}


@dataclass(frozen=True)
class Message:
    """A request or a response: what is said of it, None where nothing is."""

    headers: dict[str, str]
    body: bytes | None


@dataclass(frozen=True)
class Exchange:
    """A request and what is expected of its response; `statuses` are beginnings of codes."""

    method: str
    path: str
    request: Message
    response: Message
    statuses: tuple[str, ...]
    boolean: bool | None
    format: str | None
    location: str | None


@dataclass(frozen=True)
class ProtocolTest:
    """Exchanges in their order, over graphs to be loaded before them."""

    name: str
    data: dict[str, Path]
    exchanges: tuple[Exchange, ...]


def protocol_tests() -> Iterator[ProtocolTest]:
    """Yield every test of the manifests of `FILES`; none where the suites are not there."""
    for file, kind in FILES.items():
        path = ROOT / file
        if not path.is_file():
            continue
        manifest = Graph().parse(path, format="turtle", publicID=path.as_uri())
        for test in sorted(manifest.subjects(RDF.type, kind)):
            yield _test(manifest, test, path.parent.name)


def _test(manifest: Graph, test: Node, folder: str) -> ProtocolTest:
    data = {
        str(manifest.value(one, RDFS.label)): Path(
            str(manifest.value(one, UT.graph)).removeprefix("file://")
        )
        for one in manifest.objects(test, UT.graphData)
    }
    requests = manifest.value(manifest.value(test, MF.action), HT.requests)
    exchanges = tuple(_exchange(manifest, one) for one in Collection(manifest, requests))
    return ProtocolTest(f"{folder}/{_local(test)}", data, exchanges if requests else ())


def _exchange(manifest: Graph, request: Node) -> Exchange:
    response = manifest.value(request, HT.resp)
    boolean = manifest.value(response, MF.expectedBoolean)
    expected = manifest.value(response, MF.expectedFormat)
    location = manifest.value(response, MF.expectedLocation)
    return Exchange(
        str(manifest.value(request, HT.methodName)),
        str(manifest.value(request, HT.absolutePath)),
        _message(manifest, request),
        _message(manifest, response),
        tuple(_STATUS[_local(one)] for one in manifest.objects(response, MF.expectedStatus)),
        None if boolean is None else bool(boolean.toPython()),
        None if expected is None else str(expected),
        None if location is None else str(location),
    )


def _message(manifest: Graph, node: Node | None) -> Message:
    fields = manifest.value(node, HT.headers)
    headers = {
        str(manifest.value(one, HT.fieldName)): str(manifest.value(one, HT.fieldValue))
        for one in (Collection(manifest, fields) if fields else ())
    }
    body = manifest.value(node, HT.body)
    if body is None:
        return Message(headers, None)
    encoding = str(manifest.value(body, CNT.characterEncoding))
    return Message(headers, str(manifest.value(body, CNT.chars)).encode(encoding))


def _local(node: Node) -> str:
    assert isinstance(node, URIRef)
    return str(node).rpartition("#")[2]
