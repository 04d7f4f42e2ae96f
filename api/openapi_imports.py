"""What the description of the API says of imports, and of the quarantine."""

from __future__ import annotations

from api.operations import (
    PROBLEM,
    Document,
    json_content,
    operation,
    parameter,
    path_parameter,
)
from kg.ingest.jobs import JobStatus
from kg.ingest.options import ON_VIOLATION
from kg.ingest.progress import STEPS, UNDO_STEPS
from kg.ingest.undoing import ON_DEPENDENTS

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEETS: Document = {
    name: {"schema": {"type": "string", "format": "binary"}}
    for name in ("text/csv", _WORKBOOK, "application/zip")
}
_MOMENT: Document = {"type": ["string", "null"], "format": "date-time"}
_PROGRESS: Document = {
    "type": "object",
    "properties": {
        "step": {"enum": list(dict.fromkeys([*STEPS, *UNDO_STEPS]))},
        "done": {"type": "number", "minimum": 0, "maximum": 1, "description": "Share done"},
        "rows": {"type": "integer", "description": "Rows of tables read so far"},
        "rows_per_second": {"type": "integer"},
        "elapsed": {"type": "number", "description": "Seconds"},
        "remaining": {"type": ["number", "null"], "description": "Seconds that remain, a guess"},
        "attempt": {"type": "integer", "description": "From 1; refused rows make another one"},
    },
}
_JOB: Document = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string"},
        "status": {"enum": list(JobStatus)},
        "owner": {"type": "string", "description": "Who sent it"},
        "kind": {"enum": ["import", "undo"]},
        "source": {"type": ["string", "null"], "description": "Of an import"},
        "undoes": {"type": ["string", "null"], "description": "The import that is taken back"},
        "dry_run": {"type": "boolean"},
        "files": {"type": "array", "items": {"type": "string"}},
        "submitted": {**_MOMENT, "type": "string"},
        "started": _MOMENT,
        "ended": _MOMENT,
        "ahead": {"type": "integer", "description": "Imports to be done before it, as it waits"},
        "progress": {"anyOf": [_PROGRESS, {"type": "null"}]},
        "report": {
            "type": ["object", "null"],
            "description": "Once it is done: what `POST /api/imports` answers otherwise",
        },
        "problem": {
            "anyOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "null"}],
            "description": "Once it has failed: why",
        },
        "import": {
            "type": ["string", "null"],
            "description": "Once the store remembers it: its id at `/api/imports/ID`",
        },
    },
}
_TAKEN_IN: Document = {
    "description": "Taken in: `Location` tells how far it is",
    "headers": {"Location": {"schema": {"type": "string"}}},
    "content": json_content("ImportJob"),
}
_PREFER: Document = parameter("Prefer", "`respond-async`: answer at once, in the background") | {
    "in": "header"
}
IMPORT_SCHEMAS: Document = {"ImportJob": _JOB}
"""The schemas that the descriptions of imports name."""


def describe_imports() -> Document:
    """Return the paths of imports and of the quarantine."""
    one = [path_parameter("id")]
    return {
        "/api/imports": _imports(),
        "/api/imports/{id}": {
            "get": operation("The report of an import", one, json_content()),
            "delete": _undo(one),
        },
        "/api/imports/fix-sheet": {"post": _fix_sheet()},
        **_jobs(),
        **_quarantine(),
    }


def _imports() -> Document:
    fields = {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "source": {"type": "string", "default": "default"},
        "mapping": {"type": "string", "format": "binary"},
        "graph": {"type": "string", "format": "uri"},
        "complete": {"type": "boolean", "default": False},
        "dry_run": {"type": "boolean", "default": False},
        "on_violation": {"enum": list(ON_VIOLATION), "default": "reject"},
        "async": {"type": "boolean", "default": False, "description": "As `Prefer: respond-async`"},
    }
    form = {"type": "object", "required": ["files"], "properties": fields}
    sent = operation("Import files together", [_PREFER], json_content())
    sent["responses"]["201"] = {"description": "Committed: the report", "content": json_content()}
    sent["responses"]["200"]["description"] = "Dry run, or refused: the report"
    sent["responses"]["202"] = _TAKEN_IN
    sent["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    return {"get": operation("The imports, the last one first", [], json_content()), "post": sent}


def _undo(path: list[Document]) -> Document:
    """Return the operation that takes an import back."""
    choice = parameter("on_dependents", "What becomes of later facts that need it")
    choice["schema"] = {"enum": list(ON_DEPENDENTS), "default": ON_DEPENDENTS[0]}
    asked = [*path, parameter("dry_run", "Say what it would do", kind="boolean"), choice]
    asked += [parameter("async", "As `Prefer: respond-async`", kind="boolean"), _PREFER]
    taken = operation("Take an import back", asked, json_content())
    taken["responses"]["202"] = _TAKEN_IN
    refused = "Refused: the report says which facts depend on it"
    taken["responses"]["409"] = {"description": refused, "content": json_content()}
    return taken


def _jobs() -> Document:
    """Return the paths of imports in the background."""
    one, job = [path_parameter("id")], json_content("ImportJob")
    cancelled = operation("Cancel an import in the background, which leaves nothing", one, job)
    cancelled["responses"]["200"]["description"] = "It has stopped"
    cancelled["responses"]["202"] = {"description": "It is about to stop", "content": job}
    cancelled["responses"]["409"] = {**PROBLEM, "description": "It has ended already"}
    return {
        "/api/imports/jobs": {
            "get": operation("The caller's imports in the background", [], json_content())
        },
        "/api/imports/jobs/{id}": {
            "get": operation("How far an import in the background is, or its report", one, job),
            "delete": cancelled,
        },
    }


def _fix_sheet() -> Document:
    sent = operation("The fix sheet of files, which are not imported", [], _SHEETS)
    sent["responses"]["204"] = {"description": "No row is refused"}
    sent["requestBody"] = _imports()["post"]["requestBody"]
    return sent


def _quarantine() -> Document:
    """Return the paths of the quarantine."""
    one = [parameter("import", "Id of the import that put it there; all otherwise")]
    row = [path_parameter("id"), parameter("row", "A row; may be repeated", kind="integer")]
    sheet = operation("Fix sheets of what is in quarantine", one, _SHEETS)
    sheet["responses"]["204"] = {"description": "Nothing is in quarantine"}
    return {
        "/api/quarantine": {"get": operation("The rows in quarantine", one, json_content())},
        "/api/quarantine/retry": {"post": operation("Try again what waits", one, json_content())},
        "/api/quarantine/fix-sheet": {"get": sheet},
        "/api/quarantine/{id}": {"delete": operation("Give up what waits", row, json_content())},
    }
