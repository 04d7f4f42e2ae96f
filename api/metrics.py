"""What a monitoring system reads: `/metrics`, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from kg.sparql.running import Running, running_on
from kg.store import Store
from kg.store.statistics import memory_in_use

_KEY = "clientgraph.metrics"
_SECONDS = (0.005, 0.02, 0.1, 0.5, 2, 10, 30, 120)

blueprint = Blueprint("metrics", __name__)


class _StoreCollector(Collector):
    """Figures of the store that are looked up when they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of this moment."""
        running = GaugeMetricFamily(
            "clientgraph_running", "Queries, analyses and updates in progress.", labels=["kind"]
        )
        kinds = [one.kind for one in running_on(self._store).listed()]
        for kind in sorted(set(kinds)):
            running.add_metric([kind], kinds.count(kind))
        yield running
        cursor = self._store.cursor()
        quads = cursor.execute("SELECT count(*) FROM live").fetchall()[0][0]
        yield GaugeMetricFamily("clientgraph_commit", "Last commit.", self._store.head)
        yield GaugeMetricFamily("clientgraph_quads", "Quads in the live graph.", quads)
        memory, spilled = memory_in_use(cursor)
        yield GaugeMetricFamily("clientgraph_memory_bytes", "Memory that the engine uses.", memory)
        yield GaugeMetricFamily("clientgraph_spilled_bytes", "Disk that queries use.", spilled)


class Metrics:
    """The figures of one application."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "clientgraph_requests",
            "Requests answered.",
            ["endpoint", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "clientgraph_seconds",
            "Seconds that queries, analyses and updates took, by engine.",
            ["kind", "engine"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.ended = Counter(
            "clientgraph_ended_early",
            "What did not end by itself: at its deadline, or stopped.",
            ["why"],
            registry=self.registry,
        )
        self.registry.register(_StoreCollector(store))

    def answered(self, endpoint: str | None, method: str, status: int) -> None:
        """Count a request."""
        self.requests.labels(endpoint or "none", method, status).inc()

    def finished(self, one: Running, seconds: float) -> None:
        """Count something that has ended."""
        self.seconds.labels(one.kind, one.engine or "none").observe(seconds)
        if one.deadline.passed:
            self.ended.labels("stopped" if one.deadline.stopped else "deadline").inc()


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Answer with the figures of this moment."""
    metrics = metrics_of(current_app)
    return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def register_metrics(app: Flask, store: Store) -> None:
    """Count the requests of an application, and what runs on its store."""
    metrics = Metrics(store)
    app.extensions[_KEY] = metrics
    running_on(store).finished = metrics.finished

    @app.after_request
    def _count(response: Any) -> Any:
        # A method is any word that a client sends; a label must not be.
        method = request.method if request.url_rule else "none"
        metrics.answered(request.endpoint, method, response.status_code)
        return response


def metrics_of(app: Flask) -> Metrics:
    """Return the figures of an application."""
    return cast(Metrics, app.extensions[_KEY])
