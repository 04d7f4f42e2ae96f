"""The texts of queries and updates to trees: a recursive descent, one method a rule.

The trees have the shape of those of rdflib's parser, whose translation to algebra takes them; IRIs
are absolute, paths are those of the algebra, and an expression that is a term alone is that term.
What is evaluated has passed a strict parser before; what it refuses is read here to tell why.
"""

from __future__ import annotations

from kg.sparql.parsing.lexer import ReadingError
from kg.sparql.parsing.queries import QueryParser
from kg.sparql.parsing.updates import UpdateParser

__all__ = ["QueryParser", "ReadingError", "UpdateParser"]
