"""Customer knowledge graph: store, SPARQL, SHACL, imports and analyses."""

__version__ = "0.1.0"
