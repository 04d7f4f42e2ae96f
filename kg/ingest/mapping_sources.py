"""Sources in mapping documents: files, checks of cells, and derived rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from kg.french import LANGUAGES
from kg.ingest.calls import parse_call, parse_template
from kg.ingest.functions import FUNCTIONS
from kg.ingest.layout import ROWS_ABOVE
from kg.ingest.mapping import (
    Aggregate,
    Call,
    Cell,
    ColumnRule,
    Match,
    Ordinal,
    Reference,
    Running,
    SetAside,
    Source,
)
from kg.ingest.places import Node

_FORMULATIONS = ("csv", "tsv", "xlsx", "ods", "parquet", "jsonl", "json", "jsonpath")
_SOURCE_KEYS = {
    name: name
    for name in (
        "access", "referenceFormulation", "iterator", "sheet", "header row", "encoding",
        "separator", "from", "cells", "where", "match", "group by", "columns", "set aside",
    )
}  # fmt: skip
_CELL_KEYS = {
    name: name
    for name in (
        "required",
        "required when",
        "type",
        "one of",
        "names",
        "refers to",
        "same per",
        "only when",
        "example",
    )
}
CELL_KINDS = ("text", "date", "day", "dateTime", "decimal", "boolean", "currency")
"""Kinds of cells; `date` may lack its day or month, `day` may not."""
_AGGREGATES = ("first", "last", "sum", "min", "max")
_MATCH_KEYS = {name: name for name in ("source", "same", "latest", "columns")}
_RUNNING_KEYS = {name: name for name in ("total", "by", "order")}
_SET_ASIDE_KEYS = {name: name for name in ("when", "because")}
_REASON_KEYS = {name: name for name in LANGUAGES}


def parse_source(name: str, node: Node) -> Source:
    """Read a source, of a file or derived.

    Raises:
        MappingError: a key is unknown, or what is said does not fit together.
    """
    if node.is_text or node.is_list:
        return _short_source(name, node)
    keys = node.entries(_SOURCE_KEYS)
    if ("access" in keys) == ("from" in keys):
        raise node.error("a source has either 'access' (a file) or 'from' (another source)")
    if "access" in keys:
        _check_formulation(keys.get("referenceFormulation"), node)
    group = keys["group by"].texts() if "group by" in keys else ()
    for needing in ("group by", "match"):
        if needing in keys and "from" not in keys:
            raise keys[needing].error(f"{needing!r} is for a source derived 'from' another")
    for needing in ("iterator", "sheet", "header row", "encoding", "separator"):
        if needing in keys and "access" not in keys:
            raise keys[needing].error(f"{needing!r} is for a source that reads a file")
    if "cells" in keys and "access" not in keys:
        raise keys["cells"].error(
            "'cells' is for a source that reads a file: say there what its cells must hold, or use"
            " 'set aside' here"
        )
    columns = keys["columns"].items() if "columns" in keys else []
    return Source(
        name=name,
        access=_given(keys, "access"),
        sheet=_given(keys, "sheet"),
        header=_header(keys.get("header row")),
        encoding=_given(keys, "encoding"),
        separator=_separator(keys.get("separator")),
        iterator=_given(keys, "iterator"),
        parent=_given(keys, "from"),
        cells=tuple(_cell(key, item) for key, item in keys["cells"].items())
        if "cells" in keys
        else (),
        where=_condition(keys["where"]) if "where" in keys else None,
        match=_match(keys["match"]) if "match" in keys else None,
        group=group,
        columns=tuple((key, _column(item, grouped=bool(group))) for key, item in columns),
        set_aside=tuple(_set_aside(item) for item in keys["set aside"].elements())
        if "set aside" in keys
        else (),
        place=node.place,
    )


def _given(keys: Mapping[str, Node], name: str) -> str | None:
    """Return the text of a key, None where it is not given."""
    return keys[name].text() if name in keys else None


def _header(node: Node | None) -> int | None:
    """Read the row of the header."""
    if node is None:
        return None
    if not node.text().isdecimal() or not 1 <= int(node.text()) <= ROWS_ABOVE:
        raise node.error(f"the row of the header is a number from 1 to {ROWS_ABOVE}")
    return int(node.text())


def _separator(node: Node | None) -> str | None:
    """Read what separates the cells of a text table."""
    if node is None:
        return None
    text = {"tab": "\t", "\\t": "\t"}.get(node.text(), node.text())
    if len(text) != 1 or text in '"\r\n':
        raise node.error("a separator is one character, or tab")
    return text


def _short_source(name: str, node: Node) -> Source:
    """Read `file.csv~csv`, `[file.csv~csv]` or `[file.json~jsonpath, iterator]`."""
    items = node.elements()
    if not 1 <= len(items) <= 2:
        raise node.error("a short source is [file~csv], or [file~jsonpath, iterator]")
    access, mark, formulation = items[0].text().rpartition("~")
    if not mark or formulation not in _FORMULATIONS:
        raise node.error(f"a short source is written file~csv, with one of {_FORMULATIONS}")
    if len(items) == 2 and not formulation.startswith("json"):
        raise node.error("an iterator has no meaning for tables; it is for jsonpath")
    iterator = items[1].text() if len(items) == 2 else None
    return Source(name=name, access=access, iterator=iterator, place=node.place)


def _check_formulation(node: Node | None, source: Node) -> None:
    """Refuse formats of sources that are not read."""
    if node is None:
        raise source.error("'access' needs a 'referenceFormulation', for example csv")
    if node.text() not in _FORMULATIONS:
        raise node.error(
            f"the format {node.text()!r} is not read; use one of {', '.join(_FORMULATIONS)}"
        )


def _condition(node: Node) -> Call:
    """Read a condition in one line."""
    call = parse_call(node.text(), node.place, node.external)
    if FUNCTIONS[call.function].returns != "condition":
        raise node.error(f"{call.function} is not a condition")
    return call


def _cell(column: str, node: Node) -> Cell:
    """Read what a column must hold."""
    if node.is_text and not node.text():
        return Cell(column)
    keys = node.entries(_CELL_KEYS)
    kind = keys["type"].text() if "type" in keys else "text"
    if kind not in CELL_KINDS:
        raise keys["type"].error(f"the type {kind!r} is not one of {', '.join(CELL_KINDS)}")
    return Cell(
        column=column,
        required="required" in keys and keys["required"].flag(),
        kind=kind,
        one_of=keys["one of"].texts() if "one of" in keys else (),
        names=keys["names"].text() if "names" in keys else None,
        refers_to=keys["refers to"].text() if "refers to" in keys else None,
        same_per=keys["same per"].text() if "same per" in keys else None,
        required_when=_case(keys, "required when"),
        only_when=_case(keys, "only when"),
        examples=keys["example"].texts() if "example" in keys else (),
    )


def _case(keys: Mapping[str, Node], name: str) -> tuple[str, tuple[str, ...]] | None:
    """Read the column, with its values, on which it depends whether another is filled."""
    if name not in keys:
        return None
    entries = keys[name].items()
    if len(entries) != 1:
        raise keys[name].error(f"{name!r} names one column and its values")
    [(column, values)] = entries
    return column, values.texts()


def _match(node: Node) -> Match:
    """Read what is brought in from another source."""
    keys = node.entries(_MATCH_KEYS)
    for needed in ("source", "same", "columns"):
        if needed not in keys:
            raise node.error(f"a match needs {needed!r}")
    return Match(
        source=keys["source"].text(),
        same=_pairs(keys["same"]),
        latest=keys["latest"].text() if "latest" in keys else None,
        columns=tuple((key, item.text()) for key, item in keys["columns"].items()),
    )


def _pairs(node: Node) -> tuple[tuple[str, str], ...]:
    """Read columns that must agree: a list, or `ours: theirs` where their names differ."""
    if node.is_list or node.is_text:
        return tuple((name, name) for name in node.texts())
    return tuple((key, item.text()) for key, item in node.items())


def _column(node: Node, *, grouped: bool) -> ColumnRule:
    """Read a computed column."""
    if node.is_text:
        text = node.text()
        is_call = "(" in text and text.partition("(")[0].removeprefix("cgf:") in FUNCTIONS
        read = partial(parse_call, place=node.place) if is_call else parse_template
        value = read(text, external=node.external)
        if isinstance(value, Call) and FUNCTIONS[value.function].returns == "condition":
            raise node.error("a column holds a value, not a condition")
        if grouped:
            raise node.error(f"a column of a group is one of {', '.join(_AGGREGATES)} of a column")
        return value
    ((kind, item), *others) = node.items()
    if others:
        raise node.error("a computed column has one key")
    if grouped:
        if kind not in _AGGREGATES:
            raise item.error(f"a column of a group is one of {', '.join(_AGGREGATES)} of a column")
        return Aggregate(kind, _reference(item))
    if kind == "ordinal":
        return Ordinal(item.texts())
    if kind == "running":
        keys = item.entries(_RUNNING_KEYS)
        if set(keys) != set(_RUNNING_KEYS):
            raise item.error("a running total needs 'total', 'by' and 'order'")
        return Running(_reference(keys["total"]), keys["by"].texts(), keys["order"].texts())
    raise item.error(f"{kind!r} is not understood; use a value, 'ordinal' or 'running'")


def _reference(node: Node) -> str:
    """Return the column of `$(name)`."""
    value = parse_template(node.text(), node.external)
    if not isinstance(value, Reference):
        raise node.error("one column is expected here, as $(name)")
    return value.column


def _set_aside(node: Node) -> SetAside:
    """Read which rows are set aside, and why."""
    keys = node.entries(_SET_ASIDE_KEYS)
    if set(keys) != set(_SET_ASIDE_KEYS):
        raise node.error("an entry of 'set aside' needs 'when' and 'because'")
    reasons = keys["because"].entries(_REASON_KEYS)
    if "en" not in reasons or "fr" not in reasons:
        raise keys["because"].error("'because' needs a reason in 'en' and in 'fr'")
    texts = {language: item.text() for language, item in reasons.items()}
    return SetAside(_condition(keys["when"]), texts, node.place)
