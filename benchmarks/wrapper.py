"""A library behind HTTP, and no more: `python -m benchmarks.wrapper ENGINE PATH PORT`.

pyoxigraph and rdflib have no server of their own in Python. One request at a time is parsed,
evaluated and written by the library's own writer; rdflib answers in a forked process, so that a
query can be ended without loading the graph again.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

Answer = Callable[[str, str], bytes]


def pyoxigraph(path: Path) -> Answer:
    """Return what answers on pyoxigraph's store, opened for reading only."""
    from pyoxigraph import QueryResultsFormat, QueryTriples, RdfFormat, Store

    store = Store.read_only(str(path))

    def answer(text: str, media_type: str) -> bytes:
        found = store.query(text, use_default_graph_as_union=True)
        if isinstance(found, QueryTriples):
            written = found.serialize(format=RdfFormat.N_TRIPLES)
        else:
            written = found.serialize(format=QueryResultsFormat.from_media_type(media_type))
        assert written is not None
        return written

    return answer


def rdflib(path: Path) -> Answer:
    """Return what answers on a graph of rdflib in memory; it has no named graphs."""
    import pyoxigraph as ox
    from rdflib import BNode, Graph, Literal, URIRef
    from rdflib.term import Node

    def term(one: object) -> Node:
        if isinstance(one, ox.Literal):
            return Literal(one.value, lang=one.language, datatype=URIRef(one.datatype.value))
        assert isinstance(one, ox.NamedNode | ox.BlankNode)
        return URIRef(one.value) if isinstance(one, ox.NamedNode) else BNode(one.value)

    graph = Graph()
    for quad in ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS):
        graph.add((term(quad.subject), term(quad.predicate), term(quad.object)))

    def answer(text: str, media_type: str) -> bytes:
        found = graph.query(text)
        written = found.serialize(format="nt" if found.type == "CONSTRUCT" else "csv")
        assert written is not None
        return written

    return answer


class _Handler(BaseHTTPRequestHandler):
    answer: Answer
    forks = False

    def do_GET(self) -> None:
        self._send(b"ready")

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.forks and os.fork():
            os.wait()
            return
        if self.forks:
            signal.alarm(int(form["timeout"][0]) + 1)
        self._send(type(self).answer(form["query"][0], self.headers["Accept"]))
        if self.forks:
            os._exit(0)

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve one library."""
    engine, path, port = sys.argv[1:]
    answer = {"pyoxigraph": pyoxigraph, "rdflib": rdflib}[engine](Path(path))
    _Handler.answer = staticmethod(answer)
    _Handler.forks = engine == "rdflib"
    HTTPServer(("127.0.0.1", int(port)), _Handler).serve_forever()


if __name__ == "__main__":
    main()
