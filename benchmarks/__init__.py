"""Measurements: loading, SPARQL beside another engine, and a real shop from file to answer."""
