"""The commands about the past: `commits`, `changes` and `why`."""

from __future__ import annotations

import click

from kg.cli.output import TABLE_FORMATS, shortened, write_table
from kg.cli.session import opened_store
from kg.derivation import Triple
from kg.ingest import why
from kg.namespaces import PREFIXES
from kg.store import RawTerm, TermKey, read_term
from kg.store.history import changes, commits

_COMMIT = ("number", "at", "agent", "activity", "note", "added", "removed")
_ORIGIN = (
    *("subject", "predicate", "object", "graph", "commit", "until", "at"),
    *("agent", "activity", "import_id", "source", "file", "row", "rule", "premises"),
)
_CHANGE = ("change", "subject", "predicate", "object", "graph")

_format = click.option(
    "--format", "name", type=click.Choice(TABLE_FORMATS), default="table", show_default=True
)


@click.command("commits")
@_format
def commits_command(name: str) -> None:
    """List the commits, the last first, with how many quads each added and removed."""
    with opened_store() as store:
        found = commits(store.cursor())
    write_table(_COMMIT, [[getattr(one, column) for column in _COMMIT] for one in found], name)


@click.command("changes")
@click.argument("number", type=click.IntRange(min=1))
@_format
def changes_command(number: int, name: str) -> None:
    """Show the quads that commit NUMBER added (+) and removed (-)."""
    with opened_store() as store:
        store.check_commit(number)
        rows = [
            ["+" if added else "-", *(_text(term, name) for term in quad)]
            for added, quad in changes(store.cursor(), number)
        ]
    write_table(_CHANGE, rows, name)


@click.command("why")
@click.argument("subject")
@click.argument("predicate", required=False)
@click.argument("object", required=False)
@_format
def why_command(subject: str, predicate: str | None, object: str | None, name: str) -> None:  # noqa: A002
    """Tell where facts come from: import, file, row, time, agent; removed facts too.

    Terms are written as in SPARQL: <IRI>, prefix:name with the prefixes of the project, "text",
    1.5 or "2026-01-31"^^xsd:date.
    """
    keys = [_key(text) if text else None for text in (subject, predicate, object)]
    with opened_store() as store:
        found = why(store, keys[0] or ("", None, None), keys[1], keys[2])
    if not found:
        raise click.ClickException("Nothing is or was said of that.")
    rows = [[_cell(getattr(one, c), name) for c in _ORIGIN[:-1]] for one in found]
    for row, one in zip(rows, found, strict=True):
        row.append("; ".join(_triple(triple, name) for triple in one.premises) or None)
    write_table(_ORIGIN, rows, name)


def _key(text: str) -> TermKey:
    """Return the term that a user wrote."""
    return read_term(text, PREFIXES)


def _triple(triple: Triple, name: str) -> str:
    return " ".join(_text(term, name) or "" for term in triple)


def _cell(value: object, name: str) -> object:
    return _text(value, name) if isinstance(value, tuple) else value


def _text(term: RawTerm | None, name: str) -> str | None:
    """Return the text of a term; in tables for people, IRIs are shortened."""
    if term is None:
        return None
    return shortened(term[1]) if name == "table" and term[2] is None else term[1]
