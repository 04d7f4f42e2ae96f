"""The description of the queries that users keep, a part of `/api/openapi.json`."""

from __future__ import annotations

from api.operations import Document, content_in, json_content, operation, parameter, path_parameter
from kg.library import SHARINGS
from kg.sparql.formats import BINDING_FORMATS, FILE_FORMATS, GRAPH_FORMATS

_TEXTS = ("name", "text", "description")


def describe_kept() -> Document:
    """Return the operations on the list of queries and on those that users keep."""
    name = path_parameter("name")
    made = _sent(operation("Keep a query under a name of its own", [], json_content()), "name")
    made["responses"]["201"] = made["responses"].pop("200")
    gone = operation("Forget a kept query", [name], {})
    gone["responses"]["204"] = {"description": "It is forgotten"}
    del gone["responses"]["200"]
    version = parameter(
        "version", "Version of a kept query; the last one otherwise", kind="integer"
    )
    answered = content_in((*BINDING_FORMATS, *GRAPH_FORMATS, *FILE_FORMATS))
    asked = [name, version, *pages()]
    listed = operation("The named questions, and the kept queries", [], json_content())
    return {
        "/api/queries": {"get": listed, "post": made},
        "/api/queries/{name}": {
            "get": operation("The answer of a question or a kept query", asked, answered),
            "put": _sent(operation("Change a kept query, or keep one", [name], json_content())),
            "delete": gone,
        },
        "/api/queries/{name}/versions": {
            "get": operation("A kept query with all its versions", [name], json_content())
        },
    }


def pages() -> list[Document]:
    """Return the parameters that tell which part of an answer is wanted, and as of which commit."""
    return [
        parameter("commit", "The graph as it was after this commit", kind="integer"),
        parameter("rows", "Rows of a page; the header Link leads to the next one", kind="integer"),
        parameter("offset", "Rows before the page; default: 0", kind="integer"),
    ]


def _sent(described: Document, *required: str) -> Document:
    """Return an operation that takes what is to be kept."""
    properties: Document = {one: {"type": "string"} for one in _TEXTS}
    properties["sharing"] = {"enum": list(SHARINGS)}
    form: Document = {"type": "object", "properties": properties}
    if required:
        form["required"] = [*required, "text"]
    described["requestBody"] = {"required": True, "content": {"application/json": {"schema": form}}}
    return described
