"""A template's mapping document, reduced to what a file has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kg.ingest.inputs import template_path
from kg.ingest.readers import formulation

_REFERENCE = re.compile(r"\$\(([^()]+)\)")


def reduced_document(
    path: Path, name: str, columns: Mapping[str, str], held: Mapping[str, dict[str, Any]]
) -> str:
    """Return a template's document for a file, in YAML.

    `columns` says how columns of the template come out of the file, `held` what the columns of the
    file must hold.
    """
    raw = yaml.safe_load(template_path(name).read_text(encoding="utf-8"))
    (own,) = (key for key, source in raw["sources"].items() if "access" in source)
    computed = dict(raw["sources"][own].get("columns", {}))
    known = set(columns)
    for key, rule in computed.items():
        if _present(rule, known):
            known.add(key)
    sources: dict[str, Any] = {
        "file": {
            "access": path.name,
            "referenceFormulation": formulation(path),
            "cells": {header: dict(rules) for header, rules in held.items()},
        },
        own: {
            "from": "file",
            "columns": dict(columns) | {key: computed[key] for key in computed if key in known},
        },
    }
    for key, source in raw["sources"].items():
        if key != own:
            pruned = _pruned(source, known)
            sources[key] = pruned
            known |= set(pruned.get("columns", {}))
    mappings = {
        key: kept
        for key, mapping in raw["mappings"].items()
        if (kept := _mapping(mapping, known)) is not None
    }
    return yaml.safe_dump(
        {"sources": sources, "mappings": mappings},
        allow_unicode=True,
        sort_keys=False,
        width=100,
    )


def _present(value: object, known: set[str]) -> bool:
    """Tell whether all columns that a part of a document names are known."""
    if isinstance(value, dict):
        return all(_present(item, known) for item in value.values())
    if isinstance(value, list):
        return all(_present(item, known) for item in value)
    return set(_REFERENCE.findall(str(value))) <= known


def _pruned(source: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    """Return a derived source without the columns that are not known."""
    kept = dict(source)
    if "group by" in kept:
        kept["group by"] = [name for name in kept["group by"] if name in known]
    if "columns" in kept:
        kept["columns"] = {
            key: rule for key, rule in kept["columns"].items() if _present(rule, known)
        }
    return kept


def _mapping(mapping: Mapping[str, Any], known: set[str]) -> dict[str, Any] | None:
    """Return a mapping without what is not known, None when nothing is left."""
    subject = _reduced(mapping["s"], known)
    entries = [kept for entry in mapping["po"] if (kept := _reduced(entry, known)) is not None]
    condition = _reduced(mapping["condition"], known) if "condition" in mapping else ""
    if subject is None or condition is None or not entries:
        return None
    return (
        dict(mapping)
        | {"s": subject, "po": entries}
        | ({"condition": condition} if condition else {})
    )


def _reduced(value: Any, known: set[str]) -> Any:
    """Return a part of a document without optional arguments that are not known, else None."""
    if isinstance(value, dict):
        reduced = {key: _reduced(item, known) for key, item in value.items()}
        return None if None in reduced.values() else reduced
    if isinstance(value, list):
        items = [_reduced(item, known) for item in value]
        return None if None in items else items
    if not isinstance(value, str):
        return value
    for column in set(_REFERENCE.findall(value)) - known:
        value = _without(value, f"$({column})")
    return value if _present(value, known) else None


def _without(text: str, reference: str) -> str:
    """Return a call without an argument that it can do without."""
    if re.match(r"mint\([\w-]+, " + re.escape(reference), text):
        return text
    wrapped = re.search(r"(?:isNotNull\(|mint\([\w-]+, )" + re.escape(reference) + r"\)", text)
    gone = wrapped.group() if wrapped else reference
    for form in (f", {gone}", f"{gone}, "):
        if text.startswith(("mint(", "first(", "any(")) and form in text:
            return text.replace(form, "", 1)
    return text
