"""What descriptions of operations are made of (OpenAPI 3.1)."""

from __future__ import annotations

import re
from typing import Any

from api.errors import MEDIA_TYPE
from kg.sparql.formats import Format

Document = dict[str, Any]

PROBLEM: Document = {
    "description": "What went wrong (RFC 9457)",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def operation(summary: str, parameters: list[Document], content: Document) -> Document:
    """Return an operation that answers 200 with one of some contents, or with a problem."""
    responses = {"200": {"description": "The answer", "content": content}, "default": PROBLEM}
    return {"summary": summary, "parameters": parameters, "responses": responses}


def identified(paths: Document) -> Document:
    """Return operations by their addresses, each with the name that clients made of it call it by.

    The name is of the method and the words of the address: `get_api_queries_name`.
    """
    return {
        path: {
            method: {"operationId": "_".join([method, *re.findall(r"\w+", path)]), **one}
            for method, one in operations.items()
        }
        for path, operations in paths.items()
    }


def parameter(
    name: str, description: str, *, kind: str = "string", required: bool = False
) -> Document:
    """Return a parameter of the query of an address."""
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": required,
        "schema": {"type": kind},
    }


def path_parameter(name: str) -> Document:
    """Return a parameter that is a part of an address."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def content_in(formats: tuple[Format, ...]) -> Document:
    """Return a content in one of some formats."""
    return {one.media_type: {} for one in formats}


def json_content(schema: str | None = None) -> Document:
    """Return a content in JSON; `schema` is the name of what describes it, where something does."""
    described = {"schema": {"$ref": f"#/components/schemas/{schema}"}} if schema else {}
    return {"application/json": described}
