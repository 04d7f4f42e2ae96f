"""SPARQL 1.1 Service Description (https://www.w3.org/TR/sparql11-service-description/)."""

from __future__ import annotations

from flask import Response, url_for

from api.answers import send_whole
from api.negotiation import choose_format
from kg.namespaces import RDF
from kg.sparql.formats import BINDING_FORMATS, GRAPH_FORMATS
from kg.sparql.formats.graphs import Triple, write_triples
from kg.sparql.formats.terms import BLANK, IRI
from kg.store import RawTerm

_SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS = "http://www.w3.org/ns/formats/"
_FORMAT_NAMES = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "turtle": "Turtle",
    "nt": "N-Triples",
}


def describe_service() -> Response:
    """Return the description of the service in the RDF syntax that the request accepts."""
    chosen, media_type = choose_format(GRAPH_FORMATS)
    response = send_whole(write_triples(_description(), chosen.name), media_type)
    response.vary.add("Accept")
    return response


def _description() -> list[Triple]:
    service: RawTerm = (BLANK, "service", None, None)
    facts = [
        (str(RDF.type), _SD + "Service"),
        (_SD + "endpoint", url_for("sparql.get_sparql", _external=True)),
        (_SD + "supportedLanguage", _SD + "SPARQL11Query"),
        (_SD + "feature", _SD + "UnionDefaultGraph"),
    ]
    formats = (_FORMATS + _FORMAT_NAMES[one.name] for one in (*BINDING_FORMATS, *GRAPH_FORMATS))
    facts.extend((_SD + "resultFormat", name) for name in formats)
    return [(service, _iri(predicate), _iri(value)) for predicate, value in facts]


def _iri(text: str) -> RawTerm:
    return (IRI, text, None, None)
