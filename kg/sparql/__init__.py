"""SPARQL compiled to SQL, with an evaluator for what is not compiled."""

from kg.sparql.answer import Result
from kg.sparql.compiled import Compiled, compile_algebra, compile_select
from kg.sparql.engine import DEFAULT_TIMEOUT, query
from kg.sparql.explaining import Explanation, explain, explained
from kg.sparql.forms import form_of
from kg.sparql.parse import parse
from kg.sparql.update import UpdateResult, parse_update, update
from kg.sparql.values import NotCompiledError

__all__ = [
    "DEFAULT_TIMEOUT",
    "Compiled",
    "Explanation",
    "NotCompiledError",
    "Result",
    "UpdateResult",
    "compile_algebra",
    "compile_select",
    "explain",
    "explained",
    "form_of",
    "parse",
    "parse_update",
    "query",
    "update",
]
