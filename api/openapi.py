"""The description of the JSON API (OpenAPI 3.1), at `/api/openapi.json`.

Made from the same tables as the routes themselves: the catalogue of questions and the registry of
analyses.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, jsonify

from api.analyses import NETWORK_FORMATS, formats_of
from api.config import services
from api.identity import COOKIE
from api.openapi_imports import IMPORT_SCHEMAS, describe_imports
from api.openapi_queries import describe_kept, pages
from api.operations import (
    PROBLEM,
    Document,
    content_in,
    identified,
    json_content,
    operation,
    parameter,
    path_parameter,
)
from api.plans import FORMATS as PLAN_FORMATS
from api.protocol import UPDATE
from api.referral_map import FORMATS as MAP_FORMATS
from api.shacl import OFFERED as SHACL_FORMATS
from kg import __version__
from kg.analysis import ANALYSES, Analysis
from kg.catalog import NamedQuery, Parameter
from kg.roles import Role
from kg.sparql.formats import BINDING_FORMATS, DATASET_FORMATS, FILE_FORMATS, GRAPH_FORMATS
from kg.store.documents import FORMATS as RDF_FORMATS

blueprint = Blueprint("openapi", __name__, url_prefix="/api")

_JSON_TYPES = {
    "integer": "integer",
    "decimal": "string",
    "boolean": "boolean",
    "date": "string",
    "datetime": "string",
}
_SECURITY_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}
_GRAPH_WRITES = {
    "put": "Put a graph in the place of the one there",
    "post": "Add to a graph; without a name, make a new one",
    "patch": "Change a graph by a SPARQL update that writes no other",
    "delete": "Take a graph away",
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "message": {
            "type": "object",
            "description": "The detail by language (`en`, `fr`), where it is known in both",
            "additionalProperties": {"type": "string"},
        },
        "line": {"type": "integer", "description": "Line of a query or document, from 1"},
        "column": {"type": ["integer", "string"], "description": "Column of a line, or its name"},
        "file": {"type": "string"},
        "row": {"type": "integer", "description": "Row of a file, the header being row 1"},
    },
}


@blueprint.get("/openapi.json")
def show_description() -> Response:
    """Answer with the description of the API."""
    return jsonify(describe())


def describe() -> Document:
    """Return the OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "clientgraph", "version": __version__},
        "paths": identified(_paths()),
        "components": {
            "schemas": {"Problem": _PROBLEM_SCHEMA, **IMPORT_SCHEMAS},
            "securitySchemes": _SECURITY_SCHEMES,
        },
        "security": [{name: []} for name in _SECURITY_SCHEMES],
    }


def _paths() -> Document:
    """Return the addresses with their operations."""
    catalog = services().catalog.values()
    return {
        "/sparql": _sparql(),
        "/shacl": _shacl(),
        "/graphs": _graph_store([]),
        "/graphs/{name}": _graph_store([path_parameter("name")]),
        **describe_imports(),
        **_merging(),
        "/api/running": {"get": operation("What runs, of the caller's", [], json_content())},
        "/api/running/{id}": {
            "delete": operation("Stop what runs", [path_parameter("id")], json_content())
        },
        "/api/tokens": _tokens(),
        "/api/tokens/{id}": {
            "delete": operation(
                "Revoke a token, for administrators", [path_parameter("id")], json_content()
            )
        },
        **describe_kept(),
        **{f"/api/queries/{one.name}": {"get": _question(one)} for one in catalog},
        "/api/search": {"get": _search()},
        **_editing(),
        "/api/templates": {"get": operation("The names of the templates", [], json_content())},
        "/api/templates/{name}": {
            "get": operation(
                "The CSV file of a template, to be filled",
                [path_parameter("name"), parameter("lang", "`en` or `fr`")],
                {"text/csv": {"schema": {"type": "string"}}},
            )
        },
        "/api/analyses": {"get": operation("The analyses", [], json_content())},
        **{f"/api/{one.name.replace(' ', '/')}": _analysis(one) for one in ANALYSES.values()},
        "/api/referrals/network": {"get": _network()},
        "/api/referrals/map": {"get": _map()},
        "/api/chains/map": {"get": _chains()},
    }


