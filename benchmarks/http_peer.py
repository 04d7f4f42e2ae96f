"""pyoxigraph behind the HTTP server of clientgraph: `python -m benchmarks.http_peer PATH PORT`."""

from __future__ import annotations

import sys

from flask import Flask, Response, request
from pyoxigraph import QueryResultsFormat, Store
from waitress import serve

_JSON = "application/sparql-results+json"


def create_app(store: Store) -> Flask:
    """Return an application that answers queries as JSON, and does nothing else."""
    app = Flask(__name__)

    @app.post("/sparql")
    def answer() -> Response:
        found = store.query(request.form["query"], use_default_graph_as_union=True)
        written = found.serialize(format=QueryResultsFormat.JSON)  # type: ignore[union-attr]
        return Response(written, content_type=_JSON)

    return app


def main() -> None:
    """Serve a store."""
    path, port = sys.argv[1:]
    serve(create_app(Store.read_only(path)), host="127.0.0.1", port=int(port), threads=8)


if __name__ == "__main__":
    main()
