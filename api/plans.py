"""How a query is answered, told step by step in the language of the request: `/api/plan`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from api.config import services
from api.identity import caller
from api.kept import find_question
from api.labels import label_of
from api.language import text_keys, told, translate
from api.negotiation import choose_format
from api.protocol import base_iri
from api.queries import OWN_PARAMETERS
from kg.sparql import Explanation, explain, explained
from kg.sparql.formats import Format

FORMATS = (Format("text", ("text/plain",), "txt"), Format("json", ("application/json",), "json"))
"""A plan as the engine writes it, or in words with its SQL in lines, for a page to show."""
_OWN = OWN_PARAMETERS | {"question"}
_WITHOUT_WORDS = ("PROJECTION", "CREATE_TABLE_AS", "BATCH_CREATE_TABLE_AS", "DUMMY_SCAN")
"""Steps that only arrange columns: they are left out."""
_JOINS = ("anti", "semi", "mark", "left", "right")
_NAMED = re.compile(r"\b[spo] = (\d+)\b")

blueprint = Blueprint("plans", __name__, url_prefix="/api")


@blueprint.get("/plan")
def show_plan() -> Response:
    """Answer with how a query is answered: its SQL and plan, or why it is not compiled.

    The query is the text `query`, or the `question` of that name with its parameters.

    Raises:
        UsageError: a parameter of the question is missing, or has a wrong value.
    """
    chosen, media_type = choose_format(FORMATS)
    text, bindings = request.args.get("query", ""), {}
    if name := request.args.get("question"):
        asked = find_question(name)
        given = {key: one for key, one in request.args.items() if key not in _OWN and one.strip()}
        text = asked.text
        bindings = asked.bind(given, organization=services().settings.organization)
    options: dict[str, Any] = {
        "bindings": bindings,
        "base": base_iri(),
        "hidden_graphs": caller().hidden_graphs,
    }
    if chosen.name == "text":
        return Response(explain(services().store, text, **options), mimetype=media_type)
    return jsonify(_document(explained(services().store, text, **options)))


def _document(found: Explanation) -> dict[str, Any]:
    """Return what is told of a query that is compiled, or of one that is evaluated."""
    if found.reason is not None:
        return {"engine": "rdflib", "reason": told(found.reason)}
    terms = {number: _called(lexical) for number, lexical in found.terms.items()}
    return {
        "engine": "sql",
        "compiling": round(found.compiling_seconds, 4),
        "planning": round(found.planning_seconds, 4),
        "statements": found.statements,
        "terms": [{"number": number, "label": label} for number, label in sorted(terms.items())],
        "steps": list(_steps(found.plan, terms)),
    }


def _called(lexical: str) -> str:
    return label_of(lexical) if ":" in lexical and " " not in lexical else lexical


def _steps(node: Mapping[str, Any], terms: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    """Yield a step of the plan with those before it, or those alone where it has no words."""
    before = [step for child in node["children"] for step in _steps(child, terms)]
    name = node["name"]
    if name in _WITHOUT_WORDS:
        yield from before
        return
    yield {"text": _told(name, node["extra_info"], terms), "before": before}


def _told(name: str, facts: Mapping[str, Any], terms: Mapping[int, str]) -> str:
    """Return what a step does, in words; the engine's own name where there are none."""
    conditions = _listed(facts.get("Filters")) or _listed(facts.get("Expression"))
    named = [terms[int(n)] for one in conditions for n in _NAMED.findall(one) if int(n) in terms]
    kind = _kind(name, facts)
    key = f"query.step.{kind}_of" if named and kind in ("quad", "term") else f"query.step.{kind}"
    if key not in text_keys():
        return name.replace("_", " ").lower()
    return translate(key, terms=", ".join(named), n=_most(facts))


def _kind(name: str, facts: Mapping[str, Any]) -> str:
    """Return the key of the words for a step."""
    if name.endswith("_SCAN") and name != "CTE_SCAN":
        table = str(facts.get("Table", "")).rpartition(".")[2].strip('"')
        if table in ("term", "quad"):
            return table
        return "properties" if table.startswith("property_") else "kept"
    if "JOIN" in name:
        kind = str(facts.get("Join Type", "")).lower()
        return next((one for one in _JOINS if one in kind), "join")
    return name.lower()


def _most(facts: Mapping[str, Any]) -> int:
    """Return how many rows a step lets through at most, 0 where it does not say."""
    told = str(facts.get("Top", facts.get("Limit", "0")))
    return int(told) if told.isascii() and told.isdigit() else 0


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
