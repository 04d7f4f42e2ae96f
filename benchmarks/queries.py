"""The questions that are measured, as SPARQL; `generate.py` writes the graph that they ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.terms import node

PROLOGUE = """
PREFIX cg: <https://w3id.org/clientgraph/ns#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""


@dataclass(frozen=True)
class Question:
    """A question; `text` gives the query of a run, which may name another party each time."""

    name: str
    text: Callable[[int], str]


def _always(name: str, body: str) -> Question:
    return Question(name, lambda run: PROLOGUE + body)


QUESTIONS = (
    _always(
        "revenue by month",
        """
        SELECT ?month (SUM(?amount) AS ?revenue) WHERE {
          ?purchase cg:orderDate ?day ; cg:hasLine/cg:netAmount ?amount .
          BIND(SUBSTR(STR(?day), 1, 7) AS ?month)
        } GROUP BY ?month ORDER BY ?month
        """,
    ),
    _always(
        "customers without purchase since a date (NOT EXISTS)",
        """
        SELECT ?client WHERE {
          ?client a cg:NaturalPerson .
          FILTER NOT EXISTS {
            ?purchase cg:client ?client ; cg:orderDate ?day .
            FILTER(?day >= "2025-11-01"^^xsd:date)
          }
        }
        """,
    ),
    _always(
        "total per client, HAVING",
        """
        SELECT ?client (SUM(?amount) AS ?total) WHERE {
          ?purchase cg:client ?client ; cg:hasLine/cg:netAmount ?amount .
        } GROUP BY ?client HAVING(SUM(?amount) > 2000)
        """,
    ),
    _always(
        "top prescribers by downstream revenue, cg:referredTo+",
        """
        SELECT ?prescriber (SUM(?amount) AS ?downstream) WHERE {
          ?prescriber cg:referredTo+ ?client .
          ?purchase cg:client ?client ; cg:hasLine/cg:netAmount ?amount .
        } GROUP BY ?prescriber ORDER BY DESC(?downstream) ?prescriber LIMIT 10
        """,
    ),
    _always(
        "top prescribers by downstream revenue, (^cg:recommender/cg:referred)+",
        """
        SELECT ?prescriber (SUM(?amount) AS ?downstream) WHERE {
          ?prescriber (^cg:recommender/cg:referred)+ ?client .
          ?purchase cg:client ?client ; cg:hasLine/cg:netAmount ?amount .
        } GROUP BY ?prescriber ORDER BY DESC(?downstream) ?prescriber LIMIT 10
        """,
    ),
    _always(
        "all pairs of cg:referredTo+",
        "SELECT (COUNT(*) AS ?pairs) WHERE { ?prescriber cg:referredTo+ ?client }",
    ),
    _always(
        "last purchase per client, HAVING",
        """
        SELECT ?client (MAX(?day) AS ?last) WHERE {
          ?purchase cg:client ?client ; cg:orderDate ?day .
        } GROUP BY ?client HAVING(MAX(?day) < "2024-01-01"^^xsd:date)
        """,
    ),
    _always(
        "count and distinct objects per predicate",
        """
        SELECT ?predicate (COUNT(*) AS ?quads) (COUNT(DISTINCT ?object) AS ?objects)
        WHERE { ?subject ?predicate ?object } GROUP BY ?predicate
        """,
    ),
    _always(
        "star of five properties",
        """
        SELECT ?client ?name ?key ?day WHERE {
          ?client a cg:NaturalPerson ; foaf:name ?name ; cg:sourceKey ?key ;
            cg:firstContactDate ?day ;
            cg:acquisitionSource <https://w3id.org/clientgraph/scheme/acquisition-source/event> .
          FILTER(?day < "2023-01-15"^^xsd:date)
        }
        """,
    ),
    _always(
        "CONTAINS on names",
        'SELECT ?party ?name WHERE { ?party foaf:name ?name FILTER(CONTAINS(?name, "zolune")) }',
    ),
    Question(
        "one party's properties, another party each run",
        lambda run: (
            f"SELECT ?property ?value WHERE {{ {node('party', 97 + run)} ?property ?value }}"
        ),
    ),
)
