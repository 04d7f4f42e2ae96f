"""The report of an import for people, in English or French."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from kg.cli.output import shortened
from kg.french import in_both
from kg.ingest.messages import FRENCH_KINDS

SHOWN = 20
"""Most findings shown to people; the machine formats have all that the report lists."""

Document = Mapping[str, Any]
"""A report of an import as JSON has it, from here or from a server."""

_TEXTS = {
    "en": {
        "table": "{name}: {rows} read, {mapped} mapped",
        "rdf": "{name}: {quads} new quads",
        "set_aside": "{rows} set aside ({reason})",
        "unused": "{unused} not used",
        "held": "{quarantined} in quarantine",
        "retried": "{name} (from the quarantine of {retried}): {rows} read, {mapped} mapped",
        "quarantined": "Rows in quarantine: {quarantined}, for {spared} violations;"
        " `clientgraph quarantine list` says why.",
        "would": "Rows that would go to quarantine: {quarantined}, for {spared} violations.",
        "released": "Rows out of quarantine: {released}.",
        "fix_sheets": "Fix sheet: {names}",
        "columns_left_out": "columns left out: {columns}",
        "kind": "{kind}: {count} ({of})",
        "violation": "violation",
        "warning": "warning",
        "info": "info",
        "row": "row {row}",
        "column": "column {column}",
        "finding": "{severity}: {place}: {message}",
        "times": "{line} ({times} times)",
        "more": "... and {more} more; --format csv or json lists them.",
        "figure": "{name}: {before} -> {after}",
        "counts": "violations: {violations}, warnings: {warnings}, infos: {infos}",
        "refused": "Refused ({counts}). Nothing was written.",
        "dry-run": "Dry run ({counts}): {quads_written} quads would be written.",
        "committed": "Commit {commit}: {quads_written} quads written ({counts}).",
        "unchanged": "Nothing is new: the store is as it was ({counts}).",
        "difference": "Nodes: {added} added, {changed} changed, {removed} removed,"
        " {unchanged} as they were. Quads removed: {quads_removed}.",
    },
    "fr": {
        "table": "{name} : lignes lues {rows}, converties {mapped}",
        "rdf": "{name} : {quads} quadruplets nouveaux",
        "set_aside": "mises de côté {rows} ({reason})",
        "unused": "non employées {unused}",
        "held": "en quarantaine {quarantined}",
        "retried": "{name} (de la quarantaine de {retried}) : lignes lues {rows}, converties"
        " {mapped}",
        "quarantined": "Lignes en quarantaine : {quarantined}, pour {spared} violations ;"
        " `clientgraph quarantine list` dit pourquoi.",
        "would": "Lignes qui iraient en quarantaine : {quarantined}, pour {spared} violations.",
        "released": "Lignes sorties de quarantaine : {released}.",
        "fix_sheets": "Feuille de corrections : {names}",
        "columns_left_out": "colonnes laissées de côté : {columns}",
        "kind": "{kind} : {count} ({of})",
        "violation": "violation",
        "warning": "avertissement",
        "info": "remarque",
        "row": "ligne {row}",
        "column": "colonne {column}",
        "finding": "{severity} : {place} : {message}",
        "times": "{line} ({times} fois)",
        "more": "... et {more} de plus ; --format csv ou json les donne.",
        "figure": "{name} : {before} -> {after}",
        "counts": "violations : {violations}, avertissements : {warnings}, remarques : {infos}",
        "refused": "Refusé ({counts}). Rien n'a été écrit.",
        "dry-run": "À blanc ({counts}) : {quads_written} quadruplets seraient écrits.",
        "committed": "Commit {commit} : {quads_written} quadruplets écrits ({counts}).",
        "unchanged": "Rien de nouveau : l'entrepôt est tel qu'il était ({counts}).",
        "difference": "Nœuds : ajoutés {added}, modifiés {changed}, retirés {removed},"
        " inchangés {unchanged}. Quadruplets retirés : {quads_removed}.",
    },
}


def report_lines(report: Document, language: str) -> Iterator[str]:
    """Yield the lines of a report: files, findings by kind, and what became of it."""
    texts = _TEXTS[language]
    for file in report["files"]:
        yield _file_line(file, language)
    yield from _findings(report, language)
    yield from (note[language] for note in report["notes"])
    if report["quarantined"]:
        kept = report["status"] == "committed"
        yield texts["quarantined" if kept else "would"].format_map(report)
    if report["released"]:
        yield texts["released"].format_map(report)
    if report["fix_sheets"]:
        yield texts["fix_sheets"].format(names=", ".join(report["fix_sheets"]))
    if report["status"] != "refused":
        yield texts["difference"].format_map({**report, **report["difference"]})
    for one in report["figures"]:
        if one["before"] != one["after"]:
            yield texts["figure"].format_map(one)
    counts = texts["counts"].format_map(report)
    yield texts[report["status"]].format_map({**report, "counts": counts})


def _findings(report: Document, language: str) -> Iterator[str]:
    """Yield how many findings there are of each kind, then the first ones, kind by kind."""
    texts = _TEXTS[language]
    found = sorted(report["findings"], key=_reading_order)
    severities: dict[str, str] = {}
    for one in found:
        severities.setdefault(one["kind"], one["severity"])
    for kind, severity in severities.items():
        called = FRENCH_KINDS.get(kind, kind) if language == "fr" else kind
        yield texts["kind"].format(kind=called, count=report["by_shape"][kind], of=texts[severity])
    for line, times in Counter(_finding_line(one, language) for one in found[:SHOWN]).items():
        yield line if times == 1 else texts["times"].format(line=line, times=times)
    total = sum(report[name] for name in ("violations", "warnings", "infos"))
    if total > SHOWN:
        yield texts["more"].format(more=total - SHOWN)


def _finding_line(one: Document, language: str) -> str:
    """Return a finding as a line: how grave it is, where, and what is to be done."""
    texts = _TEXTS[language]
    message = one["message"].get(language, "")
    place = ", ".join(_place(one, language))
    return texts["finding"].format(severity=texts[one["severity"]], place=place, message=message)


def _reading_order(one: Document) -> tuple[int, str, str, int]:
    """Return what findings are sorted by: the gravest first, then kind, file and row."""
    rank = ("violation", "warning", "info").index(one["severity"])
    return rank, one["kind"], one["file"] or "", one["row"] or 0


def _file_line(file: Document, language: str) -> str:
    """Return what became of one file."""
    texts = _TEXTS[language]
    parts = [texts["retried" if file["retried"] else file["kind"]].format_map(file)]
    parts += [
        texts["set_aside"].format(rows=one["rows"], reason=one["reason"].get(language))
        for one in file["set_aside"]
    ]
    if file["quarantined"]:
        parts.append(texts["held"].format_map(file))
    if file["unused"]:
        parts.append(texts["unused"].format_map(file))
    if file["columns_left_out"]:
        columns = ", ".join(file["columns_left_out"])
        parts.append(texts["columns_left_out"].format(columns=columns))
    line = ", ".join(parts)
    notices = [in_both(one).get(language, one) for one in file["notices"]]
    return " ".join([f"{line.rstrip('.')}.", *notices]) if notices else line


def _place(one: Document, language: str) -> Iterator[str]:
    """Yield where a finding is: file, row, column and value, as far as they are known.

    Where no cell is known, the node stands there that the rule is about.
    """
    if one["file"]:
        yield str(one["file"])
    for part in ("row", "column"):
        if one[part]:
            yield _TEXTS[language][part].format_map(one)
    if one["focus"] and not one["column"]:
        yield shortened(one["focus"])
    if one["value"] and one["value"] != one["focus"]:
        yield repr(one["value"])
