"""The HTTP server: SPARQL protocol, JSON API and pages over a store."""
