"""The place in its import that a fact comes from: a file, and a row of it."""

from __future__ import annotations

from kg.store.schema import ROW_BITS, file_of

_FILES = (
    "SELECT number, generate_subscripts(names, 1) - 1 AS file, unnest(names) AS name FROM"
    " (SELECT number, json_extract_string(report, '$.files[*].name') AS names FROM import_run)"
    " AS runs"
)
"""The files of the imports, by the commit and the file's number in its import."""


def row_of(quads: str) -> str:
    """Return the query of the row that a quad comes from; NULL for a file without rows.

    `quads` is the SQL of what holds the quad alone, or is joined to a condition that leaves one.
    """
    return f"SELECT max(nullif(q.origin & {(1 << ROW_BITS) - 1}, 0)) AS place FROM {quads} AS q"


def name_of(quads: str) -> str:
    """Return the query of the name of the file that a quad, given as to `row_of`, comes from.

    A quad that the undoing of an import revived is of the import that stated it first. (To look
    for that import only where none stated the quad itself would take longer for a single quad.)
    """
    own_first = "CASE WHEN lived.born = q.born THEN 0 ELSE lived.born END"
    return (
        f"SELECT arg_min(files.name, {own_first}) AS place FROM {quads} AS q JOIN quad AS lived"
        " ON lived.p = q.p AND lived.s = q.s AND lived.o = q.o AND lived.g = q.g"
        f" AND lived.origin = q.origin JOIN ({_FILES}) AS files"
        f" ON files.number = lived.born AND files.file = {file_of('lived.origin')}"
    )
