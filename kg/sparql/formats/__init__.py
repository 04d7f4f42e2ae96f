"""The result formats of queries: one module per family of formats, one table of them all here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A result format: its short name, its media types (the first is its own) and file suffix.

    `aliases` are further names by which clients ask for it.
    """

    name: str
    media_types: tuple[str, ...]
    suffix: str
    aliases: tuple[str, ...] = ()

    @property
    def media_type(self) -> str:
        """The registered media type."""
        return self.media_types[0]


BINDING_FORMATS: tuple[Format, ...] = (
    Format("json", ("application/sparql-results+json", "application/json"), "srj"),
    Format("xml", ("application/sparql-results+xml", "application/xml", "text/xml"), "srx"),
    Format("csv", ("text/csv",), "csv"),
    Format("tsv", ("text/tab-separated-values",), "tsv"),
)
"""Formats of SELECT and ASK answers, the preferred one first."""

FILE_FORMATS: tuple[Format, ...] = (
    Format("parquet", ("application/vnd.apache.parquet",), "parquet"),
    Format("xlsx", ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",), "xlsx"),
)
"""Further formats of SELECT answers: files that other programs open."""

GRAPH_FORMATS: tuple[Format, ...] = (
    Format("turtle", ("text/turtle", "application/x-turtle", "text/n3"), "ttl", ("n3",)),
    Format("nt", ("application/n-triples", "text/plain"), "nt", ("ntriples", "n-triples")),
    Format("xml", ("application/rdf+xml", "application/xml", "text/xml"), "rdf", ("rdf+xml",)),
    Format("json-ld", ("application/ld+json", "application/json"), "jsonld", ("json",)),
)
"""Formats of CONSTRUCT and DESCRIBE answers, the preferred one first."""

DATASET_FORMATS: tuple[Format, ...] = (
    Format("trig", ("application/trig",), "trig"),
    Format("nquads", ("application/n-quads",), "nq", ("n-quads",)),
    Format("json-ld", ("application/ld+json", "application/json"), "jsonld", ("json",)),
)
"""Formats of several graphs with their names, the preferred one first."""
