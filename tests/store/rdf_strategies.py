"""Random RDF datasets with the terms that break readers and writers."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import strategies as st

XSD = "http://www.w3.org/2001/XMLSchema#"

IRIS = (
    "http://example.org/a",
    "http://example.org/b?q=1&r=%20#frag",
    "http://example.org:8080/~x/(1);p=,*'!$",
    "http://example.org/é/日本",
    "http://user@example.org/",
    "http://[2001:db8::1]/x",
    "urn:isbn:0451450523",
    "mailto:a.b@example.org",
    "tel:+33-1-23",
    "x:",
    "file:///tmp/a",
)
TEXTS = (
    "",
    " ",
    "a b",
    "_:x",
    "<http://example.org/a>",
    'say "hi" .',
    "back\\slash",
    "\\n",
    "line\nfeed",
    "carriage\rreturn",
    "tab\tand\x01control",
    "été 日本 😀",
    "a .\n<x:a> <x:b> <x:c> .",
    "' \x0b \x7f \x85",
)
TYPED = (
    ("01", "integer"),
    ("+1", "integer"),
    ("1.50", "decimal"),
    ("1.0E0", "double"),
    ("NaN", "double"),
    ("true", "boolean"),
    ("1", "boolean"),
    ("2024-02-30", "date"),
    ("2024-01-01T00:00:00.000Z", "dateTime"),
    ("not a number", "integer"),
    ("300", "byte"),
    ("", "integer"),
    ("P1D", "duration"),
)

iris = st.sampled_from(IRIS).map(ox.NamedNode)
blanks = st.sampled_from(("a", "b", "c1", "x-y", "z.z")).map(ox.BlankNode)
texts = st.one_of(
    st.sampled_from(TEXTS),
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)
literals = st.one_of(
    texts.map(ox.Literal),
    st.builds(
        lambda text, tag: ox.Literal(text, language=tag),
        texts,
        st.sampled_from(("en", "EN-gb", "fr", "sr-Latn-RS", "x-private", "de-1996")),
    ),
    st.sampled_from(TYPED).map(lambda t: ox.Literal(t[0], datatype=ox.NamedNode(XSD + t[1]))),
    texts.map(lambda text: ox.Literal(text, datatype=ox.NamedNode("urn:type"))),
)
predicates = st.sampled_from(
    ("http://example.org/p", "http://example.org/été", "http://www.w3.org/2000/01/rdf-schema#label")
).map(ox.NamedNode)
graphs = st.one_of(st.just(ox.DefaultGraph()), iris, blanks)

datasets = st.lists(
    st.builds(ox.Quad, iris | blanks, predicates, iris | blanks | literals, graphs), max_size=12
)


def canonical(quads: list[ox.Quad]) -> set[ox.Quad]:
    """Return quads with canonical blank node labels."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)