def _sparql() -> Document:
    text = parameter("query", "The query; without it, the description of the service")
    graphs = [
        parameter(f"{kind}-graph-uri", f"A {kind} graph; may be repeated")
        for kind in ("default", "named")
    ]
    content = content_in((*BINDING_FORMATS, *GRAPH_FORMATS, *FILE_FORMATS))
    asked = operation("SPARQL 1.1 Protocol, query", [text, *graphs, *_shared()], content)
    sent = operation("SPARQL 1.1 Protocol, query or update", [], {**content, **json_content()})
    sent["requestBody"] = {
        "content": {
            "application/sparql-query": {"schema": {"type": "string"}},
            UPDATE: {"schema": {"type": "string"}},
            "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
        }
    }
    return {"get": asked, "post": sent}


def _tokens() -> Document:
    fields = {
        "name": {"type": "string"},
        "role": {"enum": list(Role)},
        "personal": {"type": "boolean", "default": False},
        "expires": {"type": "string", "pattern": "^[0-9]+[hd]$"},
    }
    form = {"type": "object", "required": ["name", "role"], "properties": fields}
    made = operation("Make a token, for administrators", [], json_content())
    made["responses"]["201"] = made["responses"].pop("200")
    made["requestBody"] = {"required": True, "content": {"application/json": {"schema": form}}}
    return {"get": operation("The tokens, for administrators", [], json_content()), "post": made}


def _shacl() -> Document:
    own = [
        parameter("graph", "A stored graph to validate, instead of a document"),
        parameter("limit", "Results listed for each shape; all are counted", kind="integer"),
    ]
    document = {"type": "string", "format": "binary"}
    properties = {"data": document, "shapes": document}
    sent = operation("Validate with SHACL", [*own, *_shared()], content_in(SHACL_FORMATS))
    sent["requestBody"] = {
        "content": {
            **{one.media_type: {"schema": {"type": "string"}} for one in RDF_FORMATS.values()},
            "multipart/form-data": {"schema": {"type": "object", "properties": properties}},
        }
    }
    return {"post": sent}


def _graph_store(path: list[Document]) -> Document:
    """Return the operations of the Graph Store Protocol on a graph, or on the graph store."""
    named = [
        parameter("graph", "IRI of the graph"),
        parameter("default", "Present: the unnamed graph"),
    ]
    where = path or named
    read = content_in(GRAPH_FORMATS if path else (*GRAPH_FORMATS, *DATASET_FORMATS))
    operations = {"get": operation("A graph, or the whole dataset", where, read)}
    for method, summary in _GRAPH_WRITES.items():
        one = operations[method] = operation(summary, where, {})
        one["responses"] = {"204": {"description": "Done"}, "default": PROBLEM}
        if method != "delete":
            update = {UPDATE: {"schema": {"type": "string"}}}
            sent = update if method == "patch" else content_in(GRAPH_FORMATS)
            one["requestBody"] = {"required": True, "content": sent}
            one["responses"]["201"] = {"description": "Done: the graph is new"}
    return operations


def _merging() -> Document:
    scores = [
        parameter("least", "Lowest score, from 0 to 1; default: 0.5"),
        parameter("limit", "Pairs at most; default: 1000"),
    ]
    pair = [parameter(name, "Key or IRI of a party", required=True) for name in ("one", "other")]
    one = parameter("duplicate", "Key or IRI of the merged record", required=True)
    return {
        "/api/duplicates": {
            "get": operation(
                "Likely duplicates with what they have in common", scores, json_content()
            )
        },
        "/api/merges": {
            "get": operation("The merges that stand, the last decided first", [], json_content()),
            "post": _taking("Merge a record into another one", "duplicate", "canonical", "date"),
            "delete": operation(
                "Take a merge back", [one, parameter("reason", "Why")], json_content()
            ),
        },
        "/api/distinctions": {
            "post": _taking("Set two records aside as not the same", "one", "other"),
            "delete": operation("Take that back", pair, json_content()),
        },
    }


