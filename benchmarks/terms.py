"""Terms of the generated graph, as text of N-Quads."""

from __future__ import annotations

from kg.namespaces import BASE, PREFIXES, RDF, XSD

CG = f"<{PREFIXES['cg']}"
FOAF = f"<{PREFIXES['foaf']}"
ORG = f"<{PREFIXES['org']}"
RDFS = f"<{PREFIXES['rdfs']}"
_TYPES = {name: f"^^<{XSD[name]}>" for name in ("date", "decimal")}
_IRIS = {"rdf:type": f"<{RDF.type}>"}
_SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835
_KINDS: dict[str, int] = {}


def node(kind: str, number: int) -> str:
    """Return the IRI of an instance; like real ones it says nothing and follows no order."""
    place = _KINDS.setdefault(kind, len(_KINDS) + 1)
    opaque = ((number + 1) * _SPREAD + (place << 96)) & (2**128 - 1)
    return f"<{BASE}id/{kind}/{opaque:032x}>"


def slug(scheme: str, concept: str) -> str:
    """Return the IRI of a concept of a scheme."""
    return f"<{BASE}scheme/{scheme}/{concept}>"


def iri(name: str) -> str:
    """Return the IRI of a prefixed name used in every block of the graph."""
    return _IRIS[name]


def literal(text: str) -> str:
    """Return a plain literal; the text needs no escape."""
    return f'"{text}"'


def typed(text: str, datatype: str) -> str:
    """Return a literal of a datatype of XML Schema."""
    return f'"{text}"{_TYPES[datatype]}'


class GraphNames:
    """The two named graphs of an import."""

    def __init__(self, number: int) -> None:
        self.facts = f"<{BASE}graph/facts/import-{number}>"
        self.personal = f"<{BASE}graph/personal/import-{number}>"
