"""The description of the JSON API (OpenAPI 3.1), at `/api/openapi.json`.

Made from the same tables as the routes themselves: the catalogue of questions and the registry of
analyses.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from api.analyses import NETWORK_FORMATS
from api.config import services
from api.errors import MEDIA_TYPE
from api.identity import COOKIE
from api.protocol import UPDATE
from api.shacl import OFFERED as SHACL_FORMATS
from api.tables import FORMATS as TABLE_FORMATS
from api.tables import RDF_FORMATS as RDF_TABLE_FORMATS
from kg import __version__
from kg.analysis import ANALYSES, Analysis
from kg.catalog import NamedQuery
from kg.ingest.options import ON_VIOLATION
from kg.roles import Role
from kg.sparql.formats import BINDING_FORMATS, DATASET_FORMATS, GRAPH_FORMATS, Format
from kg.store.documents import FORMATS as RDF_FORMATS

blueprint = Blueprint("openapi", __name__, url_prefix="/api")

Document = dict[str, Any]

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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
_PROBLEM = {
    "description": "What went wrong (RFC 9457)",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_GRAPH_WRITES = {
    "put": "Put a graph in the place of the one there",
    "post": "Add to a graph; without a name, make a new one",
    "patch": "Change a graph by a SPARQL update that writes no other",
    "delete": "Take a graph away",
}
_SHEETS: Document = {
    name: {"schema": {"type": "string", "format": "binary"}}
    for name in ("text/csv", _WORKBOOK, "application/zip")
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
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
    catalog = services().catalog.values()
    return {
        "openapi": "3.1.0",
        "info": {"title": "clientgraph", "version": __version__},
        "paths": {
            "/sparql": _sparql(),
            "/shacl": _shacl(),
            "/graphs": _graph_store([]),
            "/graphs/{name}": _graph_store([_path_parameter("name")]),
            "/api/imports": _imports(),
            "/api/imports/{id}": {
                "get": _operation("The report of an import", [_path_parameter("id")], _json()),
                "delete": _operation("Take an import back", [_path_parameter("id")], _json()),
            },
            "/api/imports/fix-sheet": {"post": _fix_sheet()},
            **_quarantine(),
            **_merging(),
            "/api/running": {"get": _operation("What runs, of the caller's", [], _json())},
            "/api/running/{id}": {
                "delete": _operation("Stop what runs", [_path_parameter("id")], _json())
            },
            "/api/tokens": _tokens(),
            "/api/tokens/{id}": {
                "delete": _operation(
                    "Revoke a token, for administrators", [_path_parameter("id")], _json()
                )
            },
            "/api/queries": {"get": _operation("The named questions", [], _json())},
            **{f"/api/queries/{one.name}": {"get": _question(one)} for one in catalog},
            "/api/search": {"get": _search()},
            "/api/templates": {"get": _operation("The names of the templates", [], _json())},
            "/api/templates/{name}": {
                "get": _operation(
                    "The CSV file of a template, to be filled",
                    [_path_parameter("name"), _parameter("lang", "`en` or `fr`")],
                    {"text/csv": {"schema": {"type": "string"}}},
                )
            },
            "/api/analyses": {"get": _operation("The analyses", [], _json())},
            **{f"/api/{one.name.replace(' ', '/')}": _analysis(one) for one in ANALYSES.values()},
            "/api/referrals/network": {"get": _network()},
        },
        "components": {
            "schemas": {"Problem": _PROBLEM_SCHEMA},
            "securitySchemes": _SECURITY_SCHEMES,
        },
        "security": [{name: []} for name in _SECURITY_SCHEMES],
    }


def _sparql() -> Document:
    text = _parameter("query", "The query; without it, the description of the service")
    graphs = [
        _parameter(f"{kind}-graph-uri", f"A {kind} graph; may be repeated")
        for kind in ("default", "named")
    ]
    content = _content((*BINDING_FORMATS, *GRAPH_FORMATS))
    asked = _operation("SPARQL 1.1 Protocol, query", [text, *graphs, *_shared()], content)
    sent = _operation("SPARQL 1.1 Protocol, query or update", [], {**content, **_json()})
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
    made = _operation("Make a token, for administrators", [], _json())
    made["responses"]["201"] = made["responses"].pop("200")
    made["requestBody"] = {"required": True, "content": {"application/json": {"schema": form}}}
    return {"get": _operation("The tokens, for administrators", [], _json()), "post": made}


def _shacl() -> Document:
    own = [
        _parameter("graph", "A stored graph to validate, instead of a document"),
        _parameter("limit", "Results listed for each shape; all are counted", kind="integer"),
    ]
    document = {"type": "string", "format": "binary"}
    properties = {"data": document, "shapes": document}
    sent = _operation("Validate with SHACL", [*own, *_shared()], _content(SHACL_FORMATS))
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
        _parameter("graph", "IRI of the graph"),
        _parameter("default", "Present: the unnamed graph"),
    ]
    where = path or named
    read = _content(GRAPH_FORMATS if path else (*GRAPH_FORMATS, *DATASET_FORMATS))
    operations = {"get": _operation("A graph, or the whole dataset", where, read)}
    for method, summary in _GRAPH_WRITES.items():
        one = operations[method] = _operation(summary, where, {})
        one["responses"] = {"204": {"description": "Done"}, "default": _PROBLEM}
        if method != "delete":
            update = {UPDATE: {"schema": {"type": "string"}}}
            sent = update if method == "patch" else _content(GRAPH_FORMATS)
            one["requestBody"] = {"required": True, "content": sent}
            one["responses"]["201"] = {"description": "Done: the graph is new"}
    return operations


def _imports() -> Document:
    fields = {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "source": {"type": "string", "default": "default"},
        "mapping": {"type": "string", "format": "binary"},
        "graph": {"type": "string", "format": "uri"},
        "complete": {"type": "boolean", "default": False},
        "dry_run": {"type": "boolean", "default": False},
        "on_violation": {"enum": list(ON_VIOLATION), "default": "reject"},
    }
    form = {"type": "object", "required": ["files"], "properties": fields}
    sent = _operation("Import files together", [], _json())
    sent["responses"]["201"] = {"description": "Committed: the report", "content": _json()}
    sent["responses"]["200"]["description"] = "Dry run, or refused: the report"
    sent["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    return {"get": _operation("The imports, the last one first", [], _json()), "post": sent}


def _fix_sheet() -> Document:
    sent = _operation("The fix sheet of files, which are not imported", [], _SHEETS)
    sent["responses"]["204"] = {"description": "No row is refused"}
    sent["requestBody"] = _imports()["post"]["requestBody"]
    return sent


def _quarantine() -> Document:
    """Return the paths of the quarantine."""
    one = [_parameter("import", "Id of the import that put it there; all otherwise")]
    row = [_path_parameter("id"), _parameter("row", "A row; may be repeated", kind="integer")]
    sheet = _operation("Fix sheets of what is in quarantine", one, _SHEETS)
    sheet["responses"]["204"] = {"description": "Nothing is in quarantine"}
    return {
        "/api/quarantine": {"get": _operation("The rows in quarantine", one, _json())},
        "/api/quarantine/retry": {"post": _operation("Try again what waits", one, _json())},
        "/api/quarantine/fix-sheet": {"get": sheet},
        "/api/quarantine/{id}": {"delete": _operation("Give up what waits", row, _json())},
    }


def _merging() -> Document:
    scores = [
        _parameter("least", "Lowest score, from 0 to 1; default: 0.5"),
        _parameter("limit", "Pairs at most; default: 1000"),
    ]
    pair = [_parameter(name, "Key or IRI of a party", required=True) for name in ("one", "other")]
    one = _parameter("duplicate", "Key or IRI of the merged record", required=True)
    return {
        "/api/duplicates": {
            "get": _operation("Likely duplicates with what they have in common", scores, _json())
        },
        "/api/merges": {
            "get": _operation("The merges that stand, the last decided first", [], _json()),
            "post": _taking("Merge a record into another one", "duplicate", "canonical", "date"),
            "delete": _operation("Take a merge back", [one, _parameter("reason", "Why")], _json()),
        },
        "/api/distinctions": {
            "post": _taking("Set two records aside as not the same", "one", "other"),
            "delete": _operation("Take that back", pair, _json()),
        },
    }


def _taking(summary: str, first: str, second: str, *others: str) -> Document:
    """Return an operation that takes a JSON object naming two parties, and why."""
    members = {name: {"type": "string"} for name in (first, second, *others, "reason")}
    schema = {"type": "object", "required": [first, second], "properties": members}
    content = {"application/json": {"schema": schema}}
    return {
        **_operation(summary, [], _json()),
        "requestBody": {"required": True, "content": content},
    }


def _question(question: NamedQuery) -> Document:
    parameters = [
        _parameter(
            one.name,
            f"A value of type {one.kind}",
            kind=_JSON_TYPES.get(one.kind, "string"),
            required=one.required,
        )
        for one in question.parameters
    ]
    content = _content(BINDING_FORMATS)
    return _operation(question.questions["en"], [*parameters, *_shared()], content)


def _search() -> Document:
    asked = [
        _parameter("q", "The beginnings of words, two letters at least"),
        _parameter("limit", "Results at most; default: 12", kind="integer"),
    ]
    return _operation("Things with these words in a name, key, number or e-mail", asked, _json())


def _network() -> Document:
    asked = [*_of_analyses(), *_shared()]
    return _operation("The network of referrals", asked, _content(NETWORK_FORMATS))


def _of_analyses() -> list[Document]:
    return [
        _parameter("as_of", "The date T of the answer; default: today"),
        _parameter("knowledge", "Read only what was recorded by then; default: now"),
        _parameter("params", "JSON object of parameter names and values, or a saved set's name"),
    ]


def _analysis(analysis: Analysis) -> Document:
    parameters = [_parameter(one.name, one.en, required=one.required) for one in analysis.options]
    asked = [*parameters, *_of_analyses(), *_shared()]
    if not analysis.in_rdf:
        return {"get": _operation(analysis.en, asked, _content(TABLE_FORMATS))}
    kept = _operation("Keep the result as a derived graph", asked, _json())
    kept["responses"]["201"] = kept["responses"].pop("200")
    content = _content((*TABLE_FORMATS, *RDF_TABLE_FORMATS))
    return {"get": _operation(analysis.en, asked, content), "post": kept}


def _shared() -> list[Document]:
    return [
        _parameter("format", "Name of the format, instead of the header Accept"),
        _parameter("timeout", "Deadline in seconds, at most the server's own", kind="number"),
    ]


def _operation(summary: str, parameters: list[Document], content: Document) -> Document:
    responses = {"200": {"description": "The answer", "content": content}, "default": _PROBLEM}
    return {"summary": summary, "parameters": parameters, "responses": responses}


def _parameter(
    name: str, description: str, *, kind: str = "string", required: bool = False
) -> Document:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": required,
        "schema": {"type": kind},
    }


def _path_parameter(name: str) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _content(formats: tuple[Format, ...]) -> Document:
    return {one.media_type: {} for one in formats}


def _json() -> Document:
    return {"application/json": {}}