def _taking(summary: str, first: str, second: str, *others: str) -> Document:
    """Return an operation that takes a JSON object naming two parties, and why."""
    members = {name: {"type": "string"} for name in (first, second, *others, "reason")}
    schema = {"type": "object", "required": [first, second], "properties": members}
    content = {"application/json": {"schema": schema}}
    return {
        **operation(summary, [], json_content()),
        "requestBody": {"required": True, "content": content},
    }


def _question(question: NamedQuery) -> Document:
    parameters = [_asked(one) for one in question.parameters]
    content = content_in((*BINDING_FORMATS, *FILE_FORMATS))
    return operation(question.questions["en"], [*parameters, *pages(), *_shared()], content)


def _asked(one: Parameter) -> Document:
    """Return the description of a parameter of a question."""
    kind = _JSON_TYPES.get(one.kind, "string")
    about = f"A value of type {one.kind}"
    if one.default is not None:
        about += f"; {one.default} where it is not given"
    described = parameter(one.name, about, kind=kind, required=one.required)
    if one.example is not None:
        described["example"] = one.example if kind == "string" else json.loads(one.example)
    return described


def _editing() -> dict[str, Document]:
    words = parameter("q", "The beginnings of words of a label, in either language")
    text = parameter("query", "The query")
    question = parameter("question", "The name of a question instead, its parameters beside it")
    content = content_in(PLAN_FORMATS)
    return {
        "/api/completions": {
            "get": operation("Terms to write in a query", [words], json_content())
        },
        "/api/plan": {"get": operation("How a query is answered", [text, question], content)},
        "/api/labels": {"post": operation("What IRIs are called", [], json_content())},
    }


def _search() -> Document:
    asked = [
        parameter("q", "The beginnings of words, two letters at least"),
        parameter("limit", "Results at most; default: 12", kind="integer"),
        parameter("record", "Only records of this kind, such as `party`; with `source`"),
        parameter("source", "The source whose keys the records have"),
    ]
    found = "Things with these words in a name, key, number or e-mail"
    return operation(found, asked, json_content())


def _network() -> Document:
    asked = [*_of_analyses(), *_shared()]
    return operation("The network of referrals", asked, content_in(NETWORK_FORMATS))


def _map() -> Document:
    wanted = [
        parameter("limit", "Parties drawn at most, the most valuable first; default: 2000"),
        parameter("channel", "Only parties with a referral by this channel"),
        parameter("product", "Only parties with a referral of this product, by its key or IRI"),
        parameter("depth", "Only parties at most so deep in the forest of referrals"),
        parameter("stage", "Only parties in this stage; may be repeated"),
        parameter("expand", "A party drawn with all its neighbours; may be repeated"),
        parameter("include", "A party drawn in any case; may be repeated"),
    ]
    asked = [*wanted, *_of_analyses(), *_shared()]
    return operation("The referrals placed on a plane", asked, content_in(MAP_FORMATS))


def _chains() -> Document:
    off = parameter("off", "A unit that is imagined to be gone; may be repeated")
    summary = "The internal chains, as they are and without some units"
    return operation(summary, [off, *_of_analyses(), *_shared()], json_content())


def _of_analyses() -> list[Document]:
    return [
        parameter("as_of", "The date T of the answer; default: today"),
        parameter("knowledge", "Read only what was recorded by then; default: now"),
        parameter("params", "JSON object of parameter names and values, or a saved set's name"),
    ]


def _analysis(analysis: Analysis) -> Document:
    parameters = [parameter(one.name, one.en, required=one.required) for one in analysis.options]
    asked = [*parameters, *_of_analyses(), *_shared()]
    kept = operation("Keep the result as a derived graph", asked, json_content())
    kept["responses"]["201"] = kept["responses"].pop("200")
    content = content_in(formats_of(analysis))
    return {"get": operation(analysis.en, [*asked, _WITH_CONTEXT], content), "post": kept}


_WITH_CONTEXT = parameter(
    "with_context",
    "Name the date, the knowledge time, the parameter set and the version of the rules in the"
    " answer itself: in CSV as columns; in JSON as `context`, with `notes` and `complete`, beside"
    " the list `rows`",
    kind="boolean",
)


def _shared() -> list[Document]:
    return [
        parameter("format", "Name of the format, instead of the header Accept"),
        parameter("timeout", "Deadline in seconds, at most the server's own", kind="number"),
    ]
